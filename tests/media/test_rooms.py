"""What a bug in a room costs: its legs, and nothing of the others."""

import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from contract.errors import ErrorCode, Unavailable
from contract.ids import LegId, PersonId, RecordingId, RoomId, SessionId
from contract.media import TABLET, Codec
from contract.nodes import FromWorker, LegEnd, LegFigures, LegReport, LegState, OpenLeg
from contract.quality import SAMPLE_S
from media.admission import FIRST_WAIT_S
from media.peer.leg import Leg
from media.peer.mux import Mux
from media.peer.srtp import PROTECT, UNPROTECT
from media.plane.base import Plane
from media.plane.native import NativePlane
from media.rooms import EMPTY_ROOM_S, Rooms
from runtime import clock
from runtime.supervise import TaskScope
from tests.support.control_desk import ALL
from tests.support.peer_client import PeerClient
from tests.support.until import until

pytestmark = pytest.mark.flow


class World:
    """Rooms without a process around them."""

    def __init__(self, scope: TaskScope, plane: Plane | None = None) -> None:
        self.said: list[FromWorker] = []
        self.mux = Mux(0, plane=plane)
        self.rooms = Rooms(self.mux, scope, self.said.append, max_legs=10, video_codecs=[Codec.VP8], most_load=0.8)
        self.clients: list[PeerClient] = []

    def offer(self, room: str, *, who: int = 0, pc_gen: int = 1, moved: bool = False) -> tuple[PeerClient, OpenLeg]:
        """Of somebody new, or of participant number `who`."""
        client = PeerClient()
        self.clients.append(client)
        number = len(self.clients)
        who = who or number
        return client, OpenLeg(
            request=number,
            room=RoomId(room),
            leg=LegId(f"leg-{number}"),
            participant=PersonId(f"p-{who}"),
            session=SessionId(f"s-{who}"),
            pc_gen=pc_gen,
            sdp=client.offer(),
            layout=TABLET,
            grants=ALL,
            moved=moved,
        )

    async def join(self, room: str) -> LegId:
        client, offer = self.offer(room)
        leg = self.rooms.open(offer)
        self.rooms.run(leg)
        await client.connect(leg.answer_sdp)
        await until(lambda: leg.state is LegState.CONNECTED)
        return leg.id


@asynccontextmanager
async def rooms(plane: Plane | None = None) -> AsyncIterator[World]:
    async with TaskScope("rooms") as scope:
        made = World(scope, plane)
        yield made
        for client in made.clients:
            await client.aclose()
        await made.rooms.close_all(timeout_s=2.0)
    made.mux.close()


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with rooms() as made:
        yield made


async def test_a_room_that_fails_takes_its_legs_along_keeps_its_recording_and_spares_the_others(world: World) -> None:
    first, second = await world.join("r-1"), await world.join("r-2")
    world.rooms.record(RoomId("r-1"), RecordingId("rec-1"))

    def fail(now: float, wall_ns: int) -> None:
        raise RuntimeError("a bug, for this test")

    broken = world.rooms.held[RoomId("r-1")]
    broken.media._count["packets_in"] = 7
    broken.media.tick = fail  # type: ignore[method-assign]
    world.rooms.tick(clock.now(), clock.wall_ns())
    ends = [m for m in world.said if isinstance(m, LegReport) and m.state is LegState.CLOSED]
    assert [(end.leg, end.reason) for end in ends] == [(first, LegEnd.FAILED)]
    assert second in world.rooms.legs
    fresh = world.rooms.held[RoomId("r-1")]
    assert fresh is not broken
    assert world.rooms.counters["packets_in"] >= 7, "a counter never falls"
    assert fresh.recording == fresh.media.recording == "rec-1"
    await world.join("r-1")


async def test_what_receivers_report_is_asked_for_once_with_a_tick(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []
    monkeypatch.setattr(world.mux.plane, "report", lambda: asked.append(clock.now()))
    for number in range(3):
        world.rooms.record(RoomId(f"r-{number}"), RecordingId(f"rec-{number}"))
    world.rooms.tick(clock.now(), clock.wall_ns())
    assert len(asked) == 1


async def test_a_worker_that_nobody_leads_any_more_lets_every_room_go(world: World) -> None:
    legs = [await world.join("r-1"), await world.join("r-2")]
    world.rooms.record(RoomId("r-1"), RecordingId("rec-1"))
    world.rooms.let_go()
    ends = [m for m in world.said if isinstance(m, LegReport) and m.state is LegState.CLOSED]
    assert {(end.leg, end.reason) for end in ends} == {(leg, LegEnd.RESTARTING) for leg in legs}
    assert world.rooms.held == {}


async def test_a_room_that_nobody_uses_is_forgotten_but_never_while_it_is_recorded(world: World) -> None:
    name = RoomId("r-1")
    world.rooms.record(name, None)
    assert name not in world.rooms.held, "there is nothing to stop"
    world.rooms.record(name, RecordingId("rec-1"))
    now = clock.now()
    for _ in range(3):
        now += EMPTY_ROOM_S
        world.rooms.tick(now, clock.wall_ns())
    assert name in world.rooms.held
    world.rooms.record(name, None)
    for _ in range(3):
        now += EMPTY_ROOM_S
        world.rooms.tick(now, clock.wall_ns())
    assert name not in world.rooms.held


async def test_the_figures_of_a_closed_room_are_not_lost(world: World) -> None:
    await world.join("r-1")
    room = world.rooms.held[RoomId("r-1")]
    room.media._count["packets_in"] = 7
    world.rooms.close_room(RoomId("r-1"))
    assert world.rooms.counters["packets_in"] == 7
    assert not world.rooms.held


async def test_signaling_is_told_how_well_media_goes_over_each_leg(world: World) -> None:
    legs = {await world.join("r-1"), await world.join("r-1")}
    now = clock.now()
    for _ in range(3):
        now += SAMPLE_S
        world.rooms.tick(now, clock.wall_ns())
    figures = [m for m in world.said if isinstance(m, LegFigures)]
    assert {(m.leg, m.room, m.participant) for m in figures} >= {(leg, "r-1", f"p-{leg[-1]}") for leg in legs}
    assert any(m.sample.over_s == pytest.approx(SAMPLE_S) for m in figures)


class WatchedPlane(NativePlane):
    """Notes whether the SRTP session of a leg was there when the leg left."""

    def __init__(self) -> None:
        super().__init__(PROTECT, UNPROTECT)
        self.legs: list[Leg] = []
        self.had_session: dict[int, bool] = {}

    def close(self, handle: int) -> None:
        leg = next(leg for leg in self.legs if leg.handle == handle)
        self.had_session[handle] = bool(leg.protect(b"\x80\x6f" + bytes(10)))
        super().close(handle)


async def test_sound_passes_the_kernel_which_a_leg_leaves_before_its_srtp_session_goes() -> None:
    plane = WatchedPlane()
    async with rooms(plane) as world:
        speaker, listener = plane.legs = [world.rooms.legs[await world.join("r-1")] for _ in range(2)]
        section = speaker.sections.sources[0]
        payload_type = next(iter(section.pt_of.values()))
        for sequence in range(1, 11):
            head = struct.pack("!BBHLL", 0x80, payload_type, sequence, 960 * sequence, section.ssrc)
            await world.clients[0].send_rtp(head + b"opus" * 20)
        await until(lambda: len(world.clients[1].rtp) == 10)
        assert [packet[-80:] for packet in world.clients[1].rtp] == [b"opus" * 20] * 10
        assert plane.counts["sent"] == 10
        handles = [speaker.handle, listener.handle]
        assert all(handles)
        await world.clients.pop().aclose()
        await until(lambda: listener.state is LegState.CLOSED)
        assert (listener.handle, speaker.handle) == (0, handles[0])
    assert plane.had_session == dict.fromkeys(handles, True)
    assert not plane.dropped


async def test_a_busy_worker_takes_nobody_new_but_everybody_of_a_running_call(world: World) -> None:
    await world.join("r-1")
    world.rooms.admission.full = True
    for room in ("r-1", "r-2"):
        with pytest.raises(Unavailable) as refused:
            world.rooms.open(world.offer(room)[1])
        assert refused.value.code is ErrorCode.BUSY
        assert refused.value.retry_after_s is not None
        assert refused.value.retry_after_s >= FIRST_WAIT_S
    assert "r-2" not in world.rooms.held
    for leg in [
        world.rooms.open(world.offer("r-1", who=1, pc_gen=2)[1]),
        world.rooms.open(world.offer("r-2", moved=True)[1]),
    ]:
        world.rooms.run(leg)
    world.rooms.admission.full = False
    await world.join("r-3")
