"""Malformed HTTP and WebSocket input beside a running call: refused, forgotten, and the call does not notice."""

import asyncio
import contextlib
import json
import re
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest
from playwright.async_api import Page

from tests.flows import acts
from tests.flows.scene import DESK, Scene
from tests.support.clips import clip
from tests.support.malformed import broken_frames, http_requests, odd_messages
from tests.support.promise import Promise
from tests.support.stack import Stack

pytestmark = pytest.mark.browser

ANSWER_S = 0.4
"""How long an answer to malformed bytes is awaited; many deserve none."""
AT_ONCE = 16
PATIENCE_S = 30.0


@pytest.mark.promise("D1")
async def test_malformed_input_at_the_web_doors_harms_neither_server_nor_call(promise: Promise, tmp_path: Path) -> None:
    sight, own = clip(1), clip(2)
    async with Scene(tmp_path) as scene:
        tablet = await scene.browser(sight)
        desk = await scene.browser(own, size=DESK)
        store, expert = await acts.in_call(tablet, desk, "store-0117", "chen")
        await acts.sees(expert, "p-store-0117", sight)
        async with await scene.stack.login("wu") as http:
            await _http(scene.stack, http, seed=0, count=30)  # what is loaded and kept once does not count
            await _frames(http, seed=0, count=5)
            signaling = psutil.Process(scene.stack.pid("signaling"))
            for seed in promise.rounds():
                before = signaling.memory_info().rss
                count = promise.size(80, full=334)
                async with asyncio.TaskGroup() as tasks:
                    watching = tasks.create_task(_watch(expert))
                    statuses = await _http(scene.stack, http, seed=seed, count=count)
                    await _frames(http, seed=seed, count=count)
                    await _messages(http, seed=seed, count=count)
                    watching.cancel()
                assert 400 in statuses
                assert not {status for status in statuses if status >= 500}, statuses
                grown_mib = (signaling.memory_info().rss - before) / 2**20
                promise.measured("web doors: memory kept", max(0.0, grown_mib), limit=20, unit="MiB")
                async with asyncio.timeout(30.0), http.get("/api/me") as answer:
                    assert answer.status == 200
        await acts.sees(expert, "p-store-0117", sight)
        await acts.sees(store, "p-chen", own)
        log = scene.stack.log()
        for trouble in ("Traceback", "exception was never", "task failed", "request failed", "a message failed"):
            assert trouble not in log
        refusals = [line for line in log.splitlines() if '"a request was no HTTP"' in line or "breaks the con" in line]
        assert len(refusals) < 100, "the log is bounded"


async def _watch(expert: Page) -> None:
    """The picture never stands still for three seconds."""
    while True:
        marks = await expert.evaluate("(s) => probe.watch(s, 3000)", acts.tile("p-store-0117"))
        assert len({mark["number"] for mark in marks}) > 1, "the picture stood still"


async def _http(stack: Stack, http: aiohttp.ClientSession, *, seed: int, count: int) -> set[int]:
    """Send raw requests, several at once; every status seen."""
    [cookie] = [cookie.value for cookie in http.cookie_jar if cookie.key == "passline"]
    requests = list(http_requests(seed, count, f"localhost:{stack.port}", cookie))
    statuses: set[int] = set()

    async def some(mine: list[bytes]) -> None:
        for request in mine:
            answer = await _raw(stack.port, request)
            statuses.update(int(found) for found in re.findall(rb"HTTP/1\.[01] ([0-9]{3}) ", answer))

    async with asyncio.TaskGroup() as tasks:
        for start in range(AT_ONCE):
            tasks.create_task(some(requests[start::AT_ONCE]))
    return statuses


async def _raw(port: int, request: bytes) -> bytes:
    """What the server answers to these bytes, as far as it comes in time."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = b""
    with contextlib.suppress(TimeoutError, ConnectionError):
        writer.write(request)
        async with asyncio.timeout(ANSWER_S):
            while part := await reader.read(65_536):
                answer += part
    writer.transport.abort()
    return answer


async def _frames(http: aiohttp.ClientSession, *, seed: int, count: int) -> None:
    """Broken frames instead of the hello; and after it, for every fourth."""

    async def some(mine: list[tuple[int, bytes]]) -> None:
        for number, broken in mine:
            socket = await (_welcomed(http) if number % 4 == 0 else _connected(http))
            transport = _transport(socket)
            transport.write(broken)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.05):
                    while not socket.closed:
                        await socket.receive()
            transport.abort()

    frames = list(enumerate(broken_frames(seed, count)))
    async with asyncio.TaskGroup() as tasks:
        for start in range(AT_ONCE):
            tasks.create_task(some(frames[start::AT_ONCE]))


async def _messages(http: aiohttp.ClientSession, *, seed: int, count: int) -> None:
    """Odd messages after a proper hello, on a new socket whenever the server has had enough."""
    socket = await _welcomed(http)
    for number, message in enumerate(odd_messages(seed, count)):
        if not await _goes_on(socket, message, number):
            await socket.close()
            socket = await _welcomed(http)
    await socket.close()


async def _goes_on(socket: aiohttp.ClientWebSocketResponse, message: str, number: int) -> bool:
    """Whether it still answers a ping after this; the server may have closed it, also in the middle of the ping."""
    with contextlib.suppress(aiohttp.ClientError):
        await socket.send_str(message)
        await socket.send_json({"type": "ping", "n": number})
        while (heard := await socket.receive(timeout=PATIENCE_S)).type is aiohttp.WSMsgType.TEXT:
            if json.loads(heard.data) | {"now": 0} == {"type": "pong", "n": number, "now": 0}:
                return True
    return False


async def _connected(http: aiohttp.ClientSession) -> aiohttp.ClientWebSocketResponse:
    return await http.ws_connect("/ws", autoclose=False, autoping=False)


async def _welcomed(http: aiohttp.ClientSession) -> aiohttp.ClientWebSocketResponse:
    async with http.post("/api/ticket") as answer:
        ticket = (await answer.json())["ticket"]
    socket = await http.ws_connect("/ws")
    await socket.send_json({"type": "hello", "ticket": ticket, "proto": 1, "device": "malformed-1"})
    assert (await socket.receive_json(timeout=PATIENCE_S))["type"] == "welcome"
    return socket


def _transport(socket: aiohttp.ClientWebSocketResponse) -> Any:
    connection = socket._response.connection
    assert connection is not None
    return connection.transport
