"""The samples of media of each room, some of one person in a row, packed: JSON repeats itself, zlib does not."""

import zlib
from collections.abc import Mapping, Sequence

from pydantic import TypeAdapter
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncSession

from contract.ids import PersonId, RoomId
from signaling.domain.callquality import Sampled, poor
from signaling.store.tables.calls import QualityRow

_SAMPLES: TypeAdapter[list[Sampled]] = TypeAdapter(list[Sampled])


async def keep(session: AsyncSession, series: Mapping[tuple[RoomId, PersonId], Sequence[Sampled]]) -> None:
    """Add a row for each person; `series` are in order of time and not empty."""
    made = [
        {
            "room_id": room,
            "person_id": person,
            "from_ms": samples[0].at,
            "poor": sum(map(poor, samples)),
            "body": pack(samples),
        }
        for (room, person), samples in series.items()
    ]
    await session.execute(insert(QualityRow).on_conflict_do_nothing(), made)


async def people(session: AsyncSession, room: RoomId) -> list[PersonId]:
    """Of whom there are samples, those with the most trouble first."""
    query = (
        select(QualityRow.person_id)
        .where(QualityRow.room_id == room)
        .group_by(QualityRow.person_id)
        .order_by(func.sum(QualityRow.poor).desc(), QualityRow.person_id)
    )
    return [PersonId(person) for (person,) in await session.execute(query)]


async def of_person(session: AsyncSession, room: RoomId, person: PersonId) -> list[Sampled]:
    """All samples of one person in a room, in order of time."""
    query = (
        select(QualityRow.body)
        .where(QualityRow.room_id == room, QualityRow.person_id == person)
        .order_by(QualityRow.from_ms)
    )
    found: list[Sampled] = []
    for (body,) in await session.execute(query):
        found += _SAMPLES.validate_json(zlib.decompress(body), extra="ignore")
    return found


async def forget(session: AsyncSession, room: RoomId) -> None:
    """Take away all of a room."""
    await session.execute(delete(QualityRow).where(QualityRow.room_id == room))


def pack(samples: Sequence[Sampled]) -> bytes:
    """The `body` of a row."""
    return zlib.compress(_SAMPLES.dump_json(list(samples), exclude_defaults=True), 6)
