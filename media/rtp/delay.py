"""Whether the queue in front of a link grows, told by how packets' delays change (draft-ietf-rmcat-gcc-02 §5).

Packets that left together are one group; of each group against the one before it, the delay may have grown. The sum of
these steps, smoothed, is a line over time; its slope against a threshold says whether the link is overused.
"""

from collections import deque
from enum import Enum, auto

BURST_S = 0.005
"""Packets that left within this are one group."""
MOST_BURST_S = 0.1
WINDOW = 20
"""Groups of which the slope is taken."""
SMOOTHING = 0.9
GAIN = 4.0
MOST_WEIGHT = 60
"""Groups after which a slope counts fully."""
FIRST_THRESHOLD_MS, LEAST_THRESHOLD_MS, MOST_THRESHOLD_MS = 12.5, 6.0, 600.0
K_UP, K_DOWN = 0.0087, 0.039
"""The threshold follows what is usual on this link per ms: slowly up, faster down."""
OUTLIER_MS = 15.0
"""So far above the threshold a slope does not move it."""
OVERUSE_S = 0.010
"""So long the slope must stay above."""
GAP_S = 2.0
"""After so long without a packet the line begins anew."""
BASE_WINDOW_S = 30.0


class Usage(Enum):
    UNDER = auto()
    """The queue becomes shorter."""
    NORMAL = auto()
    OVER = auto()


class _Group:
    __slots__ = ("arrived_first", "arrived_last", "sent_first", "sent_last")

    def __init__(self, sent: float, arrived: float) -> None:
        self.sent_first = self.sent_last = sent
        self.arrived_first = self.arrived_last = arrived

    def takes(self, sent: float, arrived: float) -> bool:
        """Whether a packet belongs to it: sent together, or kept back somewhere and let go together."""
        if sent - self.sent_first <= BURST_S:
            return True
        waited = arrived - self.arrived_last
        return waited < sent - self.sent_last and waited <= BURST_S and arrived - self.arrived_first < MOST_BURST_S


class DelayTrend:
    """Give it every packet that arrived, in the order sent; times of departure and arrival may be of two clocks."""

    def __init__(self) -> None:
        self.usage = Usage.NORMAL
        self._least = self._least_before = float("inf")
        self._least_since = float("-inf")
        self._delay_s = 0.0
        self._fresh = True
        self._begin()

    def _begin(self) -> None:
        self._group: _Group | None = None
        self._before: _Group | None = None
        self._groups = 0
        self._sum_ms = self._smooth_ms = 0.0
        self._line: deque[tuple[float, float]] = deque(maxlen=WINDOW)
        self._slope = 0.0
        self._threshold_ms = FIRST_THRESHOLD_MS
        self._over_s: float | None = None
        self._over_count = 0
        self._moved_at: float | None = None

    @property
    def queue_s(self) -> float:
        """How much longer than the quickest of the last half minute or more the quickest took since `listen`."""
        return self._delay_s - min(self._least, self._least_before)

    def listen(self) -> None:
        """What comes now is another feedback's."""
        self._fresh = True

    def forget_least(self) -> None:
        """The way has become longer: the delay of now is the least."""
        self._least, self._least_before = self._delay_s, float("inf")

    def on_packet(self, sent: float, arrived: float) -> None:
        """`sent` by our clock, `arrived` by the receiver's, both s."""
        delay = arrived - sent
        self._delay_s = delay if self._fresh else min(self._delay_s, delay)
        self._fresh = False
        if arrived - self._least_since > BASE_WINDOW_S:
            self._least_before, self._least, self._least_since = self._least, delay, arrived
        self._least = min(self._least, delay)
        group = self._group
        if group is None:
            self._group = _Group(sent, arrived)
        elif sent < group.sent_first:
            return  # out of order: its group is closed
        elif arrived - group.arrived_last > GAP_S:
            self._begin()
            self.usage = Usage.NORMAL
            self._group = _Group(sent, arrived)
        elif group.takes(sent, arrived):
            group.sent_last = max(group.sent_last, sent)
            group.arrived_last = max(group.arrived_last, arrived)
        else:
            if self._before is not None:
                self._step(self._before, group)
            self._before, self._group = group, _Group(sent, arrived)

    def _step(self, before: _Group, group: _Group) -> None:
        sent_s = group.sent_last - before.sent_last
        arrived_s = group.arrived_last - before.arrived_last
        if arrived_s < 0:
            return
        self._groups += 1
        self._sum_ms += (arrived_s - sent_s) * 1000
        self._smooth_ms += (self._sum_ms - self._smooth_ms) * (1 - SMOOTHING)
        self._line.append((group.arrived_last * 1000, self._smooth_ms))
        slope = _slope(self._line) if len(self._line) == WINDOW else 0.0
        self._judge(slope, sent_s, group.arrived_last)

    def _judge(self, slope: float, sent_s: float, now: float) -> None:
        weighed_ms = min(self._groups, MOST_WEIGHT) * slope * GAIN
        if weighed_ms > self._threshold_ms:
            self._over_s = sent_s / 2 if self._over_s is None else self._over_s + sent_s
            self._over_count += 1
            if self._over_s > OVERUSE_S and self._over_count > 1 and slope >= self._slope:
                self._over_s, self._over_count = 0.0, 0
                self.usage = Usage.OVER
        else:
            self._over_s, self._over_count = None, 0
            self.usage = Usage.UNDER if weighed_ms < -self._threshold_ms else Usage.NORMAL
        self._slope = slope
        self._follow(abs(weighed_ms), now)

    def _follow(self, weighed_ms: float, now: float) -> None:
        passed_ms = 0.0 if self._moved_at is None else min((now - self._moved_at) * 1000, 100.0)
        self._moved_at = now
        if weighed_ms > self._threshold_ms + OUTLIER_MS:
            return
        rate = K_DOWN if weighed_ms < self._threshold_ms else K_UP
        moved = self._threshold_ms + rate * (weighed_ms - self._threshold_ms) * passed_ms
        self._threshold_ms = min(MOST_THRESHOLD_MS, max(LEAST_THRESHOLD_MS, moved))


def _slope(line: deque[tuple[float, float]]) -> float:
    """Of the straight line nearest to these points."""
    x_mean = sum(x for x, _y in line) / len(line)
    y_mean = sum(y for _x, y in line) / len(line)
    square = sum((x - x_mean) ** 2 for x, _y in line)
    return sum((x - x_mean) * (y - y_mean) for x, y in line) / square if square else 0.0
