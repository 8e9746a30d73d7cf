"""What measures a link or saves what it loses: feedback and its numbers, the queue, pacing, redundancy, who speaks."""

from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise

import pytest

from media.rtp.arrivals import REMEMBERED, Arrivals
from media.rtp.bandwidth import CAP_BPS, FRESH_S, PICTURE_PART, SOUND_BPS, Estimate
from media.rtp.delay import DelayTrend, Usage
from media.rtp.gcc import SendRate
from media.rtp.numbering import Row
from media.rtp.pacer import MOST_WAIT_S, Pacer
from media.rtp.red import pack_red, unpack_red
from media.rtp.redundancy import BEGIN_AT, EARLIER, Redundancy
from media.rtp.rtcp import Remb, pack_rtcp, parse_rtcp
from media.rtp.speakers import HOLD_S, Speakers, level_dbov
from media.rtp.transport_cc import TICK_S, TransportFeedback
from tests.media.rtp.links.lossy import BEGUN, Lossy, Time, Way, carried, cut, seeds, wraps
from tests.support.netem import Direction, Impairment

pytestmark = pytest.mark.link

EVERY_S = 0.01
SIZE_BYTES = 1000


@seeds
@pytest.mark.parametrize("back_loss", [0.0, 0.05])
@pytest.mark.parametrize(
    ("first", "begun"), [(20_000, BEGUN), (65_000, 2**32 * TICK_S - 5.0)], ids=["", "at the wraps"]
)
def test_a_sender_knows_of_every_packet_whether_and_when_it_came(
    seed: int, first: int, begun: float, back_loss: float
) -> None:
    """Over the wraps of its numbers, and of the reference time and the ticks; what is told may get lost as well."""
    time, up, back = Time(), Lossy(seed), Lossy(seed + 100, Way(loss=back_loss))
    time.now = begun
    row, arrivals, told, came = Row(lambda: time.now), Arrivals(), dict[int, float](), dict[int, float]()
    for _ in range(first):
        row.take(0)
    left_at = dict[int, float]()

    def send() -> None:
        number = row.take(SIZE_BYTES)
        left_at[number] = time.now
        time.send(up, lambda: arrive(number))

    def arrive(number: int) -> None:
        came.setdefault(number, time.now)
        arrivals.on_packet(number, 5, time.now)

    def feed_back() -> None:
        for feedback in arrivals.feedback(1, time.now):
            data = pack_rtcp(feedback)
            time.send(back, lambda data=data: hear(data))  # type: ignore[misc]  # bound now

    def hear(data: bytes) -> None:
        (feedback,) = parse_rtcp(data)
        assert isinstance(feedback, TransportFeedback)
        remembered = {left.number & 0xFFFF: left for left in row.left(feedback.base_sequence, feedback.packets)}
        assert len(remembered) == feedback.packets, "all of them were sent, and lately"
        for offset, ticks in feedback.arrivals:
            number = feedback.base_sequence + offset & 0xFFFF
            left = remembered[number]
            assert (left.at, left.size_bytes) == (left_at[number], SIZE_BYTES)
            assert 0 <= ticks < 2**32
            told[number] = ticks * TICK_S

    time.every(EVERY_S, send)
    time.every(0.05, feed_back)
    time.run(15.0)
    assert told.keys() <= came.keys(), "nothing is told that did not come"
    wrap_s = 2**32 * TICK_S
    for number, at in told.items():
        assert abs((at - came[number] + wrap_s / 2) % wrap_s - wrap_s / 2) < 1.01 * TICK_S
    soon = {number for number, at in came.items() if at < time.now - 0.2}
    if back_loss:
        assert len(told) > 0.85 * len(came)
    else:
        assert soon <= told.keys(), "also of what came after it was told lost"


def test_feedback_that_is_cut_says_nothing() -> None:
    arrivals = Arrivals()
    for at, n in carried(((BEGUN + EVERY_S * n, n) for n in range(200)), Lossy(1)):
        arrivals.on_packet(65_500 + n & 0xFFFF, 5, at)
    for feedback in arrivals.feedback(1, BEGUN + 5):
        for short in cut(pack_rtcp(feedback)):
            with pytest.raises(ValueError, match="RTCP"):
                parse_rtcp(short)


def test_what_comes_much_too_late_is_not_told() -> None:
    arrivals = Arrivals()
    for n in range(2 * REMEMBERED):
        arrivals.on_packet(n, 5, BEGUN + n / 1000)
    arrivals.feedback(1, BEGUN + 3)
    arrivals.on_packet(5, 5, BEGUN + 3)
    assert not arrivals.feedback(1, BEGUN + 4)


def trend_of(impairment: Impairment, seed: int, *, seconds: float = 10.0) -> tuple[DelayTrend, list[Usage]]:
    """What is seen of the queue before a link that gets 800 kbit/s; clocks of both sides are far apart."""
    link, trend, usages = Direction(seed), DelayTrend(), list[Usage]()
    link.impairment = impairment
    for n in range(int(seconds / EVERY_S)):
        left = BEGUN + EVERY_S * n
        at = link.arrival(SIZE_BYTES, left)
        if at is not None:
            trend.listen()
            trend.on_packet(left, at - 900.0)
            usages.append(trend.usage)
    return trend, usages


@seeds
def test_a_queue_that_grows_is_seen_and_jitter_and_loss_are_none(seed: int) -> None:
    trend, usages = trend_of(Impairment(jitter_ms=4.0, loss=0.1), seed)
    assert Usage.OVER not in usages
    assert trend.queue_s < 0.01
    trend, usages = trend_of(Impairment(jitter_ms=4.0, loss=0.1, rate_bps=600_000, queue_bytes=500_000), seed)
    assert Usage.OVER in usages[:100], "within a second"
    assert trend.queue_s > 0.5


@seeds
def test_an_estimate_is_measured_where_it_can_be_and_else_what_was_said_last(seed: int) -> None:
    estimate, way = Estimate(), Lossy(seed, Way(loss=0.3))
    for at, bps in carried(((BEGUN + n, 400_000 + 10_000 * n) for n in range(30)), way):
        (remb,) = parse_rtcp(pack_rtcp(Remb(1, bps, (2,))))
        assert isinstance(remb, Remb)
        estimate.on_remb(remb.bps, at)
        assert estimate.video_bps(at) == remb.bps == pytest.approx(bps, rel=1e-4)
        assert estimate.share_bps(2, at) == remb.bps // 2
    assert estimate.latest_bps(at + FRESH_S + 0.1) is None
    assert estimate.share_bps(1, at + FRESH_S + 0.1) == CAP_BPS
    measured = run_rate(estimate.sending, seed)
    assert measured < 400_000
    assert estimate.video_bps(BEGUN + 100) == int(measured * PICTURE_PART) - SOUND_BPS, "and REMB counts no more"


def run_rate(rate: SendRate, seed: int) -> float:
    """800 kbit/s are sent on over a link of 400 for ten seconds, and what came is told by lossy feedback."""
    time, link, back = Time(), Direction(seed), Lossy(seed)
    link.impairment = Impairment(rate_bps=400_000, queue_bytes=30_000)
    row, arrivals = Row(lambda: time.now), Arrivals()

    def send() -> None:
        number, at = row.take(SIZE_BYTES), link.arrival(SIZE_BYTES, time.now)
        if at is not None:
            time.post(at, lambda: arrivals.on_packet(number, 5, time.now))

    def feed_back() -> None:
        for feedback in arrivals.feedback(1, time.now):
            time.send(back, lambda told=feedback: hear(told))  # type: ignore[misc]  # bound now

    def hear(told: TransportFeedback) -> None:
        rate.on_feedback(told, row.left(told.base_sequence, told.packets), time.now)

    time.every(EVERY_S, send)
    time.every(0.05, feed_back)
    time.run(10.0)
    assert rate.bps is not None
    return rate.bps


@seeds
@pytest.mark.parametrize("paced", [True, False])
def test_a_keyframe_that_is_paced_does_not_hold_up_the_voice(seed: int, *, paced: bool) -> None:
    time, link, came, voices = Time(), Direction(seed), list[int](), list[float]()
    bps = 500_000
    link.impairment = Impairment(rate_bps=bps, jitter_ms=1.0, queue_bytes=100_000)

    def put_on_link(packet: bytes, then: Callable[[], object]) -> None:
        at = link.arrival(len(packet), time.now)
        assert at is not None
        time.post(at, then)

    pacer = Pacer(lambda packet: put_on_link(packet, lambda: came.append(int.from_bytes(packet[:2]))))
    sent = 0

    def keyframe() -> None:
        nonlocal sent
        for _ in range(20):
            pacer.put(sent.to_bytes(2) + bytes(SIZE_BYTES - 2))
            sent += 1
        if not paced:
            pacer.flush()

    def voice() -> None:
        left = time.now
        put_on_link(bytes(100), lambda: voices.append(time.now - left))

    time.every(1.0, keyframe)
    time.every(0.02, voice)
    time.every(0.005, lambda: pacer.release(0.85 * bps, time.now))
    time.run(10.0)
    assert came == list(range(len(came))), "in order, and each once"
    assert len(came) >= sent - 20
    assert (max(voices) < 0.1) == paced
    assert max(voices) < MOST_WAIT_S


@seeds
@wraps
def test_sound_that_carries_what_went_before_outlives_loss_and_says_so_only_whole(
    seed: int, sequence: int, ticks: int
) -> None:
    """The receiver reports once a second; what it loses turns redundancy on, and one in eight is hardly missed."""
    redundancy, way = Redundancy(), Lossy(seed, Way(loss=0.12))
    there, alone, levels, reported = set[int](), set[int](), list[int](), 0
    count = 3000
    for n in range(count):
        if n % 50 == 0 and n:
            redundancy.heard(50 - sum(one in alone for one in range(reported, n)), 50)
            reported = n
        level = redundancy.settle(None) if n % 50 == 0 else levels[-1]
        levels.append(level)
        payload = pack_red(
            111, n.to_bytes(2), [(960 * back, (n - back).to_bytes(2)) for back in EARLIER[:level] if n >= back]
        )
        for _ in way.arrivals(0.0):
            alone.add(n)
            blocks = unpack_red(payload)
            now = ticks + 960 * n
            for block in blocks:
                assert (now - block.behind_ticks - ticks) / 960 == int.from_bytes(block.payload)
                there.add(int.from_bytes(block.payload))
        for short in cut(payload):
            with suppress(ValueError):
                assert unpack_red(short)[-1].payload != payload[-2:]
    assert levels[0] == 0
    assert levels[-1] == len(EARLIER)
    begun = levels.index(len(EARLIER))
    assert begun <= 250, "within five bad seconds"
    late = range(begun, count - EARLIER[-1])
    assert sum(n not in alone for n in late) / len(late) > BEGIN_AT
    assert sum(n not in there for n in late) / len(late) < 0.01


@seeds
def test_who_speaks_is_found_whatever_becomes_of_the_packets_that_say_so(seed: int) -> None:
    """Four people, of whom one after the other speaks for four seconds; one has a fan beside the microphone."""
    who = ["anna", "ben", "cora", "dora"]
    turn_s, every_s = 4.0, 0.02

    def level(name: str, left: float) -> bytes:
        if who[int((left - BEGUN) / turn_s) % 4] == name:
            return bytes([0x80 | 25])
        return bytes([40 if name == "dora" else 90])

    sent = [(BEGUN + every_s * n, name) for n in range(int(8 * turn_s / every_s)) for name in who]
    speakers, found, fan = Speakers[str](), list[tuple[float, str]](), 0
    way = Lossy(seed, Way(loss=0.2))
    for at, (left, name) in carried(((left, (left, name)) for left, name in sent), way):
        dbov = level_dbov(level(name, left))
        assert dbov is not None
        speakers.on_level(name, dbov, at)
        found.append((left, speakers.ranked(who, at)[0]))
        fan += left > BEGUN + 4 * turn_s and "dora" in speakers.all_speaking(at)
    assert level_dbov(b"") is None
    settled = [(left, first) for left, first in found if 1.0 < (left - BEGUN) % turn_s < turn_s - 0.1]
    right = sum(first == who[int((left - BEGUN) / turn_s) % 4] for left, first in settled)
    assert right / len(settled) > 0.95
    changes = sum(before != after for (_, before), (_, after) in pairwise(found))
    assert changes <= 20, "and nobody flaps"
    assert fan / (len(found) / 2) < 0.5, "a fan is no voice: its owner speaks in a quarter of the time"
    assert speakers.all_speaking(BEGUN + 8 * turn_s + HOLD_S + 1) == frozenset()
