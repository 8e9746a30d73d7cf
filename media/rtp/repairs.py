"""Whether a subscriber still has a way to the pictures that it lost, or needs a keyframe and does not say so.

A browser asks for a lost packet some ten times, a round trip apart: where that is short, a burst of loss may be longer
than all of it. Then its picture stands, and Chromium waits three seconds before it asks for a keyframe.
"""

LAST_CALL = 8
"""So many times one packet was asked for: Chromium asks ten times (modules/video_coding/nack_requester.cc)."""
SETTLE_S = 0.2
"""After a report, until what it counts as lost was asked for: reordering and a round trip."""
MAX_REMEMBERED = 1024
"""Packets that were asked for; as many as can be repeated."""


class Repairs:
    """Of one stream. Feed it what a receiver asks for and how much it says it lost; both `on_nack` and `hopeless` say
    when its publisher should be asked for a keyframe on its behalf."""

    def __init__(self) -> None:
        self._asked: dict[int, int] = {}
        """How often, by sequence number; the newest MAX_REMEMBERED."""
        self._packets_asked = 0
        self._lost = 0
        self._look_at = float("inf")
        self._unasked: int | None = None
        """Lost packets that were never asked for, as of the last look; None before the first."""

    def on_nack(self, sequences: tuple[int, ...]) -> bool:
        """It asks for these; whether it is about to give one of them up."""
        last_call = False
        for sequence in sequences:
            times = self._asked.pop(sequence, 0) + 1
            self._asked[sequence] = times
            self._packets_asked += times == 1
            last_call |= times == LAST_CALL
        while len(self._asked) > MAX_REMEMBERED:
            del self._asked[next(iter(self._asked))]
        return last_call

    def on_report(self, lost: int, now: float) -> None:
        """How many packets it has lost so far (RFC 3550 §6.4.1), repaired ones included."""
        self._lost = lost
        self._look_at = now + SETTLE_S

    def hopeless(self, now: float) -> bool:
        """Whether it lost packets and what it asked did not reach us. Ask with everything that comes from it; true once
        for each report."""
        if now < self._look_at:
            return False
        self._look_at = float("inf")
        before, self._unasked = self._unasked, self._lost - self._packets_asked
        return before is not None and self._unasked > before
