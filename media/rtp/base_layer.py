"""A VP8 picture without its upper temporal layers: what is left, numbered as if there had never been more.

Sequence numbers count on over what is left out. A picture id is TL0PICIDX here (RFC 7741 §4.2), which every frame of
the base layer raises by one: a frame that comes late finds its own. Of a packet that is missing nobody knows whether it
will be left out; its number is kept free, and if it comes and is, an empty packet has the number, which receivers take
for padding.
"""

from media.rtp.cache import MediaPacket
from media.rtp.rewrite import Offsets, rewrite_picture
from media.rtp.sequence import Unwrapper

MOST_MISSING = 512
"""Numbers kept free; what was missing before those comes too late for anybody."""
_INDEX_BITS = 8


class BaseLayer:
    """Give it every packet of a publication once, in the order they come."""

    def __init__(self) -> None:
        self._highest = -1
        self._left_out = 0
        self._missing: dict[int, int] = {}
        """The publication's number → the one kept free for it."""
        self._index = Unwrapper(_INDEX_BITS)

    @property
    def position(self) -> int:
        """The highest number given or kept free so far."""
        return self._highest - self._left_out

    def take(self, packet: MediaPacket) -> MediaPacket | None:
        """The packet as it goes out, or None if it is left out."""
        number, descriptor = packet.sequence, packet.descriptor
        upper = descriptor is not None and descriptor.temporal > 0
        if number <= self._highest:
            kept_free = self._missing.pop(number, None)
            if kept_free is None:
                return None  # before the beginning
            if upper:
                return MediaPacket(kept_free, packet.timestamp_ticks, 0, b"", None)
            return self._renumbered(packet, kept_free)
        if self._highest >= 0:
            for missing in range(max(self._highest + 1, number - MOST_MISSING), number):
                self._missing[missing] = missing - self._left_out
            while len(self._missing) > MOST_MISSING:
                del self._missing[next(iter(self._missing))]
        self._highest = number
        if upper:
            self._left_out += 1
            return None
        return self._renumbered(packet, number - self._left_out)

    def _renumbered(self, packet: MediaPacket, number: int) -> MediaPacket:
        descriptor = packet.descriptor
        if descriptor is None or not (descriptor.tl0_at and descriptor.picture_id_bits):
            return packet._replace(sequence=number)
        picture_id = self._index.unwrap(descriptor.tl0) & ((1 << descriptor.picture_id_bits) - 1)
        payload = rewrite_picture(packet, Offsets(0, 0, 0, (picture_id - descriptor.picture_id) & 0x7FFF, 0))
        return packet._replace(sequence=number, payload=payload, descriptor=descriptor._replace(picture_id=picture_id))
