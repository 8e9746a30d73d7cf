"""How much one subscriber's link carries, told by transport-wide feedback (draft-ietf-rmcat-gcc-02).

It rises while nothing speaks against it, and falls to a part of what arrives when the queue grows, or by the share that
is lost. Nothing is known until the first sign of a limit: `bps` is None then.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from media.rtp.delay import DelayTrend, Usage
from media.rtp.numbering import MOST_REMEMBERED, Left
from media.rtp.sequence import TIMESTAMP_BITS, Unwrapper
from media.rtp.transport_cc import TICK_S, TransportFeedback

LEAST_BPS = 40_000
"""One voice: below that a call is none."""
MOST_BPS = 20_000_000
FIRST_LEAST_BPS = 300_000
"""What is said at the first sign of a limit, at least: perhaps little arrived because little was sent."""
OVERHEAD_BYTES = 38
"""IPv4, UDP and the SRTP tag of each packet."""
RATE_WINDOW_S = 0.4
"""Of what arrives."""
BUSY_S = 0.1
"""While a queue grows as much arrives as the link carries, but a keyframe's is soon gone, and little comes after it."""
FALL, FALL_DEEP = 0.85, 0.6
"""Of what arrives."""
FALL_LEAST = 0.92
"""Where what arrived at its fastest says that the link carries all of it, this part is left all the same."""
DEEP_S = 0.3
"""Where more than this waits, the fall is deep until it has drained, or DRAIN_S passed."""
FULL_S = 0.1
"""Where more than this waits while much is lost, the queue is full: a short one, that loses what does not fit."""
DRAINED_S = 0.05
DRAIN_S = 5.0
STANDING_EVERY_S = 1.0
STANDING_HELPED = 0.85
STANDING_TRIES = 3
"""A queue that stays deep brings a fall each time; where so many leave it as it was, the way has become longer."""
LEAST_STEP = 0.5
"""No single sign of overuse takes more: little may arrive because little was sent."""
FALL_EVERY_S = 0.2
GROWN_S = 0.02
"""Of a queue that is said to grow there is so much at least: repeats that come at once look as if it did."""
RISE_FAR, RISE_NEAR = 1.12, 1.03
"""Per second; near is about what the link carried when it was overused last."""
NEAR, BEYOND = 0.8, 1.3
RISE_ABOVE_ARRIVING = 1.5
LOSS_WINDOW_S = 1.0
LOSS_SETTLE_S = 0.7
"""After a fall, until it shows in what is lost."""
LOSS_LEAST_PACKETS, LOSS_JUDGED_PACKETS = 20, 100
"""Fewer say nothing; where no queue speaks with them, more are needed."""
LOSS_TOLERATED = 0.10
LOSS_ABOVE_USUAL = 1.6
LOSS_CHANCE = 2.0
"""Standard deviations of what is lost by chance: more is too much, and costs a picture its layer."""
LOSS_FOLLOW, LOSS_GONE = 0.1, 0.02
"""How far each window moves what is usual; no single one takes it back, of 100 packets where a tenth is lost 3 are lost
now and then. Below the other nothing is usual any more."""
LOSS_TRIES = 3
"""Falls after each of which as much was sent as before: less cannot be sent, a voice alone perhaps."""
LOSS_LEAST_BPS = 130_000
"""What is lost without a queue never brings it below a voice with all its redundancy, which needs that the most."""
PROBE_EVERY_S, PROBE_SELDOM_S = 2.0, 16.0
"""Between two trains of padding: less and less often while they find nothing."""
PROBE_HUNGRY_S = 4.0
"""At most, where somebody waits for what a train may find: it is the only way to know."""
PROBE_STALE_S = 2.0
"""What was seen of the queue longer ago than this is no reason against one: it is empty, or somebody would tell."""
PROBE_S = 0.015
PROBE_FACTOR = 2.0
PROBE_PART = 0.9
"""Of the speed at which a train came."""
PROBE_ARRIVED = 0.7
PROBE_WAIT_S = 1.5


class _Train:
    def __init__(self, first: int, packets: int, now: float) -> None:
        self.first = first
        self.packets = packets
        self.sent_at = now
        self.came: list[tuple[float, int]] = []
        self.told = 0
        """How many are known to have come or to be lost."""

    def holds(self, number: int) -> bool:
        return (number - self.first) & 0xFFFF < self.packets


@dataclass
class _Trial:
    """Less is sent, to see whether less is lost."""

    bps_before: float | None
    sent_bps: float
    loss: float
    part: float = 1.0
    """Of `sent_bps`, what may be sent now."""
    falls: int = 0

    def unhelped(self, sent_bps: float) -> float:
        """More loss than this, where `sent_bps` are sent now, says that it was for nothing: a third of the way back
        from what it must be if as much arrives as before, for what made us look was much by chance, too."""
        full = max(0.0, 1 - (1 - self.loss) * self.sent_bps / max(1.0, sent_bps))
        return full + (self.loss - full) / 3


def _chance(share: float, packets: int) -> float:
    """How far the share of so many is off by chance."""
    return sqrt(share * (1 - share) / packets)


class SendRate:
    """Give it each feedback with what is remembered of its packets; read `bps`.

    When `probe_bytes` asks for a train of padding, send it at once and say by `on_probe` which numbers it had.
    """

    def __init__(self) -> None:
        self.bps: float | None = None
        """Of everything that is sent there, headers included; None: no limit was seen yet."""
        self.arriving_bps = 0.0
        self.loss = 0.0
        """Share of bytes lost in the last full window."""
        self.draining = False
        """A queue has filled: what is lost until it is empty, it has lost."""
        self.trend = DelayTrend()
        self._ticks = Unwrapper(TIMESTAMP_BITS)
        self._came: dict[int, None] = {}
        """Numbers that arrived; the newest MOST_REMEMBERED."""
        self._lost: dict[int, int] = {}
        """Numbers told lost, likewise, and their sizes."""
        self._arrived: deque[tuple[float, int]] = deque()
        self._arrived_bytes = 0
        self._begun_at = 0.0
        """When the first one arrived."""
        self._newest_at = float("-inf")
        self._at = 0.0
        self._fell_at = float("-inf")
        self._link_bps: float | None = None
        """What arrived when the link was overused last."""
        self._standing_s = 0.0
        """The queue at the last fall for its depth."""
        self._standing_tries = 0
        self._loss_since = 0.0
        self._loss_packets = self._loss_came = self._loss_lost = 0
        """Of the window that began `_loss_since`: packets, bytes that came, bytes that did not."""
        self._usual_loss = 0.0
        """By chance, whatever is sent; 0 before a trial showed that."""
        self._trial: _Trial | None = None
        """Whether it helps to send less, while that is not known yet."""
        self._train: _Train | None = None
        self._probe_at = 0.0
        self._probed_at = float("-inf")
        self._probe_every_s = PROBE_EVERY_S

    def on_feedback(self, feedback: TransportFeedback, left: Sequence[Left], now: float) -> None:
        """`left` is what the numbering remembers of the packets that the feedback tells of, in order."""
        if not self._at:
            self._loss_since = now
        self.trend.listen()
        arrived_at = dict(feedback.arrivals)
        for packet in left:
            ticks = arrived_at.get((packet.number - feedback.base_sequence) & 0xFFFF)
            if packet.number in self._came:
                continue
            if ticks is not None:
                self._arrive(packet, self._ticks.unwrap(ticks) * TICK_S)
            elif packet.number not in self._lost:
                self._lost[packet.number] = packet.size_bytes + OVERHEAD_BYTES
                self._loss_packets += 1
                self._loss_lost += packet.size_bytes + OVERHEAD_BYTES
                if self._train is not None and self._train.holds(packet.number):
                    self._train.told += 1
        while len(self._came) > MOST_REMEMBERED:
            del self._came[next(iter(self._came))]
        while len(self._lost) > MOST_REMEMBERED:
            del self._lost[next(iter(self._lost))]
        self._measure()
        self._judge_train(now)
        if self._overflows(now):
            self._keep_to_what_arrives(now)
        elif (self.trend.usage is Usage.OVER and self.trend.queue_s >= GROWN_S) or self._stands(now):
            self._fall(now)
        elif not self._judge_loss(now) and self.bps is not None:
            self._rise(self.bps, now)
        self._at = now

    def _arrive(self, packet: Left, at: float) -> None:
        self._loss_lost -= self._lost.pop(packet.number, 0)
        size_bytes = packet.size_bytes + OVERHEAD_BYTES
        if not self._came:
            self._begun_at = at
        self._came[packet.number] = None
        if self._train is not None and self._train.holds(packet.number):
            self._train.told += 1
            self._train.came.append((at, size_bytes))
        self._loss_packets += 1
        self._loss_came += size_bytes
        self._newest_at = max(self._newest_at, at)
        if at > self._newest_at - RATE_WINDOW_S:
            self._arrived.append((at, size_bytes))
            self._arrived_bytes += size_bytes
        self.trend.on_packet(packet.at, at)

    def _measure(self) -> None:
        while self._arrived and self._arrived[0][0] <= self._newest_at - RATE_WINDOW_S:
            self._arrived_bytes -= self._arrived.popleft()[1]
        passed_s = min(RATE_WINDOW_S, max(self._newest_at - self._begun_at, RATE_WINDOW_S / 4))
        self.arriving_bps = 8 * self._arrived_bytes / passed_s

    # --- delay

    def _fall(self, now: float) -> None:
        """The queue grows."""
        if now - self._fell_at < FALL_EVERY_S:
            return
        self._trial = None
        self.draining = self.trend.queue_s > DEEP_S
        self._link_bps = link = self.arriving_bps if self.draining else self._carried_bps()
        wanted = (FALL_DEEP if self.draining else FALL) * link
        least, most = (FIRST_LEAST_BPS, wanted) if self.bps is None else (LEAST_STEP * self.bps, FALL_LEAST * self.bps)
        self._set(max(least, min(most, wanted)), now)

    def _carried_bps(self) -> float:
        """What arrived in the fastest BUSY_S of the last RATE_WINDOW_S."""
        most = begin = inside = 0
        arrived = list(self._arrived)
        for at, size_bytes in arrived:
            inside += size_bytes
            while arrived[begin][0] <= at - BUSY_S:
                inside -= arrived[begin][1]
                begin += 1
            most = max(most, inside)
        return max(self.arriving_bps, 8 * most / BUSY_S)

    def _overflows(self, now: float) -> bool:
        """A short queue loses what does not fit before it is seen to grow; then as much arrives as the link carries."""
        if self.trend.queue_s < FULL_S or self._loss_packets < LOSS_LEAST_PACKETS or now < self._loss_since:
            return False
        lost = self._lost_share()
        if lost <= self._tolerated(self._loss_packets):
            return False
        # A voice alone, that others' packets hold up, must keep its redundancy.
        return self.arriving_bps > (1 - lost) * LOSS_LEAST_BPS and self._waits(now)

    def _keep_to_what_arrives(self, now: float) -> None:
        self._trial, self._link_bps, self.draining = None, self.arriving_bps, True
        self._loss_since = now + LOSS_SETTLE_S
        self._set(min(self.bps or MOST_BPS, FALL_DEEP * self.arriving_bps), now)

    def _stands(self, now: float) -> bool:
        """A queue that is full does not grow any more; it is a reason to fall all the same."""
        if self.trend.queue_s < DEEP_S or self.trend.usage is not Usage.NORMAL:
            return False
        return now - self._fell_at >= STANDING_EVERY_S and self._waits(now)

    def _waits(self, now: float) -> bool:
        """Whether so long a queue is one, and not a way that has become longer."""
        queue_s = self.trend.queue_s
        helped = queue_s < STANDING_HELPED * self._standing_s or now - self._fell_at > DRAIN_S
        self._standing_s, self._standing_tries = queue_s, 1 if helped else self._standing_tries + 1
        if self._standing_tries <= STANDING_TRIES:
            return True
        self._standing_tries = 0
        self.trend.forget_least()
        return False

    def _rise(self, bps: float, now: float) -> None:
        """Nothing speaks against more."""
        link = self._link_bps
        if self.draining and (self.trend.queue_s < DRAINED_S or now - self._fell_at > DRAIN_S):
            self.draining = False
            if link is not None:
                self.bps = bps = max(bps, FALL * link)
        if self.trend.usage is not Usage.NORMAL or self.draining or now - self._fell_at < FALL_EVERY_S:
            return
        if self._trial is not None and now - self._fell_at < DRAIN_S:
            return  # first see what the last fall did
        if bps >= RISE_ABOVE_ARRIVING * self.arriving_bps:
            return
        if link is not None and bps > BEYOND * link:
            self._link_bps = link = None
        rate = RISE_NEAR if link is not None and bps > NEAR * link else RISE_FAR
        self.bps = min(MOST_BPS, bps * rate ** min(1.0, now - self._at))

    def _set(self, bps: float, now: float) -> None:
        self.bps = min(MOST_BPS, max(LEAST_BPS, bps))
        self._fell_at = now
        self._probe_at = max(self._probe_at, now + PROBE_EVERY_S)

    # --- loss

    def _judge_loss(self, now: float) -> bool:
        """Whether so much is lost that less must be sent."""
        if now < self._loss_since:
            self._loss_packets = self._loss_came = self._loss_lost = 0
        packets = self._loss_packets
        if now - self._loss_since < LOSS_WINDOW_S or packets < LOSS_JUDGED_PACKETS:
            return False
        self.loss = self._lost_share()
        sent_bps = 8 * (max(0, self._loss_lost) + self._loss_came) / (now - self._loss_since)
        self._loss_since = now
        self._loss_packets = self._loss_came = self._loss_lost = 0
        trial, self._trial = self._trial, None
        if trial is not None:
            as_much = sent_bps > (1 + trial.part) / 2 * trial.sent_bps
            if as_much and trial.falls < LOSS_TRIES:
                self._trial = trial  # nothing is known yet
            elif as_much or self.loss > trial.unhelped(sent_bps):
                self._usual_loss = max(self._usual_loss, self.loss)
                self.bps = trial.bps_before
        # So little is a voice alone: it cannot become less, and says nothing of the room for pictures.
        least = min(sent_bps, MOST_BPS if self.bps is None else self.bps)
        if self.loss <= self._tolerated(packets) or least <= LOSS_LEAST_BPS:
            self._trial = None
            self._follow_usual()
            return False
        self._try_less(sent_bps, now)
        return True

    def _tolerated(self, packets: int) -> float:
        """So much of so many may be lost, and is no reason to send less."""
        usual = min(1.0, max(LOSS_TOLERATED, LOSS_ABOVE_USUAL * self._usual_loss))
        return usual + LOSS_CHANCE * _chance(usual, packets)

    def _follow_usual(self) -> None:
        if self._usual_loss:
            usual = self._usual_loss + LOSS_FOLLOW * (self.loss - self._usual_loss)
            self._usual_loss = usual if usual >= LOSS_GONE else 0.0

    def _lost_share(self) -> float:
        """Of the bytes of the window so far."""
        lost_bytes = max(0, self._loss_lost)
        return lost_bytes / max(1, lost_bytes + self._loss_came)

    def _try_less(self, sent_bps: float, now: float) -> None:
        trial = self._trial = self._trial or _Trial(self.bps, sent_bps, self.loss)
        self._loss_since = now + LOSS_SETTLE_S
        self._link_bps = self.arriving_bps
        bps = MOST_BPS if self.bps is None else self.bps
        wanted = min(bps, sent_bps) * min(FALL, 1 - self.loss / 2)
        self._set(min(bps, max(LOSS_LEAST_BPS, wanted)), now)
        trial.part = min(1.0, (self.bps or 0) / trial.sent_bps)
        trial.falls += 1

    # --- room that is not used

    def probe_bytes(self, now: float, *, hungry: bool = False) -> int:
        """How much padding to send at once to see whether the link carries more; 0: none. `hungry`: hardly anything
        else is sent that could tell."""
        due = self._probe_at
        if hungry:
            due = min(due, max(self._probed_at + PROBE_HUNGRY_S, self._fell_at + PROBE_EVERY_S))
        if self.bps is None or self._train is not None or now < due:
            return 0
        if (self.trend.usage is not Usage.NORMAL or self.draining) and now - self._at < PROBE_STALE_S:
            return 0
        return int(PROBE_FACTOR * min(self.bps, MOST_BPS / 4) * PROBE_S / 8)

    def on_probe(self, first: int, packets: int, now: float) -> None:
        """So many packets with the numbers (16 bits) from `first` on were sent as one train."""
        self._train = _Train(first, packets, now)
        self._probed_at = now

    def _judge_train(self, now: float) -> None:
        """What a whole train says when it came: it cannot have come faster than the link carries."""
        train = self._train
        if train is None or (train.told < train.packets and now - train.sent_at < PROBE_WAIT_S):
            return
        self._train = None
        came = sorted(train.came)
        found_bps = 0.0
        if self.bps is not None and len(came) >= PROBE_ARRIVED * train.packets and len(came) > 1:
            seconds = came[-1][0] - came[0][0]
            found_bps = PROBE_PART * 8 * sum(size_bytes for _at, size_bytes in came[1:]) / max(seconds, TICK_S)
            found_bps = min(found_bps, PROBE_FACTOR * self.bps)
        if self.bps is not None and found_bps > self.bps and self.trend.usage is not Usage.OVER:
            self.bps = min(MOST_BPS, found_bps)
            self._probe_every_s = PROBE_EVERY_S
        else:
            self._probe_every_s = min(PROBE_SELDOM_S, 2 * self._probe_every_s)
        self._probe_at = now + self._probe_every_s
