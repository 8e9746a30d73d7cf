"""What a browser has begun and not finished: a sign-in that is under way elsewhere, or a question to its passkey."""

from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from contract.errors import ErrorCode, Rejection
from runtime import clock, ids
from signaling.auth.sign_ins import digest

LIFE_S = 600.0
"""Long enough to find the second factor."""
KEPT = 10_000
PER_ADDRESS = 100
"""A whole office may sit behind one address."""
BEGUN_PER_MIN = 60
"""By one address. Each takes one answer, right or wrong, which is in the audit: so many can an address guess at all."""

T = TypeVar("T")


@dataclass(frozen=True)
class _Kept(Generic[T]):
    value: T
    address: str
    until: float


class Pending(Generic[T]):
    """Keeps one thing for a browser that knows the secret, for one use and some minutes, in memory.

    Policy: beyond `PER_ADDRESS` of one address, or `KEPT` in all, the oldest is dropped; whoever began it begins anew.
    """

    def __init__(self, life_s: float = LIFE_S, now: Callable[[], float] = clock.now) -> None:
        self._life_s = life_s
        self._now = now
        self._kept: OrderedDict[bytes, _Kept[T]] = OrderedDict()
        self._of: Counter[str] = Counter()
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def __len__(self) -> int:
        return len(self._kept)

    def admit(self, address: str) -> None:
        """Count one that is about to begin, before it makes work. Raises Rejection(`too_many`)."""
        if not self._limiter.hit(RateLimitItemPerMinute(BEGUN_PER_MIN), address):
            raise Rejection(ErrorCode.TOO_MANY, "begun from this address", retry_after_s=60.0)

    def put(self, value: T, address: str) -> str:
        """The secret, for the browser's cookie."""
        while self._kept and next(iter(self._kept.values())).until <= self._now():
            self._drop(next(iter(self._kept)))
        if self._of[address] >= PER_ADDRESS:
            self._drop(next(key for key, kept in self._kept.items() if kept.address == address))
        elif len(self._kept) >= KEPT:
            self._drop(next(iter(self._kept)))
        secret = ids.secret()
        self._kept[digest(secret)] = _Kept(value, address, self._now() + self._life_s)
        self._of[address] += 1
        return secret

    def take(self, secret: str | None) -> T:
        """What was kept; it is used up. Raises Rejection(`over`) if there is nothing (any more)."""
        kept = self._drop(digest(secret)) if secret is not None else None
        if kept is None or kept.until <= self._now():
            raise Rejection(ErrorCode.OVER, "nothing was begun in this browser, or too long ago")
        return kept.value

    def _drop(self, key: bytes) -> _Kept[T] | None:
        kept = self._kept.pop(key, None)
        if kept is not None:
            self._of -= Counter({kept.address: 1})
        return kept
