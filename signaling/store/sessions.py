"""Clients' signaling sessions, so that a resume token outlives a restart of the server.

Only the hash of a token is kept. While a client is connected its session does not expire; `TTL_MS` counts from the
moment it is gone, or from the start of the server if that went without a word.
"""

from dataclasses import dataclass

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncSession

from contract.ids import PersonId, SessionId
from signaling.store.tables.accounts import ClientSessionRow

TTL_MS = 120_000
CONNECTED_MS = 365 * 24 * 3600 * 1000
"""Added to the time of connecting: no connection lasts so long."""


@dataclass(frozen=True, slots=True)
class KeptSession:
    """A session that may be taken up again."""

    id: SessionId
    person: PersonId
    device: str
    sign_in: bytes


async def start_over(session: AsyncSession, now_ms: int, *, lately_ms: int) -> set[tuple[PersonId, SessionId]]:
    """After a start: nobody is connected, expired sessions are swept. Returns who was until so lately, and by which.

    Not only until just now: the start before may have been cut short itself, before anybody was back.
    """
    await session.execute(delete(ClientSessionRow).where(ClientSessionRow.expires_ms <= now_ms))
    cut = await session.execute(
        update(ClientSessionRow)
        .where(ClientSessionRow.expires_ms > now_ms + TTL_MS - lately_ms)
        .values(expires_ms=now_ms + TTL_MS)
        .returning(ClientSessionRow.person_id, ClientSessionRow.id)
    )
    return {(PersonId(person), SessionId(client)) for person, client in cut}


async def connect(
    session: AsyncSession, token: bytes | None, fresh: KeptSession, new_token: bytes, now_ms: int
) -> tuple[KeptSession, bool]:
    """The session that `token` (a hash) takes up again and True, else `fresh` and False; `new_token` is the next one.

    A token of another person, device or sign-in counts as unknown.
    """
    kept = None
    if token is not None:
        row = await session.scalar(select(ClientSessionRow).where(ClientSessionRow.resume_hash == token))
        if (
            row is not None
            and row.expires_ms > now_ms
            and (row.person_id, row.device, row.sign_in_hash) == (fresh.person, fresh.device, fresh.sign_in)
        ):
            kept = KeptSession(SessionId(row.id), fresh.person, fresh.device, fresh.sign_in)
    values = {"resume_hash": new_token, "expires_ms": now_ms + CONNECTED_MS}
    chosen = kept or fresh
    await session.execute(
        insert(ClientSessionRow)
        .values(id=chosen.id, person_id=chosen.person, device=chosen.device, sign_in_hash=chosen.sign_in, **values)
        .on_conflict_do_update(index_elements=["id"], set_=values)
    )
    return chosen, kept is not None


async def disconnect(session: AsyncSession, gone: SessionId, now_ms: int) -> None:
    """The client is gone; it may come back for `TTL_MS`. What expired is swept."""
    await session.execute(delete(ClientSessionRow).where(ClientSessionRow.expires_ms <= now_ms))
    await session.execute(
        update(ClientSessionRow).where(ClientSessionRow.id == gone).values(expires_ms=now_ms + TTL_MS)
    )


async def end(session: AsyncSession, sign_in: bytes) -> None:
    """No session of this signed-in browser can be taken up again."""
    await session.execute(delete(ClientSessionRow).where(ClientSessionRow.sign_in_hash == sign_in))
