"""Feedback on a whole transport: which packets came, and when (draft-holmer-rmcat-transport-wide-cc-extensions-01).

Every packet of a connection, whatever its stream, carries the next of one row of 16-bit numbers in a header extension.
"""

import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple

TICK_S = 250e-6
MAX_COUNT = 2048
"""Packets one feedback may tell of; seven seconds of a picture at its cap, and no work for a liar's 65 535."""
MAX_STEP_TICKS = 0x7FFF
"""Between two arrivals in one feedback."""
_HEAD = struct.Struct("!HHI")
_REFERENCE_TICKS = 256
"""64 ms, the unit of the reference time."""
_MASK = 0xFFFFFFFF
_LOST, _SMALL, _LARGE, _RESERVED = range(4)
_LONGEST_RUN = 0x1FFF


class TransportFeedback(NamedTuple):
    sender: int
    ssrc: int
    """Of any stream of the connection."""
    base_sequence: int
    """16 bits, of the first packet that it tells of."""
    packets: int
    """How many it tells of."""
    number: int
    """8 bits, counts feedbacks."""
    arrivals: tuple[tuple[int, int], ...]
    """Of those that came, in order of their numbers: how far behind the first, and when by the receiver's clock, in
    ticks of TICK_S, modulo 2³². Neighbours are at most MAX_STEP_TICKS apart."""


def parse_feedback(sender: int, ssrc: int, fci: bytes) -> TransportFeedback:
    """Read what follows the two SSRCs. Raises ValueError naming the field."""
    if len(fci) < _HEAD.size:
        raise ValueError(f"RTCP transport feedback: {len(fci)} bytes, need {_HEAD.size}")
    base, count, rest = _HEAD.unpack_from(fci)
    if count > MAX_COUNT:
        raise ValueError(f"RTCP transport feedback: {count} packets, at most {MAX_COUNT}")
    came, at = _statuses(fci, count)
    ticks = (rest >> 8) * _REFERENCE_TICKS
    arrivals = []
    for offset, symbol in came:
        end = at + symbol  # a small step takes one byte, a large one two
        if end > len(fci):
            raise ValueError(f"RTCP transport feedback: {len(fci)} bytes, need {end}")
        ticks += int.from_bytes(fci[at:end], signed=symbol == _LARGE)
        arrivals.append((offset, ticks & _MASK))
        at = end
    return TransportFeedback(sender, ssrc, base, count, rest & 0xFF, tuple(arrivals))


def _statuses(fci: bytes, count: int) -> tuple[list[tuple[int, int]], int]:
    """Offset and symbol of those that came, and where the arrival times begin."""
    came: list[tuple[int, int]] = []
    at, offset = _HEAD.size, 0
    while offset < count:
        if at + 2 > len(fci):
            raise ValueError(f"RTCP transport feedback: {len(fci)} bytes, need {at + 2}")
        chunk = int.from_bytes(fci[at : at + 2])
        at += 2
        if not chunk & 0x8000:
            symbols: Sequence[int] = [chunk >> 13] * min(chunk & _LONGEST_RUN, count - offset)
            if not symbols:
                raise ValueError("RTCP transport feedback: a run of no packets")
        elif chunk & 0x4000:
            symbols = [chunk >> shift & 3 for shift in range(12, -1, -2)]
        else:
            symbols = [chunk >> shift & 1 for shift in range(13, -1, -1)]
        for symbol in symbols[: count - offset]:
            if symbol == _RESERVED:
                raise ValueError("RTCP transport feedback: status 3 is reserved")
            if symbol != _LOST:
                came.append((offset, symbol))
            offset += 1
    return came, at


def pack_feedback(feedback: TransportFeedback) -> bytes:
    """What follows the two SSRCs, a multiple of four bytes long."""
    symbols = [_LOST] * feedback.packets
    steps = []
    first = feedback.arrivals[0][1] if feedback.arrivals else 0
    reference = first // _REFERENCE_TICKS
    before = reference * _REFERENCE_TICKS
    for offset, ticks in feedback.arrivals:
        step = ((ticks - before + (1 << 31)) & _MASK) - (1 << 31)
        assert -MAX_STEP_TICKS - 1 <= step <= MAX_STEP_TICKS
        before = ticks
        symbols[offset] = _SMALL if 0 <= step <= 0xFF else _LARGE
        steps.append(step.to_bytes(symbols[offset], signed=symbols[offset] == _LARGE))
    head = _HEAD.pack(feedback.base_sequence, feedback.packets, reference << 8 | feedback.number)
    data = b"".join([head, *(chunk.to_bytes(2) for chunk in _chunks(symbols)), *steps])
    return data + bytes(-len(data) % 4)


def _chunks(symbols: list[int]) -> Iterator[int]:
    """A run where one is long or the last, else as many symbols as fit one chunk."""
    at = 0
    while at < len(symbols):
        end = at + 1
        while end < len(symbols) and symbols[end] == symbols[at] and end - at < _LONGEST_RUN:
            end += 1
        next_14 = symbols[at : at + 14]
        if end - at >= 14 or end == len(symbols):
            yield symbols[at] << 13 | end - at
            at = end
        elif _LARGE not in next_14:
            yield 0x8000 | sum(symbol << 13 - place for place, symbol in enumerate(next_14))
            at += 14
        else:
            yield 0xC000 | sum(symbol << 12 - 2 * place for place, symbol in enumerate(symbols[at : at + 7]))
            at += 7
