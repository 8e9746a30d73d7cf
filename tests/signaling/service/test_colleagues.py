"""Headquarters calls itself, through the public doors, real sockets."""

import asyncio

import pytest

from contract.audit import AuditPage
from contract.client import AcceptCall, CancelCall, HoldCall, LeaveRoom, StartCall
from contract.errors import ErrorCode
from contract.http import Directory
from contract.ids import PersonId, RoomId
from contract.people import Presence, Skill
from contract.ringrates import MissedCalls
from contract.rooms import CallStage, EndReason, MemberState, Reason
from contract.server import CallbacksChanged, Done, Error, PresenceChanged
from tests.signaling.service.world import World, answered, offer
from tests.support.clients import Tab, new_cid

pytestmark = pytest.mark.flow


def wish(person: PersonId | None = None, group: Skill | None = None) -> StartCall:
    return StartCall(cid=new_cid(), reason=Reason.ANY, person=person, group=group)


async def calls(by: Tab, person: PersonId | None = None, group: Skill | None = None) -> RoomId:
    done = await by.do(wish(person, group))
    assert isinstance(done, Done), done
    assert done.room is not None
    return done.room


async def missed(who: Tab) -> list[str]:
    found = (await who.browser.get("/api/missed")).read(MissedCalls)
    return [one.by.id for one in found.calls]


def stage(who: Tab, room: RoomId) -> CallStage | None:
    state = who.rooms.get(room)
    return state.call.stage if state is not None and state.call is not None else None


async def test_an_expert_and_a_manager_speak_and_no_store_hears_of_it(world: World) -> None:
    chen, wu, store = [await world.tab(login) for login in ("chen", "wu", "store-0117")]
    room = await calls(chen, wu.person)
    await wu.until(lambda: room in wu.rooms, "it rings")
    assert isinstance(await wu.do(AcceptCall(cid=new_cid(), room=room)), Done)
    for one in (chen, wu):
        assert (await offer(one, room)).status == 201
    refused = await chen.do(HoldCall(cid=new_cid(), room=room, on=True))
    assert isinstance(refused, Error)
    assert refused.code is ErrorCode.CONFLICT
    assert isinstance(await wu.do(LeaveRoom(cid=new_cid(), room=room)), Done)
    await chen.until(lambda: chen.rooms[room].end is EndReason.HUNG_UP, "it is over")
    assert room not in store.rooms
    admin = await world.server.sign_in("admin")
    lines = (await admin.get("/api/audit?action=call_started")).read(AuditPage).lines
    assert (chen.person, room) in [(line.person, line.object) for line in lines]
    archive = (await wu.browser.get(f"/api/archive/{room}")).status
    assert archive in (200, 404), "of one's own, once its recording is there"
    assert (await store.browser.get(f"/api/archive/{room}")).status == 404


async def test_a_team_rings_at_once_and_the_first_answer_wins(world: World) -> None:
    he, chen, zhang = [await world.tab(login) for login in ("he", "chen", "zhang")]
    room = await calls(he, group=Skill.EQUIPMENT)
    for one in (chen, zhang):
        await one.until(lambda one=one: room in one.rooms, "it rings")  # type: ignore[misc]
    answers = await asyncio.gather(*(one.do(AcceptCall(cid=new_cid(), room=room)) for one in (chen, zhang)))
    assert sorted(type(one).__name__ for one in answers) == ["Done", "Error"]


async def test_who_missed_it_reads_so_until_the_two_have_spoken(world: World) -> None:
    chen, wu = await world.tab("chen"), await world.tab("wu")
    room = await calls(chen, wu.person)
    await chen.do(CancelCall(cid=new_cid(), room=room))
    assert await missed(wu) == [chen.person]
    assert await missed(chen) == []
    offline = await calls(chen, PersonId("p-he"))
    assert chen.rooms[offline].closed_at is not None
    he = await world.tab("he")
    assert await missed(he) == [chen.person], "who was not there, too"
    assert not [item for said in wu.heard if isinstance(said, CallbacksChanged) for item in said.items]
    back = await calls(wu, chen.person)
    await chen.until(lambda: back in chen.rooms, "it rings")
    assert isinstance(await chen.do(AcceptCall(cid=new_cid(), room=back)), Done)
    await wu.do(LeaveRoom(cid=new_cid(), room=back))
    await wu.until(lambda: wu.rooms[back].closed_at is not None, "it is over")
    assert await missed(wu) == []


async def test_a_call_of_a_team_that_another_answered_makes_up_for_nothing(world: World) -> None:
    he, chen, zhang = [await world.tab(login) for login in ("he", "chen", "zhang")]
    await he.do(CancelCall(cid=new_cid(), room=await calls(he, chen.person)))
    room = await calls(he, group=Skill.EQUIPMENT)
    await zhang.until(lambda: room in zhang.rooms, "it rings")
    assert isinstance(await zhang.do(AcceptCall(cid=new_cid(), room=room)), Done)
    await he.do(LeaveRoom(cid=new_cid(), room=room))
    await he.until(lambda: he.rooms[room].closed_at is not None, "it is over")
    assert await missed(chen) == [he.person], "Chen only rang"


async def test_who_call_each_other_at_once_are_in_one_call(world: World) -> None:
    chen, he = await world.tab("chen"), await world.tab("he")
    for _ in range(5):
        ours, theirs = await asyncio.gather(chen.do(wish(he.person)), he.do(wish(chen.person)))
        assert isinstance(ours, Done)
        assert isinstance(theirs, Done)
        assert ours.room == theirs.room
        room = ours.room
        assert room is not None
        for one in (chen, he):
            await one.until(lambda one=one, room=room: stage(one, room) is CallStage.ANSWERED, "one call")  # type: ignore[misc]
        await he.do(LeaveRoom(cid=new_cid(), room=room))
        for one in (chen, he):
            await one.until(lambda one=one, room=room: one.rooms[room].closed_at is not None, "it is over")  # type: ignore[misc]


async def test_a_colleagues_call_makes_an_expert_busy_for_stores(world: World) -> None:
    store, chen, liu, wu = [await world.tab(login) for login in ("store-0117", "chen", "liu", "wu")]
    room = await calls(wu, chen.person)
    await chen.until(lambda: room in chen.rooms, "it rings")
    assert isinstance(await chen.do(AcceptCall(cid=new_cid(), room=room)), Done)
    other = await answered(store, liu)
    assert other not in chen.rooms
    late = await calls(await world.tab("he"), chen.person)
    assert late not in chen.rooms


async def test_the_directory_of_headquarters_is_for_headquarters(world: World) -> None:
    chen, wu = await world.tab("chen"), await world.tab("wu")
    await chen.until(lambda: presence(chen, wu.person) is Presence.FREE, "the manager is there")
    seen = (await chen.browser.get("/api/directory")).read(Directory)
    assert {entry.person.id for entry in seen.colleagues} == {"p-he", "p-wu", "p-fang", "p-admin"}
    [manager] = [entry.person for entry in seen.colleagues if entry.person.id == wu.person]
    assert manager.department is not None
    assert manager.department.zh == "营运部"
    store = await world.server.sign_in("store-0117")
    assert (await store.get("/api/directory")).read(Directory).colleagues == []


def presence(who: Tab, person: PersonId) -> Presence | None:
    """As it was told last."""
    told = [entry for said in who.heard if isinstance(said, PresenceChanged) for entry in said.entries]
    return next((entry.presence for entry in reversed(told) if entry.person.id == person), None)


async def test_do_not_disturb_holds_for_colleagues_too(world: World) -> None:
    chen, wu = await world.tab("chen"), await world.tab("wu")
    assert (await wu.browser.put("/api/quiet", json={"do_not_disturb": True})).status == 204
    await chen.until(lambda: presence(chen, wu.person) is Presence.DO_NOT_DISTURB, "it is seen")
    room = await calls(chen, wu.person)
    state = chen.rooms[room]
    assert [one.state for one in state.members if one.person.id == wu.person] == [MemberState.MISSED]
    assert room not in wu.rooms
