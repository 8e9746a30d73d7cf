"""Which packets of a publication are missing, and when to ask for each again."""

from media.rtp.sequence import SEQUENCE_BITS

REORDER_S = 0.010
"""A packet this late is only out of order; asking sooner wastes a resend."""
RETRY_S = 0.040
"""Least time between two requests, when the round trip is shorter."""
TRIES = 12
GIVE_UP_S = 1.0
MAX_MISSING = 256
"""More than this lost at once is repaired by a keyframe, not by packets."""
OUTAGE_S = 1.0
"""Nor is a picture's that was lost while nothing came for so long: it would be sent again ahead of the keyframe, by a
sender that has only just found a way and does not know yet what it can carry."""
FEW = 8
"""So few come quicker than a keyframe all the same: a still screen is a packet now and then."""
_MASK = (1 << SEQUENCE_BITS) - 1


class _Missing:
    __slots__ = ("due", "since", "tries")

    def __init__(self, now: float, due: float) -> None:
        self.since = now
        self.due = due
        self.tries = 0


class NackGenerator:
    """Feed `on_packet` every unwrapped sequence number; send what `due` returns as a generic NACK (RFC 4585 §6.2.1).

    Repeats each request by the clock until the packet comes, TRIES are spent or it is given up.
    """

    def __init__(
        self,
        *,
        reorder_s: float = REORDER_S,
        eager_s: float | None = None,
        give_up_s: float = GIVE_UP_S,
        outage_s: float = OUTAGE_S,
    ) -> None:
        """A packet is asked for `reorder_s` after it was missed at first, and `give_up_s` after it not any more; in
        between TRIES times, RETRY_S or a round trip apart. With `eager_s` each `eager_s`, though an answer may be under
        way. What was lost while nothing came for `outage_s` is not asked for: a keyframe makes up for it."""
        self._reorder_s = reorder_s
        self._eager_s = eager_s
        self._give_up_s = give_up_s
        self._outage_s = outage_s
        self.given_up = 0
        """Packets that never came."""
        self.repaired = 0
        """Packets that came after they had been asked for."""
        self.broken = False
        """Something was given up since this was last cleared: a video needs a keyframe."""
        self._highest = -1
        self._came_at = 0.0
        """When the newest one came."""
        self._missing: dict[int, _Missing] = {}

    @property
    def waiting(self) -> bool:
        """Whether `due` can return anything."""
        return bool(self._missing)

    def on_packet(self, sequence: int, now: float) -> bool:
        """A packet came, late, again or in order. Returns False if it was here before or given up."""
        if self._highest < 0:
            self.on_passed(sequence, now)
            return True
        if sequence <= self._highest:
            missing = self._missing.pop(sequence, None)
            self.repaired += missing is not None and missing.tries > 0
            return missing is not None
        gap = sequence - self._highest - 1
        if gap > MAX_MISSING or (gap > FEW and now - self._came_at >= self._outage_s):
            self._lose(gap + len(self._missing))
            self._missing.clear()
        elif gap:
            for number in range(self._highest + 1, sequence):
                self._missing[number] = _Missing(now, now + self._reorder_s)
            while len(self._missing) > MAX_MISSING:
                del self._missing[next(iter(self._missing))]
                self._lose(1)
        self.on_passed(sequence, now)
        return True

    def on_passed(self, sequence: int, at: float) -> None:
        """All up to `sequence` came in order, the last of them `at`, while nothing was missing."""
        self._highest = sequence
        self._came_at = at

    def due(self, now: float, rtt_s: float) -> list[int]:
        """Sequence numbers, as on the wire, to ask for now."""
        wanted = []
        lost = []
        for number, missing in self._missing.items():
            if now - missing.since > self._give_up_s or (self._eager_s is None and missing.tries >= TRIES):
                lost.append(number)
            elif now >= missing.due:
                missing.tries += 1
                missing.due = now + (max(RETRY_S, rtt_s) if self._eager_s is None else self._eager_s)
                wanted.append(number & _MASK)
        for number in lost:
            del self._missing[number]
        self._lose(len(lost))
        return wanted

    def _lose(self, packets: int) -> None:
        if packets:
            self.given_up += packets
            self.broken = True
