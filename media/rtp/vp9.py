"""The VP9 payload descriptor (RFC 9628 §4.2).

Temporal layers are not told apart here: a picture id must keep its place in the picture group that the stream
describes, so that frames cannot be left out as of VP8 (media.rtp.base_layer).
"""

from media.rtp.descriptor import Descriptor

_ID, _PREDICTED, _LAYERS, _FLEXIBLE, _BEGINS, _STRUCTURE = 0x80, 0x40, 0x20, 0x10, 0x08, 0x02
MOST_DIFFS = 3
"""Pictures that one refers to."""


def parse_vp9(payload: bytes) -> Descriptor:
    """Read the descriptor. Raises ValueError if it is longer than the payload."""
    at, flags = 1, _byte(payload, 0)
    id_at = id_bits = picture = tl0_at = tl0 = spatial = 0
    if flags & _ID:
        id_at, id_bits, picture = at, 7, _byte(payload, at)
        if picture & 0x80:
            id_bits, picture = 15, (picture & 0x7F) << 8 | _byte(payload, at + 1)
            at += 1
        at += 1
    if flags & _LAYERS:
        spatial = _byte(payload, at) >> 1 & 0x07
        at += 1
        if not flags & _FLEXIBLE:
            tl0_at, tl0 = at, _byte(payload, at)
            at += 1
    if flags & _FLEXIBLE and flags & _PREDICTED:
        last = at + MOST_DIFFS - 1
        while _byte(payload, at) & 0x01:
            at += 1
            if at > last:
                raise ValueError(f"VP9 references: more than {MOST_DIFFS}")
        at += 1
    if flags & _STRUCTURE:
        at = _after_structure(payload, at)
    if at > len(payload):
        raise ValueError(f"VP9 descriptor: {len(payload)} bytes, need {at}")
    starts = bool(flags & _BEGINS) and not spatial
    keyframe = starts and not flags & _PREDICTED and starts_with_keyframe(payload, at)
    return Descriptor(keyframe, starts, at, id_at, id_bits, picture, tl0_at, tl0, 0, False)


def starts_with_keyframe(data: bytes, at: int = 0) -> bool:
    """Whether the frame that begins at `data[at]` is shown and needs no other (VP9 bitstream specification §6.2)."""
    if at >= len(data) or data[at] & 0xC0 != 0x80:
        return False
    reserved = data[at] & 0x30 == 0x30  # of profile 3, before the two bits: an existing frame is shown; no keyframe
    return not data[at] & (0x06 if reserved else 0x0C)


def _after_structure(payload: bytes, at: int) -> int:
    """Where the scalability structure ends."""
    head = _byte(payload, at)
    at += 1
    if head & 0x10:
        at += 4 * ((head >> 5) + 1)
    if head & 0x08:
        pictures = _byte(payload, at)
        at += 1
        # Up to 255 of them, in any packet that somebody likes to send: a call for each would cost more than all the
        # rest of the packet.
        try:
            for _ in range(pictures):
                at += 1 + (payload[at] >> 2 & 0x03)
        except IndexError:
            raise ValueError(f"VP9 picture group: {len(payload)} bytes, need {at + 1}") from None
    return at


def _byte(payload: bytes, at: int) -> int:
    if at >= len(payload):
        raise ValueError(f"VP9 descriptor: {len(payload)} bytes, need {at + 1}")
    return payload[at]
