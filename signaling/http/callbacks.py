"""Callbacks: stores book one, headquarters takes one, gives it back, says that it is done."""

import asyncio
from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import Action
from contract.base import Message
from contract.callbacks import BookCallback, Callback, CallbackSlots
from contract.errors import ErrorCode, Rejection
from contract.ids import RoomId
from contract.people import Store
from contract.rooms import Reason
from runtime import clock, ids
from signaling.auth.access import access_callback
from signaling.domain import callbacks
from signaling.domain.access import Act, may, place_of
from signaling.domain.policies import check_headquarters_calls, check_store_calls
from signaling.http.route import Route, Visit
from signaling.store import bookings
from signaling.store import callbacks as rows


class SlotsQuery(Message):
    reason: Reason = Reason.ANY


async def get_slots(visit: Visit) -> CallbackSlots:
    """When this store may be called back, as things stand."""
    _check(visit)
    store, reason = _store(visit), visit.query(SlotsQuery).reason
    async with visit.house.database.read() as session:
        found = await bookings.diary(session, store, reason)
    return CallbackSlots(slots=await asyncio.to_thread(found.slots, clock.wall_ms()))


async def book(visit: Visit) -> Callback:
    """Be called back at this time, or as soon as possible; again is a change."""
    _check(visit)
    work = partial(
        bookings.book,
        wish=visit.body(BookCallback),
        store=_store(visit),
        fresh=RoomId(ids.uuid7()),
        now_ms=clock.wall_ms(),
        within_ms=round(visit.house.settings.callback_s * 1000),
        by=visit.by,
    )
    booked = await visit.house.database.write(work)
    visit.house.callbacks.wake()
    return booked


async def cancel(visit: Visit) -> Callback:
    """Be called back no more: my own store's."""
    return await _change(visit, Action.CALLBACK_CANCELLED)


def _check(visit: Visit) -> None:
    """Who books wants what a call is for, and that headquarters calls. Raises Rejection(`policy`)."""
    rules = visit.house.policies.current
    check_store_calls(rules)
    check_headquarters_calls(rules)


def _store(visit: Visit) -> Store:
    """The one whose tablet asks. Raises Rejection(`forbidden`) for who has none."""
    store = visit.who.person.store
    if store is None or not may(Act.CALL, visit.who.grants, place_of(store)):
        raise Rejection(ErrorCode.FORBIDDEN, "only a store books a call")
    return store


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
        case Action.CALLBACK_CANCELLED:
            after = callbacks.cancel(before, clock.wall_ms())
        case Action.CALLBACK_REOPENED:
            after = callbacks.reopen(before, by)
        case _:
            after = callbacks.finish(before, by, clock.wall_ms())
    if after != before:
        await rows.change(session, after, action, by.id, visit.address)
    return after


ROUTES = [
    Route(
        method="GET",
        path="/api/callback-slots",
        handler=get_slots,
        act=Act.CALL,
        query=SlotsQuery,
        answer=CallbackSlots,
        errors=(ErrorCode.POLICY,),
    ),
    Route(
        method="POST",
        path="/api/callbacks",
        handler=book,
        act=Act.CALL,
        body=BookCallback,
        answer=Callback,
        errors=(ErrorCode.POLICY, ErrorCode.CONFLICT, ErrorCode.OVER),
    ),
    Route(
        method="POST",
        path="/api/callbacks/{room}/cancel",
        handler=cancel,
        act=Act.CALL,
        answer=Callback,
    ),
    *(
        Route(
            method="POST",
            path=f"/api/callbacks/{{room}}/{name}",
            handler=handler,
            act=Act.WORK_CALLBACK,
            answer=Callback,
            errors=(ErrorCode.FORBIDDEN, ErrorCode.CONFLICT, ErrorCode.OVER),
        )
        for name, handler in (("take", take), ("reopen", reopen), ("done", finish))
    ),
]
