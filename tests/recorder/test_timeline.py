"""Parts lie where their first sample was captured, holes are where nothing is."""

import pytest

from contract.ids import PersonId, RecordingId, RoomId
from contract.media import Codec, Source
from contract.recording import (
    Gap,
    GapReason,
    ManifestGap,
    ManifestPoint,
    ManifestSegment,
    ManifestSegmentDone,
    ManifestStarted,
    ManifestStopped,
)
from contract.rooms import RecordingState
from recorder import timeline
from recorder.manifest import Manifest
from recorder.timeline import PartFile

pytestmark = pytest.mark.unit

A, B = PersonId("p-a"), PersonId("p-b")
S = 1_000_000_000
ZERO = 1_800_000_000 * S


def segment(file: str, person: PersonId, at_s: float) -> ManifestSegment:
    return ManifestSegment(
        file=file,
        participant=person,
        sources=[Source.CAMERA, Source.MICROPHONE],
        codecs=[Codec.VP8, Codec.OPUS],
        wall_ns=ZERO + round(at_s * S),
    )


def done(file: str, *, interrupted: bool = False) -> ManifestSegmentDone:
    return ManifestSegmentDone(file=file, size_bytes=1, sha256="", wall_ns=ZERO, interrupted=interrupted)


def gap(start_s: float, end_s: float, reason: GapReason = GapReason.NETWORK) -> ManifestGap:
    return ManifestGap(
        participant=A,
        source=Source.CAMERA,
        start_ns=ZERO + round(start_s * S),
        end_ns=ZERO + round(end_s * S),
        reason=reason,
    )


def part(file: str, duration_s: float, *, video: bool = True) -> PartFile:
    return PartFile(file, "video/webm", video, True, duration_s, 640, 360, 9, "ab")


def manifest(*lines: ManifestSegment | ManifestSegmentDone | ManifestGap | ManifestPoint | ManifestStopped) -> Manifest:
    out = Manifest()
    out.add(ManifestStarted(recording=RecordingId("r"), room=RoomId("room"), wall_ns=ZERO))
    for line in lines:
        out.add(line)
    return out


def test_parts_keep_their_place_and_the_last_one_ends_the_recording() -> None:
    told = manifest(segment("1", A, 0.25), segment("2", B, 2.5), done("1"), done("2"))
    summary = timeline.summarize(told, {"1": part("p1", 10.0), "2": part("p2", 9.5, video=False)})
    assert [(one.file, one.offset_s) for one in summary.parts] == [("p1", 0.25), ("p2", 2.5)]
    assert summary.duration_s == 12.0
    assert summary.state is RecordingState.SAFE
    assert summary.parts[1].sources == [Source.MICROPHONE]


def test_a_sample_captured_before_the_order_moves_the_zero_and_nothing_else() -> None:
    summary = timeline.summarize(
        manifest(segment("1", A, -0.1), segment("2", B, 0.4), done("1"), done("2")),
        {"1": part("p1", 1.0), "2": part("p2", 1.0)},
    )
    assert [one.offset_s for one in summary.parts] == [0.0, 0.5]
    assert summary.started_ns == ZERO - S // 10


def test_a_cut_off_segment_leaves_a_crash_gap_until_the_same_source_goes_on() -> None:
    told = manifest(segment("1", A, 0), segment("2", B, 0), segment("3", A, 7), done("3"))
    summary = timeline.summarize(told, {"1": part("p1", 5.0), "2": part("p2", 5.0), "3": part("p3", 3.0)})
    assert summary.state is RecordingState.RECOVERED
    assert [(gap.participant, gap.source, gap.start_s, gap.end_s, gap.reason) for gap in summary.gaps] == [
        (A, source, 5.0, 7.0, GapReason.CRASH) for source in (Source.CAMERA, Source.MICROPHONE)
    ]


def test_an_unreadable_segment_is_a_gap_as_a_whole() -> None:
    summary = timeline.summarize(manifest(segment("1", A, 1), segment("2", A, 4), done("2")), {"2": part("p2", 1.0)})
    assert [one.file for one in summary.parts] == ["p2"]
    assert {(gap.start_s, gap.end_s) for gap in summary.gaps} == {(1.0, 4.0)}


def test_gaps_that_touch_are_one_and_none_reaches_past_the_end() -> None:
    told = manifest(
        segment("1", A, 0), done("1"), gap(3, 4), gap(1, 2), gap(2, 3), gap(5, 5.1), gap(9, 99), gap(11, 12)
    )
    summary = timeline.summarize(told, {"1": part("p1", 10.0)})
    assert [(one.start_s, one.end_s) for one in summary.gaps] == [(1.0, 4.0), (9.0, 10.0)]


def test_a_recorder_that_was_ended_in_mid_recording_leaves_the_same_gap_as_one_that_crashed() -> None:
    told = manifest(segment("1", A, 0), done("1", interrupted=True), segment("2", A, 7), done("2"))
    summary = timeline.summarize(told, {"1": part("p1", 5.0), "2": part("p2", 3.0)})
    assert {(one.start_s, one.end_s, one.reason) for one in summary.gaps} == {(5.0, 7.0, GapReason.CRASH)}


def test_a_reason_that_somebody_gave_explains_more_than_a_crash() -> None:
    told = manifest(segment("1", A, 0), gap(5.5, 7, GapReason.WORKER), segment("2", A, 7), done("2"))
    summary = timeline.summarize(told, {"1": part("p1", 5.0), "2": part("p2", 3.0)})
    assert [(one.start_s, one.end_s, one.reason) for one in summary.gaps if one.source is Source.CAMERA] == [
        (5.0, 7.0, GapReason.WORKER)
    ]


def test_what_a_full_disk_did_not_take_belongs_to_the_recording() -> None:
    told = manifest(segment("1", A, 0), done("1"), gap(5, 30, GapReason.DISK_FULL))
    summary = timeline.summarize(told, {"1": part("p1", 5.0)})
    assert (summary.duration_s, summary.state) == (30.0, RecordingState.SAFE)
    assert [(one.start_s, one.end_s) for one in summary.gaps] == [(5.0, 30.0)]


def test_a_recording_of_which_nothing_could_be_written_failed() -> None:
    summary = timeline.summarize(manifest(gap(0, 30, GapReason.DISK_FULL)), {})
    assert (summary.state, summary.parts) == (RecordingState.FAILED, [])


def test_merging_keeps_sources_apart() -> None:
    gaps = [
        Gap(participant=A, source=source, start_s=0, end_s=1, reason=GapReason.CRASH)
        for source in (Source.CAMERA, Source.MICROPHONE)
    ]
    assert timeline.merge(gaps) == gaps


def test_very_many_points_are_thinned_evenly() -> None:
    points = [ManifestPoint(wall_ns=ZERO + n, by=A, on=B, x=0, y=0) for n in range(50_001)]
    kept = timeline.summarize(manifest(*points), {}).points
    assert len(kept) <= timeline.MAX_POINTS
    assert len(kept) > timeline.MAX_POINTS // 2


def test_a_recording_without_a_byte_is_empty_and_safe() -> None:
    summary = timeline.summarize(manifest(ManifestStopped(wall_ns=ZERO + S, interrupted=False)), {})
    assert (summary.state, summary.duration_s, summary.parts) == (RecordingState.SAFE, 0.0, [])


def test_a_manifest_without_beginning_cannot_be_summed_up() -> None:
    with pytest.raises(ValueError, match="started"):
        timeline.summarize(Manifest(), {})
