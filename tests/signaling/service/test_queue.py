"""Calls that wait until somebody is free: through the public doors, real sockets, kill -9 while one waits."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from contract.client import AcceptCall, AskCallback, DeclineCall, JoinRoom, LeaveRoom, MarkUrgent, StartCall, TakeCall
from contract.errors import ErrorCode
from contract.ids import RoomId
from contract.queue import QueuedCall
from contract.rooms import CallStage, EndReason, MemberState, Reason, RoomState
from contract.server import Done, Error
from runtime.supervise import TaskScope
from tests.signaling.service.world import World, answered, ring
from tests.support.clients import Tab, new_cid, tab
from tests.support.server import SignalingServer
from tests.support.signaling_process import SignalingProcess

pytestmark = pytest.mark.flow

ROUNDS = 5


async def reaches(who: Tab, room: RoomId, stage: CallStage) -> RoomState:
    def there() -> RoomState | None:
        state = who.rooms.get(room)
        return state if state is not None and state.call is not None and state.call.stage is stage else None

    return await who.until(there, f"the call is {stage}")


async def waits(store: Tab, *, reason: Reason = Reason.EQUIPMENT) -> RoomId:
    """The store calls while everybody is busy."""
    room = await ring(store, reason=reason)
    await reaches(store, room, CallStage.WAITING)
    return room


async def hears(who: Tab, room: RoomId, position: int) -> QueuedCall:
    await who.until(lambda: room in who.queue and who.queue[room].position == position, f"it is number {position}")
    return who.queue[room]


async def rings(expert: Tab, room: RoomId) -> None:
    def rung() -> bool:
        state = expert.rooms.get(room)
        return state is not None and any(
            one.person.id == expert.person and one.state is MemberState.RINGING for one in state.members
        )

    await expert.until(rung, "it rings")


async def hang_up(who: Tab, room: RoomId) -> None:
    assert isinstance(await who.do(LeaveRoom(cid=new_cid(), room=room)), Done)


async def test_all_busy_then_queued_then_answered_in_the_order_of_calling(world: World) -> None:
    here, first, second = [await world.tab(login) for login in ("store-0117", "store-0108", "store-0201")]
    chen = await world.tab("chen")
    running = await answered(here, chen)
    one = await waits(first)
    two = await waits(second)
    for who in (first, chen):
        line = await hears(who, one, 1)
        assert (line.about_s, line.experts) == (None, [chen.person]), "no call is over yet: nobody knows how long"
    await hears(second, two, 2)
    assert set(second.queue) == {two}, "a store hears of itself only"
    await chen.until(lambda: list(chen.queue) == [one, two], "both wait")
    assert one not in chen.rooms, "nobody who is busy is rung"
    await hang_up(here, running)
    await rings(chen, one)
    await hears(second, two, 1)
    assert two not in chen.rooms, "one at a time"
    assert isinstance(await chen.do(AcceptCall(cid=new_cid(), room=one)), Done)
    await reaches(first, one, CallStage.ANSWERED)
    await hang_up(chen, one)
    await rings(chen, two)
    await second.until(lambda: second.queue == {}, "nobody waits")
    assert isinstance(await chen.do(DeclineCall(cid=new_cid(), room=two)), Done)
    state = await reaches(second, two, CallStage.ENDED)
    assert state.end is EndReason.DECLINED
    await second.until(lambda: two in second.callbacks, "it is owed a call")


async def test_how_long_it_takes_is_told_once_three_calls_are_over(world: World) -> None:
    here, store, chen = [await world.tab(login) for login in ("store-0117", "store-0108", "chen")]
    for _ in range(3):
        room = await answered(here, chen)
        await hang_up(here, room)
        await chen.until(lambda: chen.presence(chen.person) == "free", "free")
    await answered(here, chen)
    line = await hears(store, await waits(store), 1)
    assert line.about_s is not None


async def test_who_comes_to_work_is_rung_by_who_waits(world: World) -> None:
    here, store, chen = [await world.tab(login) for login in ("store-0117", "store-0108", "chen")]
    await answered(here, chen)
    room = await waits(store)
    zhang = await world.tab("zhang")
    await rings(zhang, room)


async def test_an_urgent_call_goes_before_others_and_an_expert_leaves_a_call_for_it(world: World) -> None:
    here, first, second, chen = [await world.tab(login) for login in ("store-0117", "store-0108", "store-0201", "chen")]
    running = await answered(here, chen)
    one, two = await waits(first), await waits(second)
    assert isinstance(await second.do(MarkUrgent(cid=new_cid(), room=two)), Done)
    await hears(first, one, 2)
    await hears(second, two, 1)
    await chen.until(lambda: list(chen.queue) == [two, one] and chen.queue[two].break_at, "when it breaks in")
    await hang_up(chen, running)
    await rings(chen, two)
    assert isinstance(await chen.do(TakeCall(cid=new_cid(), room=two)), Done)
    await reaches(second, two, CallStage.ANSWERED)
    admin = await world.server.sign_in("admin")
    lines = (await admin.get("/api/audit?action=call_urgent")).body.decode()
    assert second.person in lines


async def test_a_store_may_rather_be_called_back_or_leave(world: World) -> None:
    here, first, second, chen = [await world.tab(login) for login in ("store-0117", "store-0108", "store-0201", "chen")]
    await answered(here, chen)
    one, two = await waits(first), await waits(second)
    ask = AskCallback(cid=new_cid(), room=one)
    assert isinstance(await first.do(ask), Done)
    first.heard.clear()
    assert isinstance(await first.do(ask), Done), "repeated, it is done"
    await chen.until(lambda: one in chen.callbacks, "headquarters owes a call")
    assert chen.callbacks[one].why is EndReason.CALLBACK
    await hears(second, two, 1)
    await hang_up(second, two)
    state = await reaches(second, two, CallStage.ENDED)
    assert state.end is EndReason.LEFT_QUEUE
    await chen.until(lambda: chen.queue == {}, "nobody waits")
    assert two not in chen.callbacks


async def test_an_expert_takes_one_out_of_turn_and_the_one_that_rang_waits_on(world: World) -> None:
    here, first, second = [await world.tab(login) for login in ("store-0117", "store-0108", "store-0201")]
    browser = await world.server.sign_in("chen")
    chen, other_tab = await world.tab("", browser), await world.tab("", browser)
    running = await answered(here, chen)
    one, two = await waits(first), await waits(second)
    for who, code in ((here, ErrorCode.NOT_FOUND), (chen, ErrorCode.BUSY)):
        refused = await who.do(TakeCall(cid=new_cid(), room=two))
        assert isinstance(refused, Error)
        assert refused.code == code
    await hang_up(chen, running)
    await rings(chen, one)
    answers = await asyncio.gather(*(tab_.do(TakeCall(cid=new_cid(), room=two)) for tab_ in (chen, other_tab)))
    assert sum(isinstance(answer, Done) for answer in answers) == 1
    assert [answer.code for answer in answers if isinstance(answer, Error)] == [ErrorCode.CONFLICT]
    await reaches(second, two, CallStage.ANSWERED)
    await reaches(first, one, CallStage.WAITING)
    await chen.until(lambda: one in chen.gone, "it rings no more")
    await hears(first, one, 1)
    await hang_up(second, two)
    await rings(chen, one)


async def test_of_many_who_become_free_at_once_nobody_is_rung_by_two_calls(tmp_path: Path) -> None:
    """Those who are free at the end of a class, all in one moment, and as many calls that wait."""
    async with SignalingServer(tmp_path, ring_s=600) as server, AsyncExitStack() as stack:

        async def come(login: str) -> Tab:
            return await stack.enter_async_context(tab(await server.sign_in(login)))

        stores = [await come(login) for login in ("store-0117", "store-0108", "store-0201")]
        experts = [await come(login) for login in ("chen", "zhang")]
        for _ in range(ROUNDS):
            held = [await ring(stores[0], *experts)]
            assert isinstance(await experts[0].do(AcceptCall(cid=new_cid(), room=held[0])), Done)
            held.append(await ring(stores[1], experts[1]))
            assert isinstance(await experts[1].do(AcceptCall(cid=new_cid(), room=held[1])), Done)
            room = await waits(stores[2])
            await asyncio.gather(*(hang_up(one, held_room) for one, held_room in zip(experts, held, strict=True)))
            again = await asyncio.gather(*(ring(store) for store in stores[:2]))
            state = await reaches(stores[2], room, CallStage.RINGING)
            rung = [
                member.person.id
                for seen in (stores[0].rooms[again[0]], stores[1].rooms[again[1]], state)
                for member in seen.members
                if member.state is MemberState.RINGING
            ]
            assert len(rung) == len(set(rung))
            for store, call in zip(stores, [*again, room], strict=True):
                await hang_up(store, call)
            for expert in experts:
                await expert.until(lambda expert=expert: expert.presence(expert.person) == "free", "free")  # type: ignore[misc]


async def test_who_waits_too_long_is_called_back(tmp_path: Path) -> None:
    async with SignalingServer(tmp_path, queue_s=0.3) as server, AsyncExitStack() as stack:
        here, store, chen = [
            await stack.enter_async_context(tab(await server.sign_in(login)))
            for login in ("store-0117", "store-0108", "chen")
        ]
        await answered(here, chen)
        room = await ring(store)
        state = await reaches(store, room, CallStage.ENDED)
        assert state.end is EndReason.NOBODY_FREE
        await store.until(lambda: room in store.callbacks, "it is owed a call")


async def test_without_a_queue_a_call_ends_at_once(tmp_path: Path) -> None:
    async with SignalingServer(tmp_path, queue_s=0) as server, AsyncExitStack() as stack:
        here, store, chen = [
            await stack.enter_async_context(tab(await server.sign_in(login)))
            for login in ("store-0117", "store-0108", "chen")
        ]
        await answered(here, chen)
        state = await reaches(store, await ring(store), CallStage.ENDED)
        assert state.end is EndReason.NOBODY_FREE


async def test_another_tab_of_the_store_takes_the_place_in_the_queue_over(world: World) -> None:
    here, chen = await world.tab("store-0117"), await world.tab("chen")
    browser = await world.server.sign_in("store-0108")
    store, other = await world.tab("", browser), await world.tab("", browser)
    running = await answered(here, chen)
    room = await waits(store)
    second = await other.do(StartCall(cid=new_cid(), reason=Reason.EQUIPMENT))
    assert isinstance(second, Error)
    assert second.code == ErrorCode.CONFLICT, "one call at a time, whichever tab"
    await hears(other, room, 1)
    assert isinstance(await other.do(JoinRoom(cid=new_cid(), room=room, consent=True)), Done)
    await hang_up(here, running)
    await rings(chen, room)


@pytest.mark.full_only
async def test_a_kill_loses_neither_the_place_in_the_queue_nor_the_turn(tmp_path: Path) -> None:
    async with SignalingProcess(tmp_path, ring_s=600) as signaling, TaskScope("tabs") as scope:
        tabs = [Tab(await signaling.sign_in(login)) for login in ("store-0117", "store-0108", "store-0201", "chen")]
        for each in tabs:
            scope.spawn(each.stay(), name=each.person)
            await each.until(lambda each=each: each.welcome, "welcome")  # type: ignore[misc]
        here, first, second, chen = tabs
        running = await answered(here, chen)
        one, two = await waits(first), await waits(second)
        await signaling.kill()
        for each in tabs:
            each.queue.clear()
        await signaling.start()
        await hears(first, one, 1)
        await hears(second, two, 2)
        state = first.rooms[one]
        assert state.call is not None
        assert state.call.queued_at is not None
        await here.until(lambda: here.socket is not None and here.welcome, "back")
        await hang_up(here, running)
        await rings(chen, one)
        assert isinstance(await chen.do(AcceptCall(cid=new_cid(), room=one)), Done)
        await reaches(first, one, CallStage.ANSWERED)
