"""Somebody who is signed in, with the scope of what they may reach."""

from dataclasses import dataclass
from functools import cached_property

from contract.ids import PersonId
from contract.people import Grant, Person, Role
from signaling.domain.directory import View, view_of


@dataclass(frozen=True)
class Principal:
    """Who asks. Made by signaling.auth.sign_ins and signaling.auth.tickets, never by a request's own words."""

    person: Person
    grants: tuple[Grant, ...]
    """What they may do where, for signaling.domain.access; the main one, which the person's role names, first."""
    sign_in: bytes
    """SHA-256 of the cookie: names the signed-in browser, e.g. to end its sockets on sign-out."""

    @cached_property
    def view(self) -> View:
        """What they see of the directory."""
        return view_of(self)

    @property
    def id(self) -> PersonId:
        return self.person.id

    @property
    def role(self) -> Role:
        """What a client shows of them; decides nothing."""
        return self.person.role
