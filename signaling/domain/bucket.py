"""A token bucket: so many at once, so many a second."""


class Bucket:
    """Starts full. Times are monotonic seconds and never go back."""

    def __init__(self, *, burst: int, per_s: float) -> None:
        self._burst = float(burst)
        self._per_s = per_s
        self._tokens = float(burst)
        self._at: float | None = None

    def take(self, now: float) -> bool:
        """Whether one more is allowed now; if so it is counted."""
        if self._at is not None:
            self._tokens = min(self._burst, self._tokens + (now - self._at) * self._per_s)
        self._at = now
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True

    @property
    def wait_s(self) -> float:
        """How long after the last `take` until one is allowed again."""
        return max(0.0, (1.0 - self._tokens) / self._per_s)
