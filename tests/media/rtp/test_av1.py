"""AV1 payloads: elements of packets, where decoding begins, pictures put together again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.media import Codec
from media.rtp.av1 import Unit, elements, leb128, starts_sequence, unit_of
from media.rtp.cache import MediaPacket
from media.rtp.depacketize import Frame, FrameAssembler, Hole
from media.rtp.keyframe import starts_keyframe
from tests.support import packets
from tests.support.encoded import picture_frames

pytestmark = pytest.mark.unit

HEADER, KEY, DELTA = b"\x08head", b"\x30\x10key", b"\x30\x30delta"
"""OBUs as they travel, without sizes: a sequence header, a keyframe, a frame that needs another."""
DELIMITER, PADDING, TILES = b"\x10", b"\x78pad", b"\x40tiles"


def packet(*parts: bytes, z: bool = False, y: bool = False, n: bool = False, told: bool = False) -> bytes:
    """With `told` every length is told (W is 0), else not the last."""
    count = 0 if told else len(parts)
    head = bytes([z << 7 | y << 6 | count << 4 | n << 3])
    sized = [leb128(len(part)) + part for part in parts]
    return head + b"".join(sized if told else [*sized[:-1], parts[-1]])


def stored(*obus: bytes) -> bytes:
    return b"".join(bytes([obu[0] | 2]) + leb128(len(obu) - 1) + obu[1:] for obu in obus)


@pytest.mark.parametrize("told", [False, True])
def test_elements_are_taken_apart_with_and_without_a_count(*, told: bool) -> None:
    assert elements(packet(HEADER, KEY, told=told)) == [HEADER, KEY]
    long = b"\x30" + bytes(300)
    assert elements(packet(long, DELTA, told=told)) == [long, DELTA]
    assert elements(packet(*[b"\x08"] * 5, told=True)) == [b"\x08"] * 5


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\x10",
        packet(HEADER, KEY)[:-6],
        packet(HEADER, KEY, told=True)[:-1],
        b"\x20\x02\x08a",
        b"\x00\x80",
        b"\x00\x80\x80\x80\x80\x01",
        b"\x00\xff\xff\xff\x7f",
    ],
)
def test_a_damaged_packet_is_refused(payload: bytes) -> None:
    with pytest.raises(ValueError, match="AV1"):
        elements(payload)
    assert not starts_sequence(payload)


@pytest.mark.parametrize(
    ("payload", "starts"),
    [
        (packet(HEADER, KEY, n=True), True),
        (packet(DELIMITER, HEADER, KEY, n=True, told=True), True),
        (packet(HEADER, KEY), False),
        (packet(KEY, n=True), False),
        (packet(HEADER, KEY, n=True, z=True), False),
        (packet(DELTA), False),
        (packet(HEADER, KEY, n=True, told=True)[:-1], False),
        (b"\x08", False),
        (b"", False),
    ],
)
def test_decoding_can_begin_with_the_sequence_header_of_a_new_sequence(payload: bytes, starts: bool) -> None:
    assert starts_sequence(payload) is starts
    assert starts_keyframe(Codec.AV1, payload, None) is starts


def test_a_picture_is_put_together_and_what_no_file_has_is_left_out() -> None:
    whole = unit_of([packet(DELIMITER, HEADER, PADDING, KEY[:2], n=True, y=True, told=True), packet(KEY[2:], z=True)])
    assert whole == Unit(True, stored(HEADER, KEY))
    three = [packet(b"\x30", y=True), packet(b"\x30de", y=True, z=True), packet(b"lta", TILES, z=True)]
    assert unit_of(three) == Unit(False, stored(DELTA))
    layered = b"\x34\x28\x30frame"
    assert unit_of([packet(layered)]).data == b"\x36\x28" + leb128(6) + layered[2:]
    assert unit_of([packet(stored(KEY))]).data == stored(KEY), "a size that is told is no second one"
    assert not unit_of([packet(KEY)]).key, "without its sequence header"
    assert not unit_of([packet(HEADER, b"\x30\x90shown again")]).key
    assert not unit_of([packet(HEADER)]).key


@pytest.mark.parametrize(
    "payloads",
    [
        [packet(KEY, y=True)],
        [packet(KEY, z=True)],
        [packet(KEY), packet(KEY, z=True)],
        [packet(KEY, y=True), packet(KEY)],
        [b"\x10\xb0x"],
        [b"\x10\x34"],
        [b"\x10\x32\x09short"],
        [b"\x10\x32"],
    ],
)
def test_what_does_not_fit_together_is_refused(payloads: list[bytes]) -> None:
    with pytest.raises(ValueError, match="AV1"):
        unit_of(payloads)


@given(st.lists(st.binary(max_size=20), max_size=4))
def test_no_payloads_break_the_reader(payloads: list[bytes]) -> None:
    try:
        unit = unit_of(payloads)
    except ValueError:
        return
    assert len(unit.data) <= sum(map(len, payloads)) * 6


def test_real_pictures_come_out_whole_in_order_and_after_a_hole_from_a_keyframe_on() -> None:
    frames = picture_frames(Codec.AV1, 1, 2.4, key_every=20)
    assembler = FrameAssembler(Codec.AV1)
    sent: list[MediaPacket] = []
    for number, frame in enumerate(frames):
        payloads = packets.av1(frame.payload, key=frame.key)
        assert starts_sequence(payloads[0]) is frame.key
        begin = sent[-1].sequence + 1 if sent else 65_530
        sent += packets.media(Codec.AV1, payloads, sequence=begin, ticks=number * 3600)
    assert len(sent) > len(frames), "some are larger than a packet"
    lost = next(packet for packet in sent if packet.timestamp_ticks == 30 * 3600)
    got: list[Frame | Hole] = []
    for at in range(0, len(sent), 3):
        three = sent[at : at + 3]
        for one in reversed(three) if at else three:
            if one is not lost:
                assembler.push(one, at / 100)
        got += assembler.pop(at / 100)
    got += assembler.pop(1e6)
    assert [item for item in got if isinstance(item, Hole)] == [Hole(1)]
    whole = [item for item in got if isinstance(item, Frame)]
    expected = [number for number in range(len(frames)) if not 30 <= number < 40]
    assert [frame.timestamp_ticks // 3600 for frame in whole] == expected
    assert [frame.payload for frame in whole] == [frames[number].payload for number in expected]
    assert [frame.key for frame in whole] == [frames[number].key for number in expected]
