"""Invitations in the database: at most one for each person, of which only the hash is kept."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from contract.errors import ErrorCode, Rejection
from contract.ids import PersonId
from contract.people import Name
from signaling.store.tables.accounts import InvitationRow
from signaling.store.tables.base import table
from signaling.store.tables.people import PersonRow

_INVITATION = table(InvitationRow)


@dataclass(frozen=True)
class Invited:
    """Whom an invitation is for."""

    id: PersonId
    login: str
    name: Name


async def renew(session: AsyncSession, token_hashes: Mapping[PersonId, bytes], expires_ms: int) -> None:
    """One for each person; an earlier one of the same person works no more."""
    rows = [
        {"token_hash": token_hash, "person_id": person, "expires_ms": expires_ms}
        for person, token_hash in token_hashes.items()
    ]
    if rows:
        fresh = upsert(_INVITATION)
        values = {"token_hash": fresh.excluded.token_hash, "expires_ms": fresh.excluded.expires_ms}
        await session.execute(fresh.on_conflict_do_update(index_elements=["person_id"], set_=values), rows)


async def find(session: AsyncSession, token_hash: bytes, now_ms: int) -> Invited:
    """Raises Rejection: `not_found` (used, replaced, or never there; or of somebody disabled), `over` (expired)."""
    query = (
        select(PersonRow, InvitationRow.expires_ms)
        .join(InvitationRow, InvitationRow.person_id == PersonRow.id)
        .where(InvitationRow.token_hash == token_hash, PersonRow.disabled_ms.is_(None))
    )
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise Rejection(ErrorCode.NOT_FOUND)
    person, expires_ms = row
    if expires_ms <= now_ms:
        raise Rejection(ErrorCode.OVER, "the invitation has expired")
    return Invited(PersonId(person.id), person.login, Name(zh=person.name_zh, en=person.name_en))
