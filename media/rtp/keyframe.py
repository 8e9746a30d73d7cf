"""Where decoding of a video can begin."""

from contract.media import Codec
from media.rtp.h264 import starts_sequence
from media.rtp.vp8 import Vp8Descriptor


def starts_keyframe(codec: Codec, payload: bytes, descriptor: Vp8Descriptor | None) -> bool:
    """Whether `payload` is the first of a keyframe; every audio packet is one."""
    if codec is Codec.VP8:
        return descriptor is not None and descriptor.starts_keyframe
    if codec is Codec.H264:
        return starts_sequence(payload)
    return True
