"""Promises D2 and D6 at the media node: what strangers throw at the port, before and during a call, one or many."""

import asyncio
import contextlib
import itertools
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from runtime import clock, health
from runtime.supervise import TaskScope
from tests.media.hostile.beside import Beside, call_beside
from tests.media.hostile.strange import STRANGE
from tests.support.peer_client import PeerClient
from tests.support.promise import Promise

pytestmark = pytest.mark.flow

FLOODS = ("rtp", "stun", "dtls")
JOIN_S = 1.0
GAP_S = 0.5
SOURCES = 6
MOST_LINES = 100
MOST_SOCKETS = 400
"""Of a crowd: more than a worker hears out."""


@asynccontextmanager
async def thrown(beside: Beside, data: bytes) -> AsyncIterator[None]:
    """`data` again and again, from addresses that nobody validated, into every step of whatever goes on."""
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(SOURCES)]

    async def throw() -> None:
        while True:
            for one in sockets:
                one.sendto(data, ("127.0.0.1", beside.udp_port))
            await asyncio.sleep(0.002)

    try:
        for number, one in enumerate(sockets):
            one.bind((f"127.0.0.{number + 1}", 0))
        async with TaskScope("strangers") as scope:
            scope.spawn(throw(), name="throw")
            await asyncio.sleep(0.01)
            yield
    finally:
        for one in sockets:
            one.close()


async def join_s(beside: Beside, *, tcp: bool = False) -> float:
    """Seconds from the offer of a good client until its media may flow, by UDP or over TCP."""
    client = PeerClient()
    name = beside.new_name()
    begun = clock.now()
    try:
        await beside.desk.join(client, tcp=tcp, leg=name, who="p-good", session=name)
        return clock.now() - begun
    finally:
        await client.aclose()


@pytest.mark.promise("D2")
async def test_a_strangers_datagrams_disturb_no_call_and_fill_no_log(promise: Promise, tmp_path: Path) -> None:
    for seed in promise.rounds():
        async with call_beside(tmp_path / str(seed)) as beside:
            for what, data in STRANGE.items():
                begun = clock.now()
                async with thrown(beside, data):
                    took = await join_s(beside)
                promise.measured("join while a stranger throws datagrams", took, limit=JOIN_S)
                promise.measured(f"gap in the call beside: {what}", beside.harm_s(begun), limit=GAP_S)
            await _junk_fills_no_log(beside, promise.size(10_000, full=100_000))


async def _junk_fills_no_log(beside: Beside, count: int) -> None:
    before = len(beside.log_lines())
    dropped = sum((await beside.desk.beat()).dropped.values())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for number in range(count):
            data = list(STRANGE.values())[number % len(STRANGE)]
            stranger.sendto(data, ("127.0.0.1", beside.udp_port))
            if number % 100 == 0:
                await asyncio.sleep(0.003)
    async with asyncio.timeout(30.0):
        while sum((await beside.desk.beat()).dropped.values()) - dropped <= count / 2:
            continue  # they are still being seen
    assert len(beside.log_lines()) - before <= MOST_LINES


@asynccontextmanager
async def crowding(beside: Beside) -> AsyncIterator[None]:
    """Connections to the port by TCP, again and again: silent ones, halves of frames, and nonsense."""
    sockets: list[socket.socket] = []

    async def crowd() -> None:
        for number in itertools.count():
            one = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            sockets.append(one)
            one.setblocking(False)
            one.bind(("127.0.0.9", 0))
            with contextlib.suppress(OSError):  # reset: it was pushed out
                await asyncio.get_running_loop().sock_connect(one, ("127.0.0.1", beside.udp_port))
                one.send((b"\x00", b"\x05\xdchalf", b"GET / HTTP/1.1\r\n\r\n", b"\x00\x02\x80\x6f" * 9)[number % 4])
            if len(sockets) > MOST_SOCKETS:
                sockets.pop(0).close()
            await asyncio.sleep(0.001)

    try:
        async with TaskScope("crowd") as scope:
            scope.spawn(crowd(), name="crowd")
            yield
    finally:
        for one in sockets:
            one.close()


@pytest.mark.promise("D6")
async def test_a_crowd_of_connections_leaves_room_for_a_good_client_without_udp(
    promise: Promise, tmp_path: Path
) -> None:
    for seed in promise.rounds():
        async with call_beside(tmp_path / str(seed)) as beside:
            lines, begun = len(beside.log_lines()), clock.now()
            async with crowding(beside):
                async with asyncio.timeout(20.0):
                    while not (await beside.desk.beat()).dropped.get("tcp_crowded"):
                        pass
                for _ in range(promise.size(2, full=5)):
                    promise.measured("join by TCP in a crowd", await join_s(beside, tcp=True), limit=JOIN_S)
            promise.measured("gap in the call beside a crowd", beside.harm_s(begun), limit=GAP_S)
            assert len(beside.log_lines()) - lines <= MOST_LINES
            assert (await beside.desk.beat()).dropped["tcp_malformed"] > 0


@pytest.mark.promise("D6")
async def test_a_flood_of_junk_leaves_room_for_a_good_client(promise: Promise, tmp_path: Path) -> None:
    seconds = promise.size(2.0, full=3.0)
    for seed in promise.rounds():
        async with call_beside(tmp_path / str(seed)) as beside:
            for kind in FLOODS:
                lines, begun = len(beside.log_lines()), clock.now()
                flood = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "tests.media.hostile.flood"),
                    *(str(beside.udp_port), str(seconds), kind),
                    stdout=asyncio.subprocess.PIPE,
                )
                out, _ = await flood.communicate()
                over = clock.now()
                promise.measured(f"join after a flood of {kind}", await join_s(beside), limit=JOIN_S)
                await asyncio.sleep(GAP_S)
                promise.measured(f"gap in the call after a flood of {kind}", beside.harm_s(over), limit=GAP_S)
                assert len(beside.log_lines()) - lines <= MOST_LINES
                sent, lost = beside.lost(begun)
                print(f"{kind}: {int(out) / seconds:.0f} datagrams/s; the call beside lost {lost} of {sent} packets")
                assert lost < sent, "the call lived"
            _status, metrics = await health.ask(tmp_path / str(seed) / "run", "media-0", "/metrics")
            assert b'passline_media_dropped_total{kind="stranger"}' in metrics
            assert b'passline_media_dropped_total{kind="stun_malformed"}' in metrics
