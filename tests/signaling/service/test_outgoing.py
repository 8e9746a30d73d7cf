"""Headquarters calls stores, through the public doors: real sockets, every tablet of a store, and calls that cross."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from contract.callbacks import CallbackState
from contract.client import AcceptCall, CallStore, CancelCall, DeclineCall, LeaveRoom, StartCall
from contract.errors import ErrorCode
from contract.http import Me
from contract.ids import RoomId, StoreId
from contract.organisation import Enrolment
from contract.rooms import CallStage, EndReason, MemberState, Reason, RoomState
from contract.server import Done, Error
from tests.signaling.service.world import World
from tests.support.clients import Tab, new_cid, tab
from tests.support.server import SignalingServer

pytestmark = pytest.mark.flow

ROUNDS = 20
HERE, NORTH = StoreId("s-0117"), StoreId("s-0201")


async def spare(world: World) -> Tab:
    """Another tablet of the store, enrolled as one is."""
    admin, tablet = await world.server.sign_in("admin"), await world.server.stranger()
    made = (await admin.post(f"/api/stores/{HERE}/devices", json={"name": "后厨"})).read(Enrolment)
    tablet.person = (await tablet.post("/api/enrol", json={"code": made.code})).read(Me).person
    return await world.stack.enter_async_context(tab(tablet))


def wish(store: StoreId = HERE, reason: Reason = Reason.EQUIPMENT) -> CallStore:
    return CallStore(cid=new_cid(), store=store, reason=reason)


async def calls(who: Tab, *tablets: Tab, reason: Reason = Reason.EQUIPMENT) -> RoomId:
    """`who` calls the store and these tablets ring."""
    done = await who.do(wish(reason=reason))
    assert isinstance(done, Done), done
    room = done.room
    assert room is not None
    for tablet in tablets:
        await tablet.until(lambda tablet=tablet: room in tablet.rooms, "it rings")  # type: ignore[misc]
    return room


async def ended(who: Tab, room: RoomId) -> EndReason | None:
    """How it ended for whoever sits in it."""
    await who.until(lambda: room in who.rooms and who.rooms[room].closed_at is not None, "it is over")
    return who.rooms[room].end


def talking(state: RoomState) -> bool:
    return state.call is not None and state.call.stage is CallStage.ANSWERED


async def test_every_tablet_of_the_store_rings_one_answers_and_the_others_stop(world: World) -> None:
    chen, first, elsewhere = [await world.tab(login) for login in ("chen", "store-0117", "store-0108")]
    second = await spare(world)
    other_tab = await world.tab("store-0117", first.browser)
    room = await calls(chen, first, second, other_tab)
    state = second.rooms[room]
    assert state.call is not None
    assert state.call.store is not None
    assert (state.call.caller, state.call.store.id, state.call.reason) == (chen.person, HERE, Reason.EQUIPMENT)
    assert isinstance(await second.do(AcceptCall(cid=new_cid(), room=room)), Done)
    for tablet in (first, other_tab):
        await tablet.until(lambda tablet=tablet: room in tablet.gone, "it stops")  # type: ignore[misc]
    state = await chen.room(talking, "answered")
    assert {member.person.id for member in state.members if member.state is MemberState.JOINED} == {
        chen.person,
        second.person,
    }
    assert state.recording is not None
    late = await first.do(AcceptCall(cid=new_cid(), room=room))
    assert isinstance(late, Error)
    assert late.code is ErrorCode.CONFLICT
    await second.do(LeaveRoom(cid=new_cid(), room=room))
    assert await ended(chen, room) is EndReason.HUNG_UP
    assert room not in elsewhere.rooms
    lines = (await (await world.server.sign_in("admin")).get("/api/audit?action=call_started")).body.decode()
    assert room in lines
    assert chen.person in lines


async def test_declined_missed_unreachable_and_given_up_are_told_to_the_caller(tmp_path: Path) -> None:
    async with SignalingServer(tmp_path, ring_s=0.4) as server, AsyncExitStack() as stack:
        chen = await stack.enter_async_context(tab(await server.sign_in("chen")))
        assert await ended(chen, await calls(chen)) is EndReason.NOBODY_FREE, "no tablet is on line"
        store = await stack.enter_async_context(tab(await server.sign_in("store-0117")))
        assert await ended(chen, await calls(chen)) is EndReason.MISSED
    async with SignalingServer(tmp_path) as server, AsyncExitStack() as stack:
        chen = await stack.enter_async_context(tab(await server.sign_in("chen")))
        store = await stack.enter_async_context(tab(await server.sign_in("store-0117")))
        room = await calls(chen, store)
        await store.do(DeclineCall(cid=new_cid(), room=room))
        assert await ended(chen, room) is EndReason.DECLINED
        room = await calls(chen, store)
        await chen.do(CancelCall(cid=new_cid(), room=room))
        await store.until(lambda: room in store.gone, "it stops")
        assert store.callbacks == {}, "who was called is owed nothing"


async def test_who_calls_what(world: World) -> None:
    store, north = await world.tab("store-0117"), await world.tab("store-0201")
    for login, there, refused in (
        ("store-0108", HERE, ErrorCode.FORBIDDEN),
        ("xiaolin", HERE, ErrorCode.FORBIDDEN),
        ("qian", HERE, ErrorCode.FORBIDDEN),
        ("wu", NORTH, ErrorCode.NOT_FOUND),
        ("chen", StoreId("s-none"), ErrorCode.NOT_FOUND),
    ):
        answer = await (await world.tab(login)).do(wish(there))
        assert isinstance(answer, Error), login
        assert answer.code is refused, login
    # Neither does who may not call a store answer one that calls.
    done = await north.do(StartCall(cid=new_cid(), reason=Reason.ANY))
    assert isinstance(done, Done)
    assert isinstance(await (await world.tab("wu")).do(wish(NORTH)), Error)
    for login in ("chen", "he", "wu", "admin"):
        caller = await world.tab(login)
        room = await calls(caller, store)
        assert isinstance(await store.do(AcceptCall(cid=new_cid(), room=room)), Done), login
        await caller.do(LeaveRoom(cid=new_cid(), room=room))
        assert await ended(store, room) is EndReason.HUNG_UP, login


async def test_calling_back_settles_what_is_owed_once_it_is_answered(world: World) -> None:
    store = await world.tab("store-0117")
    done = await store.do(StartCall(cid=new_cid(), reason=Reason.EQUIPMENT))
    assert isinstance(done, Done)
    owed = done.room
    assert owed is not None
    chen = await world.tab("chen")
    await chen.until(lambda: owed in chen.callbacks, "it is owed")
    assert (await chen.browser.post(f"/api/callbacks/{owed}/take")).status == 200
    room = await calls(chen, store)
    assert chen.callbacks[owed].state is not CallbackState.DONE
    await store.do(AcceptCall(cid=new_cid(), room=room))
    for who in (chen, store):
        await who.until(lambda who=who: who.callbacks[owed].state is CallbackState.DONE, "settled")  # type: ignore[misc]
    by = chen.callbacks[owed].done_by
    assert by is not None
    assert by.id == chen.person


async def test_both_calling_each_other_are_in_one_call(world: World) -> None:
    store, chen, zhang = [await world.tab(login) for login in ("store-0117", "chen", "zhang")]
    for number in range(ROUNDS):
        # By turns the one who calls is rung by the other, or somebody whom the store's call does not ring.
        caller = chen if number % 3 else zhang
        reason = Reason.EQUIPMENT if number % 2 else Reason.DISHES
        both = [store.do(StartCall(cid=new_cid(), reason=reason)), caller.do(wish(reason=reason))]
        answers = await asyncio.gather(*(both if number % 4 < 2 else reversed(both)))
        assert all(isinstance(answer, Done) for answer in answers), answers
        [room] = {answer.room for answer in answers if isinstance(answer, Done)}
        assert room is not None
        for who in (store, caller):
            state = await who.room(lambda state, room=room: state.id == room and talking(state), "one call")  # type: ignore[misc]
            seated = {member.person.id for member in state.members if member.state is MemberState.JOINED}
            assert seated == {store.person, caller.person}, number
            assert all(state.id == room or state.closed_at is not None for state in who.rooms.values()), "never two"
        for other in (chen, zhang):
            if other is not caller:
                await other.until(lambda other=other, room=room: room not in other.rooms, "nobody else rings")  # type: ignore[misc]
        await caller.do(LeaveRoom(cid=new_cid(), room=room))
        assert await ended(store, room) is EndReason.HUNG_UP
    assert chen.callbacks == {}, "no call was in vain"


async def test_a_call_that_crosses_one_given_up_is_a_call_of_its_own(world: World) -> None:
    store, chen = await world.tab("store-0117"), await world.tab("chen")
    for _ in range(ROUNDS // 2):
        room = await calls(chen, store)
        gave_up, called = await asyncio.gather(
            chen.do(CancelCall(cid=new_cid(), room=room)), store.do(StartCall(cid=new_cid(), reason=Reason.EQUIPMENT))
        )
        assert isinstance(gave_up, Done)
        assert isinstance(called, Done)
        last = called.room
        assert last is not None
        if last == room:  # the store was quicker: its answer met the giving up
            assert await ended(store, room) is EndReason.HUNG_UP
        else:
            await chen.until(lambda last=last: last in chen.rooms, "it rings")  # type: ignore[misc]
            await store.do(CancelCall(cid=new_cid(), room=last))
            await chen.until(lambda last=last: last in chen.gone, "it stops")  # type: ignore[misc]
