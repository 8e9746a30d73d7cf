"""A room on mixed links: one publisher in layers, twenty watchers from 150 kbit/s to 5 Mbit/s. Who sees and hears what?

The server is the worker's own mux, DTLS, SRTP and media room in a process of its own; the links are between its
watchers' sockets and what they make of it (room_link.py). docs/performance.md says how to read the figures.
"""

import asyncio
import select
import time
from collections.abc import Callable, Sequence
from typing import Any

from media.plane.native import HAS_KERNEL
from passline.bench.room_ear import FRAME_S
from passline.bench.room_pictures import FRAME_RATE_HZ, LAYERS
from passline.bench.room_publisher import LayeredPublisher
from passline.bench.room_watcher import REPORT_S, Watcher
from passline.bench.sfu_peer import BenchPeer
from passline.bench.sfu_side import clients
from passline.bench.sfu_subject import OwnServer

HOST = "127.0.0.1"
SECONDS = 90.0
WATCHERS = 20
SLOWEST_BPS, FASTEST_BPS = 150_000, 5_000_000
RATES = tuple(SLOWEST_BPS * (FASTEST_BPS / SLOWEST_BPS) ** (at / (WATCHERS - 1)) for at in range(WATCHERS))
CARRIES_VOICE_BPS = 100_000
"""Links of so much and more are asked how well the voice came through."""


def run(seconds: float = SECONDS, rates: Sequence[float] = RATES) -> dict[str, Any]:
    """`{"rows": [a watcher each, slowest link first], "worst_concealed_percent", …}`."""
    server = OwnServer("native" if HAS_KERNEL else "python")
    loop = asyncio.new_event_loop()
    peers = [BenchPeer(HOST, layers=LAYERS), *(BenchPeer(HOST, numbered=True) for _ in rates)]
    try:
        with clients():
            for peer in peers:
                loop.run_until_complete(server.admit(peer, room=0, publish=peer is peers[0]))
            publisher = LayeredPublisher(peers[0])
            watchers = [Watcher(peer, rate, publisher.spoken_at) for peer, rate in zip(peers[1:], rates, strict=True)]
            began, end = _play(publisher, watchers, seconds)
    finally:
        loop.run_until_complete(server.stop())
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
        for peer in peers:
            peer.socket.close()
    rows = [watcher.figures(began, end)._asdict() for watcher in watchers]
    heard = [row for row in rows if 1000 * row["rate_kbps"] >= CARRIES_VOICE_BPS]
    return {
        "rows": rows,
        "seconds": seconds,
        "plane": server.subject,
        "worst_concealed_percent": max(row["concealed_percent"] for row in heard),
        "worst_later_concealed_percent": max(row["later_concealed_percent"] for row in heard),
        "longest_settle_s": max(row["settle_s"] for row in rows),
    }


def _play(publisher: LayeredPublisher, watchers: Sequence[Watcher], seconds: float) -> tuple[float, float]:
    """A call of so long; when it began and ended."""
    poll = select.epoll()
    take: dict[int, Callable[[], None]] = {watcher.peer.socket.fileno(): watcher.take for watcher in watchers}
    take[publisher.peer.socket.fileno()] = publisher.listen
    for number in take:
        poll.register(number, select.EPOLLIN)
    began = time.monotonic()
    jobs = [(1 / FRAME_RATE_HZ, publisher.picture), (FRAME_S, publisher.speak), (REPORT_S, publisher.report)]
    due = [began for _ in jobs]
    try:
        while (now := time.monotonic()) < began + seconds:
            for at, (period_s, job) in enumerate(jobs):
                if due[at] <= now:
                    job()
                    due[at] += period_s
            for watcher in watchers:
                if watcher.due() <= now:
                    watcher.work(now)
            wait_s = min(*due, *(watcher.due() for watcher in watchers)) - time.monotonic()
            for number, _ in poll.poll(max(0.0, wait_s)):
                take[number]()
    finally:
        poll.close()
    return began, now
