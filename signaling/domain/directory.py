"""Whom somebody may see in the directory: scoped by role, the same for HTTP and for live presence."""

from collections.abc import Iterable
from typing import Protocol

from contract.http import Directory
from contract.ids import RegionId
from contract.people import Person, PresenceEntry, Role


class Viewer(Protocol):
    """Who looks: a Principal."""

    @property
    def person(self) -> Person: ...

    @property
    def region(self) -> RegionId | None: ...


def may_see(viewer: Viewer, person: Person) -> bool:
    """Whether `viewer` sees `person` in the directory.

    Experts are seen by everybody who calls or leads; stores by those at headquarters and by the manager of their
    region.
    """
    match viewer.person.role:
        case Role.LEARNER | Role.AUDITOR | Role.GUEST:
            return False
        case Role.STORE:
            return person.role is Role.EXPERT
        case Role.MANAGER:
            return person.role is Role.EXPERT or (
                person.role is Role.STORE and person.store is not None and person.store.region == viewer.region
            )
        case Role.EXPERT | Role.TRAINER | Role.ADMIN:
            return person.role in (Role.EXPERT, Role.STORE)


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
