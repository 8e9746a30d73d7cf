"""Callbacks as headquarters works them off: take one, give it back, say that it is done."""

from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import Action
from contract.callbacks import Callback
from contract.errors import ErrorCode
from contract.ids import RoomId
from runtime import clock
from signaling.auth.access import access_callback
from signaling.domain import callbacks
from signaling.domain.access import Act
from signaling.http.route import Route, Visit
from signaling.store import callbacks as rows


async def take(visit: Visit) -> Callback:
    """Be the one who calls the store back."""
    return await _change(visit, Action.CALLBACK_TAKEN)


async def reopen(visit: Visit) -> Callback:
    """Give it back to the group."""
    return await _change(visit, Action.CALLBACK_REOPENED)


async def finish(visit: Visit) -> Callback:
    """The store was called back."""
    return await _change(visit, Action.CALLBACK_DONE)


async def _change(visit: Visit, action: Action) -> Callback:
    """One transaction, so that of two who take it one is refused."""
    done = await visit.house.database.write(partial(_work, visit=visit, action=action))
    visit.house.callbacks.wake()
    return done


async def _work(session: AsyncSession, *, visit: Visit, action: Action) -> Callback:
    before = await access_callback(session, visit.who, RoomId(visit.param("room")))
    by = visit.who
    match action:
        case Action.CALLBACK_TAKEN:
            after = callbacks.take(before, by)
        case Action.CALLBACK_REOPENED:
            after = callbacks.reopen(before, by)
        case _:
            after = callbacks.finish(before, by, clock.wall_ms())
    if after != before:
        await rows.change(session, after, action, by.id, visit.address)
    return after


ROUTES = [
    Route(
        method="POST",
        path=f"/api/callbacks/{{room}}/{name}",
        handler=handler,
        act=Act.WORK_CALLBACK,
        answer=Callback,
        errors=(ErrorCode.FORBIDDEN, ErrorCode.CONFLICT, ErrorCode.OVER),
    )
    for name, handler in (("take", take), ("reopen", reopen), ("done", finish))
]
