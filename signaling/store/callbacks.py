"""Callbacks in the database: made and settled in the very transaction that ends or answers a call, or booked."""

from collections.abc import Sequence

from sqlalchemy import Select, bindparam, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import Action
from contract.callbacks import Callback, CallbackState
from contract.ids import PersonId, RoomId, StoreId
from contract.people import Grant
from contract.rooms import RoomState
from signaling.domain import bookings, callbacks
from signaling.domain.routing import Expert
from signaling.store import audit, grants, rooms
from signaling.store.people import as_store
from signaling.store.tables.base import table
from signaling.store.tables.calls import CallbackRow
from signaling.store.tables.organisation import StoreRow

_ALL = select(CallbackRow.body, StoreRow).join(StoreRow, CallbackRow.store_id == StoreRow.id)
_UNFINISHED = _ALL.where(CallbackRow.state.in_([CallbackState.OPEN.value, CallbackState.TAKEN.value]))
"""Said so that the index serves."""
_OF_STORE = _UNFINISHED.where(CallbackRow.store_id == bindparam("store"))
_OF_ROOM = _ALL.where(CallbackRow.room_id == bindparam("room"))
_new = insert(table(CallbackRow))
_SAVE = _new.on_conflict_do_update(
    index_elements=["room_id"], set_={name: _new.excluded[name] for name in ("state", "body")}
)


async def follow(session: AsyncSession, state: RoomState, now_ms: int, *, within_ms: int) -> None:
    """A room is as in `state` now: if it is a call that was answered or is over, what follows for callbacks."""
    call = state.call
    if call is None or call.store is None or (call.pending and state.closed_at is None):
        return
    waiting = await _read(session, _OF_STORE, store=call.store.id)
    if (new := callbacks.owed(state, within_ms)) is not None:
        if (await session.get_one(StoreRow, call.store.id)).closed_ms is not None:
            return
        if new.owner is not None:
            held = await grants.of(session, new.owner.id)
            new = new if callbacks.keep(new, held) == new else callbacks.unpromised(new, within_ms)
        before = next((item for item in waiting if item.reason is new.reason), None)
        item = new
        if before is not None:
            if before.room == new.room:
                return
            item = callbacks.again(before, new, call.timings.tap)
        await save(session, item)
        had, has = [one.owner.id if one is not None and one.owner is not None else None for one in (before, item)]
        if had not in (None, has):
            await audit.record(session, Action.CALLBACK_REOPENED, None, object_id=item.room, detail="called")
        if has not in (None, had):
            await audit.record(session, Action.CALLBACK_TAKEN, has, object_id=item.room, detail="promised")
        return
    for item in waiting:
        since_ms = callbacks.waits_since(item, await rooms.find(session, item.room))
        if (by := callbacks.settles(item, state, since_ms)) is not None:
            await save(session, callbacks.done(item, by, now_ms))
            await audit.record(session, Action.CALLBACK_DONE, by.id, object_id=item.room, detail="answered")


async def save(session: AsyncSession, item: Callback) -> None:
    """New, or as it is now."""
    row = {
        "room_id": item.room,
        "store_id": item.store.id,
        "state": item.state.value,
        "body": item.model_dump_json(),
    }
    await session.execute(_SAVE, row)


async def change(
    session: AsyncSession, item: Callback, action: Action, by: PersonId | None, address: str, *, detail: str = ""
) -> None:
    """Somebody took, gave back or finished it, or its store booked or cancelled it."""
    await save(session, item)
    await audit.record(session, action, by, object_id=item.room, address=address, detail=detail)


async def escalate(session: AsyncSession, now_ms: int, experts: Sequence[Expert]) -> int:
    """Some are late, and more people are told; some are booked for soon, and have an owner now. How many are late.

    Read again where nobody else writes: it may have been done since.
    """
    late = 0
    before = {item.room: item for item in await unfinished(session)}
    for item in bookings.moved_on(list(before.values()), experts, now_ms):
        was = before[item.room]
        await save(session, item)
        if item.owner is not None and was.owner is None:
            await audit.record(session, Action.CALLBACK_TAKEN, item.owner.id, object_id=item.room, detail="named")
        if item.urgency in callbacks.LATE and item.urgency is not was.urgency:
            await audit.record(session, Action.CALLBACK_LATE, None, object_id=item.room, detail=item.urgency)
            late += 1
    return late


async def leave(
    session: AsyncSession, owner: PersonId, held: Sequence[Grant], by: PersonId | None, address: str
) -> None:
    """`owner` may do just this from now on; what that is not enough for is anybody's."""
    for item in await unfinished(session):
        if item.owner is not None and item.owner.id == owner and (after := callbacks.keep(item, held)) != item:
            await save(session, after)
            await audit.record(session, Action.CALLBACK_REOPENED, by, object_id=item.room, address=address)


async def drop(session: AsyncSession, store: StoreId, now_ms: int, by: PersonId | None, address: str) -> None:
    """The store is closed, and waits for nobody."""
    for item in await _read(session, _OF_STORE, store=store):
        await save(session, callbacks.cancel(item, now_ms))
        await audit.record(
            session, Action.CALLBACK_DONE, by, object_id=item.room, address=address, detail="store closed"
        )


async def unfinished(session: AsyncSession) -> list[Callback]:
    """All that are not done, the oldest first."""
    return sorted(await _read(session, _UNFINISHED), key=lambda item: (item.rung_at, item.room))


async def find(session: AsyncSession, room: RoomId) -> Callback | None:
    """Done or not."""
    return next(iter(await _read(session, _OF_ROOM, room=room)), None)


async def _read(session: AsyncSession, query: Select[str, StoreRow], **which: str) -> list[Callback]:
    """With the store as it is called, and where it lies, now."""
    return [
        Callback.model_validate_json(body).model_copy(update={"store": as_store(store)})
        for body, store in await session.execute(query, which)
    ]
