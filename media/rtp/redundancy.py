"""How much earlier sound each packet to one subscriber carries, decided from what that one loses.

Sound is small and late soon. Where much is lost every packet carries that of some packets before it too (RFC 2198), not
of the ones just before: one burst must not take all of them. Receivers still count every packet once, so that what they
report stays true.
"""

EARLIER = (2, 5)
"""Which packets before come along: with 20 ms of sound in each, those of 40 and 100 ms ago. That is 60 ms between the
two, longer than most bursts of a bad Wi-Fi, and no longer than a jitter buffer grows to."""
BEGIN_AT, END_BELOW = 0.05, 0.02
"""Loss at which it begins: 5 % is where concealment is heard. What lies between does not go up and down with chance."""
LEAST_PACKETS = 40
"""Less than this says too little."""
WEIGHT = 0.3
"""Of the newest when there is less loss; more counts at once."""
EARLIER_BPS = 35_000
"""What each of them adds to the 55 kbit/s of one voice with its headers."""
ROOM_BPS = (90_000, 125_000)
"""What the link must carry, where that is known, for one earlier packet and for both: with less the voice itself would
not get through."""


class Redundancy:
    """`heard` whatever is said of packets that were sent; `settle` now and then."""

    def __init__(self) -> None:
        self.loss = 0.0
        """The share that is lost, smoothed on its way down."""
        self._on = False
        self._lost = self._packets = 0.0

    def heard(self, lost: float, packets: int) -> None:
        """So many of `packets` more did not come."""
        self._lost += lost
        self._packets += packets

    def forget(self) -> None:
        """What was lost until now was too much for the link, and would be more with redundancy."""
        self.loss = self._lost = self._packets = 0.0
        self._on = False

    def settle(self, room_bps: int | None) -> int:
        """How many of EARLIER come along from now on, on a link that carries `room_bps` (None: no limit is known)."""
        if self._packets >= LEAST_PACKETS:
            loss = self._lost / self._packets
            self._lost = self._packets = 0.0
            self.loss = loss if loss > self.loss else self.loss + (loss - self.loss) * WEIGHT
            self._on = self.loss >= (END_BELOW if self._on else BEGIN_AT)
        if not self._on:
            return 0
        return len(EARLIER) if room_bps is None else sum(room_bps >= least for least in ROOM_BPS)
