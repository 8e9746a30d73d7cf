"""PINs and the wrong ones among them, in the database, so that a restart forgives nothing."""

from collections.abc import Iterable

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncSession

from contract.ids import PersonId
from contract.takeover import PinState
from signaling.domain.pins import Tries
from signaling.store.tables.devices import PinRow, PinTriesRow


async def find(session: AsyncSession, person: PersonId) -> PinRow | None:
    return await session.get(PinRow, person)


async def keep(session: AsyncSession, person: PersonId, pin_hash: str, *, once_until_ms: int | None) -> None:
    """From now on this is somebody's PIN; of one use if it has an end."""
    values = {"hash": pin_hash, "once_until_ms": once_until_ms}
    statement = insert(PinRow).values(person_id=person, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=[PinRow.person_id], set_=values))


async def forget(session: AsyncSession, person: PersonId) -> None:
    """Somebody leaves: what they know opens nothing, also if they come back."""
    await session.execute(delete(PinRow).where(PinRow.person_id == person))
    await session.execute(delete(PinTriesRow).where(PinTriesRow.subject_id == person))


async def states(session: AsyncSession, people: Iterable[PersonId], now_ms: int) -> dict[PersonId, PinState]:
    """How the PINs of those stand who have one."""
    rows = await session.scalars(select(PinRow).where(PinRow.person_id.in_(list(people))))
    return {PersonId(row.person_id): state_of(row, now_ms) for row in rows}


def state_of(row: PinRow, now_ms: int) -> PinState:
    if row.once_until_ms is None:
        return PinState.OWN
    return PinState.ONCE if now_ms < row.once_until_ms else PinState.EXPIRED


async def tries(session: AsyncSession, subjects: Iterable[PersonId]) -> dict[PersonId, Tries]:
    """Of people and of tablets; nothing of whom nothing wrong is known."""
    rows = await session.scalars(select(PinTriesRow).where(PinTriesRow.subject_id.in_(list(subjects))))
    return {PersonId(row.subject_id): Tries(row.wrong, row.last_ms, row.locked_until_ms) for row in rows}


async def count(session: AsyncSession, subject: PersonId, now: Tries) -> None:
    values = {"wrong": now.wrong, "last_ms": now.last_ms, "locked_until_ms": now.locked_until_ms}
    statement = insert(PinTriesRow).values(subject_id=subject, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=[PinTriesRow.subject_id], set_=values))
