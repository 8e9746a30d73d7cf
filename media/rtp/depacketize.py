"""Packets of one track back into whole encoded frames, for the tap."""

from typing import NamedTuple

from contract.media import Codec
from media.rtp.av1 import unit_of
from media.rtp.cache import MediaPacket
from media.rtp.h264 import IDR, SPS, to_annex_b, unit_kinds

HOLD_S = 0.5
"""How long a frame waits for a packet that is being asked for again."""
MAX_HELD = 512
"""Packets of one gap, or of one frame: more than a large keyframe. Who sends more must not fill our memory."""


class Frame(NamedTuple):
    """One whole frame."""

    timestamp_ticks: int
    """As on the wire."""
    key: bool
    payload: bytes
    """VP8 and VP9: the frame; H.264: Annex B; AV1: OBUs with their sizes; Opus: one packet."""


class Hole(NamedTuple):
    """Frames are missing here: the next one is a keyframe."""

    packets: int


class FrameAssembler:
    """Put packets in by `push` in any order; `pop` returns frames in order, and a Hole where some are missing.

    After a hole in a video only a keyframe comes next; `needs_key` says that one has to be asked for.
    """

    def __init__(self, codec: Codec) -> None:
        self.codec = codec
        self.needs_key = codec is not Codec.OPUS
        self._held: dict[int, tuple[MediaPacket, float]] = {}
        self._next = -1
        self._parts: list[MediaPacket] = []

    def push(self, packet: MediaPacket, now: float) -> None:
        """One packet; those that are too late or here already are ignored."""
        if self._next < 0:
            self._next = packet.sequence
        if packet.sequence >= self._next:
            self._held.setdefault(packet.sequence, (packet, now))

    def pop(self, now: float) -> list[Frame | Hole]:
        """What is complete now."""
        out: list[Frame | Hole] = []
        while self._held:
            held = self._held.pop(self._next, None)
            if held is None:
                oldest = min(self._held)
                if now - self._held[oldest][1] < HOLD_S and len(self._held) < MAX_HELD:
                    break
                out.append(Hole(oldest - self._next))
                self._next = oldest
                self._parts.clear()
                self._lose()
                continue
            self._next += 1
            out.extend(self._take(held[0]))
        return out

    def _take(self, packet: MediaPacket) -> list[Frame | Hole]:
        if not packet.payload:
            return []
        if self.codec is Codec.OPUS:
            return [Frame(packet.timestamp_ticks, True, packet.payload)]
        out: list[Frame | Hole] = []
        if self._parts and self._parts[0].timestamp_ticks != packet.timestamp_ticks:
            # The marker was lost with a padding packet, or never set: the frame before ends here all the same.
            out.extend(self._finish())
        self._parts.append(packet)
        if packet.marker_bit:
            out.extend(self._finish())
        elif len(self._parts) > MAX_HELD:
            out.append(Hole(len(self._parts)))
            self._parts.clear()
            self._lose()
        return out

    def _finish(self) -> list[Frame | Hole]:
        parts, self._parts = self._parts, []
        frame = self._join(parts)
        if frame is None:
            newly = not self.needs_key
            self._lose()
            return [Hole(len(parts))] if newly else []
        if self.needs_key and not frame.key:
            return []
        self.needs_key = False
        return [frame]

    def _lose(self) -> None:
        if self.codec is not Codec.OPUS:
            self.needs_key = True

    def _join(self, parts: list[MediaPacket]) -> Frame | None:
        ticks = parts[0].timestamp_ticks
        if self.codec in (Codec.VP8, Codec.VP9):
            first = parts[0].descriptor
            if first is None or not first.starts_frame:
                return None
            pieces = [part.payload[part.descriptor.data_at :] for part in parts if part.descriptor is not None]
            return Frame(ticks, first.starts_keyframe, b"".join(pieces))
        if self.codec is Codec.AV1:
            try:
                return Frame(ticks, *unit_of([part.payload for part in parts]))
            except ValueError:
                return None
        try:
            frame = b"".join(to_annex_b(part.payload, first=index == 0) for index, part in enumerate(parts))
        except ValueError:
            return None
        return Frame(ticks, {IDR, SPS} <= unit_kinds(frame), frame)
