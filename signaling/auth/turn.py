"""Short-lived credentials of the TURN server, which checks them without asking us.

The scheme is coturn's `use-auth-secret` (draft-uberti-behave-turn-rest-00): the name says until when it is good, the
password proves that we said so.
"""

import base64
import hashlib
import hmac

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from contract.errors import ErrorCode, Rejection
from contract.ids import PersonId

LIFE_S = 3600
"""For how long a connection can be begun; one that runs is kept alive beyond it."""
PER_MINUTE = 30
"""A client keeps what it got; only one in deep trouble asks more than twice an hour."""


def credentials(secret: str, person: PersonId, now_s: int) -> tuple[str, str]:
    """User name and password, good until `LIFE_S` after `now_s` (UTC seconds). coturn counts quotas by the person."""
    name = f"{now_s + LIFE_S}:{person}"
    # SHA-1 is what coturn expects; an HMAC with it is sound (RFC 6151 says so even of MD5).
    proof = hmac.new(secret.encode(), name.encode(), hashlib.sha1).digest()
    return name, base64.b64encode(proof).decode()


class TurnLimit:
    """How often one person may ask; in memory, a restart forgives."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._per_person = RateLimitItemPerMinute(PER_MINUTE)

    def take(self, person: PersonId) -> None:
        """Counts one. Raises Rejection(`too_many`)."""
        if not self._limiter.hit(self._per_person, person):
            raise Rejection(ErrorCode.TOO_MANY, "credentials are good for an hour", retry_after_s=60.0)
