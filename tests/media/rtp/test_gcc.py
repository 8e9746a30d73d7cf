"""The estimate of a subscriber's link over seeded links in virtual time: narrow, lossy, stepping down and up."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count
from random import Random

import pytest

from media.rtp.arrivals import Arrivals
from media.rtp.gcc import LEAST_BPS, MOST_BPS, OVERHEAD_BYTES, SendRate
from media.rtp.numbering import Row
from media.rtp.transport_cc import TransportFeedback
from tests.support.netem import Direction, Impairment

pytestmark = pytest.mark.link

PACKET_BYTES = 1100
SOUND_BYTES = 90
PADDING_BYTES = 240
ENCODER_LAG_S = 0.3
START_BPS = 1_500_000.0


@dataclass
class Path:
    """Voice and a picture that keeps to the estimate, over a link of netem's, with feedback on a good way back."""

    impairment: Impairment
    seed: int = 1
    most_bps: float = 2_500_000
    """What the picture takes if it may."""
    start: int = 65_000
    """The first number of the row."""
    probing: bool = True
    now: float = 1000.0
    estimates: list[tuple[float, float]] = field(default_factory=list)
    delays: list[tuple[float, float]] = field(default_factory=list)
    sent_bytes: int = 0
    arrived_bytes: int = 0
    probes: int = 0

    def __post_init__(self) -> None:
        self.rate = SendRate()
        self._row = Row(lambda: self.now)
        for _ in range(self.start):
            self._row.take(0)
        self._arrivals = Arrivals()
        self._link = Direction(self.seed)
        self._link.impairment = self.impairment
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._picture_bps = START_BPS
        self._owed = 0.0
        self._every(1 / 30, self._picture)
        self._every(0.02, lambda: self._send(SOUND_BYTES))
        self._every(0.05, self._feed_back)
        self._every(0.05, self._probe)

    def set(self, **fields: float) -> None:
        """Change the link."""
        self._link.impairment = replace(self._link.impairment, **fields)  # type: ignore[arg-type]  # its own fields

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        while self._heap[0][0] <= end:
            self.now, _, what = heapq.heappop(self._heap)
            what()
        self.now = end

    def estimate(self, last_s: float) -> float:
        """Mean over the last seconds."""
        found = [bps for at, bps in self.estimates if at > self.now - last_s]
        return sum(found) / len(found)

    def delay_p95_s(self, last_s: float) -> float:
        found = sorted(delay for at, delay in self.delays if at > self.now - last_s)
        return found[len(found) * 95 // 100]

    def _post(self, at: float, what: Callable[[], None]) -> None:
        heapq.heappush(self._heap, (at, next(self._order), what))

    def _every(self, seconds: float, what: Callable[[], object]) -> None:
        def again() -> None:
            what()
            self._post(self.now + seconds, again)

        self._post(self.now + seconds, again)

    def _send(self, size_bytes: int) -> int:
        number, at = self._row.take(size_bytes), self.now
        self.sent_bytes += size_bytes
        arrival = self._link.arrival(size_bytes + OVERHEAD_BYTES, at)

        def arrived() -> None:
            self.arrived_bytes += size_bytes
            self.delays.append((at, self.now - at))
            self._arrivals.on_packet(number, 5, self.now)

        if arrival is not None:
            self._post(arrival, arrived)
        return number

    def _picture(self) -> None:
        target = self.most_bps if self.rate.bps is None else min(self.most_bps, max(10_000, self.rate.bps - 50_000))
        self._picture_bps += (target - self._picture_bps) / 30 / ENCODER_LAG_S
        self._owed += 0.93 * self._picture_bps / 8 / 30
        while self._owed > 0:
            size_bytes = min(PACKET_BYTES, max(200, int(self._owed)))
            self._owed -= size_bytes
            self._send(size_bytes)

    def _probe(self) -> None:
        padding = self.rate.probe_bytes(self.now) if self.probing else 0
        if padding:
            packets = max(5, padding // PADDING_BYTES)
            numbers = [self._send(padding // packets) for _ in range(packets)]
            self.rate.on_probe(numbers[0], packets, self.now)
            self.probes += 1

    def _feed_back(self) -> None:
        for feedback in self._arrivals.feedback(1, self.now):
            self._post(self.now + 0.02, lambda feedback=feedback: self._take(feedback))  # type: ignore[misc]

    def _take(self, feedback: TransportFeedback) -> None:
        left = self._row.left(feedback.base_sequence, feedback.packets)
        self.rate.on_feedback(feedback, left, self.now)
        if self.rate.bps is not None:
            self.estimates.append((self.now, self.rate.bps))


NARROW = Impairment(delay_ms=20, rate_bps=300_000, queue_bytes=40_000)
MEGABIT = Impairment(delay_ms=20, rate_bps=1_000_000, queue_bytes=60_000)
seeds = pytest.mark.parametrize("seed", range(2))


@seeds
@pytest.mark.parametrize("link", [NARROW, MEGABIT], ids=["300k", "1M"])
def test_it_settles_below_what_the_link_carries_and_leaves_the_queue_short(link: Impairment, seed: int) -> None:
    path = Path(link, seed)
    path.run(10)
    assert 0.55 * link.rate_bps < path.estimate(4) < 1.05 * link.rate_bps
    path.run(20)
    assert 0.7 * link.rate_bps < path.estimate(20) < 1.05 * link.rate_bps
    assert path.delay_p95_s(20) < 0.3


@seeds
def test_it_follows_a_link_that_becomes_narrow_and_wide_again(seed: int) -> None:
    path = Path(MEGABIT, seed)
    path.run(10)
    path.set(rate_bps=300_000, queue_bytes=40_000)
    path.run(5)
    assert path.estimate(0.5) < 330_000
    path.run(10)
    assert 200_000 < path.estimate(5) < 310_000
    assert path.delay_p95_s(5) < 0.3
    path.set(rate_bps=2_000_000)
    path.run(20)
    assert path.estimate(3) > 1_300_000
    assert path.delay_p95_s(5) < 0.3


def test_without_probes_it_finds_room_again_only_slowly() -> None:
    path = Path(NARROW, probing=False)
    path.run(10)
    path.set(rate_bps=2_000_000)
    path.run(10)
    assert 320_000 < path.estimate(1) < 1_000_000


@seeds
@pytest.mark.parametrize("jitter_ms", [2, 15])
def test_losses_by_chance_do_not_bring_it_down(seed: int, jitter_ms: int) -> None:
    path = Path(Impairment(delay_ms=30, jitter_ms=jitter_ms, loss=0.1), seed, most_bps=1_500_000)
    path.run(60)
    assert path.rate.arriving_bps > 1_000_000
    assert min((bps for _at, bps in path.estimates), default=1_500_000) > 800_000


def test_a_way_that_loses_nearly_everything_is_borne() -> None:
    path = Path(Impairment(delay_ms=30))
    path.run(5)
    path.set(loss=0.8)
    path.run(40)
    assert path.rate.bps is None or LEAST_BPS <= path.rate.bps <= MOST_BPS


@seeds
def test_a_policer_without_a_queue_is_kept_to(seed: int) -> None:
    path = Path(Impairment(delay_ms=30, rate_bps=600_000, queue_bytes=3_000), seed)
    path.run(25)
    assert 400_000 < path.estimate(15) < 720_000
    sent, arrived = path.sent_bytes, path.arrived_bytes
    path.run(10)
    assert path.arrived_bytes - arrived > 0.85 * (path.sent_bytes - sent)


@seeds
def test_a_link_with_room_enough_is_never_said_to_be_narrow(seed: int) -> None:
    path = Path(Impairment(delay_ms=40, jitter_ms=10), seed)
    path.run(40)
    assert path.rate.bps is None


@seeds
def test_while_only_a_voice_is_sent_probes_find_that_the_link_became_wide(seed: int) -> None:
    path = Path(NARROW, seed)
    path.run(10)
    path.most_bps = 0
    path.set(rate_bps=3_000_000)
    path.run(20)
    assert path.estimate(1) > 2_000_000


def test_probes_that_find_nothing_become_seldom() -> None:
    path = Path(NARROW)
    path.run(10)
    path.most_bps = 100_000
    path.run(30)
    before = path.probes
    path.run(60)
    assert 0 < path.probes - before <= 10


def test_a_queue_that_is_full_and_does_not_grow_any_more_is_a_limit_too() -> None:
    path = Path(Impairment(delay_ms=20))
    path.run(5)
    path.rate.trend.on_packet(path.now - 1.0, path.now)
    path.set(delay_ms=20, rate_bps=500_000, queue_bytes=30_000)
    path.run(10)
    assert path.delay_p95_s(4) < 0.3


def test_a_way_that_became_longer_for_good_costs_little_for_long() -> None:
    path = Path(MEGABIT)
    path.run(10)
    path.set(delay_ms=600)
    path.run(40)
    assert path.estimate(5) > 500_000


def test_where_nothing_comes_back_nothing_changes() -> None:
    rate = SendRate()
    rate.on_feedback(TransportFeedback(1, 2, 0, 0, 0, ()), [], 1.0)
    rate.on_feedback(TransportFeedback(1, 2, 7, 3, 0, ((0, 5), (2, 9))), [], 2.0)
    assert rate.bps is None
    assert rate.probe_bytes(100.0) == 0


def test_what_is_told_twice_counts_once_and_what_was_only_late_is_not_lost() -> None:
    clock = [1000.0]
    row = Row(lambda: clock[0])
    for number in range(60):
        clock[0] = 1000.0 + number / 50
        row.take(100)
    rate = SendRate()
    came = tuple((number, 4_000_000 + 80 * number) for number in range(60))
    without = tuple(one for one in came if one[0] % 5)
    for at, arrivals in ((1001.2, without), (1001.3, came), (1001.4, came)):
        rate.on_feedback(TransportFeedback(1, 2, 0, 60, 0, arrivals), row.left(0, 60), at)
    rate.on_feedback(TransportFeedback(1, 2, 0, 60, 0, came), row.left(0, 60), 1003.0)
    assert rate.loss == 0.0
    assert rate.arriving_bps == pytest.approx(8 * (100 + OVERHEAD_BYTES) * 50, rel=0.1)
    assert rate.bps is None


def test_feedback_of_lies_keeps_it_within_bounds() -> None:
    random = Random(1)
    row = Row(lambda: random.random() * 1e6)
    rate = SendRate()
    for step in range(3000):
        row.take(random.choice((0, 1, 100, 1500, 65_535)))
        base, packets = random.getrandbits(16) if step % 7 == 0 else step & 0xFFFF, random.randrange(1, 40)
        arrivals = tuple((n, random.getrandbits(32)) for n in range(packets) if random.random() < 0.8)
        rate.on_feedback(TransportFeedback(1, 2, base, packets, 0, arrivals), row.left(base, packets), step / 20)
        padding = rate.probe_bytes(step / 20)
        if padding:
            rate.on_probe(step & 0xFFFF, 5, step / 20)
        assert rate.bps is None or LEAST_BPS <= rate.bps <= MOST_BPS
        assert 0 <= padding <= 40_000
