"""Signed-in browsers: an opaque cookie, of which the database keeps only the SHA-256."""

import hashlib
from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncSession

from contract.errors import ErrorCode, Rejection
from contract.ids import PersonId
from contract.people import Role
from runtime import clock, ids
from signaling.auth.principal import Principal
from signaling.store import sign_ins as rows
from signaling.store.engine import Database

LIFE_MS = 12 * 3600 * 1000
"""A person stays signed in this long after the last request."""
TABLET_LIFE_MS = 90 * 24 * 3600 * 1000
EXTEND_MS = 10 * 60 * 1000
"""The life is extended at most this often: not every request is a write."""
USER_AGENT_CHARACTERS = 200


def digest(secret: str) -> bytes:
    """What is kept of a cookie or ticket."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()


def life_ms(role: Role) -> int:
    """How long a sign-in of this role lasts without being used."""
    return TABLET_LIFE_MS if role is Role.STORE else LIFE_MS


async def begin(
    session: AsyncSession, person: PersonId, role: Role, user_agent: str, now_ms: int, *, passkey: str | None = None
) -> str:
    """A new sign-in, in a work that does more; returns the cookie's secret, which is kept nowhere else."""
    secret, expires_ms = ids.secret(), now_ms + life_ms(role)
    agent = user_agent.encode("ascii", "replace").decode()[:USER_AGENT_CHARACTERS]
    await rows.add(
        session, digest(secret), person, now_ms=now_ms, expires_ms=expires_ms, user_agent=agent, passkey=passkey
    )
    return secret


class SignIns:
    """Opens, recognises and ends them."""

    def __init__(self, database: Database, wall_ms: Callable[[], int] = clock.wall_ms) -> None:
        self._database = database
        self._wall_ms = wall_ms

    async def open(self, person: PersonId, role: Role, user_agent: str) -> str:
        """As `begin`, alone. Raises Rejection(`sign_in`) for who was disabled while they showed who they are."""
        now_ms = self._wall_ms()

        async def work(session: AsyncSession) -> str:
            if not await rows.may_enter(session, person):
                raise Rejection(ErrorCode.SIGN_IN, "disabled meanwhile")
            return await begin(session, person, role, user_agent, now_ms)

        return await self._database.write(work)

    async def recognise(self, secret: str, *, extend: bool = True) -> Principal | None:
        """Who holds this cookie, None if it is unknown, expired or of somebody disabled.

        `extend`: that counts as use, and the sign-in lasts from now on again.
        """
        return await self.recognise_hash(digest(secret), extend=extend)

    async def recognise_hash(self, sign_in: bytes, *, extend: bool = True) -> Principal | None:
        """The same, by the hash; for sockets that check again later."""
        now_ms = self._wall_ms()
        found = await self._database.fetch(lambda session: rows.find(session, sign_in, now_ms))
        if found is None:
            return None
        who, seen_ms = found
        if extend and now_ms - seen_ms >= EXTEND_MS:
            expires_ms = now_ms + life_ms(who.role)
            await self._database.write(
                lambda session: rows.extend(session, sign_in, now_ms=now_ms, expires_ms=expires_ms)
            )
        return who

    async def end(self, who: Principal) -> None:
        """Sign out; the cookie is worthless from now on."""
        await self._database.write(lambda session: rows.remove(session, who.sign_in))
