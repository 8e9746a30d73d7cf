"""Records come out of the byte stream however it was cut."""

import pytest

from contract.ids import WorkerId
from contract.tap import MAX_TAP_BYTES, TapFrame, TapHello, pack_frame, pack_message
from recorder.app import BEAT_S, SHORT_REST_S, rest_after
from recorder.intake import RecordReader

pytestmark = pytest.mark.unit

SENT: list[TapHello | TapFrame] = [
    TapHello(worker=WorkerId("media-0")),
    TapFrame(1, True, 2**63, b"x" * 40),
    TapFrame(2, False, 0, b""),
]
BYTES = b"".join(pack_frame(one) if isinstance(one, TapFrame) else pack_message(one) for one in SENT)


def test_a_stream_cut_anywhere_gives_the_same_records() -> None:
    for at in range(len(BYTES)):
        reader = RecordReader()
        assert [*reader.feed(BYTES[:at]), *reader.feed(BYTES[at:])] == SENT
    reader = RecordReader()
    assert [record for byte in BYTES for record in reader.feed(bytes([byte]))] == SENT


@pytest.mark.parametrize("length", [0, MAX_TAP_BYTES + 1, 2**32 - 1])
def test_an_impossible_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="tap record"):
        RecordReader().feed(length.to_bytes(4, "big"))


def test_a_beat_is_as_long_as_the_kernel_can_hold_what_comes() -> None:
    assert rest_after(0, BEAT_S) == BEAT_S
    assert rest_after(60_000, BEAT_S) == BEAT_S
    for rate_bytes_s in (500_000, 2_000_000):
        rest_s = BEAT_S
        for _ in range(10):
            rest_s = rest_after(min(200_000, round(rate_bytes_s * rest_s)), rest_s)
        assert 50_000 < rate_bytes_s * rest_s < 160_000
    assert rest_after(256 * 1024, BEAT_S) == SHORT_REST_S
