"""Looks at an SCTP packet before aiortc's parser does (RFC 9260 §3): what it will cost, whether it will ever end.

aiortc 1.16 reads a parameter of length 0 again and again, for ever: one such packet of one client would stop every
call of the worker.
"""

from collections.abc import Iterator

_PACKET_HEADER_BYTES = 12
_HEADER_BYTES = 4
"""Of a chunk and of a parameter: two bytes of type or flags, then a length that counts the header too."""
_PARAMETERS_AT = {1: 16, 2: 16, 4: 0, 5: 0, 6: 0, 9: 0, 130: 0}
"""Where the parameters begin in the value of a chunk, by its type: INIT, INIT ACK, HEARTBEAT, HEARTBEAT ACK, ABORT,
ERROR, RE-CONFIG."""


def weigh(packet: bytes) -> int:
    """Chunks and parameters of `packet`. Raises ValueError naming what is shorter than its own header."""
    found = 0
    for at, end in _pieces(packet, _PACKET_HEADER_BYTES, len(packet), "chunk"):
        found += 1
        first = _PARAMETERS_AT.get(packet[at])
        if first is not None:
            found += sum(1 for _ in _pieces(packet, at + _HEADER_BYTES + first, end, "parameter"))
    return found


def _pieces(packet: bytes, at: int, end: int, what: str) -> Iterator[tuple[int, int]]:
    """Where each begins and ends; the last one may claim to end later than it can, its reader looks."""
    while at + _HEADER_BYTES <= end:
        size = packet[at + 2] << 8 | packet[at + 3]
        if size < _HEADER_BYTES:
            raise ValueError(f"SCTP {what}: {size} bytes, need {_HEADER_BYTES}")
        yield at, min(at + size, end)
        at += size + (-size % 4)
