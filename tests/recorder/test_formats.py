"""Keyframes tell their size; damaged ones tell nothing and break nothing."""

import pytest

from contract.media import Codec
from recorder.formats import h264_nals, h264_size, picture_format
from tests.support.encoded import picture_frames

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("codec", [Codec.VP8, Codec.H264, Codec.VP9])
@pytest.mark.parametrize("size", [(320, 180), (160, 90), (642, 362)])
def test_the_size_is_the_one_that_was_encoded(codec: Codec, size: tuple[int, int]) -> None:
    frames = picture_frames(codec, 1, 0.2, width_px=size[0], height_px=size[1])
    shown = picture_format(codec, frames[0].payload)
    assert shown is not None
    assert (shown.width_px, shown.height_px) == size
    assert picture_format(codec, frames[1].payload) is None


@pytest.mark.parametrize("codec", [Codec.VP8, Codec.H264, Codec.VP9])
def test_a_keyframe_cut_or_changed_anywhere_never_raises(codec: Codec) -> None:
    frame = picture_frames(codec, 1, 0.2)[0].payload[:200]
    for at in range(len(frame)):
        picture_format(codec, frame[:at])
        for value in (0, 0xFF, frame[at] ^ 0x55):
            picture_format(codec, frame[:at] + bytes([value]) + frame[at + 1 :])


@pytest.mark.parametrize(
    ("frame", "size"),
    [
        ("824983422013f00b30", (320, 180)),
        ("a249834248027e0166", (320, 180)),
        ("a2498342f013f00b30", (320, 180)),
        ("824983422013f00b", None),
        ("8a4983422013f00b30", None),
        ("864983422013f00b30", None),
        ("824983432013f00b30", None),
    ],
    ids=["profile 0", "profile 1", "profile 1 in RGB", "cut", "shown again", "needs another", "no sync code"],
)
def test_a_vp9_header_is_read_bit_by_bit(frame: str, size: tuple[int, int] | None) -> None:
    shown = picture_format(Codec.VP9, bytes.fromhex(frame))
    assert (shown and (shown.width_px, shown.height_px)) == size


def test_a_high_profile_with_cropping_is_read() -> None:
    # 1920x1080 High, from a public test vector: 8 rows cropped.
    sps = bytes.fromhex("67640028acd940780227e5c044000003000400000300f03c60c658")
    assert h264_size(sps) == (1920, 1080)


def test_units_are_found_behind_short_and_long_start_codes() -> None:
    assert list(h264_nals(b"\0\0\0\1\x67ab\0\0\1\x68c\0\0\0\1\x65\0\0\3\1")) == [b"\x67ab", b"\x68c", b"\x65\0\0\3\1"]
