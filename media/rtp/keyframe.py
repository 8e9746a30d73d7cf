"""Where decoding of a video can begin."""

from contract.media import Codec
from media.rtp import av1
from media.rtp.descriptor import Descriptor
from media.rtp.h264 import starts_sequence


def starts_keyframe(codec: Codec, payload: bytes, descriptor: Descriptor | None) -> bool:
    """Whether `payload` is the first of a keyframe; every audio packet is one."""
    if codec in (Codec.VP8, Codec.VP9):
        return descriptor is not None and descriptor.starts_keyframe
    if codec is Codec.H264:
        return starts_sequence(payload)
    if codec is Codec.AV1:
        return av1.starts_sequence(payload)
    return True
