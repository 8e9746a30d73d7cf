"""How often somebody may say that a browser of theirs rings or does not; in memory, a restart forgives."""

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from contract.errors import ErrorCode, Rejection
from contract.ids import PersonId

PER_MINUTE = 30
"""A page says it once when it opens, and when somebody presses the switch."""


class PushLimit:
    """One for all people."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._per_person = RateLimitItemPerMinute(PER_MINUTE)

    def take(self, person: PersonId) -> None:
        """Counts one. Raises Rejection(`too_many`)."""
        if not self._limiter.hit(self._per_person, person):
            raise Rejection(ErrorCode.TOO_MANY, "changes of what rings", retry_after_s=60.0)
