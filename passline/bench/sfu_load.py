"""The bench's clients at work: publishers that keep time, subscribers that count."""

import select
import time
from collections.abc import Callable
from typing import NamedTuple

from passline.bench.sfu_media import FRAME_RATE_HZ, OPUS_S
from passline.bench.sfu_peer import BenchPeer
from passline.bench.sfu_publisher import Publisher
from passline.bench.sfu_subscriber import Subscriber

BURST_S = 0.005
"""Between two bursts of the ladder: even load, as from many publishers."""
GRACE_S = 0.02
DRAIN_S = 0.2
REPORT_S = 1.0
ASKED = 5
"""Packets that are asked for again."""
ASK_AFTER_S = 0.3
"""Of a call: Janus keeps packets by their age."""
TRIES = 10

Jobs = list[tuple[float, Callable[[], int]]]
"""Seconds between two times, and what to do; that tells how many packets it sent."""


class Window(NamedTuple):
    """What one measurement saw."""

    sent: int
    received: int
    """By all subscribers together."""
    in_time: int
    """Of these, before the window was over: the rest waited in buffers."""
    seconds: float
    late: bool
    """A publisher itself could not keep its pace: says nothing about the server."""
    latencies_ms: list[float]
    frames: int
    """Seen by the watched subscribers, per subscriber."""


class Load:
    """Rooms of one publisher and its subscribers, connected; three subscribers of the first are watched closely."""

    def __init__(self, *, same_packets: bool) -> None:
        """`same_packets` says that the server forwards what it gets; otherwise only whole frames can be timed."""
        self._same_packets = same_packets
        self._publishers: list[Publisher] = []
        self._subscribers: list[Subscriber] = []
        self._watched: list[Subscriber] = []
        self._poll = select.epoll()
        self._readable: dict[int, Callable[[], None]] = {}

    def add_room(self, publisher: Publisher, peers: list[BenchPeer]) -> None:
        first = not self._publishers
        closely = {0, len(peers) // 2, len(peers) - 1} if first else set()
        subscribers = [Subscriber(peer, watched=at in closely) for at, peer in enumerate(peers)]
        self._publishers.append(publisher)
        self._subscribers += subscribers
        self._watched += [subscriber for subscriber in subscribers if subscriber.watched]
        self._readable[publisher.peer.socket.fileno()] = publisher.listen
        for subscriber in subscribers:
            self._readable[subscriber.peer.socket.fileno()] = subscriber.take
        for peer in (publisher.peer, *peers):
            self._poll.register(peer.socket.fileno(), select.EPOLLIN)

    def close(self) -> None:
        self._poll.close()

    def call(self, seconds: float) -> Window:
        """A real call in every room: 30 pictures and 50 sounds a second, no two rooms at the same moment."""
        return self._run(seconds, self._jobs())

    def warm(self, seconds: float) -> None:
        """As `call`, with nothing seen of it."""
        self._play(seconds, self._jobs())
        self._receive(time.monotonic() + GRACE_S)

    def _jobs(self) -> Jobs:
        jobs: Jobs = []
        for publisher in self._publishers:
            jobs += [(1 / FRAME_RATE_HZ, publisher.picture), (OPUS_S, publisher.speak)]
        return jobs

    def flood(self, seconds: float, pps: float) -> Window:
        """`pps` packets of 1150 bytes a second from the first publisher."""
        packets = max(1, round(pps * BURST_S))
        return self._run(seconds, [(packets / pps, lambda: self._publishers[0].burst(packets))])

    def ask_again(self) -> tuple[int, int]:
        """How many packets a subscriber asked for again, and how many came: whether the server keeps any.

        Up to TRIES times, since somebody else may have had the core until they were too old.
        """
        subscriber, asked = self._watched[0], 0
        for _ in range(TRIES):
            self._play(ASK_AFTER_S, self._jobs())
            asked = subscriber.ask_again(ASKED)
            self._receive(time.monotonic() + DRAIN_S)
            if subscriber.repeated >= asked == ASKED:
                break
        return asked, min(asked, subscriber.repeated)  # more came if an answer to an earlier try was late

    def _receive(self, until: float) -> None:
        while True:
            left = until - time.monotonic()
            for fd, _ in self._poll.poll(max(0.0, left)):
                self._readable[fd]()
            if left <= 0:
                return

    def _report(self) -> None:
        for publisher in self._publishers:
            publisher.report()
        for subscriber in self._subscribers:
            subscriber.report()

    def _run(self, seconds: float, jobs: Jobs) -> Window:
        for subscriber in self._subscribers:
            subscriber.count = 0
            subscriber.arrived.clear()
        sent, late = self._play(seconds, jobs)
        self._receive(time.monotonic() + GRACE_S)
        in_time = sum(subscriber.count for subscriber in self._subscribers)
        self._receive(time.monotonic() + DRAIN_S)
        received = sum(subscriber.count for subscriber in self._subscribers)
        latencies = [one for watched in self._watched for one in self._latencies(watched.arrived)]
        ends = sum(1 for watched in self._watched for _, ticks, _ in watched.arrived if ticks)
        return Window(sent, received, in_time, seconds, late, latencies, ends // len(self._watched))

    def _play(self, seconds: float, jobs: Jobs) -> tuple[int, bool]:
        """How many packets were sent, and whether not all in time."""
        start = time.monotonic()
        due = [start + period * number / len(jobs) for number, (period, _) in enumerate(jobs)]
        report_due, end, sent, late = start, start + seconds, 0, False
        while (now := time.monotonic()) < end:
            for number, (period, job) in enumerate(jobs):
                if due[number] <= now:
                    sent += job()
                    due[number] += period
                    late = late or now - due[number] > 0.1
            if report_due <= now:
                self._report()
                report_due += REPORT_S
            self._receive(min(*due, end))
        return sent, late

    def _latencies(self, arrived: list[tuple[int, int, int]]) -> list[float]:
        """Sent to received, milliseconds: of every packet, or from last packet to last packet of every frame."""
        publisher = self._publishers[0]
        ends = [(sequence, ticks, at) for sequence, ticks, at in arrived if ticks]
        for begin in range(min(30, len(ends) - 4)):
            for candidate, (last, _) in publisher.frame_sent.items():
                moved = (ends[begin][1] - candidate) & 0xFFFFFFFF
                frames = [(publisher.frame_sent.get((ticks - moved) & 0xFFFFFFFF), at) for _, ticks, at in ends[begin:]]
                if any(sent is None for sent, _ in frames[:4]):
                    continue
                if not self._same_packets:
                    return [(at - sent[1]) / 1e6 for sent, at in frames if sent is not None]
                offset = ends[begin][0] - last
                return [(at - publisher.sent_at[(sequence - offset) & 0xFFFF]) / 1e6 for sequence, _, at in arrived]
        return []
