"""What a keyframe says of its picture: VP8 header (RFC 6386 §9.1), VP9 header (VP9 bitstream specification §6.2), H.264
parameter sets (ITU-T H.264 §7.3.2.1), AV1 sequence header (recorder.av1)."""

from collections.abc import Iterator
from typing import NamedTuple

from contract.media import Codec
from recorder.av1 import read_stream, sequence_header
from recorder.bits import Bits

_VP9_SYNC, _VP9_RGB = 0x498342, 7


class PictureFormat(NamedTuple):
    """What must stay the same inside one file."""

    codec: Codec
    width_px: int
    height_px: int
    parameters: bytes = b""
    """H.264: the sequence parameter set; AV1: the sequence header. VP8 and VP9 have none: their pictures may change
    size inside a file."""

    def fits(self, other: "PictureFormat") -> bool:
        """Pictures of `other` may follow in the same file."""
        return self.codec is other.codec and self.parameters == other.parameters


def picture_format(codec: Codec, keyframe: bytes) -> PictureFormat | None:
    """The format of a keyframe, or None if it is none: damaged, or H.264 or AV1 without what must be known first."""
    try:
        if codec is Codec.VP8:
            return PictureFormat(codec, *vp8_size(keyframe))
        if codec is Codec.VP9:
            return PictureFormat(codec, *vp9_size(keyframe))
        if codec is Codec.AV1:
            header = sequence_header(keyframe)
            return PictureFormat(codec, *read_stream(header)[:2], header)
        sps = next((nal for nal in h264_nals(keyframe) if nal[0] & 0x1F == 7), None)
        return None if sps is None else PictureFormat(codec, *h264_size(sps), sps)
    except ValueError:
        return None


def vp8_size(frame: bytes) -> tuple[int, int]:
    """Width and height of a VP8 keyframe. Raises ValueError if it is not one."""
    if len(frame) < 10 or frame[0] & 1 or frame[3:6] != b"\x9d\x01\x2a":
        raise ValueError(f"frame: {len(frame)} bytes are no VP8 keyframe")
    width, height = int.from_bytes(frame[6:8], "little") & 0x3FFF, int.from_bytes(frame[8:10], "little") & 0x3FFF
    if not width or not height:
        raise ValueError("frame: VP8 keyframe without a size")
    return width, height


def vp9_size(frame: bytes) -> tuple[int, int]:
    """Width and height of a VP9 keyframe. Raises ValueError if it is not one."""
    bits = Bits(frame[:16])
    marker, profile = bits.read(2), bits.read(1) | bits.read(1) << 1
    if profile == 3:
        bits.read(1)
    shown_again, delta = bits.read(1), bits.read(1)
    bits.read(2)
    if marker != 2 or shown_again or delta or bits.read(24) != _VP9_SYNC:
        raise ValueError(f"frame: {len(frame)} bytes are no VP9 keyframe")
    if profile >= 2:
        bits.read(1)
    rgb = bits.read(3) == _VP9_RGB
    if not rgb:
        bits.read(1)
    if profile & 1:
        bits.read(1 if rgb else 3)
    return bits.read(16) + 1, bits.read(16) + 1


def h264_nals(frame: bytes) -> Iterator[bytes]:
    """The NAL units of an Annex B byte stream, without start codes; empty ones are left out."""
    at = frame.find(b"\0\0\1")
    while at >= 0:
        after = frame.find(b"\0\0\1", at + 3)
        nal = frame[at + 3 : after if after >= 0 else len(frame)].rstrip(b"\0")
        if nal:
            yield nal
        at = after


_HIGH_PROFILES = {100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135}


def h264_size(sps: bytes) -> tuple[int, int]:
    """Width and height in pixels after cropping. Raises ValueError for a damaged set."""
    bits = Bits(sps.replace(b"\0\0\3", b"\0\0"))  # without its emulation prevention bytes
    bits.read(8)
    profile = bits.read(8)
    bits.read(16)
    bits.ue()
    chroma = 1
    if profile in _HIGH_PROFILES:
        chroma = bits.ue()
        if chroma == 3:
            bits.read(1)
        bits.ue()
        bits.ue()
        bits.read(1)
        if bits.read(1):
            for index in range(8 if chroma != 3 else 12):
                if bits.read(1):
                    _skip_scaling_list(bits, 16 if index < 6 else 64)
    bits.ue()
    order = bits.ue()
    if order == 0:
        bits.ue()
    elif order == 1:
        bits.read(1)
        bits.se()
        bits.se()
        for _ in range(min(bits.ue(), 255)):
            bits.se()
    bits.ue()
    bits.read(1)
    width = (bits.ue() + 1) * 16
    map_units = bits.ue() + 1
    frame_only = bits.read(1)
    if not frame_only:
        bits.read(1)
    bits.read(1)
    height = map_units * 16 * (2 - frame_only)
    if bits.read(1):
        step_x = 1 if chroma in (0, 3) else 2
        step_y = (2 if chroma == 1 else 1) * (2 - frame_only)
        width -= (bits.ue() + bits.ue()) * step_x
        height -= (bits.ue() + bits.ue()) * step_y
    if not 0 < width <= 16384 or not 0 < height <= 16384:
        raise ValueError(f"sps: size {width}x{height}")
    return width, height


def _skip_scaling_list(bits: Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.se()) % 256
        last = following or last
