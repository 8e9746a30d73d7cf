"""How well media goes over one connection: what a worker counts and what a client measures, a few times a minute.

Counts are of the time since the sample before (`over_s`), so that samples can be added up; shares are worked out by
whoever shows them.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from contract.base import Fraction, Message
from contract.ids import PersonId
from contract.media import Layer, Source

SAMPLE_S = 5.0
CROWD_SAMPLE_S = 15.0
CROWD = 20
"""In a room of more people than this a sample is taken every CROWD_SAMPLE_S."""

Count = Annotated[int, Field(ge=0, lt=2**53)]
Ms = Annotated[float, Field(ge=0, le=600_000, allow_inf_nan=False)]
Fps = Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)]
OverS = Annotated[float, Field(ge=0.001, le=600, allow_inf_nan=False)]


class SlotState(StrEnum):
    """What a receive slot does; empty ones are in no sample, they only look broken."""

    WAITING = "waiting"
    """For the first keyframe of whom it shall show."""
    FLOWING = "flowing"
    PAUSED = "paused"
    """Its link cannot carry even the smallest picture."""


class PublishedFigures(Message):
    """One track that somebody sends, as it arrived at the worker."""

    source: Source
    layer: Layer | None = None
    packets: Count
    """That came, without repeats."""
    lost: Count
    """That did not come at first; repeats may have filled most of it."""
    octets: Count
    jitter_ms: Ms
    nacks: Count
    """Packets that were asked for again."""
    plis: Count
    """Keyframes that were asked for."""
    repaired: Count = 0
    """Packets that came once they were asked for; 0 in what was kept before that was counted."""


class SlotFigures(Message):
    """One slot that somebody receives, as the worker sent it and the receiver's reports tell."""

    of: PersonId
    source: Source
    layer: Layer | None = None
    state: SlotState
    thinned: bool = False
    """Every second frame or more is left out, because its link cannot carry all of this layer."""
    expected: Count
    """Packets on which the receiver reported."""
    lost: Count
    octets: Count
    jitter_ms: Ms
    nacks: Count
    """Packets that the receiver asked for again."""
    plis: Count
    repeats: Count
    """Packets that were sent again."""


class LegSample(Message):
    """What a worker counted of one PeerConnection."""

    over_s: OverS
    rtt_ms: Ms | None = None
    """None before the first report."""
    estimate_bps: Count | None = None
    """How much video the receiver says it can take; None if it said nothing lately."""
    published: list[PublishedFigures]
    slots: list[SlotFigures]

    @property
    def tracks(self) -> list[PublishedFigures | SlotFigures]:
        """Both ways."""
        return [*self.published, *self.slots]


class Limit(StrEnum):
    """Why a browser sends a smaller picture than it could (getStats: qualityLimitationReason)."""

    NONE = "none"
    CPU = "cpu"
    BANDWIDTH = "bandwidth"
    OTHER = "other"


class SentFigures(Message):
    """One track as the client sends it."""

    source: Source
    fps: Fps | None = None
    """Pictures a second; None for sound."""
    limit: Limit = Limit.NONE


class SeenFigures(Message):
    """One track of somebody else as it is shown or played. Empty slots are left out."""

    of: Annotated[PersonId, Field(min_length=1, max_length=64)]
    source: Source
    fps: Fps | None = None
    frozen: Fraction | None = None
    """Share of the time in which the picture stood; None for sound."""
    concealed: Fraction | None = None
    """Share of the sound that was invented, silence left out; None for pictures."""


class ClientSample(Message):
    """What a client measured of its PeerConnection."""

    over_s: OverS
    rtt_ms: Ms | None = None
    sent: Annotated[list[SentFigures], Field(max_length=4)]
    seen: Annotated[list[SeenFigures], Field(max_length=24)]
