"""How much of a voice a listener makes up, because it never came or came too late to be played in its turn."""

FRAME_S = 0.02
LEAST_WAIT_S = 0.06
"""A receiver waits so long for what is late, at least."""
CATCH_UP = 0.01
"""Faster than life it plays to wait less again, as browsers do."""


class Ear:
    """Give it every sound that comes; read `concealed` and `lost`, shares of what was sent. Pure.

    Who comes too late makes the listener wait, and what is played meanwhile is made up; from then on it waits longer
    for everything, and plays a little faster until it need not. What never comes, or comes again when its turn is over,
    is made up as a whole.
    """

    def __init__(self) -> None:
        self._heard: set[int] = set()
        self._first = self._newest = -1
        self._shortest_s = float("inf")
        self._wait_s = LEAST_WAIT_S
        self._made_up_s = 0.0

    def hear(self, number: int, sent: float, now: float) -> None:
        """Sound `number` of the speaker, which left at `sent`, came."""
        if number in self._heard:
            return
        self._heard.add(number)
        way_s = now - sent
        self._shortest_s = min(self._shortest_s, way_s)
        late_s = way_s - self._shortest_s - self._wait_s
        if late_s <= 0:
            self._wait_s = max(LEAST_WAIT_S, self._wait_s - CATCH_UP * FRAME_S)
        elif number < self._newest:
            self._made_up_s += FRAME_S
        else:
            self._made_up_s += late_s
            self._wait_s += late_s
        self._first = number if self._first < 0 else min(self._first, number)
        self._newest = max(self._newest, number)

    @property
    def _sent(self) -> int:
        return self._newest - self._first + 1

    @property
    def lost(self) -> float:
        """Share of the sounds that never came; 1 if none did."""
        return 1 - len(self._heard) / self._sent if self._heard else 1.0

    @property
    def concealed(self) -> float:
        """Share of the time that was made up."""
        return min(1.0, self.lost + self._made_up_s / (self._sent * FRAME_S)) if self._heard else 1.0
