"""Whom somebody may see in the directory: the same for HTTP and for live presence."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from contract.http import Directory
from contract.people import Grant, Person, PresenceEntry, Role
from signaling.domain.access import Act, may, place_of, somewhere


class Viewer(Protocol):
    """Who looks: a Principal."""

    @property
    def grants(self) -> Sequence[Grant]: ...


def may_see(viewer: Viewer, person: Person) -> bool:
    """Whether `viewer` sees `person` in the directory: any expert, and the stores that the viewer looks after."""
    if person.role is Role.EXPERT:
        return somewhere(Act.SEE_EXPERTS, viewer.grants)
    if person.role is Role.STORE and person.store is not None:
        return may(Act.SEE_STORE, viewer.grants, place_of(person.store))
    return False


def visible(viewer: Viewer, entries: Iterable[PresenceEntry]) -> list[PresenceEntry]:
    """The entries that `viewer` sees, in the given order."""
    return [entry for entry in entries if may_see(viewer, entry.person)]


def directory_for(viewer: Viewer, entries: Iterable[PresenceEntry]) -> Directory:
    """The directory as `viewer` gets it."""
    seen = visible(viewer, entries)
    return Directory(
        experts=[entry for entry in seen if entry.person.role is Role.EXPERT],
        stores=[entry for entry in seen if entry.person.role is Role.STORE],
    )
