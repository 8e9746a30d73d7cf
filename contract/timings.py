"""How quick the stages of calls were, of many calls together."""

from enum import StrEnum

from contract.base import Message
from contract.organisation import Region
from contract.people import Store


class Spread(Message):
    """How long one stage took, of the calls in which it counts."""

    count: int
    p50_ms: int
    """Half of them took no longer."""
    p95_ms: int


class StageSpreads(Message):
    """None: it counts in none of the calls."""

    ring: Spread | None
    """From the tap."""
    answer: Spread | None
    """From the ring."""
    connected: Spread | None
    """From the answer, as what follows."""
    first_frame: Spread | None
    first_audio: Spread | None


class TimingsBy(StrEnum):
    """What the calls are told apart by."""

    WEEK = "week"
    REGION = "region"
    STORE = "store"


class TimingLine(Message):
    """The calls of a week, of a region, or of a store."""

    week: str | None
    """ISO 8601: `2026-W48`."""
    region: Region | None
    store: Store | None
    calls: int
    """That are over, answered or not."""
    stages: StageSpreads


class CallTimings(Message):
    """Weeks: the newest first. Regions and stores: those whose pictures come slowest first."""

    lines: list[TimingLine]
    left_out: int
    """How many more there are."""
    weeks: list[str]
    """Which may be asked for, the newest first."""
    regions: list[Region]
    """Likewise."""
