"""Media tokens in the database: whom each lets into which room, until when."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from contract.ids import PersonId, RoomId
from contract.media import MediaUse
from contract.people import Name, Person, Role
from signaling.store.tables.rooms import MediaTokenRow


@dataclass(frozen=True, slots=True)
class Pass:
    """What a token says."""

    guest: Person
    room: RoomId
    use: MediaUse
    expires_ms: int


async def add(session: AsyncSession, token_hash: bytes, one: Pass, now_ms: int) -> None:
    """Keep a new one; what has expired is swept."""
    await session.execute(delete(MediaTokenRow).where(MediaTokenRow.expires_ms <= now_ms))
    await session.execute(
        insert(MediaTokenRow).values(
            token_hash=token_hash,
            guest_id=one.guest.id,
            room_id=one.room,
            use=one.use.value,
            name_zh=one.guest.name.zh,
            name_en=one.guest.name.en,
            expires_ms=one.expires_ms,
        )
    )


async def count(session: AsyncSession, room: RoomId, now_ms: int) -> int:
    """How many let somebody into this room now."""
    query = select(func.count()).where(MediaTokenRow.room_id == room, MediaTokenRow.expires_ms > now_ms)
    return (await session.execute(query)).scalar_one()


async def find(session: AsyncSession, token_hash: bytes, now_ms: int) -> Pass | None:
    """What this token says, if it has not expired."""
    query = select(MediaTokenRow).where(MediaTokenRow.token_hash == token_hash, MediaTokenRow.expires_ms > now_ms)
    row = (await session.scalars(query)).one_or_none()
    return None if row is None else _pass(row)


async def listed(session: AsyncSession, now_ms: int, room: RoomId | None) -> list[Pass]:
    """Those that are good, of one room or of all, the one that expires first first."""
    query = select(MediaTokenRow).where(MediaTokenRow.expires_ms > now_ms)
    if room is not None:
        query = query.where(MediaTokenRow.room_id == room)
    return [
        _pass(row) for row in await session.scalars(query.order_by(MediaTokenRow.expires_ms, MediaTokenRow.guest_id))
    ]


async def remove(session: AsyncSession, guest: PersonId, room: RoomId | None) -> Pass | None:
    """Forget the token of this guest, of `room` if that is given; what it said, None if there was none."""
    query = select(MediaTokenRow).where(MediaTokenRow.guest_id == guest)
    row = (await session.scalars(query)).one_or_none()
    if row is None or room not in (None, row.room_id):
        return None
    await session.delete(row)
    return _pass(row)


async def of_guests(session: AsyncSession, guests: Iterable[PersonId]) -> list[Pass]:
    """The tokens of these, also expired ones."""
    query = select(MediaTokenRow).where(MediaTokenRow.guest_id.in_(list(guests)))
    return [_pass(row) for row in await session.scalars(query)]


def _pass(row: MediaTokenRow) -> Pass:
    return Pass(
        guest=Person(id=PersonId(row.guest_id), role=Role.GUEST, name=Name(zh=row.name_zh, en=row.name_en)),
        room=RoomId(row.room_id),
        use=MediaUse(row.use),
        expires_ms=row.expires_ms,
    )
