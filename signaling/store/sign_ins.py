"""Signed-in browsers and their WebSocket tickets in the database."""

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from contract.ids import PersonId
from signaling.auth.principal import Principal
from signaling.store.grants import as_grant, main_grant
from signaling.store.people import OPERATOR, as_person
from signaling.store.tables.accounts import SignInRow, TicketRow
from signaling.store.tables.base import table
from signaling.store.tables.devices import TakeOverRow
from signaling.store.tables.organisation import StoreRow
from signaling.store.tables.people import GrantRow, PersonRow

_FIND = (
    select(PersonRow, StoreRow, OPERATOR, SignInRow.seen_ms, GrantRow)
    .join(SignInRow, SignInRow.person_id == PersonRow.id)
    .join(StoreRow, PersonRow.store_id == StoreRow.id, isouter=True)
    .join(TakeOverRow, TakeOverRow.device_id == PersonRow.id, isouter=True)
    .join(OPERATOR, OPERATOR.id == TakeOverRow.person_id, isouter=True)
    .join(GrantRow, GrantRow.person_id == PersonRow.id, isouter=True)
    .where(
        SignInRow.token_hash == bindparam("token"),
        SignInRow.expires_ms > bindparam("now"),
        PersonRow.disabled_ms.is_(None),
    )
    .order_by(GrantRow.id)
)
_ticket = table(TicketRow)
_ADD_TICKET = insert(_ticket)
_TAKE_TICKET = (
    delete(_ticket)
    .where(_ticket.c.token_hash == bindparam("token"))
    .returning(_ticket.c.sign_in_hash, _ticket.c.expires_ms)
)


async def add(
    session: AsyncSession,
    token_hash: bytes,
    person: PersonId,
    *,
    now_ms: int,
    expires_ms: int,
    user_agent: str,
    passkey: str | None = None,
) -> None:
    """A browser signs in, perhaps by a passkey; what has expired is swept."""
    await session.execute(delete(SignInRow).where(SignInRow.expires_ms <= now_ms))
    await session.execute(delete(TicketRow).where(TicketRow.expires_ms <= now_ms))
    await session.execute(
        insert(SignInRow).values(
            token_hash=token_hash,
            person_id=person,
            created_ms=now_ms,
            seen_ms=now_ms,
            expires_ms=expires_ms,
            user_agent=user_agent,
            passkey_id=passkey,
        )
    )


async def may_enter(session: AsyncSession, person: PersonId) -> bool:
    """Whether they are there, and not disabled; who is deleted is."""
    query = select(PersonRow.id).where(PersonRow.id == person, PersonRow.disabled_ms.is_(None))
    return await session.scalar(query) is not None


async def find(session: AsyncSession, token_hash: bytes, now_ms: int) -> tuple[Principal, int] | None:
    """Who holds this cookie and when it was last extended, unless it expired or the person is disabled."""
    rows = (await session.execute(_FIND, {"token": token_hash, "now": now_ms})).all()
    if not rows:
        return None
    person, store, operator, seen_ms, _ = rows[0]
    grants = (main_grant(person), *(as_grant(row) for *_, row in rows if row is not None))
    return Principal(as_person(person, store, operator), grants, token_hash), seen_ms


async def extend(session: AsyncSession, token_hash: bytes, *, now_ms: int, expires_ms: int) -> None:
    """The browser was seen."""
    await session.execute(
        update(SignInRow).where(SignInRow.token_hash == token_hash).values(seen_ms=now_ms, expires_ms=expires_ms)
    )


async def remove(session: AsyncSession, token_hash: bytes) -> None:
    """The browser signs out; its tickets go with it."""
    await session.execute(delete(SignInRow).where(SignInRow.token_hash == token_hash))


async def add_ticket(session: AsyncSession, token_hash: bytes, who: Principal, *, expires_ms: int) -> None:
    """A ticket for one WebSocket."""
    row = {"token_hash": token_hash, "sign_in_hash": who.sign_in, "person_id": who.id, "expires_ms": expires_ms}
    await session.execute(_ADD_TICKET, row)


async def take_ticket(session: AsyncSession, token_hash: bytes, now_ms: int) -> bytes | None:
    """Use a ticket up: the hash of the sign-in that asked for it, None if there is no such ticket (any more)."""
    row = (await session.execute(_TAKE_TICKET, {"token": token_hash})).one_or_none()
    return row[0] if row is not None and row[1] > now_ms else None
