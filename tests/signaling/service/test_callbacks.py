"""A call in vain comes back: through the public doors, over a kill, until it is done."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from contract.callbacks import Callback, CallbackState, Urgency
from contract.client import DeclineCall, StartCall
from contract.errors import ErrorCode
from contract.ids import RoomId
from contract.rooms import EndReason, Reason
from contract.server import Done
from runtime.supervise import TaskScope
from tests.signaling.service.world import World, answered, ring
from tests.support.clients import Tab, new_cid, tab
from tests.support.server import SignalingServer
from tests.support.signaling_process import SignalingProcess

pytestmark = pytest.mark.flow


async def call(store: Tab, reason: Reason = Reason.EQUIPMENT) -> RoomId:
    """Nobody is there: it is over at once."""
    done = await store.do(StartCall(cid=new_cid(), reason=reason))
    assert isinstance(done, Done)
    assert done.room is not None
    return done.room


async def sees(who: Tab, room: RoomId, what: Callable[[Callback], bool], words: str) -> Callback:
    await who.until(lambda: room in who.callbacks and what(who.callbacks[room]), words)
    return who.callbacks[room]


async def test_a_call_in_vain_is_taken_by_one_given_back_and_done(world: World) -> None:
    store, other, chen, zhang, wu, admin = [
        await world.tab(login) for login in ("store-0117", "store-0108", "chen", "zhang", "wu", "admin")
    ]
    room = await ring(store, chen, zhang)
    for expert in (chen, zhang):
        await expert.do(DeclineCall(cid=new_cid(), room=room))
    for who in (store, chen, zhang, wu, admin):
        item = await sees(who, room, lambda item: item.state is CallbackState.OPEN, "it is owed")
        assert (item.why, item.calls, item.store.number) == (EndReason.DECLINED, 1, "0117")
    path = f"/api/callbacks/{room}"
    answers = await asyncio.gather(*(who.browser.post(f"{path}/take") for who in (chen, zhang)))
    assert sorted(answer.status for answer in answers) == [200, 409], "of two exactly one has it"
    winner, loser = (chen, zhang) if answers[0].status == 200 else (zhang, chen)
    for who in (store, chen, zhang, wu, admin):
        item = await sees(who, room, lambda item: item.state is CallbackState.TAKEN, "it is taken")
        assert item.owner is not None
        assert item.owner.id == winner.person
    assert (await loser.browser.post(f"{path}/done")).code == ErrorCode.FORBIDDEN
    assert (await winner.browser.post(f"{path}/reopen")).status == 200
    await sees(loser, room, lambda item: item.state is CallbackState.OPEN, "it is given back")
    assert (await loser.browser.post(f"{path}/take")).status == 200
    assert (await loser.browser.post(f"{path}/done")).status == 200
    await sees(store, room, lambda item: item.state is CallbackState.DONE, "it is done")
    assert (await winner.browser.post(f"{path}/take")).code == ErrorCode.OVER
    assert other.callbacks == {}, "another store hears nothing of it"


async def test_calling_again_in_vain_is_one_callback_and_an_answer_settles_it(world: World) -> None:
    store = await world.tab("store-0117")
    first = await call(store)
    await call(store)
    dishes = await call(store, Reason.DISHES)
    item = await sees(store, first, lambda item: item.calls == 2, "counted")
    assert item.due_at == item.rung_at + 900_000
    await sees(store, dishes, lambda item: item.state is CallbackState.OPEN, "another reason is another callback")
    chen = await world.tab("chen")
    await sees(chen, first, lambda item: item.calls == 2, "who comes later sees it too")
    await answered(store, chen)
    item = await sees(chen, first, lambda item: item.state is CallbackState.DONE, "settled")
    assert item.done_by is not None
    assert item.done_by.id == chen.person
    assert chen.callbacks[dishes].state is CallbackState.OPEN
    assert set(store.callbacks) == {first, dishes}


async def test_in_five_minutes_is_a_callback_of_whoever_said_so(world: World) -> None:
    store, chen, zhang = [await world.tab(login) for login in ("store-0117", "chen", "zhang")]
    room = await ring(store, chen, zhang)
    assert isinstance(await chen.do(DeclineCall(cid=new_cid(), room=room, back_in_s=300)), Done)

    def promised() -> bool:
        call = store.rooms[room].call
        return call is not None and call.promise is not None and call.promise.by.id == chen.person

    await store.until(promised, "the store is told who calls back")
    assert isinstance(await zhang.do(DeclineCall(cid=new_cid(), room=room)), Done)
    for who in (store, chen, zhang):
        item = await sees(who, room, lambda item: item.state is CallbackState.TAKEN, "it has an owner")
        assert item.owner is not None
        assert item.owner.id == chen.person
    admin = await world.server.sign_in("admin")
    assert '"promised"' in (await admin.get("/api/audit?action=callback_taken")).body.decode()
    assert (await chen.browser.post(f"/api/callbacks/{room}/done")).status == 200


async def test_a_store_that_moves_is_its_new_managers_and_one_that_closes_waits_no_more(world: World) -> None:
    room = await call(await world.tab("store-0117"))
    chen, admin = await world.tab("chen"), await world.tab("admin")
    await sees(chen, room, lambda item: item.state is CallbackState.OPEN, "owed")
    here = chen.callbacks[room].store
    there = "r-north" if here.region != "r-north" else "r-east"
    moved = {"name": here.name.model_dump(), "region": there}
    assert (await admin.browser.put(f"/api/stores/{here.id}", json=moved)).status == 204
    await sees(chen, room, lambda item: item.store.region == there, "as the store is now")
    assert (await admin.browser.put(f"/api/stores/{here.id}/closed", json={"closed": True})).status == 204
    item = await sees(chen, room, lambda item: item.state is CallbackState.DONE, "nobody waits there")
    assert item.done_by is None


async def test_who_is_late_is_told_to_more_and_more(tmp_path: Path) -> None:
    async with SignalingServer(tmp_path, callback_s=0.2) as server, AsyncExitStack() as stack:
        store = await stack.enter_async_context(tab(await server.sign_in("store-0117")))
        admin = await stack.enter_async_context(tab(await server.sign_in("admin")))
        room = await call(store)
        await sees(admin, room, lambda item: item.urgency is Urgency.ADMINISTRATOR, "everybody is told")
        lines = (await admin.browser.get("/api/audit?action=callback_late")).body.decode()
        assert '"administrator"' in lines


async def test_neither_a_ring_nor_what_is_owed_is_lost_by_a_kill(tmp_path: Path) -> None:
    async with SignalingProcess(tmp_path, ring_s=1.0) as signaling, TaskScope("tabs") as scope:
        store, chen = [Tab(await signaling.sign_in(login)) for login in ("store-0117", "chen")]
        for one in (store, chen):
            scope.spawn(one.stay(), name=one.person)
            await one.until(lambda one=one: one.welcome, "welcome")  # type: ignore[misc]
        room = await ring(store, chen)
        await signaling.kill()
        chen.callbacks.clear()
        await signaling.start()
        for who in (store, chen):
            await who.until(lambda who=who: room in who.callbacks, "it comes back as a callback")  # type: ignore[misc]
        assert (await chen.browser.post(f"/api/callbacks/{room}/take")).status == 200


async def test_it_is_nobody_elses_business(world: World) -> None:
    here, elsewhere = await world.tab("store-0117"), await world.tab("store-0201")
    for store, statuses in (
        (here, {"he": 403, "store-0117": 403, "xiaolin": 403, "wu": 200}),
        (elsewhere, {"wu": 404, "admin": 200}),
    ):
        room = await call(store)
        for login, status in statuses.items():
            client = await world.server.sign_in(login)
            assert (await client.post(f"/api/callbacks/{room}/take")).status == status, login
