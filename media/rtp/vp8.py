"""The VP8 payload descriptor (RFC 7741 §4.2)."""

from media.rtp.descriptor import Descriptor


def parse_vp8(payload: bytes) -> Descriptor:
    """Read the descriptor. Raises ValueError if it is longer than the payload."""
    size = len(payload)
    if not size:
        raise ValueError("VP8 descriptor: 0 bytes, need 1")
    first = payload[0]
    at = 1
    id_at = id_bits = picture = tl0_at = tl0 = temporal = 0
    synced = False
    if first & 0x80:
        if size < 2:
            raise ValueError("VP8 descriptor extension: 1 byte, need 2")
        flags = payload[1]
        at = 2
        if flags & 0x80:
            if size < at + 1 or (payload[at] & 0x80 and size < at + 2):
                raise ValueError(f"VP8 picture id: {size} bytes, need {at + 2}")
            id_at = at
            if payload[at] & 0x80:
                id_bits, picture = 15, (payload[at] & 0x7F) << 8 | payload[at + 1]
                at += 2
            else:
                id_bits, picture = 7, payload[at]
                at += 1
        if flags & 0x40:
            if size < at + 1:
                raise ValueError(f"VP8 TL0PICIDX: {size} bytes, need {at + 1}")
            tl0_at, tl0 = at, payload[at]
            at += 1
        if flags & 0x30:
            if flags & 0x20 and at < size:
                temporal, synced = payload[at] >> 6, bool(payload[at] & 0x20)
            at += 1
    if at > size:
        raise ValueError(f"VP8 descriptor: {size} bytes, need {at}")
    starts = bool(first & 0x10) and not first & 0x07
    keyframe = starts and size > at and not payload[at] & 0x01
    return Descriptor(keyframe, starts, at, id_at, id_bits, picture, tl0_at, tl0, temporal, synced)


def frame_size(frame: bytes) -> tuple[int, int] | None:
    """Width and height in pixels of a VP8 keyframe, RFC 6386 §9.1; None of any other frame."""
    if len(frame) < 10 or frame[0] & 0x01 or frame[3:6] != b"\x9d\x01\x2a":
        return None
    return int.from_bytes(frame[6:8], "little") & 0x3FFF, int.from_bytes(frame[8:10], "little") & 0x3FFF
