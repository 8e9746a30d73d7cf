"""The rule by which a room finds its video codec."""

from itertools import permutations

import pytest

from contract.media import Codec
from media.forward.codec import VIDEO, choose

pytestmark = pytest.mark.unit

VP8, H264, VP9 = Codec.VP8, Codec.H264, Codec.VP9


@pytest.mark.parametrize(
    ("wished", "able", "chosen"),
    [
        ([VP8], [], VP8),
        ([VP9, H264], [], VP9),
        ([VP8], [VIDEO, VIDEO], VP8),
        ([VP9], [VIDEO, {VP8, VP9}], VP9),
        ([VP9], [VIDEO, {VP8, H264}], VP8),
        ([VP9, H264], [VIDEO, {VP8, H264}], H264),
        ([VP9, H264], [{H264, VP9}, {VP8, H264}], H264),
        ([VP8], [{H264}, VIDEO], H264),
        ([VP8], [{VP9}, VIDEO], VP8),
        ([H264], [{VP8}, {H264}], VP8),
    ],
    ids=[
        "nobody",
        "nobody, and the first wish",
        "all can",
        "all who are here can",
        "one cannot",
        "the second wish",
        "the only one that all can",
        "unasked, but it costs little",
        "a dear one is not used unasked",
        "there is none",
    ],
)
def test_the_first_that_all_can_is_used(wished: list[Codec], able: list[set[Codec]], chosen: Codec) -> None:
    for order in permutations(able):
        assert choose(wished, map(frozenset, order)) is chosen
