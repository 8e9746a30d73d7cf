"""What a subscriber may have sent again, and how often."""

_MASK = 0xFFFF
SPACING_S = 0.020
"""A packet is not sent again sooner than this, or than a round trip: the last copy is still under way."""
REFILL_BYTES_S = 250_000
"""2 Mbit/s: a quarter more than a picture at its cap would not help a link that loses it."""
BURST_BYTES = 128_000
BURST_S = 0.5
"""Of the refill, at most, may be saved up: with a known link the queue before it is what loses packets."""


class RepeatBudget:
    """Says yes to each packet at most once per round trip, to no more bytes than a link can be expected to take, and in
    all to no more than were sent at first: whoever asks for everything again and again doubles its stream, no more."""

    def __init__(self) -> None:
        self._sent_at: dict[int, float] = {}
        self._bytes = float(BURST_BYTES)
        self._at = 0.0
        self._repeated_bytes = 0

    def allows(
        self, sequence: int, size_bytes: int, rtt_s: float, now: float, *, sent_bytes: int, most_bps: int | None = None
    ) -> bool:
        """Whether the packet that went out as `sequence` may go out again; notes it if so. `sent_bytes` are all that
        the slot ever sent, without repeats; `most_bps` is what the link can take of repeats, if that is known."""
        refill = REFILL_BYTES_S if most_bps is None else min(REFILL_BYTES_S, most_bps / 8)
        most = BURST_BYTES if most_bps is None else refill * BURST_S
        self._bytes = min(most, self._bytes + (now - self._at) * refill)
        self._at = now
        last = self._sent_at.get(sequence)
        if (last is not None and now - last < max(SPACING_S, rtt_s)) or self._bytes < size_bytes:
            return False
        if self._repeated_bytes + size_bytes > sent_bytes:
            return False
        self._repeated_bytes += size_bytes
        self._bytes -= size_bytes
        self._sent_at.pop(sequence, None)
        self._sent_at[sequence] = now
        while len(self._sent_at) > 1024:
            del self._sent_at[next(iter(self._sent_at))]
        return True
