"""How long the stages of calls took, in the database: written when a call is over, read week by week."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, false, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncSession

from contract.ids import RegionId, StoreId
from contract.people import Store
from contract.rooms import RoomState
from signaling.domain.access import Scope
from signaling.domain.timings import Stage, Week, took
from signaling.store.grants import within
from signaling.store.people import as_store
from signaling.store.tables.base import table
from signaling.store.tables.calls import CallTimingRow
from signaling.store.tables.organisation import StoreRow

MOST_OF_WEEK = 50_000
"""Calls that are looked at; of more than a hundred calls a minute at all hours the first ones tell enough."""
_TOOK = {
    Stage.RING: CallTimingRow.ring_ms,
    Stage.ANSWER: CallTimingRow.answer_ms,
    Stage.CONNECTED: CallTimingRow.connected_ms,
    Stage.FIRST_FRAME: CallTimingRow.first_frame_ms,
    Stage.FIRST_AUDIO: CallTimingRow.first_audio_ms,
}
_KEEP = insert(table(CallTimingRow)).on_conflict_do_nothing()


@dataclass(frozen=True, slots=True)
class Sought:
    """Calls of stores in reach."""

    scope: Scope
    region: RegionId | None = None
    store: StoreId | None = None


async def keep(session: AsyncSession, state: RoomState) -> None:
    """Add the times of a store's call that is over; of anything else there are none."""
    call = state.call
    if call is None or call.store is None:
        return
    counts = took(call.timings)
    times = {column.key: counts.get(stage) for stage, column in _TOOK.items()}
    row = {"room_id": state.id, "store_id": call.store.id, "at_ms": state.opened_at, **times}
    await session.execute(_KEEP, row)


async def forget(session: AsyncSession, before_ms: int) -> None:
    """Take away what is older."""
    await session.execute(delete(CallTimingRow).where(CallTimingRow.at_ms < before_ms))


async def stores(session: AsyncSession, sought: Sought) -> dict[StoreId, Store]:
    """Those that are sought, as they are today."""
    query = select(StoreRow).where(within(sought.scope, StoreRow.region_id, StoreRow.id) if sought.scope else false())
    if sought.region is not None:
        query = query.where(StoreRow.region_id == sought.region)
    if sought.store is not None:
        query = query.where(StoreRow.id == sought.store)
    return {StoreId(row.id): as_store(row) for row in await session.scalars(query)}


async def of_week(session: AsyncSession, week: Week) -> Sequence[Sequence[str | int | None]]:
    """The calls of all stores in a week, in order of time: the store, then ms of each stage. Whoever asks leaves out
    what is not in reach, and reads them in a thread: they are many."""
    query = (
        select(CallTimingRow.store_id, *_TOOK.values())
        .where(CallTimingRow.at_ms >= week.from_ms, CallTimingRow.at_ms < week.to_ms)
        .order_by(CallTimingRow.at_ms)
        .limit(MOST_OF_WEEK)
    )
    return (await session.execute(query)).all()
