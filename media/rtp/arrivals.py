"""When the packets of one publisher's connection came, as transport-wide feedback tells it."""

from media.rtp.sequence import SEQUENCE_BITS, Unwrapper
from media.rtp.transport_cc import MAX_COUNT, MAX_STEP_TICKS, TICK_S, TransportFeedback

EVERY_S = 0.045
"""Between two feedbacks: a tick of the room (50 ms) that comes a little early still sends."""
MOST_TOLD = 400
"""Packets in one feedback, which so stays below 1 kB."""
REMEMBERED = 1024
"""A packet that comes so late is not told any more."""


class Arrivals:
    """Give it every packet's number; send what `feedback` returns, asked about every 50 ms.

    A packet that comes after it was told lost is told with the next feedback, which begins with it.
    """

    def __init__(self) -> None:
        self._sequence = Unwrapper(SEQUENCE_BITS)
        self._ticks: dict[int, int] = {}
        self._untold = 0
        """The lowest number that no feedback told of, or told wrong."""
        self._ssrc = 0
        self._feedbacks = 0
        self._told_at = float("-inf")

    def on_packet(self, sequence: int, ssrc: int, now: float) -> None:
        """A packet with this number (16 bits) came."""
        first = self._sequence.highest < 0
        number = self._sequence.unwrap(sequence)
        if first or number - self._untold >= MAX_COUNT:
            self._ticks.clear()
            self._untold = number
        if number in self._ticks or number <= self._sequence.highest - REMEMBERED:
            return
        self._ticks[number] = int(now / TICK_S)
        self._untold = min(self._untold, number)
        self._ssrc = ssrc

    def feedback(self, sender: int, now: float) -> list[TransportFeedback]:
        """What came since the last time, if it is time."""
        end = self._sequence.highest + 1
        if self._untold >= end or now - self._told_at < EVERY_S:
            return []
        self._told_at = now
        told = []
        base, arrivals, before = self._untold, list[tuple[int, int]](), 0
        for number in range(self._untold, end):
            ticks = self._ticks.get(number)
            if number - base >= MOST_TOLD or (ticks is not None and arrivals and abs(ticks - before) > MAX_STEP_TICKS):
                told.append(self._made(sender, base, number - base, arrivals))
                base, arrivals = number, []
            if ticks is not None:
                arrivals.append((number - base, ticks & 0xFFFFFFFF))
                before = ticks
        told.append(self._made(sender, base, end - base, arrivals))
        self._untold = end
        while len(self._ticks) > REMEMBERED:
            del self._ticks[next(iter(self._ticks))]
        return told

    def _made(self, sender: int, base: int, count: int, arrivals: list[tuple[int, int]]) -> TransportFeedback:
        number, self._feedbacks = self._feedbacks, (self._feedbacks + 1) & 0xFF
        return TransportFeedback(sender, self._ssrc, base & 0xFFFF, count, number, tuple(arrivals))
