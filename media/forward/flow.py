"""What a slot takes packets of, counted over all that it took from."""

from typing import Protocol

from media.plane.base import Targets
from media.rtp.cache import MediaPacket
from media.rtp.rewrite import Newest


class Flow(Protocol):
    """A publication, or what is left of it without its upper temporal layers."""

    @property
    def number(self) -> int: ...
    @property
    def newest(self) -> Newest | None: ...
    @property
    def sent(self) -> tuple[int, int]: ...

    targets: Targets

    def kept(self, sequence: int) -> MediaPacket | None:
        """A packet that may be asked for again, if it is still here."""


class Taken:
    """Call `begin` and `end` as a flow begins and ends; `total` may be asked at any time."""

    def __init__(self) -> None:
        self._flow: Flow | None = None
        self._before = self._at_start = 0, 0

    def begin(self, flow: Flow) -> None:
        self._flow, self._at_start = flow, flow.sent

    def end(self) -> None:
        self._before, self._flow = self.total, None

    @property
    def total(self) -> tuple[int, int]:
        """Packets and payload bytes since the beginning, without repeats."""
        if self._flow is None:
            return self._before
        (packets, octets), (first, first_octets) = self._flow.sent, self._at_start
        return self._before[0] + packets - first, self._before[1] + octets - first_octets
