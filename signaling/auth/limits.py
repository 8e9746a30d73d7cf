"""Locks a name, or an address, after too many wrong passwords."""

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from contract.errors import ErrorCode, Rejection

WINDOW_MIN = 15
WRONG_PER_LOGIN = 10
WRONG_PER_ADDRESS = 40
"""More than per name: a whole office may sit behind one address."""


class SignInLimit:
    """Counts wrong passwords of the last 15 minutes, in memory: a restart forgives."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._per_login = RateLimitItemPerMinute(WRONG_PER_LOGIN, WINDOW_MIN)
        self._per_address = RateLimitItemPerMinute(WRONG_PER_ADDRESS, WINDOW_MIN)

    def check(self, login: str, address: str) -> None:
        """Raises Rejection(`locked`), for the right password too."""
        for item, key in ((self._per_login, f"login:{login}"), (self._per_address, f"address:{address}")):
            if not self._limiter.test(item, key):
                raise Rejection(ErrorCode.LOCKED, "too many wrong passwords", retry_after_s=WINDOW_MIN * 60.0)

    def wrong(self, login: str, address: str) -> None:
        """Counts one wrong password."""
        self._limiter.hit(self._per_login, f"login:{login}")
        self._limiter.hit(self._per_address, f"address:{address}")

    def right(self, login: str) -> None:
        """Forgets the wrong ones of this name."""
        self._limiter.clear(self._per_login, f"login:{login}")
