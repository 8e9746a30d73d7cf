"""How long somebody has not been heard of while we were awake to hear. Pure.

Contract: call `heard` at each sign of life and `passed(now)` several times a second (monotonic seconds). A process that
was stopped, or a machine that slept, has heard nobody for a long time through no fault of theirs: of the time between
two calls at most `LONGEST_STEP_S` counts, so whoever spoke meanwhile is read before he is given up.
"""

LONGEST_STEP_S = 1.0


class Silence:
    """One other side, silent from `now` on until it is heard."""

    def __init__(self, limit_s: float, now: float) -> None:
        self.silent_s = 0.0
        self._limit_s = limit_s
        self._looked = now

    def heard(self) -> None:
        self.silent_s = 0.0

    def passed(self, now: float) -> bool:
        """Time went on until `now`; True once the silence is too long."""
        self.silent_s += min(now - self._looked, LONGEST_STEP_S)
        self._looked = now
        return self.silent_s >= self._limit_s
