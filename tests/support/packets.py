"""Whole encoded frames as packets, as a browser cuts them: for what must read them again."""

from collections.abc import Sequence

from contract.media import Codec
from media.rtp.cache import MediaPacket
from media.rtp.describe import describe

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


def media(codec: Codec, payloads: Sequence[bytes], *, sequence: int, ticks: int) -> list[MediaPacket]:
    """As they come to a room, from `sequence` (unwrapped) on."""
    last = len(payloads) - 1
    return [
        MediaPacket(sequence + number, ticks, 0x80 if number == last else 0, payload, describe(codec, payload))
        for number, payload in enumerate(payloads)
    ]
