"""How many bits a second a stream really takes."""

from typing import Protocol

WINDOW_S = 1.0
"""A picture's rate swings from frame to frame; over a second it says what a link must carry."""
OLD_S = 3.0
"""Nobody asked for so long: what came meanwhile tells nothing of now."""


class Counted(Protocol):
    """Something whose payload bytes are counted."""

    octets: int


class Rate:
    """Ask it about twice a second; it measures from the first time it is asked."""

    def __init__(self, counted: Counted) -> None:
        self._counted = counted
        self._since = float("-inf")
        self._octets = 0
        self._bps: int | None = None

    def bps(self, now: float) -> int | None:
        """Payload bits a second over the last whole window; None before there is one."""
        passed_s = now - self._since
        if passed_s >= WINDOW_S:
            octets = self._counted.octets
            self._bps = int((octets - self._octets) * 8 / passed_s) if passed_s < OLD_S else None
            self._since, self._octets = now, octets
        return self._bps
