"""A VP8 picture without its upper temporal layers: which packets are left, and their numbers."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.rtp.base_layer import MOST_MISSING, BaseLayer
from media.rtp.cache import MediaPacket
from media.rtp.vp8 import parse_vp8

pytestmark = pytest.mark.unit

PARTS = 2
FIRST = 65_530


def packet(number: int, *, bits: int = 15, layers: int = 2) -> MediaPacket:
    """Packet `number` (from 0) of a stream whose frames have PARTS packets and whose first of every `layers` frames is
    of the base layer."""
    frame, part = divmod(number, PARTS)
    base, temporal = divmod(frame, layers)
    picture = 32_766 + frame
    named = (0x8000 | picture & 0x7FFF).to_bytes(2) if bits == 15 else bytes([picture & 0x7F])
    payload = (
        bytes([0x90 if part == 0 else 0x80, 0xE0])
        + named
        + bytes([(250 + base) & 0xFF, temporal << 6, int(frame > 0)])
        + frame.to_bytes(4)
    )
    return MediaPacket(FIRST + number, frame * 3000, 0x80 if part else 0, payload, parse_vp8(payload))


def frame_of(packet: MediaPacket) -> int:
    return int.from_bytes(packet.payload[-4:])


def test_a_temporal_layer_is_read_from_the_descriptor() -> None:
    descriptor = parse_vp8(bytes.fromhex("90e0812307a001"))
    assert (descriptor.temporal, descriptor.synced, descriptor.tl0, descriptor.picture_id) == (2, True, 7, 0x123)
    descriptor = parse_vp8(bytes.fromhex("90c08123073001"))
    assert (descriptor.temporal, descriptor.synced) == (0, False), "no T bit, no layer"
    with pytest.raises(ValueError, match="need 6"):
        parse_vp8(bytes.fromhex("90e0812307"))


@pytest.mark.parametrize("bits", [7, 15])
@pytest.mark.parametrize("layers", [2, 3])
def test_what_is_left_has_no_hole_in_its_numbers_over_every_wrap(bits: int, layers: int) -> None:
    base = BaseLayer()
    taken = [base.take(packet(number, bits=bits, layers=layers)) for number in range(PARTS * layers * 300)]
    kept = [one for one in taken if one is not None]
    assert [frame_of(one) for one in kept] == [layers * index for index in range(300) for _ in range(PARTS)]
    assert [one.sequence for one in kept] == list(range(FIRST, FIRST + len(kept)))
    for before, after in pairwise(kept):
        told, then = parse_vp8(after.payload), parse_vp8(before.payload)
        assert told == after.descriptor, "what is written is what is said of it"
        ahead = (told.picture_id - then.picture_id) % (1 << bits)
        assert ahead == (0 if frame_of(before) == frame_of(after) else 1)


def test_a_late_packet_has_the_number_that_was_kept_free_and_an_empty_one_if_it_is_left_out() -> None:
    base = BaseLayer()
    for number in (0, 1, 2, 7):  # 3 is upper, 4 and 5 are base, 6 is upper
        base.take(packet(number))
    assert base.position == FIRST + 5
    late = [base.take(packet(number)) for number in (5, 3, 6, 4)]
    assert [one and (one.sequence - FIRST, bool(one.payload)) for one in late] == [
        (4, True),
        (2, False),
        (5, False),
        (3, True),
    ]
    assert base.take(packet(3)) is None, "a second time"
    following = base.take(packet(8))
    assert following is not None
    assert following.sequence == FIRST + 6


def test_a_hole_as_wide_as_the_sea_keeps_few_numbers_free() -> None:
    base = BaseLayer()
    base.take(packet(0))
    far = base.take(packet(4 * 100_000))
    assert far is not None
    assert far.sequence == FIRST + 400_000
    assert base.take(packet(4 * 100_000 - MOST_MISSING - 4)) is None
    assert base.take(packet(4 * 100_000 - 4)) is not None


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 12), min_size=60, max_size=60), st.sets(st.integers(1, 59), max_size=12))
def test_in_whatever_order_they_come_no_number_is_given_twice_and_none_to_nobody(
    delays: list[int], lost: set[int]
) -> None:
    order = sorted((number for number in range(60) if number not in lost), key=lambda number: number + delays[number])
    order.remove(0)
    base = BaseLayer()
    taken = [base.take(packet(number)) for number in (0, *order)]
    kept = {one.sequence: one for one in taken if one is not None}
    assert len(kept) == sum(one is not None for one in taken)
    assert base.position - FIRST + 1 - len(kept) <= len(lost), "only what never came is missing"
    frames = [frame_of(one) for _, one in sorted(kept.items()) if one.payload]
    assert frames == sorted(frames)
