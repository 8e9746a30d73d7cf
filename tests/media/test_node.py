"""A whole worker process on its control link, with real peers."""

import asyncio
import os
import signal
import struct
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from contract.data import Moved, Slots
from contract.errors import ErrorCode
from contract.ids import LegId, PersonId, RecordingId, RoomId, SessionId, WorkerId
from contract.media import Codec, Source
from contract.nodes import (
    Answered,
    CloseLeg,
    CloseMediaRoom,
    DropParticipant,
    LegEnd,
    LegReport,
    LegState,
    PublicationReport,
    Record,
    Refused,
    RestartIce,
    SetGrants,
)
from media.node import MediaNode
from media.peer.mux import Mux
from runtime import clock, health
from runtime.supervise import TaskScope
from tests.support.control_desk import ALL, NONE, ControlDesk
from tests.support.peer_client import PeerClient
from tests.support.until import until

pytestmark = pytest.mark.flow


@pytest.fixture
async def clients() -> AsyncIterator[list[PeerClient]]:
    made = [PeerClient() for _ in range(3)]
    try:
        yield made
    finally:
        for client in made:
            await client.aclose()


async def test_a_worker_says_hello_answers_reports_and_beats(
    desk: ControlDesk, worker: asyncio.subprocess.Process, clients: list[PeerClient]
) -> None:
    hello = await desk.hello()
    assert hello.worker == "media-0"
    assert hello.udp_port > 0
    assert hello.legs == []
    await desk.join(clients[0], leg="leg-1")
    states = [report.state for report in desk.all(LegReport)]
    assert states == [LegState.CONNECTING, LegState.CONNECTED]
    await until(lambda: any(isinstance(message, Slots) for message in clients[0].said))
    beat = await desk.beat()
    assert (beat.legs, beat.rooms) == (1, 1)


async def test_sound_of_one_reaches_the_other_and_its_publication_is_reported(
    desk: ControlDesk, worker: asyncio.subprocess.Process, clients: list[PeerClient]
) -> None:
    speaker, listener = clients[:2]
    await desk.join(speaker, leg="leg-1", who="p-1", host=True)
    await desk.join(listener, leg="leg-2", who="p-2", session="s-2")
    await speak_until_heard(speaker, listener)
    live = PublicationReport(room=RoomId("r-1"), participant=PersonId("p-1"), source=Source.MICROPHONE, live=True)
    await until(lambda: live in desk.all(PublicationReport))
    await until(lambda: named(listener, "p-1", Source.MICROPHONE))
    desk.say(SetGrants(room=RoomId("r-1"), participant=PersonId("p-1"), grants=NONE))
    await until(lambda: not named(listener, "p-1", Source.MICROPHONE))


async def test_who_has_only_tcp_hears_the_others_and_goes_on_by_udp_once_that_is_there(
    desk: ControlDesk, worker: asyncio.subprocess.Process, clients: list[PeerClient]
) -> None:
    speaker, listener = clients[:2]
    await desk.join(speaker, tcp=True, leg="leg-1", who="p-1", host=True)
    await desk.join(listener, tcp=True, leg="leg-2", who="p-2", session="s-2")
    await speak_until_heard(speaker, listener)
    for first, bind in ((1000, listener.bind), (2000, listener.bind_tcp)):
        await bind()
        await listener.check()
        listener.rtp.clear()
        await speak_until_heard(speaker, listener, first=first)
    assert not (await desk.beat()).dropped.get("bug")


async def test_ice_is_restarted_for_a_leg_that_is_there(
    desk: ControlDesk, worker: asyncio.subprocess.Process, clients: list[PeerClient]
) -> None:
    client, listener = clients[:2]
    await desk.join(client, leg="leg-1", host=True)
    await desk.join(listener, leg="leg-9", who="p-2", session="s-2")
    ufrag, pwd = client.renew()
    desk.say(RestartIce(request=71, leg=LegId("leg-1"), ufrag=ufrag, pwd=pwd))
    desk.say(RestartIce(request=72, leg=LegId("leg-2"), ufrag=ufrag, pwd=pwd))
    await until(lambda: any(refused.request == 72 for refused in desk.all(Refused)))
    [answer] = [answered for answered in desk.all(Answered) if answered.request == 71]
    client.take_restart(answer.sdp)
    await client.bind()
    await client.check()
    await speak_until_heard(client, listener)
    assert desk.state("leg-1") is LegState.CONNECTED


def named(client: PeerClient, who: str, source: Source) -> bool:
    """Whether the newest `slots` says that this source is shown."""
    last = [message for message in client.said if isinstance(message, Slots)][-1:]
    return any(slot.participant == who and slot.source is source for message in last for slot in message.slots)


async def speak_until_heard(speaker: PeerClient, listener: PeerClient, *, first: int = 100) -> None:
    text = speaker.offer()
    ssrc = int(text.split("a=ssrc:")[1].split(" ")[0])
    async with asyncio.timeout(30.0):
        sequence = first
        while not any(b"word" in packet for packet in listener.rtp):
            sequence += 1
            await speaker.send_rtp(struct.pack("!BBHLL", 0x80, 111, sequence, 960 * sequence, ssrc) + b"word" * 20)
            await asyncio.sleep(0.02)


async def test_a_newer_peerconnection_replaces_the_older_once_it_is_connected(
    desk: ControlDesk, worker: asyncio.subprocess.Process, clients: list[PeerClient]
) -> None:
    await desk.join(clients[0], leg="leg-1", pc_gen=1)
    reply = await desk.ask(clients[1].offer(), leg="leg-2", pc_gen=2)
    assert isinstance(reply, Answered)
    assert desk.state("leg-1") is LegState.CONNECTED
    await clients[1].connect(reply.sdp)
    await until(lambda: desk.state("leg-1") is LegState.CLOSED)
    assert desk.state("leg-2") is LegState.CONNECTED
    await until(lambda: Moved(reason="replaced") in clients[0].said)
    for pc_gen in (1, 2):
        stale = await desk.ask(clients[2].offer(), leg="leg-3", pc_gen=pc_gen)
        assert isinstance(stale, Refused)
        assert stale.code is ErrorCode.STALE


async def test_what_cannot_be_served_is_refused_with_its_code(
    desk: ControlDesk, worker: asyncio.subprocess.Process, clients: list[PeerClient]
) -> None:
    bad = await desk.ask("v=0\r\n", leg="leg-0")
    assert isinstance(bad, Refused)
    assert bad.code is ErrorCode.BAD_SDP
    for number in range(1, 5):
        assert isinstance(await desk.ask(clients[0].offer(), leg=f"leg-{number}", pc_gen=number), Answered)
    again = await desk.ask(clients[0].offer(), leg="leg-1", pc_gen=9)
    assert isinstance(again, Refused)
    assert again.code is ErrorCode.CONFLICT
    busy = await desk.ask(clients[0].offer(), leg="leg-5", pc_gen=5)
    assert isinstance(busy, Refused)
    assert busy.code is ErrorCode.BUSY
    assert busy.retry_after_s


async def test_legs_close_by_leg_by_participant_by_session_and_by_room(
    desk: ControlDesk, worker: asyncio.subprocess.Process, clients: list[PeerClient]
) -> None:
    async def ended(leg: str, reason: LegEnd) -> None:
        await until(lambda: desk.state(leg) is LegState.CLOSED)
        report = desk.report(leg)
        assert report is not None
        assert report.reason is reason

    offer = clients[0].offer()
    await desk.ask(offer, leg="leg-1")
    desk.say(CloseLeg(leg=LegId("leg-1"), reason=LegEnd.LEFT))
    await ended("leg-1", LegEnd.LEFT)
    await desk.ask(offer, leg="leg-2", pc_gen=2)
    desk.say(DropParticipant(room=RoomId("r-1"), participant=PersonId("p-1"), reason=LegEnd.REMOVED))
    await ended("leg-2", LegEnd.REMOVED)
    await desk.ask(offer, leg="leg-3", pc_gen=3)
    await desk.ask(offer, leg="leg-4", session="s-2")
    desk.say(SetGrants(room=RoomId("r-1"), participant=PersonId("p-1"), grants=ALL, only_session=SessionId("s-2")))
    await ended("leg-3", LegEnd.REMOVED)
    assert desk.state("leg-4") is LegState.CONNECTING
    desk.say(CloseMediaRoom(room=RoomId("r-1")))
    await ended("leg-4", LegEnd.ROOM_CLOSED)
    assert (await desk.beat()).rooms == 0


async def test_media_goes_on_while_signaling_is_dead_and_the_next_hello_says_all(
    desk: ControlDesk, worker: asyncio.subprocess.Process, clients: list[PeerClient]
) -> None:
    speaker, listener = clients[:2]
    await desk.join(speaker, leg="leg-1", who="p-1")
    await desk.join(listener, leg="leg-2", who="p-2", session="s-2")
    desk.say(Record(room=RoomId("r-1"), recording=RecordingId("rec-1")))
    await desk.beat()
    await desk.stop()
    await speak_until_heard(speaker, listener)
    desk.heard.clear()
    await desk.start()
    hello = await desk.hello()
    assert {(leg.leg, leg.state) for leg in hello.legs} == {
        ("leg-1", LegState.CONNECTED),
        ("leg-2", LegState.CONNECTED),
    }
    assert hello.recordings == {"r-1": "rec-1"}
    await until(lambda: any(report.live for report in desk.all(PublicationReport)))


async def test_a_worker_without_signaling_keeps_its_rooms_for_a_while_and_then_lets_them_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("media.node.ORPHAN_S", 0.6)
    mux = Mux(0)
    async with TaskScope("test") as scope:
        node = MediaNode(WorkerId("media-0"), mux, scope, max_legs=4, video_codecs=[Codec.VP8])
        begun = clock.now()
        scope.spawn(node.run_timers(), name="timers")
        node.rooms.record(RoomId("r-1"), RecordingId("rec-1"), epoch=1)
        await until(lambda: not node.rooms.held)
        assert clock.now() - begun >= 0.6
    mux.close()


async def test_sigterm_tells_every_client_and_ends_in_time(
    desk: ControlDesk, worker: asyncio.subprocess.Process, clients: list[PeerClient]
) -> None:
    for number, client in enumerate(clients):
        await desk.join(client, leg=f"leg-{number}", who=f"p-{number}")
    worker.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(worker.wait(), 30.0) == 0, "after media.app.END_S it would have been 1"
    for client in clients:
        await until(lambda client=client: Moved(reason="restarting") in client.said)  # type: ignore[misc]  # bound now
        await until(lambda client=client: client.dtls.state == "closed")  # type: ignore[misc]
    ends = [LegEnd.RESTARTING] * len(clients)
    await until(lambda: [m.reason for m in desk.all(LegReport) if m.state is LegState.CLOSED] == ends)


HANGING = {
    "the loop": "Rooms.close_all = lambda self, timeout_s: time.sleep(60)",
    "a callback": "greet = MediaNode._greet; MediaNode._greet = lambda self: (greet(self), time.sleep(60))",
    "a leg": "Rooms.close_all = lambda self, timeout_s: stubborn()",
}


@pytest.mark.parametrize("broken", HANGING.values(), ids=HANGING)
async def test_whatever_hangs_the_worker_ends_and_says_where(desk: ControlDesk, broken: str) -> None:
    code = f"""
import asyncio, time
from media.__main__ import main
from media.node import MediaNode
from media.rooms import Rooms

async def stubborn():
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            pass

{broken}
main()
"""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        code,
        env={**os.environ, "PASSLINE_DATA": str(desk.data), "PASSLINE_MEDIA_PORT": "0"},
        stderr=asyncio.subprocess.PIPE,
    )
    await desk.hello()
    process.terminate()
    async with asyncio.timeout(30.0):
        _out, errors = await process.communicate()
    assert process.returncode == 1
    assert b"most recent call first" in errors


async def test_health_says_whether_signaling_is_there(desk: ControlDesk, worker: asyncio.subprocess.Process) -> None:
    run_dir = desk.data / "run"
    assert (await health.ask(run_dir, "media-0", "/readyz"))[0] == 200
    assert b"passline_media_legs 0.0" in (await health.ask(run_dir, "media-0", "/metrics"))[1]
    await desk.stop()
    async with asyncio.timeout(30.0):
        while (await health.ask(run_dir, "media-0", "/readyz"))[0] != 503:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.01)
    assert (await health.ask(run_dir, "media-0", "/healthz"))[0] == 200


async def test_a_worker_that_cannot_have_its_port_says_so_and_ends(tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    transport, _protocol = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0))
    port = transport.get_extra_info("sockname")[1]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "media",
        env={**os.environ, "PASSLINE_DATA": str(tmp_path), "PASSLINE_MEDIA_PORT": str(port)},
        stderr=asyncio.subprocess.PIPE,
    )
    _out, errors = await asyncio.wait_for(process.communicate(), 60.0)
    transport.close()
    assert process.returncode == 3
    assert b"cannot serve media" in errors
