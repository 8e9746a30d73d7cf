"""A lane of the native plane: memory that Python and lane.c write in turn."""

import contextlib
from collections.abc import Callable
from typing import Any

from contract.media import Codec
from media.plane.base import Ordinary, Passed, Targets
from media.rtp.cache import MediaPacket
from media.rtp.describe import describe

with contextlib.suppress(ImportError):  # then there is no plane that makes any
    from media.plane import _kernel

_KINDS = {
    Codec.OPUS: "LANE_SOUND",
    Codec.VP8: "LANE_VP8",
    Codec.H264: "LANE_H264",
    Codec.VP9: "LANE_VP9",
    Codec.AV1: "LANE_AV1",
}


class KernelLane:
    """See media.plane.base.Lane; made by NativePlane.lane, which sees to it that no lane outlives the kernel's."""

    def __init__(
        self,
        told: Any,  # cffi has no types
        array: Callable[[Targets], tuple[object, int] | None],
        closed: Callable[[int, Any], None],
    ) -> None:
        """`told` is the lane_t; `array` makes of targets what the kernel reads, None if it cannot serve them
        all; `closed` gets the id and the lane_t to free."""
        self.id: int = told.id
        self._told = told
        self._array = array
        self._closed = closed
        self._targets: object = None
        """Keeps what the kernel points at."""

    @property
    def is_open(self) -> bool:
        return bool(self._told.open) if self._told is not None else False

    def open(self, ordinary: Ordinary, targets: Targets) -> bool:
        told = self._told
        made = self._array(targets) if told is not None else None
        if made is None:
            return False
        self._targets, told.count = made
        told.targets = self._targets
        told.kind = getattr(_kernel.lib, _KINDS[ordinary.codec])
        told.sequence = ordinary.sequence
        told.payload_type = ordinary.payload_type
        told.clock_rate_hz = ordinary.clock_rate_hz
        told.transit_ticks = ordinary.transit_ticks
        told.jitter_16 = ordinary.jitter_16
        told.level_id = ordinary.level_id
        told.number_id = ordinary.number_id
        told.open = 1
        return True

    def take_up(self) -> Passed | None:
        told = self._told
        if told is None or not told.packets:
            return None
        passed = Passed(
            told.packets,
            told.octets,
            told.upper_octets,
            told.sequence - 1,
            told.timestamp_ticks,
            told.at_s,
            told.wall_ns,
            told.transit_ticks,
            told.jitter_16,
            [-level for level in told.level[0 : told.levels]],
            [(arrived.number, arrived.at_s) for arrived in told.arrived[0 : told.arrivals]],
        )
        told.packets = told.octets = told.upper_octets = told.levels = told.arrivals = 0
        return passed

    def shut(self) -> None:
        if self._told is not None:
            self._told.open = 0

    def kept(self, sequence: int) -> MediaPacket | None:
        if self._told is None:
            return None
        packet, size = _kernel.ffi.new("packet_t *"), _kernel.ffi.new("uint32_t *")
        found = _kernel.lib.lane_kept(self._told, sequence, packet, size)
        if found == _kernel.ffi.NULL:
            return None
        payload = bytes(_kernel.ffi.buffer(found, size[0]))
        codec = next(codec for codec, kind in _KINDS.items() if getattr(_kernel.lib, kind) == packet.kind)
        return MediaPacket(sequence, packet.timestamp_ticks, packet.marker_bit, payload, describe(codec, payload))

    def close(self) -> None:
        if self._told is not None:
            told, self._told = self._told, None
            self._closed(self.id, told)
