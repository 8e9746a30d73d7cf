"""Locks a name, an address, or a signed-in browser, after too many wrong passwords, tokens or codes."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from contract.errors import ErrorCode, Rejection

WINDOW_MIN = 15
WRONG_PER_LOGIN = 10
WRONG_PER_ADDRESS = 40
"""More than per name: a whole office may sit behind one address."""
WRONG_PER_BROWSER = 10


class SignInLimit:
    """Counts wrong passwords of the last 15 minutes, in memory: a restart forgives.

    `browser` is the sign-in that a browser already has for this very name: it is counted by itself, so that nobody
    can lock a store's tablet out by guessing at its name.
    """

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._per_login = RateLimitItemPerMinute(WRONG_PER_LOGIN, WINDOW_MIN)
        self._per_address = RateLimitItemPerMinute(WRONG_PER_ADDRESS, WINDOW_MIN)

    def check(self, login: str, address: str, browser: bytes | None = None) -> None:
        """Raises Rejection(`locked`), for the right password too."""
        for item, key in self._counted(login, address, browser):
            if not self._limiter.test(item, key):
                raise Rejection(ErrorCode.LOCKED, "too many wrong passwords", retry_after_s=WINDOW_MIN * 60.0)

    def wrong(self, login: str, address: str, browser: bytes | None = None) -> None:
        """Counts one wrong password."""
        for item, key in self._counted(login, address, browser):
            self._limiter.hit(item, key)

    def right(self, login: str) -> None:
        """Forgets the wrong ones of this name."""
        self._limiter.clear(self._per_login, f"login:{login}")

    def _counted(self, login: str, address: str, browser: bytes | None) -> list[tuple[RateLimitItemPerMinute, str]]:
        if browser is not None:
            return [(self._per_login, f"browser:{browser.hex()}")]
        return [(self._per_login, f"login:{login}"), (self._per_address, f"address:{address}")]


class AddressLimit:
    """Counts the wrong guesses of an address, as `SignInLimit` those at a password: of media tokens, where each costs a
    look into the database, of codes that enrol a tablet, which are short, and of links for visitors. Where a browser is
    known by what it began, it counts those of a browser instead."""

    def __init__(self, wrong: int = WRONG_PER_ADDRESS) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._per_address = RateLimitItemPerMinute(wrong, WINDOW_MIN)
        self._under_way: Counter[str] = Counter()

    def check(self, address: str) -> None:
        """Raises Rejection(`locked`) before anything is looked at."""
        if not self._limiter.test(self._per_address, address):
            raise Rejection(ErrorCode.LOCKED, "too many wrong guesses", retry_after_s=WINDOW_MIN * 60.0)

    @contextmanager
    def guess(self, address: str) -> Iterator[None]:
        """Around the look at one guess, which raises Rejection if it is wrong.

        Those that are still looked at count as wrong: else as many as fit into one look would be free. Raises
        Rejection(`locked`), for a right one too.
        """
        left = self._limiter.get_window_stats(self._per_address, address).remaining
        if left <= self._under_way[address]:
            again_s = WINDOW_MIN * 60.0 if left == 0 else 1.0
            raise Rejection(ErrorCode.LOCKED, "too many wrong guesses", retry_after_s=again_s)
        self._under_way[address] += 1
        try:
            yield
        except Rejection:
            self._limiter.hit(self._per_address, address)
            raise
        finally:
            self._under_way -= Counter({address: 1})  # an address at zero is forgotten
