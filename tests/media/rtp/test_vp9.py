"""VP9 payloads: descriptors, keyframes, numbers that are moved, whole frames."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.media import Codec
from media.rtp.cache import MediaPacket
from media.rtp.depacketize import Frame, FrameAssembler, Hole
from media.rtp.keyframe import starts_keyframe
from media.rtp.rewrite import Newest, Offsets, Rewriter, rewrite_picture
from media.rtp.vp9 import parse_vp9
from tests.support import packets
from tests.support.encoded import picture_frames

pytestmark = pytest.mark.unit

KEY, DELTA = b"\x82\x49\x83\x42", b"\x86\x00"
"""First bytes of a frame of profile 0 that needs no other, and of one that does."""
FIRST = bytes.fromhex("aa" + "9234" + "00" + "07")
"""A picture id, layers and TL0PICIDX, of the first packet of a keyframe; its structure follows."""


def test_a_descriptor_is_read() -> None:
    structure = bytes.fromhex("18" + "014000b4" + "02" + "0401" + "280102")
    payload = FIRST + structure + KEY
    found = parse_vp9(payload)
    assert (found.starts_frame, found.starts_keyframe) == (True, True)
    assert (found.picture_id_at, found.picture_id_bits, found.picture_id) == (1, 15, 0x1234)
    assert (found.tl0_at, found.tl0) == (4, 7)
    assert payload[found.data_at :] == KEY
    assert starts_keyframe(Codec.VP9, payload, found)


@pytest.mark.parametrize(
    ("payload", "starts_frame", "starts_key", "data"),
    [
        (b"\x08" + KEY, True, True, KEY),
        (b"\x08" + DELTA, True, False, DELTA),
        (b"\x48" + KEY, True, False, KEY),
        (b"\x00" + KEY, False, False, KEY),
        (b"\x28\x02\x05" + KEY, False, False, KEY),
        (b"\x38\x00" + KEY, True, True, KEY),
        (b"\x78\x00\x03\x05\x04" + DELTA, True, False, DELTA),
        (b"\x88\x7f" + KEY, True, True, KEY),
        (b"\x08\xb1\x49", True, True, b"\xb1\x49"),
        (b"\x08\xb2\x49", True, False, b"\xb2\x49"),
        (b"\x08\x8a", True, False, b"\x8a"),
        (b"\x08", True, False, b""),
    ],
    ids=[
        "no extras",
        "begins with another picture's needs",
        "predicted",
        "not the first packet",
        "an upper spatial layer",
        "flexible",
        "references",
        "short id",
        "profile 3",
        "profile 3 delta",
        "shown again",
        "nothing follows",
    ],
)
def test_where_a_picture_and_where_decoding_begins(
    payload: bytes, starts_frame: bool, starts_key: bool, data: bytes
) -> None:
    found = parse_vp9(payload)
    assert (found.starts_frame, found.starts_keyframe) == (starts_frame, starts_key)
    assert payload[found.data_at :] == data
    assert found.temporal == 0


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\x80",
        b"\x80\x80",
        b"\x20",
        b"\x20\x00",
        b"\x70\x00",
        b"\x50\x01\x01",
        b"\x50\x01\x01\x01\x00",
        b"\x02",
        b"\x02\x10\x01\x40\x00",
        b"\x02\x08",
        b"\x02\x08\x01",
        b"\x02\x08\x01\x0c\x01\x01",
    ],
)
def test_a_descriptor_that_is_cut_is_refused(payload: bytes) -> None:
    with pytest.raises(ValueError, match="VP9"):
        parse_vp9(payload)


def test_a_structure_of_the_most_pictures_is_read_past() -> None:
    head, pictures = b"\x8a\x10\x08\xff", 255 * b"\x0c\x01\x02\x03"
    found = parse_vp9(head + pictures + b"\x82")
    assert found.data_at == len(head + pictures)
    assert found.starts_keyframe
    with pytest.raises(ValueError, match="VP9 picture group: 500 bytes, need 501"):
        parse_vp9((head + pictures)[:500])


@given(st.binary(max_size=24))
def test_no_payload_breaks_the_reader(payload: bytes) -> None:
    try:
        found = parse_vp9(payload)
    except ValueError:
        return
    assert found.data_at <= len(payload)
    moved = rewrite_picture(MediaPacket(1, 0, 0, payload, found), Offsets(0, 0, 0, 3, 5))
    again = parse_vp9(moved)
    mask = (1 << found.picture_id_bits) - 1
    assert again.picture_id == (found.picture_id + 3 & mask if found.picture_id_bits else 0)
    assert again.tl0 == (found.tl0 + 5 & 0xFF if found.tl0_at else 0)
    assert moved[found.data_at :] == payload[found.data_at :]


def test_numbers_go_on_over_a_switch_at_their_wraps() -> None:
    frames = picture_frames(Codec.VP9, 1, 0.2)
    numbers = Rewriter(clock_rate_hz=90_000, sequence=0x7FFE, timestamp_ticks=2**32 - 1)
    first = packets.media(
        Codec.VP9, packets.vp9(frames[0].payload, key=True, picture_id=0x7FFF, tl0=255), sequence=70_000, ticks=5
    )
    offsets = numbers.switch(1, first[0], 1.0)
    assert rewrite_picture(first[0], offsets) == first[0].payload, "the first keeps its own"
    numbers.leave(Newest(first[-1], 1.0), offsets)
    second = packets.media(
        Codec.VP9, packets.vp9(frames[0].payload, key=True, picture_id=3, tl0=9), sequence=9, ticks=2**31
    )
    offsets = numbers.switch(2, second[0], 1.04)
    moved = parse_vp9(rewrite_picture(second[0], offsets))
    assert (moved.picture_id, moved.tl0) == (0, 0)
    assert second[0].sequence + offsets.sequence == 0x7FFE + 65_536 + len(first) + 1
    assert (second[0].timestamp_ticks + offsets.timestamp_ticks) & 0xFFFFFFFF == 2**32 - 1 + 3600 - 2**32


def test_real_frames_come_out_whole_in_order_and_after_a_hole_from_a_keyframe_on() -> None:
    frames = picture_frames(Codec.VP9, 1, 2.4, key_every=20)
    assembler = FrameAssembler(Codec.VP9)
    sent: list[MediaPacket] = []
    for number, frame in enumerate(frames):
        payloads = packets.vp9(frame.payload, key=frame.key, picture_id=number, tl0=number & 0xFF)
        begin = sent[-1].sequence + 1 if sent else 65_530
        sent += packets.media(Codec.VP9, payloads, sequence=begin, ticks=number * 3600)
    lost = next(packet for packet in sent if packet.timestamp_ticks == 30 * 3600)
    got: list[Frame | Hole] = []
    for at in range(0, len(sent), 3):
        three = sent[at : at + 3]
        for packet in reversed(three) if at else three:
            if packet is not lost:
                assembler.push(packet, at / 100)
        got += assembler.pop(at / 100)
    got += assembler.pop(1e6)
    holes = [item for item in got if isinstance(item, Hole)]
    assert holes == [Hole(1)]
    whole = [item for item in got if isinstance(item, Frame)]
    expected = [number for number in range(len(frames)) if not 30 <= number < 40]
    assert [frame.timestamp_ticks // 3600 for frame in whole] == expected
    assert [frame.payload for frame in whole] == [frames[number].payload for number in expected]
    assert [frame.key for frame in whole] == [frames[number].key for number in expected]
