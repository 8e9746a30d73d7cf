"""Behind Caddy and behind nginx, with the files that we ship: sign-in, WebSocket, ranges, large uploads."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from io import BytesIO
from pathlib import Path

import aiohttp
import pytest

from passline import demo_call
from passline.demo import PASSWORD
from tests.support.proxies import Proxy, caddy, nginx
from tests.support.stack import Stack

pytestmark = pytest.mark.flow

Front = Callable[[Path, int], AbstractAsyncContextManager[Proxy]]

FILM = f"/api/archive/{demo_call.ROOM}/files/p-store-0117.webm"
IDLE_S = 2.0


async def test_everything_works_behind_a_proxy(tmp_path: Path) -> None:
    async with Stack(tmp_path) as stack:
        for front in (caddy, nginx):
            directory = tmp_path / front.__name__
            directory.mkdir()
            async with front(directory, stack.port) as proxy:
                await _works(proxy)


async def _works(proxy: Proxy) -> None:
    async with aiohttp.ClientSession(
        proxy.url, connector=aiohttp.TCPConnector(ssl=proxy.trust), headers={"Origin": proxy.url}
    ) as http:
        person = {"login": "chen", "password": PASSWORD}
        async with http.post("/api/signin", json=person, headers={"Origin": "https://evil.example"}) as answer:
            assert answer.status == 403
        async with http.post("/api/signin", json=person) as answer:
            assert answer.status == 200, await answer.text()
            assert answer.cookies["__Host-passline"]["secure"]
            assert "max-age" in answer.headers["Strict-Transport-Security"]
        await _socket_lives(http, proxy.url)
        async with http.get(FILM, headers={"Range": "bytes=1000-1999"}) as answer:
            assert answer.status == 206
            assert answer.headers["Content-Range"].startswith("bytes 1000-1999/")
            assert await answer.read() == (demo_call.FILMS / "p-store-0117.webm").read_bytes()[1000:2000]
        async with http.get(FILM) as answer:
            assert await answer.read() == (demo_call.FILMS / "p-store-0117.webm").read_bytes()
        jpeg = {"Content-Type": "image/jpeg"}
        stills = f"/api/rooms/{demo_call.ROOM}/stills"
        async with http.post(stills, data=BytesIO(bytes(11 * 1024 * 1024)), headers=jpeg) as answer:
            assert answer.content_type == "application/json", "it came through to us"
            assert answer.status != 413
        async with http.get("/metrics") as answer:
            assert answer.status == 404


async def _socket_lives(http: aiohttp.ClientSession, origin: str) -> None:
    """It says hello, rests a while, and still answers."""
    async with http.post("/api/ticket") as answer:
        ticket = (await answer.json())["ticket"]
    async with http.ws_connect("/ws", origin=origin) as socket:
        await socket.send_json(
            {"type": "hello", "ticket": ticket, "proto": 1, "device": "device-of-a-test", "cursors": {}}
        )
        assert (await socket.receive_json(timeout=30))["type"] == "welcome"
        await asyncio.sleep(IDLE_S)
        await socket.send_json({"type": "ping", "n": 7})
        while (said := await socket.receive_json(timeout=30))["type"] != "pong":
            continue
        assert said["n"] == 7
