"""The timeline of a recording: where each part lies on it, what is missing, how long it is. Pure arithmetic."""

from collections.abc import Sequence
from typing import NamedTuple

from contract.media import Source
from contract.recording import Gap, GapReason, ManifestPoint, ManifestSegment, Part, Point, RecordingSummary
from contract.rooms import RecordingState
from recorder.manifest import Manifest

MAX_POINTS = 20_000
"""A summary travels in one message; more pointer positions than this are thinned out evenly."""
SHORTEST_GAP_S = 0.2
"""Shorter holes nobody sees."""


class PartFile(NamedTuple):
    """A playable file made of one segment."""

    file: str
    mime: str
    has_video: bool
    has_audio: bool
    duration_s: float
    width_px: int
    height_px: int
    size_bytes: int
    sha256: str


def seconds(wall_ns: int, zero_ns: int) -> float:
    """Timeline seconds of a wall time, to the microsecond; never before the start."""
    return max(0.0, round((wall_ns - zero_ns) / 1e9, 6))


def summarize(manifest: Manifest, files: dict[str, PartFile]) -> RecordingSummary:
    """What the archive keeps. `files` maps a segment's live file to its part; an unreadable segment is left out.

    Raises ValueError if the manifest has no beginning.
    """
    if manifest.started is None:
        raise ValueError("manifest: no started line")
    zero_ns = zero_of(manifest)
    parts = [part_of(segment, files[segment.file], zero_ns) for segment in manifest.segments if segment.file in files]
    unwritten = [gap.end_ns for gap in manifest.gaps if gap.reason is GapReason.DISK_FULL]
    ends = [seconds(at_ns, zero_ns) for at_ns in unwritten] + [part.offset_s + part.duration_s for part in parts]
    duration_s = max(ends, default=0.0)
    return RecordingSummary(
        id=manifest.started.recording,
        room=manifest.started.room,
        state=_state(manifest, parts),
        started_ns=zero_ns,
        duration_s=round(duration_s, 6),
        parts=parts,
        gaps=_gaps(manifest, files, zero_ns, duration_s),
        points=_points(manifest.points, zero_ns),
    )


def _state(manifest: Manifest, parts: Sequence[Part]) -> RecordingState:
    if manifest.gaps and not parts:
        return RecordingState.FAILED
    return RecordingState.RECOVERED if manifest.crashed else RecordingState.SAFE


def zero_of(manifest: Manifest) -> int:
    """UTC ns of the timeline's zero: the start, or the first sample, whose capture may lie some ms before it."""
    if manifest.started is None:
        raise ValueError("manifest: no started line")
    return min([manifest.started.wall_ns, *(segment.wall_ns for segment in manifest.segments)])


def part_of(segment: ManifestSegment, file: PartFile, zero_ns: int) -> Part:
    """One part in its place."""
    picture = {Source.CAMERA, Source.SCREEN} if file.has_video else set()
    sound = {Source.MICROPHONE, Source.SCREEN_SOUND} if file.has_audio else set()
    return Part(
        file=file.file,
        participant=segment.participant,
        mime=file.mime,
        sources=[source for source in segment.sources if source in picture | sound],
        has_video=file.has_video,
        has_audio=file.has_audio,
        offset_s=seconds(segment.wall_ns, zero_ns),
        duration_s=round(file.duration_s, 6),
        width_px=file.width_px,
        height_px=file.height_px,
        size_bytes=file.size_bytes,
        sha256=file.sha256,
    )


def _gaps(manifest: Manifest, files: dict[str, PartFile], zero_ns: int, duration_s: float) -> list[Gap]:
    told = [
        Gap(
            participant=gap.participant,
            source=gap.source,
            start_s=seconds(gap.start_ns, zero_ns),
            end_s=seconds(gap.end_ns, zero_ns),
            reason=gap.reason,
        )
        for gap in manifest.gaps
    ]
    every = [gap for gap in (*told, *crash_gaps(manifest, files)) if gap.end_s - gap.start_s >= SHORTEST_GAP_S]
    inside = [gap.model_copy(update={"end_s": min(gap.end_s, duration_s)}) for gap in every if gap.start_s < duration_s]
    return merge(inside)


def crash_gaps(manifest: Manifest, files: dict[str, PartFile]) -> list[Gap]:
    """From where a segment that our own end cut off ends to where the same source goes on.

    What never goes on has no gap, but an end.
    """
    if manifest.started is None:
        return []
    zero_ns, found = zero_of(manifest), []
    for index, segment in enumerate(manifest.segments):
        done = manifest.done.get(segment.file)
        if done is not None and not done.interrupted:
            continue
        start_s = seconds(segment.wall_ns, zero_ns)
        if segment.file in files:
            start_s += files[segment.file].duration_s
        for source in segment.sources:
            following = next(
                (
                    later
                    for later in manifest.segments[index + 1 :]
                    if later.participant == segment.participant and source in later.sources
                ),
                None,
            )
            if following is not None:
                end_s = seconds(following.wall_ns, zero_ns)
                found.append(
                    Gap(
                        participant=segment.participant,
                        source=source,
                        start_s=round(start_s, 6),
                        end_s=end_s,
                        reason=GapReason.CRASH,
                    )
                )
    return found


def merge(gaps: Sequence[Gap]) -> list[Gap]:
    """Overlapping or touching gaps of one source become one, in order of time.

    It has the reason of the first, but for `crash`: that a file was cut off explains less than any other reason.
    """
    out: list[Gap] = []
    for gap in sorted(gaps, key=lambda gap: (gap.participant, gap.source, gap.start_s)):
        last = out[-1] if out else None
        if last and (last.participant, last.source) == (gap.participant, gap.source) and gap.start_s <= last.end_s:
            reason = gap.reason if last.reason is GapReason.CRASH else last.reason
            out[-1] = last.model_copy(update={"end_s": max(last.end_s, gap.end_s), "reason": reason})
        else:
            out.append(gap)
    return sorted(out, key=lambda gap: gap.start_s)


def _points(points: Sequence[ManifestPoint], zero_ns: int) -> list[Point]:
    every = -(-len(points) // MAX_POINTS) or 1
    return [
        Point(t_s=round(seconds(point.wall_ns, zero_ns), 3), by=point.by, on=point.on, x=point.x, y=point.y)
        for point in points[::every]
    ]


def mime(*, picture: str, has_audio: bool) -> str:
    """The type of a part with its codecs, as `canPlayType` takes it. `picture`: its codec (RFC 6381), empty without."""
    if not picture:
        return 'audio/webm; codecs="opus"'
    container = "mp4" if picture.startswith("avc1") else "webm"
    return f'video/{container}; codecs="{", ".join([picture, *(["opus"] if has_audio else [])])}"'
