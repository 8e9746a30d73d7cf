"""The other side of `passline bench messages`: the same load to a nats-server with JetStream.

As durable as it can be told to be: file storage, and `sync_interval: always`, so that a publish is acknowledged after
an fsync. Every client has an ordered consumer for each of its two subjects.
"""

import asyncio
import contextlib
import random
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import nats
import psutil
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext

from passline.bench.crowd import BODY
from passline.bench.ledger import percentiles_ms
from passline.bench.serving import free_port
from runtime import clock, ids

START_S = 10.0
SETTLE_S = 30.0


async def measure(
    directory: Path, clients: int, channels: int, per_s: int, warm_s: float, seconds: float
) -> dict[str, Any]:
    """The same figures, of nats-server."""
    async with _server(directory) as (url, process):
        idle_bytes = process.memory_info().rss
        async with contextlib.AsyncExitStack() as stack:
            connections = [await nats.connect(url) for _ in range(clients)]
            for connection in connections:
                stack.push_async_callback(connection.close)
            load = _Load(connections, channels)
            await load.follow()
            connected_bytes = process.memory_info().rss
            await load.chat(round(per_s * warm_s), warm_s)
            load.start_over()
            used_s = sum(process.cpu_times()[:2])
            await load.chat(round(per_s * seconds), seconds)
            used_s = sum(process.cpu_times()[:2]) - used_s
        return {
            "ack_ms": percentiles_ms(load.ack_s),
            "fanout_ms": percentiles_ms(load.fanout_s),
            "rss_kib_per_connection": round((connected_bytes - idle_bytes) / 1024 / clients, 1),
            "cpu_percent_of_core": round(100 * used_s / seconds, 1),
        }


class _Load:
    """The clients: each writes to one subject and follows that and the next."""

    def __init__(self, connections: list[Client], channels: int) -> None:
        self.ack_s: list[float] = []
        self.fanout_s: list[float] = []
        self._channels = channels
        self._streams: list[JetStreamContext] = [connection.jetstream() for connection in connections]
        self._chance = random.Random(1)
        self._at: dict[str, float] = {}
        self._readers = [0] * channels
        self._awaited = 0

    async def follow(self) -> None:
        """Make the stream; everybody follows two subjects of it."""
        await self._streams[0].add_stream(name="CHAT", subjects=["chat.*"], storage="file")
        for number, stream in enumerate(self._streams):
            for channel in (number % self._channels, (number + 1) % self._channels):
                self._readers[channel] += 1
                await stream.subscribe(f"chat.{channel}", cb=self._heard, ordered_consumer=True)

    async def chat(self, messages: int, seconds: float) -> None:
        """So many messages, evenly over so many seconds; returns once all have arrived. Raises TimeoutError."""
        began = clock.now()
        async with asyncio.TaskGroup() as publishing:
            for number in range(messages):
                await asyncio.sleep(max(0.0, began + seconds * number / messages - clock.now()))
                publishing.create_task(self._publish())
        async with asyncio.timeout(SETTLE_S):
            while self._awaited:  # noqa: ASYNC110 - counted by 400 callbacks
                await asyncio.sleep(0.02)

    def start_over(self) -> None:
        """What was measured so far was the warming up."""
        self.ack_s.clear()
        self.fanout_s.clear()

    async def _publish(self) -> None:
        writer = self._chance.randrange(len(self._streams))
        channel = writer % self._channels
        cid = ids.uuid7()
        self._awaited += self._readers[channel]
        at = self._at[cid] = clock.now()
        await self._streams[writer].publish(f"chat.{channel}", BODY.encode(), headers={"Nats-Msg-Id": cid})
        self.ack_s.append(clock.now() - at)

    async def _heard(self, message: Msg) -> None:
        assert message.headers is not None
        self._awaited -= 1
        self.fanout_s.append(clock.now() - self._at[message.headers["Nats-Msg-Id"]])


@contextlib.asynccontextmanager
async def _server(directory: Path) -> AsyncIterator[tuple[str, psutil.Process]]:
    directory.mkdir()
    port = free_port()
    config = directory / "nats.conf"
    config.write_text(
        f'listen: "127.0.0.1:{port}"\njetstream {{ store_dir: "{directory}/store", sync_interval: always }}\n'
    )
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("nats-server"), "-c", config, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        url = f"nats://127.0.0.1:{port}"
        async with asyncio.timeout(START_S):
            await _listening(port)
        yield url, psutil.Process(process.pid)
    finally:
        process.terminate()
        await process.wait()


async def _listening(port: int) -> None:
    while True:
        try:
            _reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
            continue
        writer.close()
        await writer.wait_closed()
        return
