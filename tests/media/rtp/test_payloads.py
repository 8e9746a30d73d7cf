"""VP8 and H.264 payloads: descriptors, keyframes, whole frames."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.media import Codec
from media.rtp.cache import MediaPacket, PacketCache
from media.rtp.depacketize import HOLD_S, MAX_HELD, Frame, FrameAssembler, Hole
from media.rtp.h264 import START_CODE, starts_sequence, to_annex_b
from media.rtp.keyframe import starts_keyframe
from media.rtp.rewrite import Offsets, rewrite_picture
from media.rtp.vp8 import frame_size, parse_vp8

pytestmark = pytest.mark.unit

KEY = bytes.fromhex("50180a") + b"\x9d\x01\x2a" + (640).to_bytes(2, "little") + (360).to_bytes(2, "little") + b"rest"
# First packet of a keyframe: extension with picture id 0x1234, TL0PICIDX 7, TID.
FIRST = bytes.fromhex("90e0923407a0") + KEY


def test_a_vp8_descriptor_is_read() -> None:
    descriptor = parse_vp8(FIRST)
    assert descriptor.starts_keyframe
    assert descriptor.starts_frame
    assert (descriptor.picture_id, descriptor.picture_id_bits, descriptor.picture_id_at) == (0x1234, 15, 2)
    assert (descriptor.tl0, descriptor.tl0_at) == (7, 4)
    assert FIRST[descriptor.data_at :] == KEY
    assert frame_size(KEY) == (640, 360)
    short = parse_vp8(b"\x90\x80\x55" + KEY)
    assert (short.picture_id, short.picture_id_bits) == (0x55, 7)
    plain = parse_vp8(b"\x10" + KEY)
    assert (plain.picture_id_bits, plain.tl0_at, plain.starts_keyframe) == (0, 0, True)
    assert not parse_vp8(b"\x00" + KEY).starts_frame
    assert not parse_vp8(b"\x10\x51").starts_keyframe
    assert frame_size(b"\x51" + KEY[1:]) is None


@pytest.mark.parametrize("length", range(6))
def test_a_cut_vp8_descriptor_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match=r"VP8 .*: \d+ bytes?, need \d"):
        parse_vp8(FIRST[:length] if length else b"")


@given(st.binary(max_size=12))
def test_no_vp8_payload_breaks_the_reader(payload: bytes) -> None:
    try:
        descriptor = parse_vp8(payload)
    except ValueError:
        return
    assert descriptor.data_at <= len(payload)


@pytest.mark.parametrize(
    ("payload", "offsets", "expected"),
    [
        (FIRST, Offsets(0, 0, 0, 1, 1), "90e0923508a0"),
        (FIRST, Offsets(0, 0, 0, 0x7FFF, 0xFF), "90e0923306a0"),
        (bytes.fromhex("90c0ffffff") + KEY, Offsets(0, 0, 0, 1, 1), "90c0800000"),
        (b"\x90\x80\x7f" + KEY, Offsets(0, 0, 0, 1, 0), "908000"),
        (b"\x10" + KEY, Offsets(0, 0, 0, 9, 9), "10"),
    ],
)
def test_picture_ids_are_moved_and_wrap(payload: bytes, offsets: Offsets, expected: str) -> None:
    packet = MediaPacket(1, 0, 0, payload, parse_vp8(payload))
    assert rewrite_picture(packet, offsets) == bytes.fromhex(expected) + KEY


SPS, PPS, IDR, SLICE = b"\x67sps", b"\x68pps", b"\x65idr picture", b"\x41slice"


def stap(*units: bytes) -> bytes:
    return b"\x78" + b"".join(len(unit).to_bytes(2) + unit for unit in units)


def fragments(unit: bytes, size: int) -> list[bytes]:
    body = unit[1:]
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    return [
        bytes([unit[0] & 0xE0 | 28, (0x80 if not at else 0) | (0x40 if at == len(parts) - 1 else 0) | unit[0] & 0x1F])
        + part
        for at, part in enumerate(parts)
    ]


@pytest.mark.parametrize(
    ("payload", "starts"),
    [
        (SPS, True),
        (IDR, False),
        (SLICE, False),
        (stap(SPS, PPS), True),
        (stap(PPS, SPS, IDR), True),
        (stap(SLICE, SLICE), False),
        (stap(SPS)[:-1], False),
        (fragments(SPS, 2)[0], True),
        (fragments(SPS, 2)[1], False),
        (fragments(IDR, 4)[0], False),
        (b"\x7c", False),
        (b"", False),
    ],
)
def test_h264_can_begin_where_its_parameters_are(payload: bytes, starts: bool) -> None:
    assert starts_sequence(payload) is starts
    assert starts_keyframe(Codec.H264, payload, None) is starts


def test_sound_can_begin_anywhere_and_vp8_needs_its_descriptor() -> None:
    assert starts_keyframe(Codec.OPUS, b"x", None)
    assert starts_keyframe(Codec.VP8, FIRST, parse_vp8(FIRST))
    assert not starts_keyframe(Codec.VP8, b"", None)


def test_h264_payloads_become_annex_b() -> None:
    parts = fragments(IDR, 4)
    whole = to_annex_b(parts[0], first=True) + b"".join(to_annex_b(part, first=False) for part in parts[1:])
    assert whole == START_CODE + IDR
    assert to_annex_b(stap(SPS, PPS), first=True) == START_CODE + SPS + START_CODE + PPS


@pytest.mark.parametrize(
    "payload", [b"", b"\x7c\x05", b"\x7c\x05x", stap(SPS)[:-1], b"\x78\0", b"\x78\0\0", b"\x7dx", b"\0x"]
)
def test_damaged_h264_is_refused(payload: bytes) -> None:
    with pytest.raises(ValueError):
        to_annex_b(payload, first=True)


def vp8_packet(number: int, ticks: int, *, first: bool, last: bool, key: bool = False) -> MediaPacket:
    payload = (b"\x10" if first else b"\x00") + (b"\x00" if key and first else b"\x01") + bytes([number & 0xFF])
    return MediaPacket(number, ticks, 0x80 if last else 0, payload, parse_vp8(payload))


def vp8_frames(count: int, packets: int = 3) -> list[MediaPacket]:
    """`count` frames of `packets` packets, the first a keyframe."""
    return [
        vp8_packet(1000 + frame * packets + part, frame * 3000, first=not part, last=part == packets - 1, key=not frame)
        for frame in range(count)
        for part in range(packets)
    ]


def test_frames_are_joined_whatever_the_order_and_however_often_packets_come() -> None:
    packets = vp8_frames(4)
    order = [packets[at] for at in (0, 2, 1, 1, 5, 4, 3, 0, 8, 7, 6, 9, 11, 11, 10)]
    assembler = FrameAssembler(Codec.VP8)
    frames = []
    for packet in order:
        assembler.push(packet, 0.0)
        frames += assembler.pop(0.0)
    assert [frame.timestamp_ticks for frame in frames if isinstance(frame, Frame)] == [0, 3000, 6000, 9000]
    assert [frame.key for frame in frames if isinstance(frame, Frame)] == [True, False, False, False]
    assert all(isinstance(frame, Frame) and len(frame.payload) == 6 for frame in frames)


@pytest.mark.parametrize("lost", [3, 4, 5])
def test_a_lost_packet_is_waited_for_then_only_a_keyframe_goes_on(lost: int) -> None:
    packets = [packet for at, packet in enumerate(vp8_frames(3)) if at != lost]
    assembler = FrameAssembler(Codec.VP8)
    for packet in packets:
        assembler.push(packet, 1.0)
    early = assembler.pop(1.0)
    assert [frame.timestamp_ticks for frame in early if isinstance(frame, Frame)] == [0]
    assert not assembler.needs_key
    late = assembler.pop(1.0 + HOLD_S)
    assert late == [Hole(1)]
    for at, part in enumerate(("first", "last")):
        packet = vp8_packet(1009 + at, 90_000, first=part == "first", last=part == "last", key=True)
        assembler.push(packet, 2.0)
    again = assembler.pop(2.0)
    assert [(frame.timestamp_ticks, frame.key) for frame in again if isinstance(frame, Frame)] == [(90_000, True)]
    assert not assembler.needs_key


def test_a_frame_that_never_ends_is_given_up() -> None:
    assembler = FrameAssembler(Codec.VP8)
    found = []
    for number in range(3 * MAX_HELD):
        assembler.push(vp8_packet(1000 + number, 0, first=not number, last=False, key=True), 1.0)
        found += assembler.pop(1.0)
        assert len(assembler._parts) <= MAX_HELD
    assert found[0] == Hole(MAX_HELD + 1)
    assert assembler.needs_key
    assembler.push(vp8_packet(1000 + 3 * MAX_HELD, 3000, first=True, last=True, key=True), 2.0)
    assert [item.timestamp_ticks for item in assembler.pop(2.0) if isinstance(item, Frame)] == [3000]


def test_h264_frames_are_annex_b_and_key_with_parameters() -> None:
    payloads = [stap(SPS, PPS), *fragments(IDR, 4)]
    assembler = FrameAssembler(Codec.H264)
    for at, payload in enumerate(payloads):
        assembler.push(MediaPacket(70_000 + at, 5, 0x80 if at == len(payloads) - 1 else 0, payload, None), 0.0)
    assembler.push(MediaPacket(70_000 + len(payloads), 6, 0x80, SLICE, None), 0.0)
    assert assembler.pop(0.0) == [
        Frame(5, True, START_CODE + SPS + START_CODE + PPS + START_CODE + IDR),
        Frame(6, False, START_CODE + SLICE),
    ]


def test_every_opus_packet_is_a_frame() -> None:
    assembler = FrameAssembler(Codec.OPUS)
    for number in (10, 12, 11):
        assembler.push(MediaPacket(number, number, 0, bytes([number]), None), 0.0)
    assert assembler.pop(0.0) == [Frame(number, True, bytes([number])) for number in (10, 11, 12)]
    assembler.push(MediaPacket(14, 14, 0, b"x", None), 0.0)
    assert assembler.pop(0.1) == []
    assert assembler.pop(HOLD_S) == [Hole(1), Frame(14, True, b"x")]


def test_the_cache_keeps_the_last_packets_and_no_others() -> None:
    cache = PacketCache(8)
    for number in range(65_530, 65_550):
        cache.put(MediaPacket(number, 0, 0, b"", None))
    assert [number for number in range(65_500, 65_560) if cache.get(number)] == list(range(65_542, 65_550))
    cache.put(MediaPacket(65_530, 0, 0, b"old", None))
    kept = cache.get(65_546)
    assert kept is not None
    assert cache.get(65_530) is None
