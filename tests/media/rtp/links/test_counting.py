"""What counts packets, over ways that lose, overtake and double them: numbers, reports, clocks, requests."""

from collections import Counter
from itertools import pairwise
from random import Random

import pytest

from media.rtp.cache import CACHE_PACKETS, MediaPacket, PacketCache
from media.rtp.clock import PublisherClock, TrackClock, ntp_from_wall
from media.rtp.nack import NackGenerator
from media.rtp.packet import build_extensions, extension, parse_header
from media.rtp.rate import WINDOW_S, Rate
from media.rtp.repairs import SETTLE_S, Repairs
from media.rtp.reports import Reception, round_trip_s
from media.rtp.rtcp import Nack, ReceiverReport, ReportBlock, pack_rtcp, parse_rtcp
from media.rtp.rtx import unwrap_rtx, wrap_rtx
from media.rtp.sequence import SEQUENCE_BITS, TIMESTAMP_BITS, Unwrapper
from media.rtp.throttle import SPACING_S, UNDER_WAY_S, KeyframeThrottle
from tests.media.rtp.links.lossy import BEGUN, Lossy, Time, Way, carried, cut, seeds, wraps

pytestmark = pytest.mark.link

PACKETS = 2000
EVERY_S = 0.01
STEP_TICKS = 900
RATE_HZ = 90_000
WALL_NS = 1_790_000_000_000_000_000
SR_EVERY_S = 1.0


def wall_ns(now: float) -> int:
    return WALL_NS + int(now * 1e9)


@seeds
@pytest.mark.parametrize(("bits", "step"), [(SEQUENCE_BITS, 1), (TIMESTAMP_BITS, STEP_TICKS)])
def test_a_counter_that_wraps_is_read_as_it_was_counted(seed: int, bits: int, step: int) -> None:
    """Also over a hole of nearly half of all its numbers, and what comes late from before that."""
    first, hole = (1 << bits) - 100 * step, int(0.45 * 2**bits)
    unwrapper = Unwrapper(bits)
    sent = ((EVERY_S * n, n * step + (n // (PACKETS // 4)) * hole) for n in range(PACKETS))
    read = [(n, unwrapper.unwrap((first + n) & ((1 << bits) - 1))) for _, n in carried(sent, Lossy(seed))]
    begin = read[0][1] - read[0][0]
    assert read == [(n, begin + n) for n, _ in read]


@seeds
@wraps
def test_a_packet_says_the_same_wherever_it_comes_in_and_nothing_else_once_it_is_cut(
    seed: int, sequence: int, ticks: int
) -> None:
    ids = {3: b"\x12\x34", 4: b"5", 9: b"a longer value"}

    def made(n: int) -> bytes:
        head = bytes([0x90, 0x80 * (n % 4 == 3) | 96]) + (sequence + n & 0xFFFF).to_bytes(2)
        return head + (ticks + n & 0xFFFFFFFF).to_bytes(4) + bytes(4) + build_extensions(ids) + b"payload" * (n % 5)

    for _, n in carried(((EVERY_S * n, n) for n in range(200)), Lossy(seed)):
        packet = made(n)
        header = parse_header(packet)
        assert (header.sequence, header.timestamp_ticks) == (sequence + n & 0xFFFF, ticks + n & 0xFFFFFFFF)
        assert header.marker == (n % 4 == 3)
        assert {id: extension(packet, header, id) for id in ids} == ids
        assert unwrap_rtx(wrap_rtx(header.sequence, packet[header.payload_at :])) == (
            header.sequence,
            b"payload" * (n % 5),
        )
        for short in cut(packet):
            try:
                told = parse_header(short)
            except ValueError:
                assert len(short) < header.payload_at
            else:
                assert told == header._replace(payload_end=len(short))


class Publisher:
    """Sends, sends again what is asked for by a stream of its own, and is asked by a NackGenerator behind a lossy way
    there and one back."""

    def __init__(self, seed: int, sequence: int, way: Way, back: Way) -> None:
        self.time = Time()
        self.nack = NackGenerator()
        self.took: list[int] = []
        self.asked = Counter[int]()
        self.came = set[int]()
        self._first = sequence
        self._sequence = Unwrapper(SEQUENCE_BITS)
        self._up, self._down = Lossy(seed, way), Lossy(seed + 100, back)
        self._sent = 0
        self.time.every(EVERY_S, self._send)
        self.time.every(0.005, self._ask)

    def _send(self) -> None:
        n, self._sent = self._sent, self._sent + 1
        self.time.send(self._up, lambda: self._receive(n, self._first + n & 0xFFFF))

    def _receive(self, n: int, wire: int) -> None:
        self.came.add(n)
        if self.nack.on_packet(self._sequence.unwrap(wire), self.time.now):
            self.took.append(n)

    def _ask(self) -> None:
        lost = self.nack.due(self.time.now, 0.04)
        if lost:
            data = pack_rtcp(Nack(1, 2, tuple(lost)))
            self.time.send(self._down, lambda: self._asked(data))

    def _asked(self, data: bytes) -> None:
        (nack,) = parse_rtcp(data)
        assert isinstance(nack, Nack)
        for wire in nack.lost:
            n = wire - self._first & 0xFFFF
            assert n < self._sent, "what was never sent is not asked for"
            self.asked[n] += 1
            again = wrap_rtx(wire, b"again")
            self.time.send(self._up, lambda n=n, again=again: self._receive(n, unwrap_rtx(again)[0]))  # type: ignore[misc]  # bound now


@seeds
@wraps
@pytest.mark.parametrize("loss", [0.05, 0.3])
def test_what_is_missing_is_asked_for_until_it_comes_and_everything_counts_once(
    seed: int, sequence: int, ticks: int, loss: float
) -> None:
    link = Publisher(seed, sequence, Way(loss=loss), Way(loss=loss))
    link.time.run(PACKETS * EVERY_S)
    assert len(set(link.took)) == len(link.took), "a duplicate counted twice"
    first, last = link.took[0], max(link.took)
    whole = set(range(first, last - 100))
    late = whole - set(link.took)
    assert len(late) <= (0 if loss == 0.05 else 2), "what is lost again and again may be given up"
    assert link.nack.given_up == len(late)
    assert sum(n in link.took for n in link.asked) <= link.nack.repaired < (0.2 + loss) * PACKETS
    if loss == 0.05:
        assert not link.nack.broken
        assert sum(link.asked.values()) < 0.4 * PACKETS, "little is asked for that is only late"


def test_where_nothing_comes_back_all_is_given_up_and_nothing_kept() -> None:
    link = Publisher(1, 65_500, Way(), Way(loss=1.0))
    link.time.run(20.0)
    missing = set(range(link.took[0], max(link.took) - 150)) - set(link.took)
    assert missing
    assert len(missing) <= link.nack.given_up <= len(missing) + 20
    assert link.nack.broken


@seeds
@wraps
def test_reports_tell_what_was_lost_how_late_packets_are_and_the_round_trip(
    seed: int, sequence: int, ticks: int
) -> None:
    way, back_s = Lossy(seed), 0.03
    sent = ((BEGUN + EVERY_S * n, n) for n in range(PACKETS))
    unwrapper, reception, once = Unwrapper(SEQUENCE_BITS), Reception(7, RATE_HZ), set[int]()
    shares, due = [], BEGUN + SR_EVERY_S
    for at, n in carried(sent, way):
        if at >= due:
            ntp = ntp_from_wall(wall_ns(due))
            reception.on_sender_report(ntp, due + way.way.delay_s)
            block = told(reception.block(at))
            shares.append(block.fraction_lost / 256)
            round_trip = round_trip_s(block, ntp_from_wall(wall_ns(at + back_s)))
            assert round_trip == pytest.approx(way.way.delay_s + back_s, abs=0.002)
            due += SR_EVERY_S
        if n not in once:
            once.add(n)
            reception.on_packet(unwrapper.unwrap(sequence + n & 0xFFFF), ticks + n * STEP_TICKS & 0xFFFFFFFF, 100, at)
    block = told(reception.block(BEGUN + 100))
    assert block.lost == max(once) - min(once) + 1 - len(once)
    assert block.highest_sequence & 0xFFFF == sequence + max(once) & 0xFFFF
    assert reception.lost >= block.lost, "what came after it was counted as lost stays so"
    assert sum(shares) / len(shares) == pytest.approx(way.way.loss, abs=0.03)
    assert 0 < reception.jitter_ticks < way.way.late_s * RATE_HZ
    assert (reception.packets, reception.octets) == (len(once), 100 * len(once))


def told(block: ReportBlock) -> ReportBlock:
    """As it comes out of a datagram; cut ones say nothing."""
    data = pack_rtcp(ReceiverReport(1, (block,)))
    for short in cut(data):
        with pytest.raises(ValueError, match="RTCP"):
            parse_rtcp(short)
    (report,) = parse_rtcp(data)
    assert isinstance(report, ReceiverReport)
    return report.blocks[0]


@seeds
@wraps
def test_sound_and_picture_meet_on_our_clock_whatever_their_packets_went_through(
    seed: int, sequence: int, ticks: int
) -> None:
    publisher = PublisherClock()
    tracks = {rate: TrackClock(rate, publisher) for rate in (48_000, 90_000)}
    lag = {48_000: 0.0, 90_000: 0.08}
    events = [
        (at, rate, kind, left)
        for rate in tracks
        for kind, every in (("packet", 0.02), ("report", SR_EVERY_S))
        for at, left in carried(
            ((BEGUN + every * n + lag[rate], BEGUN + every * n) for n in range(int(30 / every))), Lossy(seed + rate)
        )
    ]
    for at, rate, kind, left in sorted(events):
        now = ticks + round((left - BEGUN) * rate) & 0xFFFFFFFF
        if kind == "report":
            tracks[rate].on_report(ntp_from_wall(wall_ns(left)), now, wall_ns(at))
            continue
        number = tracks[rate].on_packet(now, wall_ns(at))
        captured = tracks[rate].wall_of(number)
        if captured is not None and left > BEGUN + 5:
            assert captured - wall_ns(left) == pytest.approx(20e6, abs=1e6), "the quickest report's way, for both"
            assert tracks[rate].ticks_at(captured) in (number, number - 1)


@seeds
def test_the_newest_packets_are_kept_and_nothing_older_takes_their_place(seed: int) -> None:
    cache, here = PacketCache(), set[int]()
    for _, n in carried(
        ((EVERY_S * n, n) for n in range(3 * CACHE_PACKETS)), Lossy(seed, Way(late_s=1.1 * CACHE_PACKETS * EVERY_S))
    ):
        cache.put(MediaPacket(65_000 + n, 0, 0, n.to_bytes(2), None))
        here.add(n)
    newest = max(here)
    for n in range(3 * CACHE_PACKETS):
        found = cache.get(65_000 + n)
        assert found is None or found.payload == n.to_bytes(2)
        if n > newest - CACHE_PACKETS:
            assert (found is not None) == (n in here)


@seeds
def test_a_rate_is_that_of_what_came(seed: int) -> None:
    reception, found = Reception(7, RATE_HZ), list[int]()
    rate, due = Rate(reception), BEGUN
    for at, n in carried(((BEGUN + EVERY_S * n, n) for n in range(PACKETS)), Lossy(seed, Way(twice=0.0))):
        while at >= due:
            bps, due = rate.bps(due), due + WINDOW_S / 2
            found += [bps] if bps is not None else []
        reception.on_packet(65_000 + n, n * STEP_TICKS & 0xFFFFFFFF, 125, at)
    assert sum(found) / len(found) == pytest.approx(0.95 * 125 * 8 / EVERY_S, rel=0.03)
    assert max(found) <= 1.1 * 125 * 8 / EVERY_S


@seeds
@wraps
@pytest.mark.parametrize("asks", [True, False])
def test_a_receiver_whose_requests_do_not_get_through_is_seen_to(
    seed: int, sequence: int, ticks: int, *, asks: bool
) -> None:
    """Its reports do: of what is lost and was never asked for a keyframe must make up."""
    time, down, up = Time(), Lossy(seed), Lossy(seed + 100, Way(loss=0.0, late=0.0, twice=0.0))
    nack, reception, numbers, repairs = NackGenerator(), Reception(7, RATE_HZ), Unwrapper(SEQUENCE_BITS), Repairs()
    once, needed, sent = set[int](), list[float](), iter(range(PACKETS))

    def receive(n: int) -> None:
        number = numbers.unwrap(sequence + n & 0xFFFF)
        nack.on_packet(number, time.now)
        if n not in once:
            once.add(n)
            reception.on_packet(number, ticks + n & 0xFFFFFFFF, 100, time.now)

    def send() -> None:
        n = next(sent)
        time.send(down, lambda: receive(n))

    def ask() -> None:
        lost = nack.due(time.now, 0.04)
        for wire in lost:  # it comes again, by a stream that is not counted
            time.post(time.now + 0.04, lambda wire=wire: nack.on_packet(numbers.peek(wire), time.now))  # type: ignore[misc]  # bound now
        if lost and asks:
            time.send(up, lambda: repairs.on_nack(tuple(lost)))

    def look() -> None:
        if repairs.hopeless(time.now):
            needed.append(time.now)

    time.every(EVERY_S, send)
    time.every(0.01, ask)
    time.every(SR_EVERY_S, lambda: time.send(up, lambda: repairs.on_report(reception.block(time.now).lost, time.now)))
    time.every(SETTLE_S / 4, look)
    time.run(15.0)
    assert len(needed) <= 1 if asks else len(needed) >= 10


@seeds
def test_keyframes_are_asked_for_until_one_comes_half_a_second_apart(seed: int) -> None:
    time, up, down = Time(), Lossy(seed, Way(loss=0.15)), Lossy(seed + 100, Way(loss=0.15))
    throttle, random = KeyframeThrottle(), Random(seed)
    plis, keys, wished = list[float](), list[float](), list[float]()

    def came() -> None:
        throttle.on_keyframe()
        keys.append(time.now)

    def ask() -> None:
        plis.append(time.now)
        time.send(down, lambda: time.send(up, came))

    def wish() -> None:
        wished.append(time.now)
        if throttle.request(time.now, first=False):
            ask()

    def look() -> None:
        if throttle.due(time.now):
            ask()

    for _ in range(40):
        time.post(BEGUN + random.uniform(0, 60), wish)
    time.every(0.05, look)
    time.run(70.0)
    assert all(later - sooner >= SPACING_S - 1e-9 for sooner, later in pairwise(plis))
    waits = [min(key for key in keys if key > at - UNDER_WAY_S) - at for at in wished]
    assert max(waits) < 6 * SPACING_S, "none is forgotten"
    assert len(plis) < 3 * len(wished), "and none asked for without need"
