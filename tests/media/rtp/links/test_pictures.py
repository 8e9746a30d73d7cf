"""What reads and renumbers pictures, over ways that lose, overtake and double their packets."""

from collections.abc import Sequence
from itertools import pairwise
from random import Random

import pytest

from contract.media import Codec
from media.rtp.av1 import MOST_ELEMENTS
from media.rtp.base_layer import BaseLayer
from media.rtp.cache import MediaPacket
from media.rtp.depacketize import HOLD_S, Frame, FrameAssembler, Hole
from media.rtp.describe import describe
from media.rtp.descriptor import Descriptor
from media.rtp.h264 import IDR, SPS, unit_kinds
from media.rtp.keyframe import starts_keyframe
from media.rtp.nack import NackGenerator
from media.rtp.rewrite import Newest, Offsets, Rewriter, rewrite_picture
from media.rtp.vp8 import parse_vp8
from media.rtp.vp9 import parse_vp9
from tests.media.rtp.links.lossy import BEGUN, Lossy, Way, carried, cut, seeds, wraps

pytestmark = pytest.mark.link

FRAMES, KEY_EVERY, PARTS = 300, 10, 4
FRAME_S, FRAME_TICKS = 1 / 30, 3000
FIRST_PICTURE, FIRST_TL0 = 32_700, 250
VIDEO = [Codec.VP8, Codec.VP9, Codec.H264, Codec.AV1]
codecs = pytest.mark.parametrize("codec", [*VIDEO, Codec.OPUS])
HURRIED = Way(loss=0.0)
"""What is lost was asked for and came."""


def payload_of(codec: Codec, frame: int, part: int, *, temporal: int = 0, base: int | None = None) -> bytes:
    """One packet of a picture; its last bytes say which. Every KEY_EVERYth is one with which decoding can begin."""
    key, first, last = frame % KEY_EVERY == 0, part == 0, part == PARTS - 1
    body = frame.to_bytes(2) + bytes([part])
    picture = (0x8000 | FIRST_PICTURE + frame & 0x7FFF).to_bytes(2)
    tl0 = bytes([(FIRST_TL0 + (frame if base is None else base)) & 0xFF])
    match codec:
        case Codec.VP8:
            named = bytes([0x90 if first else 0x80, 0xE0]) + picture + tl0 + bytes([temporal << 6])
            return named + bytes([int(not (key and first))]) + body
        case Codec.VP9:
            flags = 0xA0 | (not key) << 6 | first << 3 | last << 2
            return bytes([flags]) + picture + b"\0" + tl0 + (b"\x82" if key else b"\x86") + body
        case Codec.H264 if key and first:
            return b"\x78\x00\x02\x67\x42\x00\x02\x68\xce"
        case Codec.H264:
            begins = part == (1 if key else 0)
            return bytes([0x7C, begins << 7 | last << 6 | (IDR if key else 1)]) + body
        case Codec.AV1 if key and first:
            return b"\x18\x08\x01"
        case Codec.AV1:
            begins = part == (1 if key else 0)
            head = b"\x30" + (b"\x10" if key else b"\x30") if begins else b""
            return bytes([0x10 | (not begins) << 7 | (not last) << 6]) + head + body
        case Codec.OPUS:
            return body


def packets_of(codec: Codec, sequence: int, ticks: int) -> list[tuple[float, MediaPacket]]:
    """All of FRAMES, and when each leaves."""
    parts = 1 if codec is Codec.OPUS else PARTS
    sent = []
    for n in range(FRAMES * parts):
        frame, part = divmod(n, parts)
        payload = payload_of(codec, frame, part)
        packet = MediaPacket(
            sequence + n,
            ticks + frame * FRAME_TICKS & 0xFFFFFFFF,
            0x80 * (part == parts - 1),
            payload,
            describe(codec, payload),
        )
        sent.append((BEGUN + FRAME_S * frame + 0.001 * part, packet))
    return sent


def assembled(codec: Codec, came: Sequence[tuple[float, MediaPacket]]) -> list[Frame | Hole]:
    assembler, out = FrameAssembler(codec), list[Frame | Hole]()
    for at, packet in came:
        assembler.push(packet, at)
        out += assembler.pop(at)
    return out + assembler.pop(came[-1][0] + HOLD_S)


@codecs
@seeds
@wraps
def test_frames_come_out_whole_in_order_and_after_a_hole_from_a_keyframe_on(
    seed: int, sequence: int, ticks: int, codec: Codec
) -> None:
    sent = packets_of(codec, sequence, ticks)
    sent_frames = [frame for frame in assembled(codec, sent) if isinstance(frame, Frame)]
    assert len(sent_frames) == FRAMES
    order = {frame.timestamp_ticks: number for number, frame in enumerate(sent_frames)}
    out = assembled(codec, carried(sent, Lossy(seed)))
    numbers = [order[frame.timestamp_ticks] if isinstance(frame, Frame) else None for frame in out]
    known = [number for number in numbers if number is not None]
    assert known == sorted(set(known)), "in order, and none twice"
    assert len(known) > FRAMES / 4
    for number, frame in zip(numbers, out, strict=True):
        if number is not None:
            assert frame == sent_frames[number], "nothing of another in it, and nothing missing"
    if codec is not Codec.OPUS:
        for (before, after), frame in zip(pairwise([None, *numbers]), out, strict=True):
            if before is None and isinstance(frame, Frame):
                assert frame.key
            elif before is not None and after is not None:
                assert after == before + 1, "where one is missing there is a hole"
    if codec is Codec.H264:
        assert all({IDR, SPS} <= unit_kinds(frame.payload) for frame in out if isinstance(frame, Frame) and frame.key)


@codecs
@seeds
@wraps
def test_what_is_only_late_or_comes_twice_leaves_no_hole(seed: int, sequence: int, ticks: int, codec: Codec) -> None:
    sent = packets_of(codec, sequence, ticks)
    came = [sent[0], *carried(sent[1:], Lossy(seed, HURRIED))]  # with what comes first it begins
    assert assembled(codec, came) == assembled(codec, sent)


@codecs
def test_a_cut_packet_is_refused_or_says_nothing_but_what_is_left(codec: Codec) -> None:
    for part in range(PARTS):
        for frame in (0, 1):
            for short in cut(payload_of(codec, frame, part)):
                try:
                    told = describe(codec, short)
                except ValueError:
                    continue
                assert told is None or told.data_at <= len(short)
                starts_keyframe(codec, short, told)
                assembler = FrameAssembler(codec)
                assembler.push(MediaPacket(1, 0, 0x80, short, told), 0.0)
                for found in assembler.pop(HOLD_S):
                    assert isinstance(found, Hole) or len(found.payload) <= len(short) + 4 * MOST_ELEMENTS


@seeds
@wraps
@pytest.mark.parametrize("repaired", [True, False])
def test_a_base_layer_alone_is_numbered_as_if_there_had_never_been_more(
    seed: int, sequence: int, ticks: int, *, repaired: bool
) -> None:
    sent = []
    for frame in range(FRAMES):
        for part in range(PARTS):
            payload = payload_of(Codec.VP8, frame, part, temporal=frame % 2, base=frame // 2)
            packet = MediaPacket(sequence + PARTS * frame + part, ticks, 0, payload, parse_vp8(payload))
            sent.append((BEGUN + FRAME_S * frame, packet))
    came = carried(sent, Lossy(seed, Way(loss=0.0 if repaired else 0.05)))
    base, once = BaseLayer(), NackGenerator()
    kept = {}
    for at, packet in came:
        if once.on_packet(packet.sequence, at):
            left = base.take(packet)
            if left is not None:
                assert left.sequence not in kept, "a number for two packets"
                assert bool(left.payload) == (packet.descriptor is not None and not packet.descriptor.temporal)
                kept[left.sequence] = left
    frames = [(left.descriptor, left.payload[-3:]) for _, left in sorted(kept.items()) if left.payload]
    assert [tag for _, tag in frames] == sorted(tag for _, tag in frames), "in the order in which they were sent"
    for (before, tag), (after, then) in pairwise(frames):
        assert before is not None
        assert after is not None
        steps = (int.from_bytes(then[:2]) - int.from_bytes(tag[:2])) // 2
        assert after.picture_id - before.picture_id & 0x7FFF == steps
        assert after.tl0 - before.tl0 & 0xFF == steps
    if repaired:
        assert sorted(kept) == list(range(min(kept), base.position + 1)), "and no hole"


@pytest.mark.parametrize("codec", [Codec.VP8, Codec.VP9])
@seeds
@wraps
def test_one_stream_goes_on_over_switches_between_two(seed: int, sequence: int, ticks: int, codec: Codec) -> None:
    """The two count from other places; each switch is at a keyframe, and every number sent can be found again."""
    random = Random(seed)
    numbers = Rewriter(clock_rate_hz=90_000, sequence=random.getrandbits(15), timestamp_ticks=2**32 - 9_000)
    ways = [
        carried(packets_of(codec, sequence, ticks), Lossy(seed)),
        carried(packets_of(codec, sequence + 30_000, ticks + 77_777), Lossy(seed + 1)),
    ]
    came = sorted(
        ((at, source, packet) for source, way in enumerate(ways) for at, packet in way), key=lambda one: one[0]
    )
    once = [NackGenerator(), NackGenerator()]
    out: dict[int, tuple[int, MediaPacket, Descriptor]] = {}
    current, offsets, newest, since = -1, Offsets(0, 0, 0, 0, 0), list[Newest | None]([None, None]), 0.0
    switches = 0
    for at, source, packet in sorted(came, key=lambda one: one[0]):
        if not once[source].on_packet(packet.sequence, at):
            continue
        before = newest[source]
        ahead = before is None or packet.sequence > before.packet.sequence
        begins = starts_keyframe(codec, packet.payload, packet.descriptor) and ahead
        if begins and source != current and at - since > 1.0:
            left = newest[current] if current >= 0 else None
            if left is not None:
                numbers.leave(left, offsets)
            current, since, switches = source, at, switches + 1
            offsets = numbers.switch(source, packet, at)
        if source == current and packet.sequence >= offsets.first:
            goes = packet.sequence + offsets.sequence
            told = describe(codec, rewrite_picture(packet, offsets))
            assert told is not None
            assert goes not in out, "a number for two packets"
            out[goes] = source, packet, told
            found = numbers.locate(goes & 0xFFFF, max(out))
            assert found is not None
            assert (found[0].source, found[1]) == (source, packet.sequence)
        if ahead:
            newest[source] = Newest(packet, at)
    assert switches >= 8
    rows = [row for _, row in sorted(out.items())]
    for (source, packet, told), (then_source, then, after) in pairwise(rows):
        if source == then_source:
            steps = int.from_bytes(then.payload[-3:-1]) - int.from_bytes(packet.payload[-3:-1])
            assert steps >= 0
        else:
            steps = 1
            assert after.starts_keyframe
        assert after.picture_id - told.picture_id & 0x7FFF == steps
        assert after.tl0 - told.tl0 & 0xFF == steps


def test_a_descriptor_is_where_it_says() -> None:
    for codec, read in ((Codec.VP8, parse_vp8), (Codec.VP9, parse_vp9)):
        payload = payload_of(codec, 0, 0)
        told = read(payload)
        assert describe(codec, payload) == told
        assert payload[told.data_at :][-3:] == b"\0\0\0"
