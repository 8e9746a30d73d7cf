"""Callbacks in the database: made and settled in the very transaction that ends or answers a call."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import Action
from contract.callbacks import Callback, CallbackState
from contract.ids import PersonId, RoomId
from contract.rooms import CallStage, RoomState
from signaling.domain import callbacks
from signaling.store import audit
from signaling.store.tables import CallbackRow


async def follow(session: AsyncSession, state: RoomState, now_ms: int, *, within_ms: int) -> None:
    """A room is as in `state` now: if it is a call that was answered or is over, what follows for callbacks."""
    call = state.call
    if call is None or (call.stage is CallStage.RINGING and state.closed_at is None):
        return
    query = select(CallbackRow.body).where(
        CallbackRow.store_id == call.store.id, CallbackRow.state != CallbackState.DONE.value
    )
    waiting = [Callback.model_validate_json(body) for body in await session.scalars(query)]
    if (new := callbacks.owed(state, within_ms)) is not None:
        before = next((item for item in waiting if item.reason is new.reason), None)
        if before is None:
            await save(session, new)
        elif before.room != new.room:
            await save(session, callbacks.again(before, new))
        return
    for item in waiting:
        if (by := callbacks.settles(item, state)) is not None:
            await save(session, callbacks.done(item, by, now_ms))
            await audit.record(session, Action.CALLBACK_DONE, by.id, object_id=item.room, detail="answered")


async def save(session: AsyncSession, item: Callback) -> None:
    """New, or as it is now."""
    statement = insert(CallbackRow).values(
        room_id=item.room, store_id=item.store.id, state=item.state.value, body=item.model_dump_json()
    )
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[CallbackRow.room_id],
            set_={"state": statement.excluded.state, "body": statement.excluded.body},
        )
    )


async def change(session: AsyncSession, item: Callback, action: Action, by: PersonId, address: str) -> None:
    """Somebody took, gave back or finished it."""
    await save(session, item)
    await audit.record(session, action, by, object_id=item.room, address=address)


async def escalate(session: AsyncSession, items: Iterable[Callback]) -> None:
    """They are late, and more people are told."""
    for item in items:
        await save(session, item)
        await audit.record(session, Action.CALLBACK_LATE, None, object_id=item.room, detail=item.urgency)


async def unfinished(session: AsyncSession) -> list[Callback]:
    """All that are not done, the oldest first."""
    query = select(CallbackRow.body).where(CallbackRow.state != CallbackState.DONE.value)
    found = [Callback.model_validate_json(body) for body in await session.scalars(query)]
    return sorted(found, key=lambda item: (item.rung_at, item.room))


async def find(session: AsyncSession, room: RoomId) -> Callback | None:
    """Done or not."""
    body = await session.scalar(select(CallbackRow.body).where(CallbackRow.room_id == room))
    return Callback.model_validate_json(body) if body is not None else None
