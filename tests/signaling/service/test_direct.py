"""A store calls a person or a group: through the public doors, real sockets."""

import asyncio

import pytest

from contract.client import AcceptCall, CallStore, DeclineCall, LeaveRoom, StartCall
from contract.errors import ErrorCode
from contract.ids import PersonId, RoomId, StoreId
from contract.people import Skill
from contract.rooms import CallStage, MemberState, Reason
from contract.routing import StepWho
from contract.server import Done, Error
from tests.signaling.service.world import World
from tests.support.clients import Tab, new_cid

pytestmark = pytest.mark.flow


async def calls(store: Tab, *, person: str | None = None, group: Skill | None = None) -> RoomId:
    wish = StartCall(cid=new_cid(), reason=Reason.ANY, person=PersonId(person) if person else None, group=group)
    done = await store.do(wish)
    assert isinstance(done, Done), done
    assert done.room is not None
    return done.room


def rings(who: Tab, room: RoomId) -> set[str]:
    state = who.rooms.get(room)
    return {one.person.id for one in state.members if one.state is MemberState.RINGING} if state else set()


async def test_who_is_called_by_name_rings_at_all_their_clients_and_in_vain_the_others_do(world: World) -> None:
    store, chen, zhang, liu = [await world.tab(login) for login in ("store-0117", "chen", "zhang", "liu")]
    phone = await world.tab("liu", liu.browser)
    room = await calls(store, person=liu.person)
    for one in (liu, phone):
        await one.until(lambda one=one: room in one.rooms, "it rings")  # type: ignore[misc]
    call = store.rooms[room].call
    assert call is not None
    assert (call.steps[0].who, call.steps[0].person and call.steps[0].person.id) == (StepWho.PERSON, liu.person)
    assert rings(store, room) == {liu.person}
    assert isinstance(await phone.do(DeclineCall(cid=new_cid(), room=room)), Done)
    for one in (chen, zhang):
        await one.until(lambda one=one: room in one.rooms, "the usual chain")  # type: ignore[misc]
    assert isinstance(await zhang.do(AcceptCall(cid=new_cid(), room=room)), Done)


async def test_a_group_rings_at_once_and_the_first_answer_wins(world: World) -> None:
    store, chen, zhang, liu = [await world.tab(login) for login in ("store-0117", "chen", "zhang", "liu")]
    admin = await world.server.sign_in("admin")
    assert (await admin.put("/api/routing/chains", json={"at_once": 1})).status == 204
    room = await calls(store, group=Skill.EQUIPMENT)
    for one in (chen, zhang):
        await one.until(lambda one=one: room in one.rooms, "it rings")  # type: ignore[misc]
    call = store.rooms[room].call
    assert call is not None
    assert call.reason is Reason.EQUIPMENT
    answers = await asyncio.gather(*(one.do(AcceptCall(cid=new_cid(), room=room)) for one in (chen, zhang)))
    assert sorted(type(one).__name__ for one in answers) == ["Done", "Error"]
    assert room not in liu.rooms
    await store.until(lambda: rings(store, room) == set(), "nobody is left ringing")


async def test_whom_it_does_not_concern_is_not_there(world: World) -> None:
    store, north = [await world.tab(login) for login in ("store-0117", "store-0201")]
    admin = await world.server.sign_in("admin")
    region = {"role": "expert", "region": "r-north"}
    assert (await admin.put("/api/people/p-zhang/roles", json=region)).status == 204
    for person in ("p-he", "p-store-0108", "p-none"):
        refused = await store.do(StartCall(cid=new_cid(), reason=Reason.ANY, person=PersonId(person)))
        assert isinstance(refused, Error), person
        assert refused.code is ErrorCode.NOT_FOUND, person
    room = await calls(north, person="p-zhang")
    await north.do(LeaveRoom(cid=new_cid(), room=room))
    while True:  # the server looks ten times a second at who answers for whom
        refused = await store.do(StartCall(cid=new_cid(), reason=Reason.ANY, person=PersonId("p-zhang")))
        if isinstance(refused, Error):
            break
        assert refused.room is not None
        await store.do(LeaveRoom(cid=new_cid(), room=refused.room))
        await asyncio.sleep(0.02)
    assert refused.code is ErrorCode.NOT_FOUND


async def test_who_call_each_other_at_once_are_in_one_call(world: World) -> None:
    store, chen = await world.tab("store-0117"), await world.tab("chen")
    rooms = set()
    for _ in range(5):
        theirs, ours = await asyncio.gather(
            store.do(StartCall(cid=new_cid(), reason=Reason.ANY, person=chen.person)),
            chen.do(CallStore(cid=new_cid(), store=StoreId("s-0117"), reason=Reason.ANY)),
        )
        assert isinstance(theirs, Done)
        assert isinstance(ours, Done)
        assert theirs.room == ours.room
        assert theirs.room is not None
        room = theirs.room
        for one in (store, chen):
            await one.until(lambda one=one, room=room: stage(one, room) is CallStage.ANSWERED, "one call")  # type: ignore[misc]
        rooms.add(room)
        await chen.do(LeaveRoom(cid=new_cid(), room=room))
        for one in (store, chen):
            await one.until(lambda one=one, room=room: one.rooms[room].closed_at is not None, "it is over")  # type: ignore[misc]
    assert len(rooms) == 5


def stage(who: Tab, room: RoomId) -> CallStage | None:
    state = who.rooms.get(room)
    return state.call.stage if state is not None and state.call is not None else None
