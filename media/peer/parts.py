"""What one section of an offer is for."""

from dataclasses import dataclass
from functools import lru_cache

from contract.media import SEND_SECTIONS, Layout, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Exactly one of these is set."""

    source: Source | None = None
    """The client sends it."""
    stage: int | None = None
    """A slot of this stage pair, from 0."""
    floor: int | None = None
    """This floor audio, from 0."""


@lru_cache
def own_parts(layout: Layout) -> tuple[Part | None, ...]:
    """The sections of our own client's offer; the last, its data channel, is for nothing of these."""
    return (
        *(Part(source=source) for _kind, source in SEND_SECTIONS),
        *(Part(stage=number) for number in range(layout.stage) for _kind in range(2)),
        *(Part(floor=number) for number in range(layout.floor)),
        None,
    )
