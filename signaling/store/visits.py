"""Links for visitors, and who came by them, in the database. A token is kept only as its hash.

A visitor is a person without a password, so that the call, its recording and the audit name them as they name others;
when the visit is over they are disabled, and their sign-in is gone.
"""

from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from contract.ids import PersonId, RoomId, VisitId
from contract.people import Name, Role
from contract.server import VisitEnd
from contract.visits import OpenVisit
from signaling.store.tables.accounts import SignInRow
from signaling.store.tables.people import PersonRow
from signaling.store.tables.rooms import RoomRow, VisitRow


@dataclass(frozen=True, slots=True)
class Offered:
    """A link that opens its call."""

    id: VisitId
    room: RoomId
    by: PersonId
    by_name: Name
    expires_ms: int
    opened: bool


_UNUSED = (VisitRow.visitor_id.is_(None), VisitRow.over_ms.is_(None))


async def is_open(session: AsyncSession, room: RoomId) -> bool:
    """Whether this call goes on, by what is committed."""
    query = select(RoomRow.id).where(RoomRow.id == room, RoomRow.closed_ms.is_(None))
    return await session.scalar(query) is not None


async def add(
    session: AsyncSession,
    visit: VisitId,
    token_hash: bytes,
    room: RoomId,
    by: PersonId,
    *,
    now_ms: int,
    expires_ms: int,
) -> None:
    """Keep a new link."""
    await session.execute(
        insert(VisitRow).values(
            id=visit, token_hash=token_hash, room_id=room, by_id=by, created_ms=now_ms, expires_ms=expires_ms
        )
    )


async def unused(session: AsyncSession, room: RoomId, now_ms: int) -> list[OpenVisit]:
    """The links of a room that open it, the one that expires first first."""
    query = select(VisitRow).where(VisitRow.room_id == room, VisitRow.expires_ms > now_ms, *_UNUSED)
    return [
        OpenVisit(
            id=VisitId(row.id),
            by=PersonId(row.by_id),
            created_at=row.created_ms,
            expires_at=row.expires_ms,
            opened=row.opened_ms is not None,
        )
        for row in await session.scalars(query.order_by(VisitRow.expires_ms, VisitRow.id))
    ]


async def find(session: AsyncSession, token_hash: bytes, now_ms: int) -> Offered | None:
    """The link with this token; None if it was used or withdrawn, has expired, never was, or its call is over."""
    query = (
        select(VisitRow, PersonRow)
        .join(PersonRow, VisitRow.by_id == PersonRow.id)
        .join(RoomRow, VisitRow.room_id == RoomRow.id)
        .where(VisitRow.token_hash == token_hash, VisitRow.expires_ms > now_ms, RoomRow.closed_ms.is_(None), *_UNUSED)
    )
    row = (await session.execute(query)).one_or_none()
    if row is None:
        return None
    visit, by = row
    return Offered(
        VisitId(visit.id),
        RoomId(visit.room_id),
        PersonId(by.id),
        Name(zh=by.name_zh, en=by.name_en),
        visit.expires_ms,
        visit.opened_ms is not None,
    )


async def opened(session: AsyncSession, visit: VisitId, now_ms: int) -> bool:
    """Somebody looks at it. False if somebody did before."""
    first = update(VisitRow).where(VisitRow.id == visit, VisitRow.opened_ms.is_(None))
    return (await session.execute(first.values(opened_ms=now_ms).returning(VisitRow.id))).first() is not None


async def use(session: AsyncSession, visit: VisitId, visitor: PersonId, name: Name, company: Name | None) -> None:
    """Somebody comes by it, who is a person from now on; in the same work as `find`."""
    await session.execute(
        insert(PersonRow).values(
            id=visitor,
            login=f"visitor:{visitor}",  # nobody's: a login has no colon
            password_hash="",
            role=Role.VISITOR.value,
            name_zh=name.zh,
            name_en=name.en,
            title_zh=company.zh if company else None,
            title_en=company.en if company else None,
        )
    )
    await session.execute(update(VisitRow).where(VisitRow.id == visit).values(visitor_id=visitor))


async def room_of(session: AsyncSession, visitor: PersonId) -> RoomId | None:
    """Where they may come in, unless it is over."""
    room = await session.scalar(
        select(VisitRow.room_id).where(VisitRow.visitor_id == visitor, VisitRow.over_ms.is_(None))
    )
    return RoomId(room) if room is not None else None


async def withdraw(session: AsyncSession, visit: VisitId, room: RoomId, now_ms: int) -> bool:
    """The link opens nothing any more. False if it is not of `room`, or opened nothing before."""
    which = update(VisitRow).where(VisitRow.id == visit, VisitRow.room_id == room, *_UNUSED)
    values = {"over_ms": now_ms, "over": VisitEnd.WITHDRAWN.value}
    return (await session.execute(which.values(**values).returning(VisitRow.id))).first() is not None


async def end(
    session: AsyncSession, now_ms: int, why: VisitEnd, *, visitor: PersonId | None = None, room: RoomId | None = None
) -> None:
    """The visit of `visitor` is over, or every one of `room`, its unused links too."""
    whose = VisitRow.visitor_id == visitor if visitor is not None else VisitRow.room_id == room
    ended = await session.scalars(
        update(VisitRow)
        .where(whose, VisitRow.over_ms.is_(None))
        .values(over_ms=now_ms, over=why.value)
        .returning(VisitRow.visitor_id)
    )
    gone = [one for one in ended if one is not None]
    if gone:
        await session.execute(delete(SignInRow).where(SignInRow.person_id.in_(gone)))
        await session.execute(update(PersonRow).where(PersonRow.id.in_(gone)).values(disabled_ms=now_ms))


async def count(session: AsyncSession, room: RoomId, now_ms: int) -> int:
    """How many links open this room now."""
    query = select(func.count()).where(VisitRow.room_id == room, VisitRow.expires_ms > now_ms, *_UNUSED)
    return (await session.execute(query)).scalar_one()
