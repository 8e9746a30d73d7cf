"""When a publisher may be asked for a keyframe."""

SPACING_S = 0.5
BURST = 6
"""Requests at once, for people who come together; one that is sent is earned back after SPACING_S, so that nobody can
make a camera send more than two keyframes a second for long."""
UNDER_WAY_S = 0.15
"""A keyframe asked for this recently is still coming and serves a new watcher too."""


class KeyframeThrottle:
    """Requests for one publication: SPACING_S apart, but the first one of a new watcher passes at once, unless the
    keyframe that was asked for last is still under way.

    What is held back is not lost, and what was lost on the way is sent again: `due` says when.
    """

    def __init__(self) -> None:
        self._last = float("-inf")
        self._left = float(BURST)
        self._pending = False
        self._under_way = False

    def request(self, now: float, *, first: bool) -> bool:
        """Somebody needs a keyframe. Returns whether to send a PLI now."""
        wait_s = SPACING_S
        if first:
            wait_s = UNDER_WAY_S if self._under_way else 0.0
        left = min(BURST, self._left + (now - self._last) / SPACING_S)
        if now - self._last >= wait_s and left >= 1:
            self._last = now
            self._left = left - 1
            self._pending = False
            self._under_way = True
            return True
        self._pending = True
        return False

    def due(self, now: float) -> bool:
        """Whether a request is to be sent now: one that was held back, or one that brought nothing, once more."""
        return (self._pending or self._under_way) and self.request(now, first=False)

    def on_keyframe(self) -> None:
        """One came: nobody waits any more."""
        self._pending = False
        self._under_way = False
