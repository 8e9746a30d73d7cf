"""When a worker takes nobody new: what it measured of itself, without IO.

A core that is nearly used up serves everybody late, and those who run already did nothing for it. So a newcomer is told
when to ask again, while connections of running calls are always let in.
"""

from collections import deque
from statistics import fmean, median

WINDOW_S = 3.0
"""Of what is measured: longer than a keyframe or a collection of garbage, shorter than patience."""
LEAST_S = 1.0
"""Less than this was not measured, it is a moment."""
LEAVE = 0.85
"""Of every limit: below that it is over. One leg that goes must not let one in that makes it full again."""
LATE_S = 0.1
"""A loop that is usually this late is overloaded, whatever its share: others use the core too."""
LATE_PART = 0.5
"""Of the limit: who uses less than that is late through others, and refusing people would not help."""
LEG_PART = 0.002
"""Of a core, at least, for one who is let in and whose cost does not show yet."""
MOST_LEG_PART = 0.2
"""And at most: what is used beyond that is not used by those who are here. A stranger throws junk at the port, and to
refuse people would only do what he wants."""
FIRST_WAIT_S, NEXT_WAIT_S, LONGEST_WAIT_S = 3.0, 0.1, 30.0
"""Those who are refused after each other come back after each other."""


class Admission:
    """Call `measure` with every tick, and `refuse` for everyone who wants in."""

    def __init__(self, most: float) -> None:
        """`most` is the share of one core that may be used; 0 measures, and never refuses."""
        self.share = 0.0
        """Of one core, over the window."""
        self.late_s = 0.0
        """How late the loop usually was in the window."""
        self.full = False
        self._most = most
        self._legs = 0.0
        """How many were here on average in the window: those who used the share."""
        self._ticks: deque[tuple[float, float, float, int]] = deque()
        """When, CPU seconds used so far, how late, how many legs."""
        self._refused: deque[float] = deque()

    def measure(self, now: float, cpu_s: float, late_s: float, legs: int) -> None:
        """`cpu_s` is what the process used since it began, `late_s` how late this tick is, for so many `legs`."""
        self._ticks.append((now, cpu_s, late_s, legs))
        while self._refused and self._refused[0] <= now - WINDOW_S:
            self._refused.popleft()
        while self._ticks[0][0] <= now - WINDOW_S and self._ticks[1][0] <= now - LEAST_S:
            self._ticks.popleft()
        begun, cpu_before_s, *_ = self._ticks[0]
        if now - begun < LEAST_S:
            return
        self.share = (cpu_s - cpu_before_s) / (now - begun)
        self.late_s = median(late for _at, _cpu, late, _legs in self._ticks)
        self._legs = fmean(here for *_, here in self._ticks)
        part = LEAVE if self.full else 1.0
        share = min(self.share, MOST_LEG_PART * legs)
        late = self.late_s >= LATE_S * part and share >= LATE_PART * self._most * part
        self.full = self._most > 0 and (share >= self._most * part or late)

    def refuse(self, now: float, legs: int) -> float | None:
        """In how many seconds somebody new shall ask again; None lets him in. `legs` are here already."""
        if not self._most or not (self.full or self._expected(legs) >= self._most):
            return None
        self._refused.append(now)
        return self.wait_s

    @property
    def wait_s(self) -> float:
        """What the next one is told who is refused."""
        return min(LONGEST_WAIT_S, FIRST_WAIT_S + NEXT_WAIT_S * max(0, len(self._refused) - 1))

    def _expected(self, legs: int) -> float:
        """The share with everybody who came so lately that his cost does not show in full.

        What one costs is what those used who were here meanwhile, also those who are gone again: whoever rings comes
        and goes with many others.
        """
        share = min(self.share, MOST_LEG_PART * legs)
        each = min(MOST_LEG_PART, max(LEG_PART, share / self._legs if self._legs else 0.0))
        return share + each * max(1.0, legs + 1 - self._legs)
