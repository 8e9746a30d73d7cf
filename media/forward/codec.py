"""Which video codec a room uses: the first in an order that everybody in it can receive."""

from collections.abc import Iterable, Sequence

from contract.media import Codec

ANYWAY = (Codec.VP8, Codec.H264)
"""Come after what the administrator asked for: they cost a device least."""
VIDEO = frozenset(Codec) - {Codec.OPUS}
"""What the recorder understands, and whoever has nothing to show a picture in."""


def choose(wished: Sequence[Codec], able: Iterable[frozenset[Codec]]) -> Codec:
    """Of `wished`, then of ANYWAY, the first that is in each set of `able`; VP8 where none is."""
    common = VIDEO.intersection(*able)
    return next((codec for codec in (*wished, *ANYWAY) if codec in common), Codec.VP8)
