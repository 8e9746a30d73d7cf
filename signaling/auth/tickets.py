"""Tickets: permission to open one WebSocket, for 30 s, used once."""

from collections.abc import Callable

from contract.errors import ErrorCode, Rejection
from runtime import clock, ids
from signaling.auth.principal import Principal
from signaling.auth.sign_ins import SignIns, digest
from signaling.store import sign_ins as rows
from signaling.store.engine import Database

LIFE_MS = 30 * 1000


class Tickets:
    """Gives and takes them. The cookie alone opens no socket, so a foreign page cannot (CSWSH)."""

    def __init__(self, database: Database, sign_ins: SignIns, wall_ms: Callable[[], int] = clock.wall_ms) -> None:
        self._database = database
        self._sign_ins = sign_ins
        self._wall_ms = wall_ms

    async def give(self, who: Principal) -> str:
        """A new ticket for `who`."""
        secret = ids.secret()
        expires_ms = self._wall_ms() + LIFE_MS
        await self._database.write(lambda session: rows.add_ticket(session, digest(secret), who, expires_ms=expires_ms))
        return secret

    async def take(self, ticket: str) -> Principal:
        """Whom it admits; it is used up. Raises Rejection(`sign_in`)."""
        now_ms = self._wall_ms()
        sign_in = await self._database.write(lambda session: rows.take_ticket(session, digest(ticket), now_ms))
        who = await self._sign_ins.recognise_hash(sign_in) if sign_in is not None else None
        if who is None:
            raise Rejection(ErrorCode.SIGN_IN, "no such ticket")
        return who
