"""A seeded way in virtual time on which packets are lost, overtaken and doubled, and the end of one may be missing."""

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from random import Random
from typing import TypeVar

import pytest

Packet = TypeVar("Packet")

BEGUN = 1000.0
seeds = pytest.mark.parametrize("seed", range(2))
"""With each the way is another."""
wraps = pytest.mark.parametrize(
    ("sequence", "ticks"), [(20_000, 5_000_000), (65_500, 2**32 - 100_000)], ids=["between", "at the wraps"]
)
"""Where counters of 16 and of 32 bits begin."""


@dataclass(frozen=True)
class Way:
    """Each packet by itself."""

    loss: float = 0.05
    late: float = 0.10
    """Share that comes `late_s` later than the others: some that left after it come before it."""
    twice: float = 0.03
    late_s: float = 0.035
    delay_s: float = 0.020


class Lossy:
    def __init__(self, seed: int, way: Way = Way()) -> None:
        self.way = way
        self._random = Random(seed)

    def arrivals(self, sent_at: float) -> list[float]:
        """When a packet comes: not at all, once or twice."""
        way = self.way
        times = 0 if self._random.random() < way.loss else 1 + (self._random.random() < way.twice)
        return [sent_at + way.delay_s + (self._random.random() < way.late) * way.late_s for _ in range(times)]


class Time:
    """What shall happen, in its order."""

    def __init__(self) -> None:
        self.now = BEGUN
        self._heap: list[tuple[float, int, Callable[[], object]]] = []
        self._order = count()

    def post(self, at: float, what: Callable[[], object]) -> None:
        heapq.heappush(self._heap, (at, next(self._order), what))

    def send(self, way: Lossy, what: Callable[[], object]) -> None:
        """`what` happens when something that leaves now comes, so often as it does."""
        for at in way.arrivals(self.now):
            self.post(at, what)

    def every(self, seconds: float, what: Callable[[], object]) -> None:
        def again() -> None:
            what()
            self.post(self.now + seconds, again)

        self.post(self.now, again)

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        while self._heap and self._heap[0][0] <= end:
            self.now, _, what = heapq.heappop(self._heap)
            what()
        self.now = end


def carried(sent: Iterable[tuple[float, Packet]], way: Lossy) -> list[tuple[float, Packet]]:
    """When each of `sent`, with when it left, comes; in the order they come."""
    came = [(at, order, packet) for order, (left, packet) in enumerate(sent) for at in way.arrivals(left)]
    return [(at, packet) for at, _, packet in sorted(came, key=lambda one: one[:2])]


def cut(data: bytes) -> Iterator[bytes]:
    """`data` without its last byte, its last two, …: never whole."""
    return (data[:length] for length in range(len(data) - 1, -1, -1))
