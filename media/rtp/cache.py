"""The last packets of a publication, kept once for all who may ask for them again."""

from typing import NamedTuple

from media.rtp.descriptor import Descriptor

CACHE_PACKETS = 1024
"""About two seconds of 720p. RFC 4588 leaves it to us; browsers give up on a packet after about a second."""


class MediaPacket(NamedTuple):
    """One packet of a publication, as it came, without header, extensions and padding."""

    sequence: int
    """Unwrapped."""
    timestamp_ticks: int
    """As on the wire."""
    marker_bit: int
    """0x80 or 0: ready to be put before a payload type."""
    payload: bytes
    descriptor: Descriptor | None
    """Of VP8 and VP9 only."""


class PacketCache:
    """A ring indexed by the low bits of the sequence number."""

    __slots__ = ("_mask", "_ring")

    def __init__(self, packets: int = CACHE_PACKETS) -> None:
        assert packets & (packets - 1) == 0
        self._mask = packets - 1
        self._ring: list[MediaPacket | None] = [None] * packets

    def put(self, packet: MediaPacket) -> None:
        """Remember a packet; one that is older than what is in its place is not taken."""
        at = packet.sequence & self._mask
        there = self._ring[at]
        if there is None or there.sequence <= packet.sequence:
            self._ring[at] = packet

    def get(self, sequence: int) -> MediaPacket | None:
        """The packet with this unwrapped number, if it is still here."""
        there = self._ring[sequence & self._mask]
        return there if there is not None and there.sequence == sequence else None
