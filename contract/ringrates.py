"""Which devices ring and which do not, and which calls a store, or somebody of headquarters, missed."""

from contract.base import Message, WallMs
from contract.organisation import Region
from contract.people import Person
from contract.rings import DeviceId


class RingRate(Message):
    """How reliably one device of somebody rang."""

    who: Person
    device: DeviceId
    name: str | None
    """As of `CallRing`."""
    sent: int
    pushed: int
    """Of those, by Web Push."""
    shown: int
    """In time: those that were seen late are in `late` alone."""
    hidden: int
    silent: int
    late: int
    not_reached: int
    answered: int
    shown_ms: int | None
    """The median of how long it took until it rang."""
    shown_at: WallMs | None
    """When it rang last."""


class RingRates(Message):
    """The devices that were rung, the least reliable first."""

    lines: list[RingRate]
    left_out: int
    """How many more there are."""
    regions: list[Region]
    """Which may be asked for."""


class MissedCall(Message):
    """Somebody of headquarters called this store, or this person by name, and nobody answered."""

    by: Person
    at: WallMs


class MissedCalls(Message):
    """The newest first; an answered call between the two makes up for all before it."""

    calls: list[MissedCall]
