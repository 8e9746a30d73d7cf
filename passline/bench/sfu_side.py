"""One server under test with all its clients, while others take their turns."""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from passline.bench.sfu_load import Load, Window
from passline.bench.sfu_media import Clip
from passline.bench.sfu_peer import BenchPeer
from passline.bench.sfu_publisher import Publisher
from passline.bench.sfu_subject import CORE, Server, pinned

WARM_S = 0.3
"""A publication that was silent for a turn begins again with a keyframe."""

SETTLE_S = 2.2
"""Until a server has sent a report, got ours, and so knows a round trip."""


class Bench(NamedTuple):
    """What all sides have in common."""

    start: Callable[[str], Server]
    """Makes a subject's process."""
    clip: Clip
    host: str
    """By this address of this machine clients and server know each other."""
    window_s: float


class Side:
    """`add_room`, then windows; `windows` keeps what was seen."""

    def __init__(self, bench: Bench, subject: str) -> None:
        self.server = bench.start(subject)
        self.load = Load(same_packets=self.server.same_packets)
        self.rooms = 0
        self.subscribers = 0
        self.windows: list[tuple[Window, float]] = []
        """And the server's CPU seconds."""
        self._bench = bench
        self._loop = asyncio.new_event_loop()
        self._peers: list[BenchPeer] = []

    def add_room(self, subscribers: int) -> None:
        """One more room of a publisher and so many subscribers."""
        with clients():
            publisher = self._admit(publish=True)
            watchers = [self._admit(publish=False) for _ in range(subscribers)]
        self.load.add_room(Publisher(self._bench.clip, publisher), watchers)
        self.rooms += 1
        self.subscribers += subscribers

    def _admit(self, *, publish: bool) -> BenchPeer:
        peer = BenchPeer(self._bench.host)
        self._peers.append(peer)
        self._loop.run_until_complete(self.server.admit(peer, room=self.rooms, publish=publish))
        return peer

    def settle(self) -> None:
        """After the clients came, before the first window."""
        with clients():
            self.load.warm(SETTLE_S)

    def call(self) -> None:
        """One window of a call, after a moment to warm up."""
        with clients():
            self.load.warm(WARM_S)
            before = self.server.usage().cpu_s
            window = self.load.call(self._bench.window_s)
            self.windows.append((window, self.server.usage().cpu_s - before))

    def costs_us(self) -> list[float]:
        """CPU of each window per packet that subscribers got."""
        return [cpu_s / max(1, window.received) * 1e6 for window, cpu_s in self.windows]

    def close(self) -> None:
        self.load.close()
        self._loop.run_until_complete(self.server.stop())
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()
        for peer in self._peers:
            peer.socket.close()


@contextmanager
def clients() -> Iterator[None]:
    """The clients have the other cores to themselves."""
    with pinned(os.sched_getaffinity(0) - {CORE}):
        yield
