"""What it costs a media worker to let somebody in, stage by stage, and how soon the newcomer sees something.

The worker is the process that `passline serve` starts, on core 0; its clients are one process on the other cores, and
what they use is not counted. A crowd goes through each stage together, so that the worker's CPU time before and after
is that of the stage; what the running rooms cost by themselves is measured before and after and taken off. How long a
join takes is measured with one newcomer at a time.
"""

import asyncio
import os
import statistics
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

from contract.ids import LegId
from contract.media import TABLET
from passline.bench.join_client import JoinClient
from passline.bench.join_worker import Worker, working
from passline.bench.sfu_subject import CORE, pinned
from runtime import clock
from runtime.supervise import TaskScope

STAGES = ("offer", "ice", "dtls", "data_channel", "media", "leave")
CROWD, ROOM = 48, 4
"""Newcomers of a round, and how many of them share a room with a camera that films."""
ROUNDS, ALONE, UNLUCKY = 7, 100, 40
BASE_S = 0.7
"""What the running rooms cost is measured for so long."""
PICTURES_PER_S = 30
_NAMES = count(1)


def run(*, crowd: int = CROWD, rounds: int = ROUNDS, alone: int = ALONE, unlucky: int = UNLUCKY) -> dict[str, Any]:
    """One row for each stage; takes about a minute. `unlucky` of those who come alone lose the first DTLS flight."""
    with pinned(os.sched_getaffinity(0) - {CORE}):
        return asyncio.run(_measure(crowd, rounds, alone, unlucky))


async def _measure(crowd: int, rounds: int, alone: int, unlucky: int) -> dict[str, Any]:
    costs: dict[str, list[float]] = {stage: [] for stage in STAGES}
    async with working() as worker, TaskScope("cameras") as scope:
        cameras = [await _camera(worker, f"r-{number}") for number in range(max(1, crowd // ROOM))]
        scope.spawn(_film(cameras), name="film")
        await _crowd(worker, crowd)  # what is made once is made with the first
        for _ in range(rounds):
            for stage, cost_s in (await _crowd(worker, crowd)).items():
                costs[stage].append(1000 * cost_s / crowd)
        soon = [await _alone(worker, loses_flight=False) for _ in range(alone)]
        late = [await _alone(worker, loses_flight=True) for _ in range(unlucky)]
        await scope.aclose()
        for camera in cameras:
            await camera.aclose()
    joins = [sum(costs[stage][number] for stage in STAGES[:-1]) for number in range(rounds)]
    each_ms = statistics.median(joins)
    return {
        "rows": [{"stage": stage, **_spread(costs[stage])} for stage in STAGES] + [{"stage": "join", **_spread(joins)}],
        "cpu_ms_per_join": round(each_ms, 2),
        "joins_per_s_per_core": round(1000 / max(each_ms, 0.001)),
        **times("first_packet", soon),
        **times("first_packet_flight_lost", late),
    }


def _spread(values_ms: list[float]) -> dict[str, float]:
    return {
        "cpu_ms": round(statistics.median(values_ms), 3),
        "lowest": round(min(values_ms), 3),
        "highest": round(max(values_ms), 3),
    }


def times(what: str, values_s: list[float]) -> dict[str, float]:
    """From the offer on; the 95th percentile is the least that so many of the values do not exceed."""
    ordered = sorted(values_s)
    p95_s = ordered[-(-95 * len(ordered) // 100) - 1]
    return {
        f"{what}_p50_ms": round(1000 * statistics.median(ordered), 1),
        f"{what}_p95_ms": round(1000 * p95_s, 1),
    }


def _name() -> LegId:
    return LegId(f"leg-{next(_NAMES)}")


async def _camera(worker: Worker, room: str) -> JoinClient:
    camera = JoinClient()
    leg = _name()
    await camera.take(await worker.ask(leg, room, camera.offer(TABLET)))
    for stage in (camera.check, camera.handshake, camera.open_channel, camera.appear):
        await stage()
    await worker.connected(leg)
    return camera


async def _film(cameras: list[JoinClient]) -> None:
    """So that whoever comes finds a fresh keyframe, as in a call."""
    due = clock.now()
    while True:
        for camera in cameras:
            camera.film()
            due += 1 / PICTURES_PER_S / len(cameras)
            await asyncio.sleep(max(0.0, due - clock.now()))


async def _crowd(worker: Worker, crowd: int) -> dict[str, float]:
    """CPU seconds of each stage, of all together without what the rooms cost anyway."""
    clients = {_name(): JoinClient() for _ in range(crowd)}
    spent: dict[str, tuple[float, float]] = {}
    legs = list(clients)

    async def offer() -> None:
        for number, (leg, client) in enumerate(clients.items()):
            await client.take(await worker.ask(leg, f"r-{number // ROOM}", client.offer(TABLET)))

    async def each(stage: Callable[[JoinClient], Awaitable[None]]) -> None:
        for client in clients.values():
            await stage(client)

    before = await _base(worker)
    spent["offer"] = await _spent(worker, offer())
    spent["ice"] = await _spent(worker, each(JoinClient.check))
    spent["dtls"] = await _spent(worker, each(JoinClient.handshake))
    spent["data_channel"] = await _spent(worker, each(JoinClient.open_channel))
    spent["media"] = await _spent(worker, each(JoinClient.see))
    after = await _base(worker)
    spent["leave"] = await _spent(worker, worker.close(legs))
    for client in clients.values():
        await client.aclose()
    base = dict.fromkeys(STAGES, before) | dict.fromkeys(("media", "leave"), (before + after) / 2)
    return {stage: max(0.0, cpu_s - base[stage] * took_s) for stage, (cpu_s, took_s) in spent.items()}


async def _spent(worker: Worker, doing: Awaitable[None]) -> tuple[float, float]:
    """CPU seconds of the worker meanwhile, and how long it took."""
    cpu_s, began = worker.cpu_s(), clock.now()
    await doing
    return worker.cpu_s() - cpu_s, clock.now() - began


async def _base(worker: Worker) -> float:
    """Share of a core that the rooms cost by themselves."""
    cpu_s, took_s = await _spent(worker, asyncio.sleep(BASE_S))
    return cpu_s / took_s


async def _alone(worker: Worker, *, loses_flight: bool) -> float:
    """Seconds from the offer to the first packet of one who comes and goes."""
    client, leg = JoinClient(loses_flight=loses_flight), _name()
    try:
        began = clock.now()
        await client.join(await worker.ask(leg, "r-0", client.offer(TABLET)))
        return client.first_at - began
    finally:
        await client.aclose()
        await worker.close([leg])
