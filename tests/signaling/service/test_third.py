"""A third person and transfers, through the public doors: everybody is told, and nobody is left alone with a store."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from contract.audit import AuditPage
from contract.client import AcceptCall, BringIn, CallOff, DeclineCall, LeaveRoom
from contract.errors import ErrorCode
from contract.ids import RoomId
from contract.rooms import EndReason, MemberState, RoomState
from contract.server import Done, Error
from tests.signaling.service.world import World, answered, offer, ring
from tests.support.clients import Tab, new_cid, tab
from tests.support.server import SignalingServer

pytestmark = pytest.mark.flow


def state_of(state: RoomState, who: Tab) -> MemberState | None:
    return next((member.state for member in state.members if member.person.id == who.person), None)


async def becomes(watcher: Tab, room: RoomId, who: Tab, what: MemberState) -> None:
    await watcher.until(lambda: state_of(watcher.rooms[room], who) is what, f"{who.person} is {what}")


async def asks(by: Tab, whom: Tab, room: RoomId, *, instead: bool = False) -> None:
    done = await by.do(BringIn(cid=new_cid(), room=room, person=whom.person, instead=instead))
    assert isinstance(done, Done), done
    await whom.until(lambda: room in whom.rooms, "it rings")


async def test_an_expert_is_asked_in_joins_and_the_first_leaves_them_to_it(world: World) -> None:
    store, chen, liu, zhang = [await world.tab(login) for login in ("store-0117", "chen", "liu", "zhang")]
    room = await answered(store, chen)
    await asks(chen, liu, room)
    await store.until(
        lambda: state_of(store.rooms[room], liu) is MemberState.RINGING, "the store sees whom it waits for"
    )
    await zhang.until(lambda: zhang.presence(liu.person) == "ringing", "nobody else rings them")
    again = await chen.do(BringIn(cid=new_cid(), room=room, person=zhang.person))
    assert isinstance(again, Error)
    assert again.code is ErrorCode.CONFLICT
    assert (await offer(liu, room)).status == 201, "connected while it rings"
    assert isinstance(await liu.do(AcceptCall(cid=new_cid(), room=room)), Done)
    for who in (store, chen):
        await becomes(who, room, liu, MemberState.JOINED)
    assert isinstance(await chen.do(LeaveRoom(cid=new_cid(), room=room)), Done)
    await chen.until(lambda: room in chen.gone, "it is no business of hers any more")
    for who in (store, liu):
        await becomes(who, room, chen, MemberState.LEFT)
        assert who.rooms[room].closed_at is None
    [host] = [member.person.id for member in store.rooms[room].members if member.host]
    assert host == liu.person
    await zhang.until(lambda: zhang.presence(chen.person) == "free", "she takes calls again")
    await asks(liu, chen, room, instead=True)
    assert isinstance(await chen.do(AcceptCall(cid=new_cid(), room=room)), Done)
    await becomes(store, room, liu, MemberState.LEFT)
    await chen.do(LeaveRoom(cid=new_cid(), room=room))
    await store.until(lambda: store.rooms[room].end is EndReason.HUNG_UP, "over")
    admin = await world.server.sign_in("admin")
    told = {}
    for action in ("asked_in", "room_left", "room_joined"):
        lines = (await admin.get(f"/api/audit?action={action}")).read(AuditPage).lines
        told[action] = [(line.person, line.detail) for line in reversed(lines) if line.object == room]
    assert told == {
        "asked_in": [(chen.person, f"join@{liu.person}"), (liu.person, f"instead@{chen.person}")],
        "room_left": [(chen.person, ""), (liu.person, ""), (chen.person, "")],
        "room_joined": [(chen.person, ""), (liu.person, ""), (chen.person, "")],
    }


async def test_who_takes_over_comes_as_the_first_goes(world: World) -> None:
    store, chen, liu = [await world.tab(login) for login in ("store-0117", "chen", "liu")]
    room = await answered(store, chen)
    await asks(chen, liu, room, instead=True)
    assert isinstance(await liu.do(AcceptCall(cid=new_cid(), room=room)), Done)
    await chen.until(lambda: room in chen.gone, "she is out")
    await becomes(store, room, liu, MemberState.JOINED)
    await becomes(store, room, chen, MemberState.LEFT)
    assert store.rooms[room].closed_at is None


async def test_in_vain_everybody_stays_and_is_told(tmp_path: Path) -> None:
    async with SignalingServer(tmp_path, ring_s=600) as server, AsyncExitStack() as stack:
        store, chen, liu = [
            await stack.enter_async_context(tab(await server.sign_in(login))) for login in ("store-0117", "chen", "liu")
        ]
        room = await answered(store, chen)
        await asks(chen, liu, room, instead=True)
        await liu.do(DeclineCall(cid=new_cid(), room=room))
        for who in (store, chen):
            await becomes(who, room, liu, MemberState.DECLINED)
        await asks(chen, liu, room)
        await chen.do(CallOff(cid=new_cid(), room=room, person=liu.person))
        for who in (store, chen):
            await becomes(who, room, liu, MemberState.MISSED)
        await liu.until(lambda: room not in liu.rooms, "it stops")
        assert {state_of(store.rooms[room], who) for who in (store, chen)} == {MemberState.JOINED}
        lines = (await (await server.sign_in("admin")).get("/api/audit?action=asked_in_vain")).body.decode()
        assert '"declined"' in lines
        assert '"missed"' in lines


async def test_who_does_not_answer_in_time_is_missed_and_the_call_goes_on(tmp_path: Path) -> None:
    async with SignalingServer(tmp_path, ring_s=2) as server, AsyncExitStack() as stack:
        store, chen, liu = [
            await stack.enter_async_context(tab(await server.sign_in(login))) for login in ("store-0117", "chen", "liu")
        ]
        accepted: Done | Error | None = None
        while not isinstance(accepted, Done):  # a slow machine may miss so short a ring
            room = await ring(store, chen)
            accepted = await chen.do(AcceptCall(cid=new_cid(), room=room))
        assert isinstance(await chen.do(BringIn(cid=new_cid(), room=room, person=liu.person)), Done)
        for who in (store, chen):
            await becomes(who, room, liu, MemberState.MISSED)
        await liu.until(lambda: room not in liu.rooms, "it stops")
        assert {state_of(store.rooms[room], who) for who in (store, chen)} == {MemberState.JOINED}


async def test_of_two_calls_that_ask_for_the_same_expert_one_rings(world: World) -> None:
    store, other, chen, zhang, liu = [
        await world.tab(login) for login in ("store-0117", "store-0108", "chen", "zhang", "liu")
    ]
    rooms = [await answered(store, chen), await answered(other, zhang)]
    for _ in range(5):
        answers = await asyncio.gather(
            *(
                by.do(BringIn(cid=new_cid(), room=room, person=liu.person))
                for by, room in zip((chen, zhang), rooms, strict=True)
            )
        )
        [refused] = [answer for answer in answers if isinstance(answer, Error)]
        assert refused.code is ErrorCode.BUSY
        [rings] = [room for room, answer in zip(rooms, answers, strict=True) if isinstance(answer, Done)]
        await liu.do(DeclineCall(cid=new_cid(), room=rings))
        await liu.until(lambda: not liu.rooms, "it stops")
