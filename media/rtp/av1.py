"""AV1 payloads (AOM, RTP Payload Format For AV1, v1.0 §4.3 to §4.5): where decoding can begin, and whole pictures.

Numbers of pictures are told by the dependency descriptor alone, a header extension that is not answered: so a slot has
nothing to renumber, and a receiver goes by the numbers of packets.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

SEQUENCE_HEADER, FRAME_HEADER, FRAME = 1, 3, 6
_UNSTORED = frozenset({2, 8, 15})
"""Temporal delimiters, tile lists and padding: no file has them (AV1 in Matroska; AV1 in ISO-BMFF §2.4)."""
_GOES_ON, _OPEN, _BEGINS = 0x80, 0x40, 0x08
"""Z, Y and N of the aggregation header."""
_EXTENDED, _SIZED = 0x04, 0x02
"""Of the first byte of an OBU (AV1 bitstream specification §5.3.2)."""
MOST_SIZE_BYTES = 4
"""Of a length, 2^28: no picture of ours is larger."""
MOST_ELEMENTS = 64
"""In one packet. Encoders make a handful; each costs us a step, and an empty one costs its sender a byte."""


class Unit(NamedTuple):
    """The OBUs of one picture, each with its size (low-overhead format)."""

    key: bool
    """Decoding can begin here: a sequence header, then a keyframe."""
    data: bytes


def starts_sequence(payload: bytes) -> bool:
    """Whether this packet begins a coded video sequence, with what a decoder must know of it."""
    if not payload or payload[0] & (_GOES_ON | _BEGINS) != _BEGINS:
        return False
    try:
        return any(part and _kind(part) == SEQUENCE_HEADER for part in elements(payload))
    except ValueError:
        return False


def elements(payload: bytes) -> list[bytes]:
    """The OBUs, or parts of some, of one packet. Raises ValueError if it is damaged."""
    if len(payload) < 2:
        raise ValueError(f"AV1 payload: {len(payload)} bytes, need 2")
    count, at = payload[0] >> 4 & 0x03, 1
    found: list[bytes] = []
    while at < len(payload):
        if len(found) == MOST_ELEMENTS:
            raise ValueError(f"AV1 payload: more than {MOST_ELEMENTS} elements")
        if count and len(found) == count - 1:
            size = len(payload) - at  # the last one tells no length
        else:
            size, at = _size(payload, at)
        if at + size > len(payload):
            raise ValueError(f"AV1 element: {len(payload) - at} bytes, need {size}")
        found.append(payload[at : at + size])
        at += size
    if count and len(found) != count:
        raise ValueError(f"AV1 payload: {len(found)} elements, need {count}")
    return found


def unit_of(payloads: Sequence[bytes]) -> Unit:
    """The picture that these packets carry, all of them and in order. Raises ValueError if something is amiss."""
    whole: list[bytearray] = []
    is_open = False
    for payload in payloads:
        parts = elements(payload)
        if bool(payload[0] & _GOES_ON) != is_open:
            raise ValueError("AV1 fragment: the rest of it is missing" if is_open else "AV1 fragment: no beginning")
        if is_open:
            whole[-1] += parts[0]
            parts = parts[1:]
        whole += map(bytearray, parts)
        is_open = bool(payload[0] & _OPEN)
    if is_open:
        raise ValueError("AV1 fragment: the rest of it is missing")
    return _unit([bytes(part) for part in whole if part])


def _unit(obus: Sequence[bytes]) -> Unit:
    stored = list(_sized(obus))
    kinds = [kind for kind, _, _ in stored]
    pictures = (body for kind, _, body in stored if kind in (FRAME_HEADER, FRAME))
    # show_existing_frame is 0 and frame_type is KEY_FRAME: the first three bits of a frame header.
    key = SEQUENCE_HEADER in kinds and next(pictures, b"\xff")[:1] < b"\x20"
    return Unit(key, b"".join(head + body for _, head, body in stored))


def _sized(obus: Sequence[bytes]) -> Iterator[tuple[int, bytes, bytes]]:
    """Kind, head with size, and body of every OBU that a file has."""
    for obu in obus:
        first, kind = obu[0], _kind(obu)
        head_bytes = 2 if first & _EXTENDED else 1
        body = obu[head_bytes:]
        if first & _SIZED:
            size, at = _size(obu, head_bytes)
            body = obu[at : at + size]
            if len(body) != size:
                raise ValueError(f"AV1 OBU: {len(body)} bytes, need {size}")
        if first & 0x80 or len(obu) < head_bytes:
            raise ValueError("AV1 OBU: header is damaged")
        if kind not in _UNSTORED:
            yield kind, bytes([first | _SIZED]) + obu[1:head_bytes] + leb128(len(body)), body


def _kind(obu: bytes) -> int:
    return obu[0] >> 3 & 0x0F


def _size(data: bytes, at: int) -> tuple[int, int]:
    """A length (leb128, AV1 bitstream specification §4.10.5), and where it ends."""
    size = 0
    for number in range(MOST_SIZE_BYTES):
        if at + number >= len(data):
            raise ValueError(f"AV1 length: {len(data) - at} bytes, need {number + 1}")
        byte = data[at + number]
        size |= (byte & 0x7F) << 7 * number
        if not byte & 0x80:
            return size, at + number + 1
    raise ValueError(f"AV1 length: more than {MOST_SIZE_BYTES} bytes")


def leb128(value: int) -> bytes:
    """A length in as few bytes as it takes."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
