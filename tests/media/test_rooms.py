"""What a bug in a room costs: its legs, and nothing of the others."""

from collections.abc import AsyncIterator

import pytest

from contract.ids import LegId, PersonId, RecordingId, RoomId, SessionId
from contract.media import TABLET, Codec
from contract.nodes import FromWorker, LegEnd, LegReport, LegState, OpenLeg
from media.peer.mux import Mux
from media.rooms import EMPTY_ROOM_S, Rooms
from runtime import clock
from runtime.supervise import TaskScope
from tests.support.control_desk import ALL
from tests.support.peer_client import PeerClient
from tests.support.until import until

pytestmark = pytest.mark.flow


class World:
    """Rooms without a process around them."""

    def __init__(self, scope: TaskScope) -> None:
        self.said: list[FromWorker] = []
        self.mux = Mux(0)
        self.rooms = Rooms(self.mux, scope, self.said.append, max_legs=10, video_codec=Codec.VP8)
        self.clients: list[PeerClient] = []

    async def join(self, room: str) -> LegId:
        client = PeerClient()
        self.clients.append(client)
        number = len(self.clients)
        leg = self.rooms.open(
            OpenLeg(
                request=number,
                room=RoomId(room),
                leg=LegId(f"leg-{number}"),
                participant=PersonId(f"p-{number}"),
                session=SessionId(f"s-{number}"),
                pc_gen=1,
                sdp=client.offer(),
                layout=TABLET,
                grants=ALL,
            )
        )
        self.rooms.run(leg)
        await client.connect(leg.answer_sdp)
        await until(lambda: leg.state is LegState.CONNECTED)
        return leg.id


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with TaskScope("rooms") as scope:
        made = World(scope)
        yield made
        for client in made.clients:
            await client.aclose()
        await made.rooms.close_all(timeout_s=2.0)
    made.mux.close()


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
