"""A live WebM file plays after every write."""

from pathlib import Path

import av
import pytest

from contract.media import Codec
from recorder.formats import picture_format
from recorder.mux.sink import Sink
from recorder.mux.webm import LiveWebm, element
from recorder.segment import Open, Sample
from tests.support import encoded

pytestmark = pytest.mark.unit

ZERO = 1_800_000_000_000_000_000


def samples(seconds: float) -> list[Sample]:
    return [
        Sample(ZERO + round(frame.t_s * 1e9), frame.video, frame.key, frame.payload)
        for frame in encoded.both(Codec.VP8, 1, seconds)
    ]


def within(fed: list[Sample], tail_bytes: int) -> int:
    """How many of the last samples may lie in so many bytes, and the torn one."""
    count = 0
    while tail_bytes > 0:
        count += 1
        tail_bytes -= len(fed[-count].payload)
    return count


def test_the_file_can_be_read_after_each_write_and_at_any_tear(tmp_path: Path) -> None:
    path = tmp_path / "a.webm"
    fed = samples(3.0)
    file = LiveWebm(Sink(path), Open(ZERO, picture_format(Codec.VP8, fed[0].payload), fed[0].payload))
    for count in range(0, len(fed), 30):
        file.write(fed[count : count + 30])
        with av.open(str(path)) as container:
            read = [packet for packet in container.demux() if packet.size]
        assert len(read) == min(count + 30, len(fed))
    assert file.close().size_bytes == path.stat().st_size
    whole = path.read_bytes()
    torn = tmp_path / "torn.webm"
    for length in range(len(whole) - 1500, len(whole), 37):
        torn.write_bytes(whole[:length])
        with av.open(str(torn)) as container:
            read = [packet for packet in container.demux() if packet.size]
        assert len(read) >= len(fed) - within(fed, len(whole) - length)


def test_times_that_jump_or_stand_still_stay_in_order(tmp_path: Path) -> None:
    path = tmp_path / "a.webm"
    file = LiveWebm(Sink(path), Open(ZERO, None, b""))
    at_ms = [0, 20, 20, 10, 40, 60_000, 60_020, 200_000]
    file.write([Sample(ZERO + ms * 1_000_000, False, True, b"\xf8\xff\xfe") for ms in at_ms])
    file.close()
    with av.open(str(path)) as container:
        times = [packet.pts for packet in container.demux() if packet.size]
    assert [time - times[0] for time in times if time is not None and times[0] is not None] == [
        0, 20, 21, 22, 40, 60_000, 60_020, 200_000,
    ]  # fmt: skip


def test_sizes_take_as_many_bytes_as_they_need() -> None:
    assert element(b"\xa3", bytes(126))[:2] == b"\xa3\xfe"
    assert element(b"\xa3", bytes(127))[:3] == b"\xa3\x40\x7f"
    assert element(b"\xa3", bytes(16383))[:4] == b"\xa3\x20\x3f\xff"
