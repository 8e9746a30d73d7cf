"""Workers and the recorder come, go, hang and come back."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from contract.base import encode
from contract.client import AcceptCall, CancelCall, LeaveRoom
from contract.errors import ErrorCode
from contract.http import PeerOffer
from contract.ids import LegId, PersonId, RecordingId, RoomId, SessionId
from contract.media import TABLET
from contract.nodes import (
    CONTROL_SOCKET,
    CloseLeg,
    CloseMediaRoom,
    LegReport,
    LegState,
    OpenLeg,
    Record,
    RecordingReport,
    SetGrants,
    StartRecording,
    StopRecording,
    WantKeyframes,
)
from contract.rooms import RecordingState
from contract.server import Done, MediaMoved
from runtime import clock
from signaling.app import SERVICE
from signaling.nodes.workers import ANSWER_S
from tests.signaling.service.world import answered, offer, ring
from tests.support.clients import Tab, new_cid, tab
from tests.support.nodes import BAD_SDP, FakeRecorder, FakeWorker, connected, until
from tests.support.server import SignalingServer

pytestmark = pytest.mark.flow


class Scene:
    """A server without nodes, a store and an expert."""

    def __init__(self, server: SignalingServer, data: Path, store: Tab, chen: Tab) -> None:
        self.server, self.data, self.store, self.chen = server, data, store, chen


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with SignalingServer(tmp_path) as server, AsyncExitStack() as stack:
        store = await stack.enter_async_context(tab(await server.sign_in("store-0117")))
        chen = await stack.enter_async_context(tab(await server.sign_in("chen")))
        yield Scene(server, tmp_path, store, chen)


async def test_the_worker_hears_of_an_answer_before_it_is_written_down(scene: Scene) -> None:
    worker = FakeWorker()
    async with connected(scene.data, worker), tab(await scene.server.sign_in("he")) as stranger:
        room = await ring(scene.store, scene.chen)
        assert (await offer(scene.store, room)).status == 201
        await stranger.do(AcceptCall(cid=new_cid(), room=room))
        assert worker.of(WantKeyframes) == [], "not for somebody who was not called"
        assert isinstance(await scene.chen.do(AcceptCall(cid=new_cid(), room=room)), Done)
        granted = (await until(lambda: worker.of(SetGrants), "the grant"))[0]
        [wanted] = worker.of(WantKeyframes)
        assert wanted.room == room
        assert worker.heard.index(wanted) < worker.heard.index(granted)
        await scene.store.do(CancelCall(cid=new_cid(), room=room))


async def test_without_a_worker_an_offer_is_to_be_tried_again(scene: Scene) -> None:
    room = await ring(scene.store, scene.chen)
    answer = await offer(scene.store, room)
    assert (answer.status, answer.code) == (503, ErrorCode.UNAVAILABLE)
    assert "Retry-After" in answer.headers


async def test_a_bad_offer_is_the_clients_fault(scene: Scene) -> None:
    async with connected(scene.data, FakeWorker()):
        room = await ring(scene.store, scene.chen)
        assert scene.store.welcome is not None
        body = PeerOffer(session=scene.store.welcome.session, pc_gen=1, layout=TABLET, sdp=BAD_SDP)
        answer = await scene.store.browser.post(f"/api/rooms/{room}/peers", json=body.model_dump(mode="json"))
        assert (answer.status, answer.code) == (400, ErrorCode.BAD_SDP)


async def test_a_worker_that_does_not_answer_is_not_waited_for(scene: Scene) -> None:
    async with connected(scene.data, FakeWorker(answers=False)):
        room = await ring(scene.store, scene.chen)
        answer = await offer(scene.store, room)
        assert (answer.status, answer.code) == (503, ErrorCode.UNAVAILABLE)


async def test_a_silent_worker_is_lost_and_its_room_moves(scene: Scene) -> None:
    mute, well = FakeWorker("w0", beats=False), FakeWorker("w1")
    room = await ring(scene.store, scene.chen)
    async with connected(scene.data, mute):
        assert (await offer(scene.store, room)).status == 201
        async with connected(scene.data, well):
            first = mute.link
            await until(lambda: mute.link is not first, "the silent link was cut")
            assert (await offer(scene.store, room, pc_gen=2)).status == 201
            assert len(mute.of(OpenLeg)) + len(well.of(OpenLeg)) == 2


def moved(who: Tab, room: RoomId) -> list[bool]:
    """What this client heard of its media's way: each time whether another worker was ready."""
    return [message.ready for message in who.heard if isinstance(message, MediaMoved) and message.room == room]


async def test_a_lost_worker_is_told_to_its_clients_and_its_room_goes_elsewhere_at_once(scene: Scene) -> None:
    old, new = FakeWorker("w0"), FakeWorker("w1")
    async with connected(scene.data, new), connected(scene.data, old):
        room = await answered(scene.store, scene.chen)
        assert (await offer(scene.store, room)).status == 201
        (first,) = [worker for worker in (old, new) if worker.of(OpenLeg)]
        if first is new:  # the other way round: what follows needs the room on `old`
            old, new = new, old
        assert first.link is not None
        await first.link.aclose()
        for who in (scene.store, scene.chen):
            await who.until(lambda who=who: moved(who, room), "where the media went")  # type: ignore[misc]
            assert moved(who, room) == [True]
        assert (await offer(scene.store, room, pc_gen=2)).status == 201
        assert new.of(OpenLeg)[0].epoch > old.of(OpenLeg)[0].epoch
        await until(lambda: old.of(CloseLeg), "the replaced worker closes what it still holds")
        assert not new.of(CloseLeg)


async def test_without_another_worker_clients_are_told_again_when_there_is_one(scene: Scene) -> None:
    room = await answered(scene.store, scene.chen)
    async with connected(scene.data, FakeWorker("w0")):
        assert (await offer(scene.store, room)).status == 201
    await scene.store.until(lambda: moved(scene.store, room) == [False], "that its media is gone")
    async with connected(scene.data, FakeWorker("w0")):
        await scene.store.until(lambda: moved(scene.store, room) == [False, True], "that it may come again")


async def test_an_offer_to_a_worker_that_dies_is_answered_at_once(scene: Scene) -> None:
    worker = FakeWorker(answers=False)
    room = await answered(scene.store, scene.chen)
    async with asyncio.TaskGroup() as tasks, connected(scene.data, worker):
        waiting = tasks.create_task(offer(scene.store, room))
        await until(lambda: worker.of(OpenLeg), "the offer")
        begun = clock.now()
    assert waiting.result().status == 503
    assert clock.now() - begun < ANSWER_S, "not only after the time for an answer"


async def test_rooms_spread_over_workers_and_stay(scene: Scene) -> None:
    workers = FakeWorker("w0"), FakeWorker("w1")
    async with connected(scene.data, *workers):
        first = await ring(scene.store, scene.chen)
        assert (await offer(scene.store, first)).status == 201
        assert (await offer(scene.chen, first)).status == 201
        async with (
            tab(await scene.server.sign_in("store-0108")) as other,
            tab(await scene.server.sign_in("zhang")) as z,
        ):
            second = await ring(other, z)
            assert (await offer(other, second)).status == 201
        rooms = [{leg.room for leg in worker.of(OpenLeg)} for worker in workers]
        assert sorted(map(len, rooms)) == [1, 1]


async def says(scene: Scene, worker: FakeWorker, busy_s: float | None) -> None:
    """The worker's next beat says this, and signaling has heard it."""
    worker.busy_s = busy_s
    await until(lambda: scene.server.app[SERVICE]._hub.workers.busy_s(worker.id) == busy_s, "signaling knows")


@pytest.mark.parametrize("number", [0, 1])
async def test_a_new_room_avoids_a_busy_worker(scene: Scene, number: int) -> None:
    workers = FakeWorker("w0"), FakeWorker("w1")
    busy, free = workers[number], workers[1 - number]
    async with connected(scene.data, *workers):
        room = await ring(scene.store, scene.chen)
        await says(scene, busy, 7.0)
        assert (await offer(scene.store, room)).status == 201
        assert busy.of(OpenLeg) == []
        assert len(free.of(OpenLeg)) == 1


async def test_with_every_worker_busy_the_newcomer_is_told_when_to_ask_again_and_running_rooms_go_on(
    scene: Scene,
) -> None:
    worker = FakeWorker()
    async with connected(scene.data, worker):
        running = await ring(scene.store, scene.chen)
        assert (await offer(scene.store, running)).status == 201
        await says(scene, worker, 7.0)
        async with (
            tab(await scene.server.sign_in("store-0108")) as other,
            tab(await scene.server.sign_in("zhang")) as z,
        ):
            new = await ring(other, z)
            answer = await offer(other, new)
            assert (answer.status, answer.code) == (503, ErrorCode.BUSY)
            assert answer.headers["Retry-After"] == "7"
            assert (await offer(scene.store, running, pc_gen=2)).status == 201, "its worker decides"
            await says(scene, worker, None)
            assert (await offer(other, new, pc_gen=2)).status == 201


async def test_a_room_that_must_move_goes_to_a_busy_worker_too(scene: Scene) -> None:
    old, busy = FakeWorker("w0"), FakeWorker("w1")
    async with connected(scene.data, busy):
        await says(scene, busy, 7.0)
        async with connected(scene.data, old):
            room = await answered(scene.store, scene.chen)
            assert (await offer(scene.store, room)).status == 201
            assert not old.of(OpenLeg)[0].moved
        await scene.store.until(lambda: moved(scene.store, room), "where the media went")
        assert (await offer(scene.store, room, pc_gen=2)).status == 201
        assert busy.of(OpenLeg)[0].moved


async def test_a_worker_says_what_it_holds_and_is_put_right(scene: Scene) -> None:
    worker, recorder = FakeWorker(), FakeRecorder()
    async with connected(scene.data, worker, recorder):
        room = await answered(scene.store, scene.chen)
        assert (await offer(scene.store, room)).status == 201
        await until(lambda: worker.recordings.get(room), "it taps")
    stale = LegReport(
        room=RoomId("gone"),
        leg=LegId("stale"),
        participant=PersonId("p-chen"),
        session=SessionId("s"),
        pc_gen=1,
        state=LegState.CONNECTED,
    )
    worker.legs[stale.leg] = stale
    worker.recordings.clear()
    worker.heard.clear()
    worker.link = None
    async with connected(scene.data, worker):
        await until(lambda: worker.of(CloseMediaRoom), "the stale room is closed")
        assert [message.room for message in worker.of(CloseMediaRoom)] == ["gone"]
        await until(lambda: worker.recordings.get(room), "it taps again")
        assert (await offer(scene.store, room, pc_gen=2)).status == 201
        assert len(worker.of(Record)) == 1


async def test_a_recorder_that_returns_is_told_again(scene: Scene) -> None:
    worker, recorder = FakeWorker(), FakeRecorder(slow=True)
    async with connected(scene.data, worker, recorder):
        room = await answered(scene.store, scene.chen)
        await until(lambda: recorder.of(StartRecording), "start")
    again = FakeRecorder(slow=True)
    again.hello = [RecordingReport(recording=RecordingId("unknown"), room=None, state=RecordingState.RECORDING)]
    async with connected(scene.data, worker, again):
        await until(lambda: again.of(StartRecording), "start again")
        await until(lambda: again.of(StopRecording), "what nobody knows is stopped")
        again.heard.clear()
        await scene.store.do(LeaveRoom(cid=new_cid(), room=room))
        await until(lambda: again.of(StopRecording), "stop")
    recording = again.of(StopRecording)[0].recording
    last = FakeRecorder()
    last.hello = [RecordingReport(recording=recording, room=room, state=RecordingState.RECOVERED)]
    async with connected(scene.data, last):
        state = await scene.store.room(
            lambda state: state.recording is not None and state.recording.state is RecordingState.RECOVERED, "recovered"
        )
        assert state.closed_at is not None


async def test_a_failed_recording_does_not_end_the_call(scene: Scene) -> None:
    worker, recorder = FakeWorker(), FakeRecorder()
    async with connected(scene.data, worker, recorder):
        room = await answered(scene.store, scene.chen)
        await until(lambda: recorder.of(StartRecording), "start")
        recording = recorder.of(StartRecording)[0].recording
        recorder.say(RecordingReport(recording=recording, room=room, state=RecordingState.FAILED))
        state = await scene.chen.room(
            lambda state: state.recording is not None and state.recording.state is RecordingState.FAILED, "failed"
        )
        assert state.closed_at is None


async def test_garbage_on_the_control_socket_ends_only_that_link(scene: Scene) -> None:
    for record in (b"{", encode(CloseMediaRoom(room=RoomId("r"))), b'{"type":"worker_hello"}'):
        reader, writer = await asyncio.open_unix_connection(str(scene.data / CONTROL_SOCKET))
        writer.write(len(record).to_bytes(4, "big") + record)
        with contextlib.suppress(ConnectionResetError):  # that too is an end
            assert await reader.read() == b""
        writer.close()
    async with connected(scene.data, FakeWorker()):
        room = await ring(scene.store, scene.chen)
        assert (await offer(scene.store, room)).status == 201
        await scene.store.do(CancelCall(cid=new_cid(), room=room))
