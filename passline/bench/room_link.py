"""One direction of a subscriber's link, by arithmetic: a rate, a way, a queue that drops what does not fit."""

LEAST_QUEUE_BYTES = 12_000
QUEUE_S = 0.3
"""What may wait, as home routers have it: so long at its rate, and ten packets at least."""
HEADER_BYTES = 28
"""IPv4 and UDP."""


class Link:
    """Ask `arrival` about every datagram in the order in which they are sent. Pure."""

    def __init__(self, rate_bps: float, delay_s: float) -> None:
        self.lost = 0
        """Datagrams that found the queue full."""
        self._rate_bps = rate_bps
        self._delay_s = delay_s
        self._queue_s = max(QUEUE_S, 8 * LEAST_QUEUE_BYTES / rate_bps)
        self._free_at = 0.0

    def arrival(self, size_bytes: int, now: float) -> float | None:
        """When a datagram that is sent `now` (monotonic s) arrives; None: it is lost."""
        if self._free_at - now > self._queue_s:
            self.lost += 1
            return None
        self._free_at = max(self._free_at, now) + 8 * (size_bytes + HEADER_BYTES) / self._rate_bps
        return self._free_at + self._delay_s
