"""Probes: who may find out whether media gets through, what it costs at most, and that nothing is left of it."""

import asyncio
from pathlib import Path

import pytest

from contract.errors import ErrorCode
from contract.http import ProbeAnswer
from contract.media import Grants
from contract.nodes import CloseMediaRoom, LegState, OpenLeg, Record
from runtime.health import ask
from signaling.live import probes
from tests.signaling.service.world import World
from tests.support.nodes import ANSWER_SDP, BAD_SDP, FakeWorker, connected, until
from tests.support.server import Answer, Client, SignalingServer

pytestmark = pytest.mark.flow

DIRECT = {"way": "direct", "sdp": "v=0 offer"}


async def probe(client: Client, **more: object) -> Answer:
    return await client.post("/api/probes", json={**DIRECT, **more})


async def found(data: Path) -> dict[str, float]:
    """How many probes found what, by way."""
    _, body = await ask(data / "run", "signaling", "/metrics")
    lines = [line for line in body.decode().splitlines() if line.startswith("passline_probes_total")]
    return {line.split("{")[1].split("}")[0]: float(line.split()[-1]) for line in lines}


async def test_a_probe_that_gets_through_is_counted_and_forgotten_at_once(world: World, tmp_path: Path) -> None:
    answer = await probe(await world.server.sign_in("xiaolin"))
    assert answer.status == 201
    assert answer.read(ProbeAnswer) == ProbeAnswer(worker=world.worker.id, workers=[world.worker.id], sdp=ANSWER_SDP)
    (leg,) = world.worker.of(OpenLeg)
    assert leg.grants == Grants(publish=False, subscribe=False, record=False), "it sees, shows and records nothing"
    await until(lambda: [m.room for m in world.worker.of(CloseMediaRoom)] == [leg.room], "the worker forgets it")
    assert not world.worker.legs
    assert not world.worker.of(Record)
    assert (await found(tmp_path))['found="reached",way="direct"'] == 1


async def test_each_worker_can_be_asked_for_and_one_that_is_not_there_is_told(world: World, tmp_path: Path) -> None:
    other = FakeWorker("w1")
    async with connected(tmp_path, other):
        client = await world.server.sign_in("admin")
        for worker in (world.worker, other):
            said = (await probe(client, worker=worker.id)).read(ProbeAnswer)
            assert (said.worker, said.workers) == ("w0" if worker is world.worker else "w1", ["w0", "w1"])
            assert len(worker.of(OpenLeg)) == 1
        answer = await probe(client, worker="w9")
        assert (answer.status, answer.code) == (404, ErrorCode.NOT_FOUND)
    refused = await probe(client, sdp=BAD_SDP)
    assert (refused.status, refused.code) == (400, ErrorCode.BAD_SDP)


async def test_a_probe_that_does_not_get_through_is_counted_when_the_worker_gives_up(
    world: World, tmp_path: Path
) -> None:
    world.worker.reached = False
    client = await world.server.sign_in("store-0117")
    for way in ("direct", "relay"):
        assert (await probe(client, way=way)).status == 201
    legs = await until(lambda: list(world.worker.legs.values()) if len(world.worker.legs) == 2 else None, "two legs")
    assert not world.worker.of(CloseMediaRoom)
    for leg in legs:
        world.worker.report(leg.model_copy(update={"state": LegState.CLOSED}))
    await until(lambda: len(world.worker.of(CloseMediaRoom)) == 2, "the worker forgets them")
    assert (await found(tmp_path)) == {
        'found="reached",way="direct"': 0,
        'found="not_reached",way="direct"': 1,
        'found="reached",way="relay"': 0,
        'found="not_reached",way="relay"': 1,
    }


async def test_a_lost_worker_takes_its_probes_with_it(tmp_path: Path) -> None:
    worker = FakeWorker(reached=False)
    async with SignalingServer(tmp_path) as server:
        client = await server.sign_in("chen")
        async with connected(tmp_path, worker):
            assert (await probe(client)).status == 201
        async with asyncio.timeout(10):
            while (await found(tmp_path))['found="not_reached",way="direct"'] != 1:  # noqa: ASYNC110 - a metric wakes nobody
                await asyncio.sleep(0.02)


async def test_a_worker_that_still_holds_a_probe_nobody_knows_is_told_to_forget_it(tmp_path: Path) -> None:
    worker = FakeWorker(reached=False)
    async with SignalingServer(tmp_path) as server, connected(tmp_path, worker):
        assert (await probe(await server.sign_in("chen"))).status == 201
    link = worker.link
    async with SignalingServer(tmp_path), connected(tmp_path, worker):
        await until(lambda: worker.link is not link and worker.of(CloseMediaRoom), "it is told")
        assert not worker.legs


async def test_who_asks_again_and_again_is_held_back_alone(world: World) -> None:
    eager = await world.server.sign_in("store-0117")
    statuses = [(await probe(eager)).status for _ in range(probes.BURST + 2)]
    assert statuses[: probes.BURST] == [201] * probes.BURST
    assert statuses[-1] == 429
    assert (await probe(await world.server.sign_in("chen"))).status == 201


async def test_only_so_many_are_under_way_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "AT_ONCE", 3)
    world.worker.reached = False
    client = await world.server.sign_in("store-0117")
    assert [(await probe(client)).status for _ in range(4)] == [201, 201, 201, 503]
    world.worker.report(next(iter(world.worker.legs.values())).model_copy(update={"state": LegState.CLOSED}))
    await until(lambda: world.worker.of(CloseMediaRoom), "one is over")
    assert [(await probe(client)).status for _ in range(2)] == [201, 503]


async def test_one_whose_end_is_never_reported_makes_room_in_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probes, "AT_ONCE", 1)
    monkeypatch.setattr(probes, "LIFE_S", 0.0)
    world.worker.reached = False
    client = await world.server.sign_in("store-0117")
    assert [(await probe(client)).status for _ in range(3)] == [201] * 3
