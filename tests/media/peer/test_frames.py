"""Datagrams on a stream: whatever the pieces, the same datagrams; too long a one ends it."""

from random import Random

import pytest

from media.peer.frames import FrameReader, frame
from media.peer.rates import MAX_DATAGRAM_BYTES

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("seed", range(20))
def test_however_the_stream_is_cut_the_same_datagrams_come_out(seed: int) -> None:
    random = Random(seed)
    datagrams = [random.randbytes(random.choice((0, 1, 2, 255, 256, MAX_DATAGRAM_BYTES))) for _ in range(30)]
    stream = b"".join(map(frame, datagrams))
    reader = FrameReader()
    found = []
    while stream:
        size = random.choice((1, 2, 3, 100, 5000))
        found += reader.feed(stream[:size])
        stream = stream[size:]
    assert found == datagrams


def test_half_a_frame_is_none() -> None:
    reader = FrameReader()
    assert reader.feed(frame(b"whole") + b"\x00") == [b"whole"]
    assert reader.feed(b"\x05next") == []
    assert reader.feed(b"!") == [b"next!"]


@pytest.mark.parametrize(
    "start", [b"GET / HTTP/1.1\r\n", b"\x16\x03\x01\x02\x00", frame(bytes(MAX_DATAGRAM_BYTES + 1))]
)
def test_what_would_be_too_long_is_named_at_once(start: bytes) -> None:
    with pytest.raises(ValueError, match="at most 1500"):
        FrameReader().feed(start)
