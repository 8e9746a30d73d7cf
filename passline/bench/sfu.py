"""What forwarding costs: our room on each of its planes beside aiortc's MediaRelay, with real SRTP, on two cores.

The server runs in a process of its own on core 0, its clients in this one on core 1; docs/performance.md says how to
read the figures.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from media.plane.native import HAS_KERNEL
from passline.bench.sfu_load import Load, Window
from passline.bench.sfu_media import Clip, make_clip
from passline.bench.sfu_peer import BenchPeer, Direction

CORE = 0
"""Where a server of one thread runs; MediaRelay's decoder and encoder threads may use all."""
RUNS: tuple[tuple[tuple[str, ...], tuple[int, ...]], ...] = (
    (("native", "python"), (1, 10)),
    (("native", "native-nogso", "python"), (100,)),
    (("mediarelay",), (1, 3)),
)
"""Subjects that take turns, and with how many subscribers."""
WINDOWS = 3
WARM_S = 0.5
FLOOD_S = 1.0
FIRST_STEP = 0.3
"""Of a core: where the search for the most packets begins."""
LADDER = 1.35
"""Each step of the search for the most packets sends this much more."""
MAX_LOSS = 0.0005
"""A window with more than this lost is not lossless; one packet of two thousand may be the generator's."""
MIN_IN_TIME = 0.98
"""A server that is behind at the end of a window only filled its buffers."""
MIN_FRAMES = 0.95
"""MediaRelay drops whole frames when it cannot follow."""

Sections = list[tuple[str, Direction | None]]
_SEND: Sections = [("audio", "sendonly"), ("video", "sendonly")]
_RECEIVE: Sections = [("audio", "recvonly"), ("video", "recvonly")]
_ROOM: Sections = [*_SEND, ("video", "sendonly"), ("audio", "sendonly"), *_RECEIVE, ("application", None)]


class Server:
    """The process under test."""

    def __init__(self, subject: str) -> None:
        self.subject = subject
        self._process = subprocess.Popen(
            [sys.executable, "-m", "passline.bench.sfu_server", subject],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        if subject != "mediarelay" and CORE in os.sched_getaffinity(self._process.pid):
            os.sched_setaffinity(self._process.pid, {CORE})

    def ask(self, **order: object) -> dict[str, Any]:
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

    def stop(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.kill()
        self._process.wait()


def run(seconds: float = 90.0) -> dict[str, Any]:
    """The rows of `passline bench sfu`; takes about twice `seconds`."""
    clip = make_clip()
    window_s = max(1.0, seconds / 36)
    rows: list[dict[str, Any]] = []
    for named, counts in RUNS:
        subjects = tuple(subject for subject in named if HAS_KERNEL or not subject.startswith("native"))
        for count in counts:
            rows += measure(subjects, count, clip, window_s)
    return {"rows": rows, "ratios": ratios(rows)}


def measure(subjects: tuple[str, ...], subscribers: int, clip: Clip, window_s: float) -> list[dict[str, Any]]:
    """A row for each: connect all, windows of a call that take turns, then the search for the most packets."""
    cores = os.sched_getaffinity(0)
    with ExitStack() as stack:
        stack.callback(_pin, cores)
        sides = [stack.enter_context(_side(subject, subscribers, clip)) for subject in subjects]
        for _ in range(WINDOWS):
            for side in sides:
                # A publication that was silent for a turn begins again with a keyframe.
                side.load.call(WARM_S)
                side.windows.append(_timed(side.server, side.load, window_s))
        return [side.row(window_s) for side in sides]


@dataclass
class _Side:
    """One subject with its clients, connected."""

    server: Server
    load: Load
    subscribers: int
    rss_kib: float
    """Per leg."""
    windows: list[tuple[Window, float]] = field(default_factory=list)
    """And the server's CPU seconds."""

    def row(self, window_s: float) -> dict[str, Any]:
        costs = sorted(cpu_s / max(1, window.received) * 1e6 for window, cpu_s in self.windows)
        latencies = sorted(one for window, _ in self.windows for one in window.latencies_ms)
        cost_us = statistics.median(costs)
        if self.server.subject == "mediarelay":
            most_pps = _relayed_pps(self.windows, window_s)
        else:
            most_pps = _ladder(self.load, self.subscribers, start_pps=FIRST_STEP / cost_us * 1e6)
        return {
            "subject": self.server.subject,
            "subscribers": self.subscribers,
            "cpu_us_per_packet": round(cost_us, 2),
            "lowest": round(costs[0], 2),
            "highest": round(costs[-1], 2),
            "lossless_pps_per_core": round(most_pps),
            "latency_p50_ms": _percentile(latencies, 0.50),
            "latency_p99_ms": _percentile(latencies, 0.99),
            "rss_kib_per_leg": round(self.rss_kib),
        }


@contextmanager
def _side(subject: str, subscribers: int, clip: Clip) -> Iterator[_Side]:
    server = Server(subject)
    loop = asyncio.new_event_loop()
    peers: list[BenchPeer] = []
    try:
        before_kib = server.ask(settle=True)["rss_kib"]
        _pin(os.sched_getaffinity(0) - {CORE})
        for number in range(subscribers + 1):
            peers.append(loop.run_until_complete(_connect(server, publish=number == 0)))
        rss_kib = server.ask(settle=True)["rss_kib"] - before_kib
        load = Load(clip, peers[0], peers[1:], same_packets=subject != "mediarelay")
        try:
            yield _Side(server, load, subscribers, rss_kib / len(peers))
        finally:
            load.close()
    finally:
        server.stop()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
        for peer in peers:
            peer.socket.close()


def ratios(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What each subject costs, the Python plane at as many subscribers being 1: windows of one run took turns."""
    plain = {row["subscribers"]: row["cpu_us_per_packet"] for row in rows if row["subject"] == "python"}
    return [
        {
            "subject": row["subject"],
            "subscribers": row["subscribers"],
            "to_python": round(row["cpu_us_per_packet"] / plain[row["subscribers"]], 3),
        }
        for row in rows
        if row["subject"].startswith("native") and row["subscribers"] in plain
    ]


def _pin(cores: set[int]) -> None:
    """This process: the clients; on a machine of one core nothing can be kept apart."""
    if cores:
        os.sched_setaffinity(0, cores)


async def _connect(server: Server, *, publish: bool) -> BenchPeer:
    peer = BenchPeer()
    relay = server.subject == "mediarelay"
    sections = (_SEND if publish else _RECEIVE) if relay else _ROOM
    offer = peer.offer(sections, sends=publish)
    connected = server.ask()["connected"]
    answer = server.ask(offer=offer, publish=publish)["sdp"]
    await peer.connect(answer, full_ice=relay)
    for _ in range(500):
        if server.ask()["connected"] > connected:
            return peer
        await asyncio.sleep(0.01)
    raise RuntimeError(f"a client of {server.subject} did not connect")


def _timed(server: Server, load: Load, seconds: float) -> tuple[Window, float]:
    """A window of the call, and the server's CPU seconds for it."""
    before = server.ask()["cpu_s"]
    window = load.call(seconds)
    return window, server.ask()["cpu_s"] - before


def _ladder(load: Load, subscribers: int, *, start_pps: float) -> float:
    """Outgoing packets per second of the last step that lost nothing, on one core."""
    best = 0.0
    pps = start_pps / subscribers
    failed = 0
    while failed < 2 and pps * subscribers < 400_000:
        window = load.flood(FLOOD_S, pps)
        lost = window.received < window.sent * subscribers * (1 - MAX_LOSS)
        if window.late or lost or window.in_time < window.received * MIN_IN_TIME:
            failed += 1  # Once more: somebody else may have had the core for a moment.
            continue
        failed = 0
        best = window.in_time / window.seconds
        pps *= LADDER
    return best


def _relayed_pps(windows: list[tuple[Window, float]], window_s: float) -> float:
    """Packets per second for one core's worth of CPU, while nearly every frame comes out; 0 if they do not."""
    kept = [(window, cpu_s) for window, cpu_s in windows if window.frames >= MIN_FRAMES * 30 * window_s]
    if not kept:
        return 0.0
    return statistics.median(window.received / max(cpu_s, window.seconds) for window, cpu_s in kept)


def _percentile(values: list[float], share: float) -> float | None:
    return round(values[min(len(values) - 1, int(len(values) * share))], 2) if values else None
