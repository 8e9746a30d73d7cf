"""When a publisher may be asked for a keyframe."""

SPACING_S = 0.5


class KeyframeThrottle:
    """Requests for one publication: SPACING_S apart, but the first one of a new watcher passes at once.

    What is held back is not lost: `due` says when to send it.
    """

    def __init__(self) -> None:
        self._last = float("-inf")
        self._pending = False

    def request(self, now: float, *, first: bool) -> bool:
        """Somebody needs a keyframe. Returns whether to send a PLI now."""
        if first or now - self._last >= SPACING_S:
            self._last = now
            self._pending = False
            return True
        self._pending = True
        return False

    def due(self, now: float) -> bool:
        """Whether a request that was held back is to be sent now."""
        if self._pending and now - self._last >= SPACING_S:
            self._last = now
            self._pending = False
            return True
        return False

    def on_keyframe(self) -> None:
        """One came: nobody waits any more."""
        self._pending = False
