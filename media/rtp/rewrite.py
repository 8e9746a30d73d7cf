"""The numbers of a slot's outgoing stream, continuous over whatever source fills it.

Sequence number, timestamp, and of VP8 and VP9 picture id and TL0PICIDX, of a source are moved by an offset that is
chosen when the slot switches to it: the first packet follows the last one sent, its timestamp as far ahead as time has
passed.
Offsets do not change until the next switch, so that a late or repeated packet gets the numbers it would have had.
"""

from typing import NamedTuple

from media.rtp.cache import MediaPacket
from media.rtp.sequence import SEQUENCE_BITS, Unwrapper

_SEGMENTS = 4
"""Sources remembered for repeats; a fifth switch within a second is nobody's wish."""


class Offsets(NamedTuple):
    """What to add to a source's numbers, and where they begin to count."""

    first: int
    """Unwrapped sequence number of the source's first packet in the slot; earlier ones are not sent."""
    sequence: int
    timestamp_ticks: int
    picture_id: int
    tl0: int


class Newest(NamedTuple):
    """The highest packet of a source so far: where a slot that leaves it has got to."""

    packet: MediaPacket
    at: float
    """When it came, monotonic seconds."""


class Segment(NamedTuple):
    """A stretch of the outgoing sequence and the source it came from."""

    begins: int
    """Outgoing, unwrapped."""
    source: int
    """The caller's number for the source."""
    offsets: Offsets


class Rewriter:
    """One slot's outgoing numbers.

    `switch` when a source begins, `leave` with the source's newest packet when it ends. Between the two a packet
    goes out as `packet number + offset`.
    """

    def __init__(self, *, clock_rate_hz: int, sequence: int, timestamp_ticks: int) -> None:
        """`sequence` (below 2^15, so that SRTP's rollover counter begins at 0 for sure) and `timestamp_ticks` are
        where the stream begins."""
        self._rate = clock_rate_hz
        self._last_sequence = sequence + (1 << SEQUENCE_BITS)
        self._last_ticks = timestamp_ticks
        self._last_at: float | None = None
        self._picture_id: int | None = None
        self._tl0: int | None = None
        self._segments: list[Segment] = []
        self._wire = Unwrapper(SEQUENCE_BITS)

    def switch(self, source: int, first: MediaPacket, now: float) -> Offsets:
        """The offsets for a source whose first packet is `first`."""
        elapsed = 0.0 if self._last_at is None else now - self._last_at
        ahead = max(1, int(elapsed * self._rate)) if self._last_at is not None else 0
        picture_id = tl0 = 0
        descriptor = first.descriptor
        if descriptor is not None and descriptor.picture_id_bits and self._picture_id is not None:
            picture_id = (self._picture_id + 1 - descriptor.picture_id) & 0x7FFF
        if descriptor is not None and descriptor.tl0_at and self._tl0 is not None:
            tl0 = (self._tl0 + 1 - descriptor.tl0) & 0xFF
        offsets = Offsets(
            first.sequence,
            self._last_sequence + 1 - first.sequence,
            (self._last_ticks + ahead - first.timestamp_ticks) & 0xFFFFFFFF,
            picture_id,
            tl0,
        )
        self._segments = [*self._segments[1 - _SEGMENTS :], Segment(self._last_sequence + 1, source, offsets)]
        return offsets

    def go_on(self, source: int, first: MediaPacket, offsets: Offsets) -> Offsets:
        """The offsets for a part of the source that had `offsets` and was just left, or for all of it after a part:
        the same clock and the same TL0PICIDX, and `first` follows on the last packet without a hole."""
        descriptor = first.descriptor
        picture_id = 0
        if descriptor is not None and descriptor.picture_id_bits and self._picture_id is not None:
            picture_id = (self._picture_id + 1 - descriptor.picture_id) & 0x7FFF
        after = Offsets(
            first.sequence,
            self._last_sequence + 1 - first.sequence,
            offsets.timestamp_ticks,
            picture_id,
            offsets.tl0,
        )
        self._segments = [*self._segments[1 - _SEGMENTS :], Segment(self._last_sequence + 1, source, after)]
        return after

    def leave(self, newest: Newest, offsets: Offsets) -> None:
        """The source that had `offsets` is left; `newest` was the last of its packets that went out."""
        packet, at = newest
        if packet.sequence < offsets.first:
            return
        self._last_sequence = packet.sequence + offsets.sequence
        self._last_ticks = (packet.timestamp_ticks + offsets.timestamp_ticks) & 0xFFFFFFFF
        self._last_at = at
        descriptor = packet.descriptor
        if descriptor is None:
            return
        if descriptor.picture_id_bits:
            mask = 0x7FFF if descriptor.picture_id_bits == 15 else 0x7F
            self._picture_id = (descriptor.picture_id + offsets.picture_id) & mask
        if descriptor.tl0_at:
            self._tl0 = (descriptor.tl0 + offsets.tl0) & 0xFF

    def locate(self, sequence: int, highest: int) -> tuple[Segment, int] | None:
        """Which source's packet went out as `sequence` (on the wire), and its own unwrapped number.

        `highest` is the newest outgoing unwrapped number. None if it lies before the segments we remember.
        """
        self._wire.highest = highest
        number = self._wire.peek(sequence)
        if number > highest:
            return None
        for segment in reversed(self._segments):
            if number >= segment.begins:
                return segment, number - segment.offsets.sequence
        return None


def rewrite_picture(packet: MediaPacket, offsets: Offsets) -> bytes:
    """The payload with picture id and TL0PICIDX moved by the offsets."""
    descriptor = packet.descriptor
    if descriptor is None or not (offsets.picture_id or offsets.tl0):
        return packet.payload
    payload = bytearray(packet.payload)
    if descriptor.picture_id_bits == 15:
        picture_id = (descriptor.picture_id + offsets.picture_id) & 0x7FFF
        payload[descriptor.picture_id_at] = 0x80 | picture_id >> 8
        payload[descriptor.picture_id_at + 1] = picture_id & 0xFF
    elif descriptor.picture_id_bits == 7:
        payload[descriptor.picture_id_at] = (descriptor.picture_id + offsets.picture_id) & 0x7F
    if descriptor.tl0_at:
        payload[descriptor.tl0_at] = (descriptor.tl0 + offsets.tl0) & 0xFF
    return bytes(payload)
