"""Redundant audio (RFC 2198): what is put together is what is taken apart, and nothing damaged is believed."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.rtp.red import MOST_BEHIND_TICKS, MOST_BLOCK_BYTES, MOST_BYTES, Block, pack_red, unpack_red

pytestmark = pytest.mark.unit

TYPES = st.integers(0, 127)
EARLIER = st.lists(st.tuples(st.integers(0, 20_000), st.binary(max_size=1100)), max_size=3)


def test_a_packet_is_as_the_standard_draws_it() -> None:
    packed = pack_red(111, b"now", [(4800, b"before"), (1920, b"late")])
    assert packed == bytes.fromhex("ef4b0006 ef1e0004 6f") + b"beforelatenow"


@given(TYPES, st.binary(min_size=1, max_size=MOST_BYTES), EARLIER)
def test_what_fits_comes_out_again_and_a_packets_own_sound_always_does(
    payload_type: int, own: bytes, earlier: list[tuple[int, bytes]]
) -> None:
    packed = pack_red(payload_type, own, earlier)
    *before, last = unpack_red(packed)
    assert last == Block(payload_type, 0, own)
    assert len(packed) <= max(MOST_BYTES, 1 + len(own))
    able = [
        Block(payload_type, behind_ticks, body)
        for behind_ticks, body in earlier
        if 0 < behind_ticks <= MOST_BEHIND_TICKS and 0 < len(body) <= MOST_BLOCK_BYTES
    ]
    if sum(4 + len(block.payload) for block in able) + 1 + len(own) <= MOST_BYTES:
        assert before == able
    else:
        assert set(before) <= set(able)


def test_every_truncation_is_an_error_or_the_end_of_the_packets_own_sound() -> None:
    packed = pack_red(111, b"now", [(4800, b"before"), (1920, b"late")])
    whole = unpack_red(packed)
    for size in range(len(packed)):
        if size < len(packed) - len(b"now"):
            with pytest.raises(ValueError, match="RED"):
                unpack_red(packed[:size])
        else:
            assert unpack_red(packed[:size])[:-1] == whole[:-1]


@given(st.binary(max_size=64))
def test_noise_is_an_error_or_blocks_out_of_it(noise: bytes) -> None:
    with suppress(ValueError):
        assert sum(len(block.payload) for block in unpack_red(noise)) < len(noise)
