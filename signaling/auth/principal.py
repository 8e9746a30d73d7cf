"""Somebody who is signed in, with the scope of what they may reach."""

from dataclasses import dataclass

from contract.ids import PersonId, RegionId, StoreId
from contract.people import Person, Role


@dataclass(frozen=True)
class Principal:
    """Who asks. Made by signaling.auth.sign_ins and signaling.auth.tickets, never by a request's own words."""

    person: Person
    region: RegionId | None
    """An area manager's region; of a store's tablet, the region of its store."""
    sign_in: bytes
    """SHA-256 of the cookie: names the signed-in browser, e.g. to end its sockets on sign-out."""

    @property
    def id(self) -> PersonId:
        return self.person.id

    @property
    def role(self) -> Role:
        return self.person.role

    @property
    def store(self) -> StoreId | None:
        return self.person.store.id if self.person.store is not None else None
