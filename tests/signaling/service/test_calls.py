"""Calls through the public doors: real server, real sockets, fake media."""

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from contract.client import (
    AcceptCall,
    CancelCall,
    DeclineCall,
    FirstFrame,
    JoinRoom,
    LeaveRoom,
    ReportQuality,
    Rung,
    SetMedia,
    StartCall,
)
from contract.errors import ErrorCode
from contract.http import PeerAnswer
from contract.ids import RoomId, room_channel
from contract.nodes import OpenLeg, Record, SetGrants, StartRecording, StopRecording
from contract.rooms import CallStage, EndReason, MemberState, Quality, Reason, RecordingState, RoomState
from contract.server import Done, Error
from tests.signaling.service.world import World, offer, ring
from tests.support.clients import Tab, new_cid, tab
from tests.support.nodes import until
from tests.support.server import SignalingServer

pytestmark = pytest.mark.flow


def refused(answer: Done | Error) -> ErrorCode:
    assert isinstance(answer, Error), answer
    return answer.code


def member(state: RoomState, tab: Tab) -> MemberState:
    return next(m.state for m in state.members if m.person.id == tab.person)


async def test_a_whole_call(world: World) -> None:
    store, chen, zhang = [await world.tab(login) for login in ("store-0117", "chen", "zhang")]
    room = await ring(store, chen, zhang)
    assert (await offer(store, room)).status == 201
    assert (await offer(chen, room)).status == 201
    assert [leg.grants.publish for leg in world.worker.of(OpenLeg)] == [False, False]
    assert [leg.low_delay for leg in world.worker.of(OpenLeg)] == [True, False], "the store's camera"
    await chen.do(Rung(cid=new_cid(), room=room))
    assert isinstance(await chen.do(AcceptCall(cid=new_cid(), room=room)), Done)
    await zhang.until(lambda: room in zhang.gone, "zhang stops ringing")
    await store.room(lambda state: state.call is not None and state.call.timings.connected is not None, "up")
    await until(lambda: len(world.worker.of(SetGrants)) >= 2, "grants")
    granted = world.worker.of(SetGrants)
    assert all(message.grants.publish and message.grants.record for message in granted)
    assert [message.host for message in granted] == [False, True]
    await until(lambda: world.recorder.of(StartRecording), "the recorder starts")
    recording = world.recorder.of(StartRecording)[0].recording
    await until(lambda: world.worker.recordings.get(room) == recording, "the worker taps")
    await chen.do(FirstFrame(cid=new_cid(), room=room, age_ms=5))
    await store.do(SetMedia(cid=new_cid(), room=room, muted=True, camera_off=False))
    await store.do(ReportQuality(cid=new_cid(), room=room, quality=Quality.WEAK))
    await store.write(room_channel(room), "冰箱报警")
    await chen.until(lambda: chen.shown.get(room_channel(room)), "the message")
    await store.do(LeaveRoom(cid=new_cid(), room=room))
    for who in (store, chen):
        state = await who.room(
            lambda state: state.recording is not None and state.recording.state is RecordingState.SAFE, "safe"
        )
        assert state.end is EndReason.HUNG_UP
        assert state.call is not None
        assert state.call.timings.ring is not None
        assert state.call.timings.first_frame is not None
        assert state.recording is not None
        assert state.recording.duration_s == 12.5
    await until(lambda: store.rooms[room] == chen.rooms[room], "both know the same")
    await until(lambda: not world.worker.legs, "all legs are closed")
    await store.until(lambda: store.presence("p-chen") == "free", "chen is free again")
    archived = await chen.browser.get(f"/api/archive/{room}")
    assert archived.status == 200, archived.body


async def test_nobody_free(world: World) -> None:
    store = await world.tab("store-0117")
    room = await ring(store)
    state = await store.room(lambda state: state.closed_at is not None, "closed at once")
    assert (state.id, state.end) == (room, EndReason.NOBODY_FREE)


async def test_decline_and_cancel(world: World) -> None:
    store, chen = await world.tab("store-0117"), await world.tab("chen")
    room = await ring(store, chen)
    assert isinstance(await chen.do(DeclineCall(cid=new_cid(), room=room)), Done)
    await store.room(lambda state: state.end is EndReason.DECLINED, "declined")
    await chen.until(lambda: chen.gone == [room], "gone")
    room = await ring(store, chen)
    assert isinstance(await store.do(CancelCall(cid=new_cid(), room=room)), Done)
    assert isinstance(await store.do(CancelCall(cid=new_cid(), room=room)), Done)
    await store.room(lambda state: state.end is EndReason.CANCELLED, "cancelled")
    await chen.until(lambda: room in chen.gone, "gone")


async def test_a_call_that_nobody_answers_is_missed(tmp_path: Path) -> None:
    async with SignalingServer(tmp_path, ring_s=0.3) as server, AsyncExitStack() as stack:
        store = await stack.enter_async_context(tab(await server.sign_in("store-0117")))
        chen = await stack.enter_async_context(tab(await server.sign_in("chen")))
        room = await ring(store, chen)
        await store.room(lambda state: state.end is EndReason.MISSED, "missed")
        await chen.until(lambda: room in chen.gone, "gone")
        assert refused(await chen.do(AcceptCall(cid=new_cid(), room=room))) is ErrorCode.OVER


async def test_the_first_answer_wins_over_tabs_and_people(world: World) -> None:
    browser = await world.server.sign_in("chen")
    store, zhang = await world.tab("store-0117"), await world.tab("zhang")
    first, second = await world.tab("chen", browser), await world.tab("chen", browser)
    room = await ring(store, first, second, zhang)
    for who in (first, second, zhang):
        assert (await offer(who, room)).status == 201
    cids = {who: new_cid() for who in (first, second, zhang)}
    for who, cid in cids.items():
        await who.say(AcceptCall(cid=cid, room=room))
    answers = [await who.answer(cid) for who, cid in cids.items()]
    assert [answer.type for answer in answers].count("done") == 1
    state = await store.room(lambda state: state.call is not None and state.call.stage is CallStage.ANSWERED, "answer")
    winner = next(m for m in state.members if m.host)
    assert sum(m.state is MemberState.JOINED for m in state.members) == 2
    await until(lambda: len(world.worker.legs) == 1, "the losers' legs are closed")
    assert next(iter(world.worker.legs.values())).session == winner.session


async def test_both_hang_up_at_once(world: World) -> None:
    store, chen = await world.tab("store-0117"), await world.tab("chen")
    room = await ring(store, chen)
    await chen.do(AcceptCall(cid=new_cid(), room=room))
    mine, theirs = new_cid(), new_cid()
    await store.say(LeaveRoom(cid=mine, room=room))
    await chen.say(LeaveRoom(cid=theirs, room=room))
    assert isinstance(await store.answer(mine), Done)
    assert isinstance(await chen.answer(theirs), Done)
    for who in (store, chen):
        assert (await who.room(lambda state: state.closed_at is not None, "over")).end is EndReason.HUNG_UP
    await until(lambda: len(world.recorder.of(StopRecording)) == 1, "one stop")


async def test_a_reloaded_page_rejoins(world: World) -> None:
    browser = await world.server.sign_in("store-0117")
    store, chen = await world.tab("store-0117", browser), await world.tab("chen")
    room = await ring(store, chen)
    await chen.do(AcceptCall(cid=new_cid(), room=room))
    assert (await offer(store, room)).status == 201
    assert store.socket is not None
    await store.socket.close()
    again = await world.tab("store-0117", browser)
    await again.until(lambda: room in again.rooms, "the call")
    answer = await offer(again, room)
    assert (answer.status, answer.code) == (409, ErrorCode.STALE)
    assert isinstance(await again.do(JoinRoom(cid=new_cid(), room=room, consent=True)), Done)
    await until(lambda: not world.worker.legs, "the old leg is closed")
    answer = await offer(again, room)
    assert answer.status == 201
    assert answer.read(PeerAnswer).pc_gen == 1
    assert again.welcome is not None
    state = await chen.room(
        lambda state: any(m.session == again.welcome.session for m in state.members if again.welcome), "seat moved"
    )
    assert state.closed_at is None


async def test_a_repeated_command_is_answered_not_repeated(world: World) -> None:
    store, chen = await world.tab("store-0117"), await world.tab("chen")
    cid = new_cid()
    first = await store.do(StartCall(cid=cid, reason=Reason.EQUIPMENT))
    store.heard.clear()
    second = await store.do(StartCall(cid=cid, reason=Reason.EQUIPMENT))
    assert first == second
    room = (await chen.room(lambda state: True, "the call")).id
    accept = AcceptCall(cid=new_cid(), room=room)
    assert isinstance(await chen.do(accept), Done)
    version = (await chen.room(lambda s: s.call is not None and s.call.stage is CallStage.ANSWERED, "answered")).ver
    chen.heard.clear()
    assert isinstance(await chen.do(accept), Done)
    assert chen.rooms[room].ver == version
    assert refused(await store.do(StartCall(cid=new_cid(), reason=Reason.ANY))) is ErrorCode.CONFLICT
    assert isinstance(await store.do(LeaveRoom(cid=new_cid(), room=room)), Done)
    await chen.room(lambda s: s.closed_at is not None, "over")
    chen.heard.clear()
    assert isinstance(await chen.do(accept), Done), "it was done, though now it would be refused"
    assert refused(await chen.do(AcceptCall(cid=new_cid(), room=room))) is ErrorCode.OVER


async def test_a_cid_that_was_used_in_another_room_changes_nothing(world: World) -> None:
    store, chen = await world.tab("store-0117"), await world.tab("chen")
    first = await ring(store, chen)
    used = AcceptCall(cid=new_cid(), room=first)
    assert isinstance(await chen.do(used), Done)
    assert isinstance(await store.do(LeaveRoom(cid=new_cid(), room=first)), Done)
    second = await ring(store, chen)
    before = (await chen.room(lambda s: s.id == second, "the second call")).ver
    chen.heard.clear()
    assert refused(await chen.do(AcceptCall(cid=used.cid, room=second))) is ErrorCode.CONFLICT
    assert chen.rooms[second].ver == before
    assert isinstance(await chen.do(AcceptCall(cid=new_cid(), room=second)), Done), "nothing of it was kept"


async def test_a_busy_expert_does_not_ring(world: World) -> None:
    store, other, chen = [await world.tab(login) for login in ("store-0117", "store-0108", "chen")]
    room = await ring(store, chen)
    await other.until(lambda: other.presence("p-chen") == "ringing", "ringing")
    await chen.do(AcceptCall(cid=new_cid(), room=room))
    await other.until(lambda: other.presence("p-chen") == "busy", "busy")
    waits = await ring(other)
    await other.room(lambda s: s.call is not None and s.call.stage is CallStage.WAITING, "it waits")
    assert waits not in chen.rooms


async def test_only_who_belongs_there_opens_a_leg(world: World) -> None:
    store, chen, liu = [await world.tab(login) for login in ("store-0117", "chen", "liu")]
    room = await ring(store, chen)
    assert (await offer(liu, room)).status == 404
    assert (await offer(liu, RoomId("none"))).status == 404
    stolen = Tab(liu.browser)
    stolen.welcome = store.welcome
    assert (await offer(stolen, room)).status == 404
    theirs = Tab(chen.browser)
    theirs.welcome = store.welcome
    answer = await offer(theirs, room)
    assert (answer.status, answer.code) == (409, ErrorCode.STALE)
    await store.do(CancelCall(cid=new_cid(), room=room))
    answer = await offer(store, room)
    assert (answer.status, answer.code) == (410, ErrorCode.OVER)


async def test_a_flood_of_offers_is_refused(world: World) -> None:
    store, chen = await world.tab("store-0117"), await world.tab("chen")
    room = await ring(store, chen)
    statuses = [(await offer(store, room, pc_gen=n)).status for n in range(1, 14)]
    assert statuses[0] == 201
    assert 429 in statuses


async def test_a_recording_starts_once_even_if_the_worker_comes_late(world: World) -> None:
    store, chen = await world.tab("store-0117"), await world.tab("chen")
    room = await ring(store, chen)
    await chen.do(AcceptCall(cid=new_cid(), room=room))
    assert (await offer(store, room)).status == 201
    assert (await offer(chen, room)).status == 201
    await until(lambda: world.worker.of(Record), "the worker taps")
    assert len(world.worker.of(Record)) == 1
