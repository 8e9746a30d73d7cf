"""A token bucket: so many at once, so many a second; time comes in."""


class Bucket:
    """Starts full. Times are monotonic seconds and never go back."""

    __slots__ = ("_at", "_burst", "_left", "_per_s")

    def __init__(self, per_s: float, *, burst: float | None = None) -> None:
        """`burst` at once, a second's worth unless told; refilled evenly."""
        self._per_s = float(per_s)
        self._burst = self._left = self._per_s if burst is None else float(burst)
        self._at: float | None = None

    def take(self, now: float, *, cost: float = 1.0) -> bool:
        """Whether one more, or `cost` at once, is allowed now; if so it is counted."""
        if not self.open(now, cost=cost):
            return False
        self._left -= cost
        return True

    def open(self, now: float, *, cost: float = 1.0) -> bool:
        """Whether it would be."""
        if self._at is not None:
            self._left = min(self._burst, self._left + (now - self._at) * self._per_s)
        self._at = now
        return self._left >= cost

    def charge(self, cost: float = 1.0) -> None:
        """Count one more, after `open`; the last one may overdraw."""
        self._left -= cost

    @property
    def left(self) -> float:
        """What was allowed at the last question, less what was counted since."""
        return self._left

    @property
    def wait_s(self) -> float:
        """How long after the last question until one is allowed again."""
        return max(0.0, (1.0 - self._left) / self._per_s)
