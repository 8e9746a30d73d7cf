"""kill -9 of signaling, as a process of its own: what was committed is there, what was not comes again."""

import asyncio
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, closing
from functools import partial
from pathlib import Path

import pytest

from contract.client import AcceptCall, CallStore, HoldCall, JoinRoom, LeaveRoom, StartCall
from contract.ids import StoreId, room_channel
from contract.nodes import DropParticipant, SetGrants, StartRecording, StopRecording
from contract.rooms import CallStage, EndReason, MemberState, Reason, RecordingState
from contract.server import Done
from runtime import clock
from runtime.supervise import TaskScope
from signaling import service
from signaling.live.rooms import Rooms
from signaling.store.sessions import start_over
from tests.signaling.service.world import answered, offer, ring
from tests.support.clients import Tab, new_cid, tab
from tests.support.nodes import FakeRecorder, FakeWorker, connected, until
from tests.support.server import SignalingServer
from tests.support.signaling_process import SignalingProcess

pytestmark = pytest.mark.flow

HOLD_MS = 10_000


@pytest.fixture
async def signaling(tmp_path: Path) -> AsyncIterator[SignalingProcess]:
    async with SignalingProcess(tmp_path) as running:
        yield running


async def stay(scope: TaskScope, signaling: SignalingProcess, login: str) -> Tab:
    """A tab that comes back by itself."""
    made = Tab(await signaling.sign_in(login))
    scope.spawn(made.stay(), name=login)
    await made.until(lambda: made.welcome, "welcome")
    return made


async def test_a_call_goes_on_and_chat_written_meanwhile_arrives_once(signaling: SignalingProcess) -> None:
    worker, recorder = FakeWorker(), FakeRecorder()
    async with connected(signaling.data, worker, recorder), TaskScope("tabs") as scope:
        store, chen = await stay(scope, signaling, "store-0117"), await stay(scope, signaling, "chen")
        room = await answered(store, chen)
        for who in (store, chen):
            assert (await offer(who, room)).status == 201
        assert store.welcome is not None
        before, boot = store.welcome.session, store.welcome.boot
        await store.write(room_channel(room), "before")
        await chen.until(lambda: chen.shown.get(room_channel(room)), "before")
        worker.heard.clear()
        recorder.heard.clear()
        await signaling.kill()
        await store.until(lambda: store.socket is None, "the end")
        for text in ("one", "two", "three"):
            await store.write(room_channel(room), text)
        await signaling.start()
        await chen.until(lambda: len(chen.shown[room_channel(room)]) == 4, "all four")
        assert [m.body for m in chen.shown[room_channel(room)]] == ["before", "one", "two", "three"]
        await store.until(lambda: not store.outbox, "all sent")
        assert store.welcome.session == before
        assert store.welcome.resumed
        assert store.welcome.boot != boot
        await until(lambda: len(worker.of(SetGrants)) == 2, "grants are said again")
        await until(lambda: recorder.of(StartRecording), "the recording is said again")
        assert len(worker.legs) == 2, "media did not notice"
        assert isinstance(await store.do(LeaveRoom(cid=new_cid(), room=room)), Done)
        state = await chen.room(lambda s: s.recording is not None and s.recording.state is RecordingState.SAFE, "safe")
        assert state.end is EndReason.HUNG_UP


async def test_who_was_disabled_meanwhile_and_stays_away_keeps_no_media(signaling: SignalingProcess) -> None:
    worker = FakeWorker()
    async with connected(signaling.data, worker), TaskScope("tabs") as scope:
        store, chen = await stay(scope, signaling, "store-0117"), await stay(scope, signaling, "chen")
        room = await answered(store, chen)
        for who in (store, chen):
            assert (await offer(who, room)).status == 201
        worker.heard.clear()
        await signaling.kill()
        with closing(sqlite3.connect(signaling.data / "passline.db", isolation_level=None)) as database:
            database.execute("UPDATE person SET disabled_ms = 1 WHERE id = 'p-chen'")
        await signaling.start()
        [dropped] = await until(lambda: worker.of(DropParticipant), "the end of his media")
        assert dropped.participant == "p-chen"
        [stays] = await until(lambda: worker.of(SetGrants), "the other's grants")
        assert stays.participant == "p-store-0117"
        await until(lambda: len(worker.legs) == 1, "one leg")


async def test_a_call_rings_on_after_a_restart_and_a_command_repeated_is_done_once(tmp_path: Path) -> None:
    async with SignalingProcess(tmp_path, ring_s=600) as signaling, TaskScope("tabs") as scope:
        store, chen = await stay(scope, signaling, "store-0117"), await stay(scope, signaling, "chen")
        cid = new_cid()
        first = await store.do(StartCall(cid=cid, reason=Reason.EQUIPMENT))
        assert isinstance(first, Done)
        await signaling.kill()
        await signaling.start()
        await store.until(lambda: store.socket is not None and store.welcome, "back")
        await chen.until(lambda: chen.socket is not None and chen.welcome, "back")
        store.heard.clear()
        assert await store.do(StartCall(cid=cid, reason=Reason.EQUIPMENT)) == first
        assert first.room is not None
        assert isinstance(await chen.do(AcceptCall(cid=new_cid(), room=first.room)), Done)
        await store.room(lambda s: s.call is not None and s.call.stage is CallStage.ANSWERED, "answered")


async def test_a_ring_that_expired_meanwhile_is_missed(tmp_path: Path) -> None:
    async with SignalingProcess(tmp_path, ring_s=0.5) as signaling, TaskScope("tabs") as scope:
        store, chen = await stay(scope, signaling, "store-0117"), await stay(scope, signaling, "chen")
        await ring(store, chen)
        await signaling.kill()
        await signaling.start()
        await store.room(lambda s: s.end is EndReason.MISSED, "missed")


async def test_a_hold_that_was_over_meanwhile_ends_the_call_and_is_owed(tmp_path: Path) -> None:
    async with SignalingProcess(tmp_path, hold_s=0.5) as signaling, TaskScope("tabs") as scope:
        store, chen = await stay(scope, signaling, "store-0117"), await stay(scope, signaling, "chen")
        room = await answered(store, chen)
        assert isinstance(await chen.do(HoldCall(cid=new_cid(), room=room, on=True)), Done)
        await signaling.kill()
        await signaling.start()
        await store.room(lambda s: s.end is EndReason.HOLD_OVER, "nobody waits for ever")
        for who in (store, chen):
            await who.until(lambda who=who: room in who.callbacks, "a callback is owed")  # type: ignore[misc]


async def test_a_hold_keeps_its_time_over_a_kill_and_owes_one_callback(tmp_path: Path) -> None:
    async with SignalingProcess(tmp_path, hold_s=HOLD_MS / 1000) as signaling, TaskScope("tabs") as scope:
        store, chen = await stay(scope, signaling, "store-0117"), await stay(scope, signaling, "chen")
        room = await answered(store, chen)
        assert isinstance(await chen.do(HoldCall(cid=new_cid(), room=room, on=True)), Done)
        await signaling.kill()
        store.rooms.clear()
        await signaling.start()
        back_ms = clock.wall_ms()
        over = await store.room(lambda s: s.end is EndReason.HOLD_OVER, "nobody waits for ever")
        assert over.call is not None
        assert over.call.hold is not None
        assert over.closed_at is not None
        assert over.call.hold.over_at == over.call.hold.since + HOLD_MS
        over_at = over.call.hold.over_at
        assert over_at <= over.closed_at <= max(over_at, back_ms) + 1_000, "neither early nor counted anew"
        for who in (store, chen):
            await who.until(lambda who=who: room in who.callbacks, "a callback is owed")  # type: ignore[misc]
            assert [(item.room, item.calls) for item in who.callbacks.values()] == [(room, 1)]


async def test_who_sat_down_elsewhere_just_before_a_kill_is_waited_for_and_not_rung(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with SignalingServer(tmp_path, ring_s=600) as server, AsyncExitStack() as stack:
        store, chen, _ = [
            await stack.enter_async_context(tab(await server.sign_in(login)))
            for login in ("store-0117", "chen", "store-0201")
        ]
        room = await ring(store, chen)
        with monkeypatch.context() as killed:
            killed.setattr(Rooms, "_sat_down", lambda *_: None)  # the other room did not come to hear of it
            wish = CallStore(cid=new_cid(), store=StoreId("s-0201"), reason=Reason.EQUIPMENT)
            assert isinstance(await chen.do(wish), Done)
    async with SignalingServer(tmp_path, ring_s=600) as server, tab(await server.sign_in("store-0117")) as store:
        state = await store.room(lambda s: s.call is not None and s.call.stage is CallStage.WAITING, "it waits for him")
        assert state.id == room
        assert [one.state for one in state.members if one.person.id == "p-chen"] == [MemberState.MISSED]


async def test_who_was_here_before_a_start_that_was_cut_short_is_still_taken_for_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "OFFLINE_AFTER_S", 60.0)  # however slow this machine starts
    async with SignalingServer(tmp_path) as server, tab(await server.sign_in("chen")) as chen:
        assert chen.welcome is not None
    async with SignalingServer(tmp_path):
        pass
    async with SignalingServer(tmp_path) as server, tab(await server.sign_in("store-0117")) as store:
        assert store.presence(chen.person) == "free"


async def test_how_long_ago_somebody_may_have_been_here_for_that(tmp_path: Path) -> None:
    async with SignalingServer(tmp_path) as server, tab(await server.sign_in("chen")) as chen:
        assert chen.welcome is not None
        session, now_ms = chen.welcome.session, clock.wall_ms()
        for after_ms, counts in ((0, True), (5_000, True), (10_000, True), (16_001, False)):
            start = partial(start_over, now_ms=now_ms + after_ms, lately_ms=6_000)
            assert ((chen.person, session) in await server.house.database.write(start)) is counts


async def test_what_was_not_safe_yet_is_stopped_again(signaling: SignalingProcess) -> None:
    worker, recorder = FakeWorker(), FakeRecorder(slow=True)
    async with connected(signaling.data, worker, recorder), TaskScope("tabs") as scope:
        store, chen = await stay(scope, signaling, "store-0117"), await stay(scope, signaling, "chen")
        room = await answered(store, chen)
        await until(lambda: recorder.of(StartRecording), "start")
        await store.do(LeaveRoom(cid=new_cid(), room=room))
        await until(lambda: recorder.of(StopRecording), "stop")
        await signaling.kill()
        recorder.heard.clear()
        recorder.slow = False
        await signaling.start()
        await until(lambda: recorder.of(StopRecording), "stop again")
        await store.room(lambda s: s.recording is not None and s.recording.state is RecordingState.SAFE, "safe")


async def test_somebody_who_vanishes_is_away_and_comes_back(signaling: SignalingProcess) -> None:
    async with TaskScope("tabs") as scope:
        chen = await stay(scope, signaling, "chen")
        async with TaskScope("store") as vanishing:
            store = await stay(vanishing, signaling, "store-0117")
            room = await answered(store, chen)
            await store.drop()
        await chen.room(
            lambda s: any(m.person.id == store.person and m.state is MemberState.AWAY for m in s.members),
            "away",
            seconds=40.0,
        )
        store = await stay(scope, signaling, "store-0117")
        assert isinstance(await store.do(JoinRoom(cid=new_cid(), room=room, consent=True)), Done)
        await chen.room(
            lambda s: all(m.state is MemberState.JOINED for m in s.members if m.person.id == store.person), "back"
        )


async def test_sigterm_says_goodbye_and_ends_soon(signaling: SignalingProcess) -> None:
    async with TaskScope("tabs") as scope:
        chen = Tab(await signaling.sign_in("chen"))
        await chen.open()
        scope.spawn(chen.read(), name="read")
        await chen.until(lambda: chen.welcome, "welcome")
        async with asyncio.timeout(30.0):
            assert await signaling.kill(signal.SIGTERM) == 0
        await chen.until(lambda: chen.close_code, "the end")
        assert chen.bye is not None
        assert chen.close_code == 1012
