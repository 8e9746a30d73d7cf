"""Figures of media on their way from worker and client into the database, and to the other one of a call."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from contract.client import LeaveRoom, Ping, ReportFigures
from contract.http import CallQuality
from contract.ids import LegId, PersonId, RoomId
from contract.media import Source
from contract.nodes import LegFigures
from contract.quality import ClientSample, LegSample, PublishedFigures, SeenFigures, SentFigures
from contract.rooms import CallStage
from contract.server import Pong, Seen
from signaling.live import quality
from tests.signaling.service.world import World, answered, training
from tests.support.clients import Tab, new_cid
from tests.support.nodes import PATIENCE_S

pytestmark = pytest.mark.flow


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the server of a test starts: what is measured is written at once."""
    monkeypatch.setattr(quality, "KEEP_S", 0.05)


def of_worker(room: RoomId, person: PersonId, *, lost: int = 0) -> LegFigures:
    camera = PublishedFigures(
        source=Source.CAMERA,
        packets=100 - lost,
        lost=lost,
        octets=62_500,
        jitter_ms=3.0,
        nacks=lost,
        plis=0,
        repaired=lost,
    )
    sample = LegSample(over_s=5.0, rtt_ms=30.0, published=[camera], slots=[])
    return LegFigures(room=room, leg=LegId("leg"), participant=person, sample=sample)


def of_client(room: RoomId, of: PersonId, *, fps: float = 4.0) -> ReportFigures:
    seen = [SeenFigures(of=of, source=Source.CAMERA, fps=fps, frozen=0.0)]
    sent = [SentFigures(source=Source.CAMERA, fps=14.0)]
    return ReportFigures(room=room, sample=ClientSample(over_s=5.0, rtt_ms=50.0, sent=sent, seen=seen))


async def heard(tab: Tab, number: int) -> None:
    """Everything that this tab said so far was taken in."""
    await tab.say(Ping(n=number))
    await tab.until(lambda: any(isinstance(m, Pong) and m.n == number for m in tab.heard), "a pong")


async def reaches(look: Callable[[], Awaitable[float]], least: float) -> None:
    """Until what the other process said was counted."""
    async with asyncio.timeout(PATIENCE_S):
        while await look() < least:  # noqa: ASYNC110 - nothing wakes us
            await asyncio.sleep(0.02)


async def figure(world: World, line: str) -> float:
    """The value of one line of `/metrics`."""
    admin = await world.server.sign_in("admin")
    text = (await admin.get("/metrics")).body.decode()
    found = [row for row in text.splitlines() if row.startswith(line)]
    return float(found[0].rsplit(" ", 1)[1]) if found else 0.0


async def test_both_sides_figures_of_a_call_are_there_when_it_is_over(world: World) -> None:
    store, chen = await world.tab("store-0117"), await world.tab("chen")
    room = await answered(store, chen)
    world.worker.say(of_worker(room, store.person, lost=10))
    await chen.say(of_client(room, store.person))
    seen = await store.until(lambda: next((m for m in store.heard if isinstance(m, Seen)), None), "how it is seen")
    assert (seen.room, seen.by) == (room, chen.person)
    assert [(track.source, track.fps) for track in seen.tracks] == [(Source.CAMERA, 4.0)]
    await reaches(lambda: figure(world, 'passline_quality_loss_count{process="signaling",way="up"}'), 1)
    await chen.do(LeaveRoom(cid=new_cid(), room=room))
    await chen.room(lambda state: state.call is not None and state.call.stage is CallStage.ENDED, "the end")
    admin = await world.server.sign_in("admin")

    async def look() -> CallQuality:
        answer = await admin.get(f"/api/archive/{room}/quality")
        assert answer.status == 200, answer.body
        return answer.read(CallQuality)

    async def people_there() -> float:
        return len((await look()).people)

    await reaches(people_there, 2)  # what was taken up by the writer a moment ago is not there yet
    found = await look()
    people = {one.person.id: one for one in found.people}
    assert set(people) == {store.person, chen.person}
    assert people[store.person].up_loss == [0.1]
    assert people[store.person].up_bps == [100_000]
    assert people[chen.person].seen_fps == [4.0]
    assert people[chen.person].rtt_ms == [50.0]
    assert [one.person.id for one in found.people] == [store.person, chen.person], "the most trouble first"
    assert {mark.person for mark in found.marks} == {store.person, chen.person}
    assert await figure(world, 'passline_quality_loss_sum{process="signaling",way="up"}') == pytest.approx(0.1)
    for kind in ("nack", "repaired"):
        assert await figure(world, f'passline_quality_repairs_total{{kind="{kind}"') == 10


async def test_a_session_is_measured_but_nobody_is_told(world: World) -> None:
    store, trainer = await world.tab("store-0117"), await world.tab("he")
    room = await training(trainer, store)
    await trainer.say(of_client(room, store.person))
    await heard(trainer, 1)
    await heard(store, 1)
    assert not [m for m in store.heard if isinstance(m, Seen)]
    assert await figure(world, 'passline_quality_pictures_per_second_count{process="signaling",way="seen"}') == 1


async def test_who_reports_too_often_is_not_heard_and_not_scolded(world: World) -> None:
    store, chen = await world.tab("store-0117"), await world.tab("chen")
    room = await answered(store, chen)
    for _ in range(quality.BURST + 5):
        await chen.say(of_client(room, store.person))
    await heard(chen, 2)
    dropped = await figure(world, 'passline_quality_dropped_total{process="signaling",why="too_often"}')
    taken = await figure(world, 'passline_quality_pictures_per_second_count{process="signaling",way="seen"}')
    assert taken + dropped == quality.BURST + 5
    assert taken >= quality.BURST
    assert chen.failed == {}


async def test_what_a_worker_says_of_a_room_that_is_over_or_of_a_stranger_is_not_kept(world: World) -> None:
    store, chen = await world.tab("store-0117"), await world.tab("chen")
    room = await answered(store, chen)
    world.worker.say(of_worker(RoomId("no-such-room"), store.person))
    world.worker.say(of_worker(room, PersonId("p-zhang-the-second")))
    world.worker.say(of_worker(room, store.person, lost=20))

    async def counted() -> float:
        return await figure(world, 'passline_quality_loss_count{process="signaling",way="up"}')

    await reaches(counted, 1)
    assert await counted() == 1, "only the last of three, which came in order"


async def test_samples_beyond_the_bound_are_dropped_and_counted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quality, "MAX_OF_PERSON", 2)
    store, chen = await world.tab("store-0117"), await world.tab("chen")
    room = await answered(store, chen)
    for _ in range(5):
        world.worker.say(of_worker(room, store.person))

    async def dropped() -> float:
        return await figure(world, 'passline_quality_dropped_total{process="signaling",why="too_many"}')

    await reaches(dropped, 3)
    assert await dropped() == 3
