"""A manifest can be read whatever the last crash left of it."""

import pytest

from contract.ids import PersonId, RecordingId, RoomId
from contract.media import Codec, Source
from contract.recording import (
    GapReason,
    ManifestGap,
    ManifestLine,
    ManifestPoint,
    ManifestSegment,
    ManifestSegmentDone,
    ManifestStarted,
    ManifestStopped,
    ManifestTrack,
)
from recorder.manifest import RESUME, Manifest, line_bytes, parse

pytestmark = pytest.mark.unit

P = PersonId("p-chen")
LINES: list[ManifestLine] = [
    ManifestStarted(recording=RecordingId("r"), room=RoomId("room"), wall_ns=1),
    ManifestTrack(participant=P, source=Source.CAMERA, codec=Codec.VP8, clock_rate_hz=90_000, wall_ns=2),
    ManifestSegment(file="live-0001.webm", participant=P, codecs=[Codec.VP8, Codec.OPUS], wall_ns=3),
    ManifestPoint(wall_ns=4, by=P, on=PersonId("店"), x=0.5, y=1.0),
    ManifestGap(participant=P, source=Source.CAMERA, start_ns=4, end_ns=9, reason=GapReason.NETWORK),
    ManifestSegmentDone(file="live-0001.webm", size_bytes=5, sha256="0" * 64, wall_ns=9),
    ManifestStopped(wall_ns=10, interrupted=False),
]
BYTES = b"".join(map(line_bytes, LINES))


def listed(manifest: Manifest) -> list[ManifestLine]:
    one = [manifest.started, *manifest.tracks, *manifest.segments, *manifest.points, *manifest.gaps]
    return [line for line in (*one, *manifest.done.values(), manifest.stopped) if line is not None]


def test_a_whole_manifest_reads_back_as_written() -> None:
    assert listed(parse(BYTES)) == LINES
    assert parse(BYTES).torn_lines == 0
    assert not parse(BYTES).crashed


def test_a_manifest_torn_at_any_byte_keeps_every_whole_line() -> None:
    for length in range(len(BYTES) + 1):
        torn = BYTES[:length]
        whole = torn.count(b"\n")
        manifest = parse(torn)
        # A line whose last byte is the only one missing is whole, too.
        assert listed(manifest)[:whole] == LINES[:whole]
        assert len(listed(manifest)) - whole in (0, 1)
        assert manifest.torn_lines <= 1


def test_what_is_appended_after_a_tear_is_not_harmed_by_it() -> None:
    ends = [at + 1 for at, byte in enumerate(BYTES) if byte == 10]
    for length in range(ends[0], len(BYTES) + 1):
        whole = BYTES[:length].count(b"\n")
        manifest = parse(BYTES[:length] + RESUME + b"".join(map(line_bytes, LINES[whole:])))
        assert manifest.started == LINES[0]
        assert manifest.stopped == LINES[-1]
        assert [segment.file for segment in manifest.segments] == ["live-0001.webm"]


def test_lines_of_a_newer_version_are_skipped_and_counted() -> None:
    manifest = parse(b'{"type":"hologram","wall_ns":3}\n' + BYTES)
    assert listed(manifest) == LINES
    assert manifest.torn_lines == 1


def test_a_segment_that_was_never_closed_means_a_crash() -> None:
    assert parse(b"".join(map(line_bytes, LINES[:4]))).crashed
    assert parse(line_bytes(LINES[0]) + line_bytes(ManifestStopped(wall_ns=2, interrupted=True))).crashed
