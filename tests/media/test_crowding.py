"""A crowd before a worker: those who run keep their pictures, the rest are let in or told when to ask again."""

import asyncio
import contextlib
import os
import statistics
import sys
from collections.abc import AsyncIterator, Awaitable

import psutil
import pytest

from media.admission import FIRST_WAIT_S
from runtime import clock
from tests.media.crowding import Look, RunningRoom, running, without_collector
from tests.support.control_desk import ControlDesk
from tests.support.peer_client import PeerClient
from tests.support.promise import Promise
from tests.support.until import until

pytestmark = pytest.mark.flow

MOST = 1500
"""As many take all of any core."""
PICTURES_PER_S = 600
"""A leg that costs enough for a worker to be full soon."""
JOINS, OVER_S = 300, 30.0
BASE_S = 5.0
"""To see what the running room costs alone."""


@contextlib.asynccontextmanager
async def worker(desk: ControlDesk, **settings: object) -> AsyncIterator[psutil.Process]:
    """A media worker with these settings, as `passline serve` starts it."""
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("PASSLINE_")},
        "PASSLINE_DATA": str(desk.data),
        "PASSLINE_MEDIA_PORT": "0",
        "PASSLINE_LOG_LEVEL": "warning",
        "PASSLINE_MAX_LEGS": "5000",
        **{f"PASSLINE_{name.upper()}": str(value) for name, value in settings.items()},
    }
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "media", env=environment)
    try:
        await desk.hello()
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), 30.0)


@pytest.mark.promise("B20")
async def test_twice_as_many_as_it_takes_ask_and_running_calls_keep_their_pictures(
    promise: Promise, desk: ControlDesk
) -> None:
    async with worker(desk, media_load=promise.size(0.2, full=0.8)):
        for _ in promise.rounds():
            async with running(desk, pictures_per_s=PICTURES_PER_S) as room:
                look = Look(room)
                let_in, refused = await crowd(room, patience_s=promise.size(0.0, full=2 * FIRST_WAIT_S)), 1
                while refused <= let_in:
                    if await room.one_more():
                        let_in += 1
                    else:
                        refused += 1
                print(f"{let_in} let in, {refused} told when to ask again")
                lost = await look.lost_percent()
                promise.measured("pictures of a running call that did not come", lost, limit=10.0, unit="%")
                await room.send_away()
            await has_room(desk)


async def crowd(room: RunningRoom, *, patience_s: float) -> int:
    """How many were let in until somebody was not, also not after so long: many who come at once are told to wait."""
    for let_in in range(MOST):
        if not await room.one_more():
            await asyncio.sleep(patience_s)
            if not await room.one_more():
                return let_in
    raise AssertionError("nobody is ever refused")


async def has_room(desk: ControlDesk) -> None:
    """With nobody there it takes people again, and says so."""
    async with asyncio.timeout(60.0):
        while (await desk.beat()).busy_s is not None:
            pass


@pytest.mark.full_only
@pytest.mark.promise("P13")
async def test_three_hundred_come_and_go_in_half_a_minute_and_a_running_room_does_not_notice(
    promise: Promise, desk: ControlDesk
) -> None:
    async with worker(desk) as process:
        for _ in promise.rounds():
            async with running(desk, pictures_per_s=30) as room:
                base_s = await cpu_of(process, asyncio.sleep(BASE_S)) / BASE_S
                firsts: list[float] = []

                async def come(room: RunningRoom = room, firsts: list[float] = firsts) -> None:
                    async with asyncio.TaskGroup() as tasks:
                        for _ in range(JOINS):
                            tasks.create_task(come_and_go(room, firsts))
                            await asyncio.sleep(OVER_S / JOINS)

                with without_collector():
                    look, began = Look(room), clock.now()
                    used_s = await cpu_of(process, come())
                    longest_gap_s = look.longest_gap_s
                each_s = (used_s - base_s * (clock.now() - began)) / JOINS
                assert len(firsts) == JOINS
                p95_ms = 1000 * statistics.quantiles(firsts, n=20)[18]
                promise.measured("offer to first packet, 95 % of 300", p95_ms, limit=60.0, unit="ms")
                print(f"a worker spends {1000 * each_s:.1f} ms of a core on each who comes and goes")
                promise.measured("longest gap of the running room", longest_gap_s, limit=0.15)
                promise.measured("pictures that did not come", await look.lost_percent(), limit=1.0, unit="%")


@pytest.mark.promise("P13")
async def test_who_loses_the_first_flight_of_the_handshake_sees_something_all_the_same(
    promise: Promise, desk: ControlDesk
) -> None:
    async with worker(desk):
        for _ in promise.rounds():
            async with running(desk, pictures_per_s=30) as room:
                firsts: list[float] = []
                for _ in range(promise.size(7, full=40)):
                    await come_and_go(room, firsts, Unlucky())
                ordered = sorted(firsts)
                late_ms = 1000 * ordered[promise.size(len(ordered) // 2, full=len(ordered) * 95 // 100)]
                promise.measured("offer to first packet, first DTLS flight lost", late_ms, limit=150.0, unit="ms")


class Unlucky(PeerClient):
    """The first DTLS datagram that the worker sends is lost: with it a flight, which is one datagram."""

    def __init__(self) -> None:
        super().__init__(lose=self._lose)
        self._lost = False

    def _lose(self, data: bytes) -> bool:
        if self._lost or not 19 < data[0] < 64:
            return False
        self._lost = True
        return True


async def come_and_go(room: RunningRoom, firsts: list[float], client: PeerClient | None = None) -> None:
    """One who is let in, waits for the first packet and goes."""
    client = client or PeerClient()
    try:
        began = clock.now()
        assert await room.let_in(client), "there is room"
        await until(lambda: client.media_at)
        firsts.append(client.media_at[0] - began)
    finally:
        await client.aclose()


async def cpu_of(process: psutil.Process, doing: Awaitable[None]) -> float:
    """Seconds of CPU that `process` used meanwhile."""
    before = process.cpu_times()
    await doing
    after = process.cpu_times()
    return float(after.user + after.system - before.user - before.system)
