"""Servers under test: a process on core 0 that peers of the bench are admitted to."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from passline.bench.sfu_peer import BenchPeer, Direction

CORE = 0
"""Where a server of one thread runs; MediaRelay's decoder and encoder threads may use all."""
CONNECT_S = 10.0
LOOK_S = 0.002

Sections = list[tuple[str, Direction | None]]
SEND: Sections = [("audio", "sendonly"), ("video", "sendonly")]
_RECEIVE: Sections = [("audio", "recvonly"), ("video", "recvonly")]
_ROOM: Sections = [*SEND, ("video", "sendonly"), ("audio", "sendonly"), *_RECEIVE, ("application", None)]


class Usage(NamedTuple):
    cpu_s: float
    """User and system time of all threads since the start."""
    rss_kib: int


class Server(Protocol):
    """A process under test, from its making to `stop`."""

    subject: str
    same_packets: bool
    """It forwards what it gets; otherwise it makes new packets."""

    def usage(self, *, settled: bool = False) -> Usage:
        """Now; `settled` after it has thrown away what it does not need, if it can be told."""

    async def admit(self, peer: BenchPeer, *, room: int, publish: bool) -> None:
        """Negotiate and connect; the publisher of a room comes first. Raises RuntimeError or TimeoutError."""

    async def stop(self) -> None: ...


def usage_of(pid: int) -> Usage:
    """Of any process of this machine, by one clock: nanoseconds, where /proc counts in hundredths of a second."""
    cpu_clock = ~pid << 3 | 2  # as clock_getcpuclockid(3) makes it; Python has no name for that
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return Usage(time.clock_gettime(cpu_clock), pages * os.sysconf("SC_PAGE_SIZE") // 1024)


@contextmanager
def pinned(cores: set[int]) -> Iterator[None]:
    """This process and what it starts; on a machine of one core nothing can be kept apart."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores & before or before)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class OwnServer:
    """One of sfu_server.py's subjects."""

    def __init__(self, subject: str) -> None:
        self.subject = subject
        self.same_packets = subject != "mediarelay"
        with pinned({CORE} if self.same_packets else os.sched_getaffinity(0)):
            self._process = subprocess.Popen(
                [sys.executable, "-m", "passline.bench.sfu_server", subject],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )

    def usage(self, *, settled: bool = False) -> Usage:
        if settled:
            self._ask(settle=True)
        return usage_of(self._process.pid)

    async def admit(self, peer: BenchPeer, *, room: int, publish: bool) -> None:
        sections = _ROOM if self.same_packets else SEND if publish else _RECEIVE
        offer = peer.offer(sections, sends=publish)
        connected = self._ask()["connected"]
        answer = self._ask(offer=offer, publish=publish, room=room)["sdp"]
        await peer.connect(answer, full_ice=not self.same_packets)
        for _ in range(round(CONNECT_S / LOOK_S)):
            if self._ask()["connected"] > connected:
                return
            await asyncio.sleep(LOOK_S)
        raise RuntimeError(f"a client of {self.subject} did not connect")

    def _ask(self, **order: object) -> dict[str, Any]:
        """One order and its reply. Raises RuntimeError if the server died."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the {self.subject} server died")
        reply: dict[str, Any] = json.loads(line)
        return reply

    async def stop(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.kill()
        self._process.wait()
