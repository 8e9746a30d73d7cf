"""Whoever is slow, idle or many at the doors is waited for within limits, and nobody else waits."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Self

import pytest
from prometheus_client import CollectorRegistry

from runtime import clock
from signaling.http import route as http_route
from signaling.http.doorkeeper import Doorkeeper
from signaling.http.server import KEEP_ALIVE_S
from signaling.ws.session import HELLO_S
from tests.support.promise import Promise
from tests.support.server import Client, SignalingServer
from tests.support.signaling_process import SignalingProcess
from tests.support.until import PATIENCE_S, until

pytestmark = pytest.mark.flow


class Crowd:
    """Many plain connections to one port from one address; all are closed at the end."""

    def __init__(self, port: int, address: str = "127.0.0.1") -> None:
        self._port = port
        self._address = address
        self.open: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def add(self, count: int, says: bytes) -> None:
        """So many more, each says this and then nothing."""
        for _ in range(count):
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", self._port, limit=1_024, local_addr=(self._address, 0)
            )
            writer.write(says)
            self.open.append((reader, writer))

    async def dribble(self) -> None:
        """Each sends one more byte a second, for ever."""
        while True:
            for _, writer in self.open:
                with contextlib.suppress(ConnectionError):
                    writer.write(b"x")
            await asyncio.sleep(1.0)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_why: object) -> None:
        for _, writer in self.open:
            writer.transport.abort()
        await asyncio.sleep(0)  # the loop closes what was aborted in its next turn


def upgrade(port: int) -> bytes:
    return (
        f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\nConnection: Upgrade\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    ).encode()


@pytest.fixture
async def signaling(tmp_path: Path) -> AsyncIterator[SignalingProcess]:
    async with SignalingProcess(tmp_path) as started:
        yield started


@pytest.mark.promise("D6")
async def test_a_good_client_is_answered_beside_crowds_of_slow_ones(
    promise: Promise, signaling: SignalingProcess
) -> None:
    good = await signaling.sign_in("chen")
    port = signaling.port
    host = f"Host: 127.0.0.1:{port}\r\n"
    for _ in promise.rounds():
        async with (
            Crowd(port, "127.0.0.2") as headers,
            Crowd(port, "127.0.0.3") as bodies,
            Crowd(port, "127.0.0.4") as downloads,
            Crowd(port, "127.0.0.5") as idle,
        ):
            slow = promise.size(50, full=200)
            await headers.add(slow, f"GET / HTTP/1.1\r\n{host}X: ".encode())
            json = f"Origin: http://127.0.0.1:{port}\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n"
            await bodies.add(slow, f"POST /api/signin HTTP/1.1\r\n{host}{json}".encode())
            await downloads.add(slow, f"GET /openapi.json HTTP/1.1\r\n{host}\r\n".encode() * 30)
            begun = clock.now()
            await idle.add(promise.size(200, full=1_000), upgrade(port))
            async with asyncio.TaskGroup() as tasks:
                dribbling = [tasks.create_task(crowd.dribble()) for crowd in (headers, bodies)]
                worst = 0.0
                while clock.now() - begun < HELLO_S + 3.0:
                    worst = max(worst, await _answer_s(good))
                    await asyncio.sleep(0.1)
                for task in dribbling:
                    task.cancel()
            promise.measured("good client answered beside slow ones", worst, limit=1.0, unit="s")
            said = [await asyncio.wait_for(reader.read(), PATIENCE_S) for reader, _ in idle.open]
            assert sum(b"silent" in text for text in said) == len(said), "no socket stays without a hello"


async def _answer_s(client: Client) -> float:
    begun = clock.now()
    assert (await client.get("/api/me")).status == 200
    return clock.now() - begun


async def test_a_body_that_comes_too_slowly_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_route, "BODY_S", 0.05)
    async with SignalingServer(tmp_path) as server:
        port = int(server.url.rsplit(":", 1)[1])
        head = f"POST /api/signin HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: {server.url}\r\n"
        async with Crowd(port) as crowd:
            await crowd.add(1, f"{head}Content-Type: application/json\r\nContent-Length: 90\r\n\r\n{{".encode())
            [(reader, _)] = crowd.open
            assert b" 400 " in await asyncio.wait_for(reader.readline(), PATIENCE_S)


async def test_a_head_that_never_ends_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signaling.http.server.KEEP_ALIVE_S", 0.3)
    assert KEEP_ALIVE_S <= 30
    async with SignalingServer(tmp_path) as server, Crowd(int(server.url.rsplit(":", 1)[1])) as crowd:
        await crowd.add(3, b"GET / HTTP/1.1\r\nX: ")
        begun = clock.now()
        for reader, writer in crowd.open:
            writer.write(b"a bit more")
            # What arrives after the cut is answered by a reset: that too is an end.
            with contextlib.suppress(ConnectionResetError):
                assert await asyncio.wait_for(reader.read(), PATIENCE_S) == b""
        assert clock.now() - begun < KEEP_ALIVE_S, "not only after the time that it has outside of this test"


async def test_the_newest_connections_beyond_the_limits_are_closed(tmp_path: Path) -> None:
    async with SignalingServer(tmp_path) as server, Crowd(int(server.url.rsplit(":", 1)[1])) as crowd:
        port = int(server.url.rsplit(":", 1)[1])
        await crowd.add(12, b"GET / HTTP/1.1\r\n")
        others = [socket.create_connection(("127.0.0.1", port), source_address=("127.0.0.2", 0)) for _ in range(3)]
        await until(lambda: len(server.server.connections) == 15)

        def keeper(per_address: int, in_all: int, *proxies: str) -> Doorkeeper:
            return Doorkeeper(
                server.server,
                per_address=per_address,
                in_all=in_all,
                proxies=proxies,
                registry=CollectorRegistry(),
            )

        def left() -> list[int]:
            there = [not reader.at_eof() and reader.exception() is None for reader, _ in crowd.open]
            return [number for number, here in enumerate(there) if here]

        keeper(10, 1_000, "127.0.0.0/8").sweep()
        await asyncio.sleep(0.1)
        assert left() == list(range(12)), "behind a proxy is everybody"
        for per_address, in_all, oldest in ((10, 1_000, 10), (10, 6, 6)):
            keeper(per_address, in_all).sweep()
            await until(lambda oldest=oldest: len(left()) <= oldest)  # type: ignore[misc]
            assert left() == list(range(oldest)), "the oldest stay"
        for other in others:
            other.close()
