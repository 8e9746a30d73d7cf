"""Keyframes tell their size; damaged ones tell nothing and break nothing."""

import pytest

from contract.media import Codec
from recorder.av1 import Stream, codec_name, configuration, read_stream, sequence_header
from recorder.formats import h264_nals, h264_size, picture_format
from tests.support.encoded import picture_frames

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("codec", [Codec.VP8, Codec.H264, Codec.VP9, Codec.AV1])
@pytest.mark.parametrize("size", [(320, 180), (160, 90), (642, 362)])
def test_the_size_is_the_one_that_was_encoded(codec: Codec, size: tuple[int, int]) -> None:
    frames = picture_frames(codec, 1, 0.2, width_px=size[0], height_px=size[1])
    shown = picture_format(codec, frames[0].payload)
    assert shown is not None
    assert (shown.width_px, shown.height_px) == size
    assert picture_format(codec, frames[1].payload) is None


@pytest.mark.parametrize("codec", [Codec.VP8, Codec.H264, Codec.VP9, Codec.AV1])
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


def test_an_av1_header_says_what_a_file_must_say_of_it() -> None:
    unit = picture_frames(Codec.AV1, 1, 0.2)[0].payload
    header = sequence_header(unit)
    assert unit.startswith(header)
    told = configuration(header)
    assert told[4:] == header
    assert (told[0], told[3]) == (0x81, 0)
    assert codec_name(told) == "av01.0.00M.08"
    assert codec_name(bytes.fromhex("81" + "2d" + "c0")) == "av01.1.13H.10"
    assert codec_name(bytes.fromhex("81" + "4d" + "60")) == "av01.2.13M.12"
    with pytest.raises(ValueError):
        codec_name(told[:2])


@pytest.mark.parametrize(
    ("bits", "expected"),
    [
        # profile 0, a still picture of level 5 in short, 8x4 px, no tool, 8 bits
        ("000 1 1 001010010 0001 111 11000 0000 0 0 0 00", Stream(8, 4, 0, 5, 0, 0b0001100)),
        # timing without a model, delays told, two operating points, of a high tier; frame ids; order of pictures
        (
            "000 0 0"
            "1" + "0" * 63 + "1" + "1"
            "00101"
            "0"
            "1"
            "00001"
            "000000000000 01001 1 1 0011"
            "000000000000 00000 0"
            "0011 0011 0111 0011"
            "1 0000 000"
            "000 0000 1 00 0 1 0 0 101 000"
            "0 1 0 0",
            Stream(8, 4, 0, 9, 1, 0b0011100),
        ),
        # a decoder model; profile 2 in 12 bits, 4:2:2
        (
            "010 0 0"
            "1" + "0" * 64 + "0"
            "1"
            "00001" + "0" * 42 + "0"
            "00000"
            "000000000000 00100 1 00000"
            "0011 0011 0111 0011"
            "0"
            "000 0000 0 0 0 000"
            "1 1 0 0 0 1 0",
            Stream(8, 4, 2, 4, 0, 0b1101000),
        ),
        # profile 1 in RGB
        (
            "001 0 00000000000000000000 001000011 0011 0111 00110000 0000 0 1 0 0 00001 00000001 00001101 00000000",
            Stream(8, 4, 1, 4, 0, 0),
        ),
    ],
    ids=["still", "timing", "model", "rgb"],
)
def test_an_av1_header_is_read_bit_by_bit(bits: str, expected: Stream) -> None:
    digits = bits.replace(" ", "")
    body = int(digits.ljust(-(-len(digits) // 8) * 8, "0"), 2).to_bytes(-(-len(digits) // 8))
    for head in (b"\x0a", b"\x0e\x00"):
        assert read_stream(head + bytes([len(body)]) + body) == expected
    with pytest.raises(ValueError):
        read_stream(b"\x0a\x08" + body[: len(digits) // 8 - 1])


@pytest.mark.parametrize("unit", ["", "08", "0a", "0a05aabb", "1200", "0a80", "0a8080808001", "3600"])
def test_a_picture_without_an_av1_header_has_none(unit: str) -> None:
    with pytest.raises(ValueError):
        sequence_header(bytes.fromhex(unit))


def test_a_high_profile_with_cropping_is_read() -> None:
    # 1920x1080 High, from a public test vector: 8 rows cropped.
    sps = bytes.fromhex("67640028acd940780227e5c044000003000400000300f03c60c658")
    assert h264_size(sps) == (1920, 1080)


def test_units_are_found_behind_short_and_long_start_codes() -> None:
    assert list(h264_nals(b"\0\0\0\1\x67ab\0\0\1\x68c\0\0\0\1\x65\0\0\3\1")) == [b"\x67ab", b"\x68c", b"\x65\0\0\3\1"]
