"""Spreads a picture's packets towards a narrow link, so that a keyframe is not one queue in front of the voice."""

from collections import deque
from collections.abc import Callable

FACTOR = 1.1
"""Of what the link is thought to carry, which is a little less than it does: what waits here does not wait there, in
front of the voice."""
BURST_S = 0.02
"""So much may be saved up: releases come with the room's packets, not by a clock of their own."""
MOST_WAIT_S = 0.4
"""What would wait longer goes faster: late pictures are worth less than a queue."""
MOST_PACKETS = 512
"""What is too much pushes the oldest out onto the link."""


class Pacer:
    """`put` a packet, and let go what may by `release` as often as there is occasion; the order is kept."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._send = send
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._may_bytes = 0.0
        self._at: float | None = None

    def put(self, packet: bytes) -> None:
        self._waiting.append(packet)
        self._waiting_bytes += len(packet)
        if len(self._waiting) > MOST_PACKETS:
            self._let_go()

    def release(self, bps: float, now: float) -> None:
        """The link carries `bps`: send what may go by now."""
        rate = max(FACTOR * bps / 8, self._waiting_bytes / MOST_WAIT_S)
        passed_s = BURST_S if self._at is None else now - self._at
        self._may_bytes = min(self._may_bytes + rate * passed_s, rate * max(BURST_S, passed_s))
        self._at = now
        while self._waiting and self._may_bytes > 0:
            self._may_bytes -= self._let_go()

    def drop(self, ssrc: int) -> None:
        """What waits of this stream must not leave any more."""
        self._waiting = deque(packet for packet in self._waiting if packet[8:12] != ssrc.to_bytes(4))
        self._waiting_bytes = sum(map(len, self._waiting))

    def flush(self) -> None:
        """Send all that waits."""
        while self._waiting:
            self._let_go()

    def _let_go(self) -> int:
        packet = self._waiting.popleft()
        self._waiting_bytes -= len(packet)
        self._send(packet)
        return len(packet)
