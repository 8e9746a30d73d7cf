"""What a per-packet fan-out is: one packet of a publication in, one packet per target out."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from media.rtp.cache import MediaPacket
from media.rtp.rewrite import Offsets

PLAIN, EXTENDED = 0x80, 0x90
"""First byte of an RTP packet of version 2, without and with a header extension."""


class Target(NamedTuple):
    """One slot as the plane sees it: made when the slot switches, not per packet."""

    send: Callable[[bytes], None]
    """Protects and sends; must not raise."""
    first_byte: int
    payload_type: int
    ssrc: int
    extensions: bytes
    """The extension block that follows the fixed header; empty with PLAIN."""
    first: int
    """The four numbers of Offsets, flat, for speed."""
    sequence: int
    timestamp_ticks: int
    moved: Offsets | None
    """Given if the payload has a VP8 picture id that must be rewritten."""


class Plane(Protocol):
    """A fan-out. All implementations pass the same tests."""

    name: str

    def forward(self, packet: MediaPacket, targets: Sequence[Target]) -> None:
        """Send `packet` to every target that has begun; a target begins at its `first`."""
