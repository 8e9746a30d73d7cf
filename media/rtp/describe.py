"""Reads the payload descriptor of whichever codec has one."""

from contract.media import Codec
from media.rtp.descriptor import Descriptor
from media.rtp.vp8 import parse_vp8
from media.rtp.vp9 import parse_vp9


def describe(codec: Codec, payload: bytes) -> Descriptor | None:
    """What `payload` says of its picture; None of padding, and of codecs whose packets say nothing that we change.

    Raises ValueError if it is damaged.
    """
    if not payload:
        return None
    if codec is Codec.VP8:
        return parse_vp8(payload)
    if codec is Codec.VP9:
        return parse_vp9(payload)
    return None
