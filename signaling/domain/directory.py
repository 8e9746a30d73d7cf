"""Whom somebody may see in the directory: the same for HTTP and for live presence."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from contract.http import Directory
from contract.people import Grant, Person, PresenceEntry, Role
from signaling.domain.access import Act, Scope, place_of, roles_for, scope_of, somewhere

COLLEAGUES = roles_for(Act.CALL_COLLEAGUE)
"""Who works at headquarters and may be called there; experts are among them."""


class Viewer(Protocol):
    """Who looks: a Principal."""

    @property
    def grants(self) -> Sequence[Grant]: ...


@dataclass(frozen=True, slots=True)
class View:
    """What somebody sees of the directory. Most see the same: it need be worked out only once."""

    experts: bool
    colleagues: bool
    stores: Scope

    def shows(self, person: Person) -> bool:
        """Any expert, the others of headquarters for who is one of them, and the stores that the viewer looks after."""
        if person.role is Role.EXPERT:
            return self.experts
        if person.role in COLLEAGUES:
            return self.colleagues
        if person.role is Role.STORE and person.store is not None:
            return self.stores.covers(place_of(person.store))
        return False


def view_of(viewer: Viewer) -> View:
    """What `viewer` sees."""
    return View(
        experts=somewhere(Act.SEE_EXPERTS, viewer.grants),
        colleagues=somewhere(Act.CALL_COLLEAGUE, viewer.grants),
        stores=scope_of(Act.SEE_STORE, viewer.grants),
    )


def may_see(viewer: Viewer, person: Person) -> bool:
    """Whether `viewer` sees `person` in the directory."""
    return view_of(viewer).shows(person)


def visible(view: View, entries: Iterable[PresenceEntry]) -> list[PresenceEntry]:
    """The entries that are seen, in the given order."""
    return [entry for entry in entries if view.shows(entry.person)]


def directory_for(viewer: Viewer, entries: Iterable[PresenceEntry]) -> Directory:
    """The directory as `viewer` gets it."""
    seen = visible(view_of(viewer), entries)
    return Directory(
        experts=[entry for entry in seen if entry.person.role is Role.EXPERT],
        colleagues=[entry for entry in seen if entry.person.role in COLLEAGUES - {Role.EXPERT}],
        stores=[entry for entry in seen if entry.person.role is Role.STORE],
    )
