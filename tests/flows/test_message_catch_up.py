"""Clients that were away or stood still: they miss nothing, and cost the server next to nothing meanwhile."""

import asyncio
import contextlib
import json
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from contract.client import JoinRoom, LeaveRoom, OpenSession, Read
from contract.ids import ChannelId, PersonId, room_channel
from contract.people import Name
from contract.server import Done, Receipt, ServerMessage, Welcome
from passline.bench.chat_client import ChatClient
from passline.bench.chat_rule import new_cid
from passline.bench.crowd import Crowd, browsers, prepare
from passline.bench.ledger import Ledger
from runtime import clock
from runtime.supervise import TaskScope
from signaling.domain.chat import room_of
from signaling.ws.socket import LINGER_S
from tests.support.promise import Promise
from tests.support.stack import Stack
from tests.support.until import until

pytestmark = pytest.mark.flow

SEEN = 5
"""Read in each channel before going away."""
PER_S = 45
"""Of one connection; the server's limit is 50."""
LONG = "冰" * 2_000
"""The longest message: it fills buffers soonest."""
SETTLE_S = 30.0


class Device:
    """One device of a person, what it was told of heads, and of the person's own reading."""

    def __init__(self, person: PersonId, client: ChatClient) -> None:
        self.person = person
        self.client = client
        self.heads: dict[ChannelId, int] = {}
        self.read: dict[ChannelId, int] = {}
        client.heard = self._hear

    def _hear(self, message: ServerMessage) -> None:
        match message:
            case Welcome(heads=heads):
                self.heads = dict(heads)
            case Receipt(ch=channel, people=people):
                for at in people:
                    if at.person == self.person:
                        self.read[channel] = at.read
            case _:
                pass

    def has(self, channel: ChannelId, count: int) -> bool:
        return self.client.rule.cursors.get(channel, 0) >= count

    def unread(self, channels: list[ChannelId]) -> dict[ChannelId, int]:
        """What a badge would say after `welcome`."""
        return {channel: self.heads.get(channel, 0) - self.read.get(channel, 0) for channel in channels}


@pytest.mark.promise("A5")
async def test_who_was_away_has_everything_at_once_and_counts_it_right(promise: Promise, tmp_path: Path) -> None:
    stack = Stack(tmp_path, seeded=False)
    trainers, stores = await prepare(stack.data, trainers=3, stores=1)
    (store, cookie), *_ = stores.items()
    async with stack, browsers() as http, TaskScope("clients") as scope:
        hosts = [ChatClient(http, stack.url, of) for of in trainers.values()]
        for number, host in enumerate(hosts):
            scope.spawn(host.stay(), name=f"host {number}")
            await host.online()
        for _ in promise.rounds():
            devices = [Device(store, ChatClient(http, stack.url, cookie)) for _ in range(2)]
            waited_s = await _away(scope, devices[0], devices[1], hosts)
            promise.measured("500 missed messages after connecting", waited_s, limit=3.0)


async def _away(scope: TaskScope, tablet: Device, other: Device, hosts: list[ChatClient]) -> float:
    """Read a little, go away, come back: seconds until everything was there. `other` comes only afterwards."""
    connected = scope.spawn(tablet.client.stay(), name="tablet")
    await tablet.client.online()
    channels = [await _channel(host, tablet, leave=host is not hosts[-1]) for host in hosts]
    for host, channel in zip(hosts, channels, strict=True):
        await _write(host, channel, SEEN)
    await until(lambda: all(tablet.has(channel, SEEN) for channel in channels), within_s=SETTLE_S)
    for channel in channels:
        await tablet.client.say(Read(ch=channel, seq=SEEN))
    await until(lambda: all(tablet.read.get(channel) == SEEN for channel in channels), within_s=SETTLE_S)
    connected.cancel()
    await asyncio.wait([connected])
    tablet.heads.clear()
    tablet.read.clear()

    missed = dict(zip(channels, (167, 167, 166), strict=True))
    await asyncio.gather(*(_write(host, ch, missed[ch]) for host, ch in zip(hosts, channels, strict=True)))
    began = clock.now()
    scope.spawn(tablet.client.stay(), name="tablet again")
    await until(lambda: all(tablet.has(channel, SEEN + count) for channel, count in missed.items()), within_s=SETTLE_S)
    waited_s = clock.now() - began
    scope.spawn(other.client.stay(), name="other device")
    await until(lambda: all(other.has(channel, SEEN + count) for channel, count in missed.items()), within_s=SETTLE_S)
    for device in (tablet, other):
        await until(lambda device=device: device.unread(channels) == missed, within_s=SETTLE_S)  # type: ignore[misc]
    for host, channel in zip(hosts, channels, strict=True):
        await host.do(LeaveRoom(cid=new_cid(), room=room_of(channel)))
    return waited_s


async def _channel(host: ChatClient, tablet: Device, *, leave: bool) -> ChannelId:
    """A new session of `host` that the tablet has a seat in, or had."""
    opening = OpenSession(cid=new_cid(), title=Name(zh="培训", en="Training"), invite=[tablet.person])
    opened = await host.do(opening)
    assert isinstance(opened, Done), opened
    assert opened.room is not None
    assert isinstance(await tablet.client.do(JoinRoom(cid=new_cid(), room=opened.room, consent=True)), Done)
    if leave:
        assert isinstance(await tablet.client.do(LeaveRoom(cid=new_cid(), room=opened.room)), Done)
    return room_channel(opened.room)


async def _write(host: ChatClient, channel: ChannelId, count: int) -> None:
    """So many messages, as fast as one connection may, until all are acknowledged."""
    for number in range(count):
        await host.write(channel, f"第 {number} 条", new_cid())
        await asyncio.sleep(1 / PER_S)
    await until(lambda: not host.rule.outbox, within_s=SETTLE_S)


# --- standing still -----------------------------------------------------------------------------------------------


@pytest.mark.promise("A6")
async def test_a_client_that_stands_still_is_cut_and_loses_nothing(promise: Promise, tmp_path: Path) -> None:
    for seed in promise.rounds():
        grown_mib = await _stand_still(promise, tmp_path / str(seed), random.Random(seed))
        promise.measured("server's memory while one client stands still", grown_mib, limit=20.0, unit="MiB")


async def _stand_still(promise: Promise, directory: Path, chance: random.Random) -> float:
    """One client of many stops in the middle: by how many MiB the server grew until it went on."""
    clients, channels = promise.size((20, 4), full=(80, 8))
    messages, seconds = promise.size((3_200, 8.0), full=(10_000, 20.0))
    stack = Stack(directory, seeded=False)
    trainers, stores = await prepare(stack.data, trainers=channels, stores=clients - channels + 1)
    visitor = stores.popitem()
    ledger = Ledger()
    async with stack, Crowd(stack.url, trainers, stores, [ledger], visitor=visitor) as crowd:
        async with _client_process(stack.url, visitor[1], directory / "state.json") as (pid, state):
            await until(lambda: state().get("connections") == 1, within_s=SETTLE_S)
            await crowd.chat(messages // 10, seconds / 10, ledger, chance, LONG)
            server = psutil.Process(stack.pid("signaling"))
            before_bytes = server.memory_info().rss
            seen_bytes = [before_bytes]
            os.kill(pid, signal.SIGSTOP)
            stopped = clock.now()
            async with TaskScope("watch") as watch:
                watch.spawn(_watch(server, seen_bytes), name="memory")
                await crowd.chat(messages, seconds, ledger, chance, LONG)
            await stack.until(lambda: bool(stack.log_lines("client is too slow")), "it was not cut")
            cut = stack.log_lines("client is too slow")
            in_time = clock.now() - stopped < LINGER_S
            os.kill(pid, signal.SIGCONT)
            wanted = {channel: len(cids) for channel, cids in ledger.written.items()}
            await until(lambda: wanted.items() <= state()["cursors"].items(), within_s=SETTLE_S)
            # So long the server keeps the code for it; on a slow machine the chat alone takes longer.
            assert state()["close_codes"] == [4408] or (not in_time and state()["close_codes"] == [1006])
        assert [line["queue"] for line in cut] == [2_000], "only the one that stood still"
        await until(lambda: ledger.complete(crowd.readers()), within_s=SETTLE_S)
        assert ledger.problems(crowd.readers()) == []
    return (max(seen_bytes) - before_bytes) / 2**20


async def _watch(server: psutil.Process, seen_bytes: list[int]) -> None:
    while True:
        seen_bytes.append(server.memory_info().rss)
        await asyncio.sleep(0.2)


@contextlib.asynccontextmanager
async def _client_process(url: str, cookie: str, path: Path) -> AsyncIterator[tuple[int, Callable[[], dict[str, Any]]]]:
    """A client of its own process: its id, and what it has."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.support.chat_process", url, cookie, str(path)
    )

    def state() -> dict[str, Any]:
        found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        return found

    try:
        yield process.pid, state
    finally:
        process.kill()
        await process.wait()
