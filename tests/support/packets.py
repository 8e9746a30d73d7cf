"""Whole encoded frames as packets, as a browser cuts them: for what must read them again."""

from collections.abc import Sequence

from contract.media import Codec
from media.rtp.cache import MediaPacket
from media.rtp.describe import describe
from tests.support.encoded import Encoded

MOST_BYTES = 900


def vp9(frame: bytes, *, key: bool, picture_id: int, tl0: int) -> list[bytes]:
    """RFC 9628 §4.2, not flexible: a 15-bit picture id, one layer, the structure with a keyframe."""
    pieces = [frame[at : at + MOST_BYTES] for at in range(0, len(frame), MOST_BYTES)]
    payloads = []
    for number, piece in enumerate(pieces):
        first, last = number == 0, number == len(pieces) - 1
        structure = bytes.fromhex("18" + "014000b4" + "01" + "0401") if key and first else b""
        flags = 0xA0 | (not key) << 6 | first << 3 | last << 2 | bool(structure) << 1
        payloads.append(bytes([flags]) + (0x8000 | picture_id).to_bytes(2) + bytes([0, tl0]) + structure + piece)
    return payloads


def av1(unit: bytes, *, key: bool) -> list[bytes]:
    """AOM's format v1.0: OBUs without sizes, the picture in as many packets as it takes, all else in the first."""
    obus, at = [], 0
    while at < len(unit):
        begin, size, shift = at + 1, 0, 0
        while True:
            size |= (unit[begin] & 0x7F) << shift
            shift, begin = shift + 7, begin + 1
            if not unit[begin - 1] & 0x80:
                break
        obus.append(bytes([unit[at] & ~0x02]) + unit[begin : begin + size])
        at = begin + size
    head = b"".join(bytes([len(obu)]) + obu for obu in obus[:-1])
    assert all(len(obu) < 128 for obu in obus[:-1]), "headers are small"
    rest = obus[-1]
    payloads = []
    for at in range(0, len(rest), MOST_BYTES):
        first, last = at == 0, at + MOST_BYTES >= len(rest)
        count = len(obus) if first else 1
        flags = (not first) << 7 | (not last) << 6 | count << 4 | (key and first) << 3
        payloads.append(bytes([flags]) + (head if first else b"") + rest[at : at + MOST_BYTES])
    return payloads


def cut(codec: Codec, frame: Encoded, number: int) -> list[bytes]:
    """Payloads of picture `number` of VP9 or AV1."""
    if codec is Codec.AV1:
        return av1(frame.payload, key=frame.key)
    return vp9(frame.payload, key=frame.key, picture_id=number & 0x7FFF, tl0=number & 0xFF)


def media(codec: Codec, payloads: Sequence[bytes], *, sequence: int, ticks: int) -> list[MediaPacket]:
    """As they come to a room, from `sequence` (unwrapped) on."""
    last = len(payloads) - 1
    return [
        MediaPacket(sequence + number, ticks, 0x80 if number == last else 0, payload, describe(codec, payload))
        for number, payload in enumerate(payloads)
    ]
