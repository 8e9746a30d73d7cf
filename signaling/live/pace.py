"""How often each of many may do something; in memory, a restart forgives."""

from collections.abc import Hashable
from typing import Generic, TypeVar

from contract.errors import ErrorCode, Rejection
from runtime import clock
from runtime.bucket import Bucket

MOST = 10_000
"""Policy: beyond so many all are forgotten, and everybody starts anew."""

K = TypeVar("K", bound=Hashable)


class Pace(Generic[K]):
    """A bucket for each."""

    def __init__(self, what: str, *, per_s: float, burst: float) -> None:
        """`what` is counted, for who reads why it was refused."""
        self._what = what
        self._per_s = per_s
        self._burst = burst
        self._buckets: dict[K, Bucket] = {}

    def take(self, who: K) -> None:
        """Count one. Raises Rejection(`too_many`)."""
        if len(self._buckets) >= MOST:
            self._buckets.clear()
        bucket = self._buckets.setdefault(who, Bucket(self._per_s, burst=self._burst))
        if not bucket.take(clock.now()):
            raise Rejection(ErrorCode.TOO_MANY, self._what, retry_after_s=round(bucket.wait_s, 2))
