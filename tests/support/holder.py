"""Somebody with grants, for tests of the rules: what a Principal is at the doors."""

from contract.ids import PersonId, RegionId
from contract.people import Grant, Person


def usual_grants(person: Person, region: RegionId | None = None) -> tuple[Grant, ...]:
    """What somebody has who was added without a word about it: a tablet its store, others the region or the chain."""
    return (Grant(role=person.role, region=region, store=person.store.id if person.store is not None else None),)


class Holder:
    """A person and what they may do."""

    def __init__(self, person: Person, region: RegionId | None = None, *, also: tuple[Grant, ...] = ()) -> None:
        self.person = person
        self.grants = (*usual_grants(person, region), *also)

    @property
    def id(self) -> PersonId:
        return self.person.id
