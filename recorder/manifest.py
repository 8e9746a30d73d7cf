"""The manifest of one recording: append-only lines of JSON, read back whatever the last crash left of them.

A line is written by one `write`, so a crash tears at most the last one. Who appends after a crash begins with a line
feed (`RESUME`): the torn line then stands alone and is skipped. Nothing here does IO.
"""

from dataclasses import dataclass, field

from contract.base import decode, encode
from contract.errors import ProtocolViolation
from contract.recording import (
    MANIFEST_LINE,
    ManifestGap,
    ManifestLine,
    ManifestPart,
    ManifestPoint,
    ManifestSegment,
    ManifestSegmentDone,
    ManifestStarted,
    ManifestStopped,
    ManifestTrack,
)

RESUME = b"\n"
"""What the next process writes before its first line."""


@dataclass
class Manifest:
    """All that the lines say, in their order."""

    started: ManifestStarted | None = None
    tracks: list[ManifestTrack] = field(default_factory=list)
    segments: list[ManifestSegment] = field(default_factory=list)
    done: dict[str, ManifestSegmentDone] = field(default_factory=dict)
    """Properly closed segments by file name; a segment that is not here was cut off by a crash."""
    parts: dict[str, ManifestPart] = field(default_factory=dict)
    """What was made of segments, by file name, the newest word of each."""
    gaps: list[ManifestGap] = field(default_factory=list)
    points: list[ManifestPoint] = field(default_factory=list)
    stopped: ManifestStopped | None = None
    torn_lines: int = 0

    def add(self, line: ManifestLine) -> None:
        """Take one more line; a repeated `started`, segment or `stopped` changes nothing."""
        match line:
            case ManifestStarted():
                self.started = self.started or line
            case ManifestTrack():
                self.tracks.append(line)
            case ManifestSegment():
                if all(known.file != line.file for known in self.segments):
                    self.segments.append(line)
            case ManifestSegmentDone():
                self.done.setdefault(line.file, line)
            case ManifestPart():
                self.parts[line.file] = line
            case ManifestGap():
                self.gaps.append(line)
            case ManifestPoint():
                self.points.append(line)
            case ManifestStopped():
                self.stopped = self.stopped or line

    @property
    def crashed(self) -> bool:
        """A segment was never closed, or the stop itself says so."""
        cut_off = any(segment.file not in self.done for segment in self.segments)
        return cut_off or (self.stopped is not None and self.stopped.interrupted)


def line_bytes(line: ManifestLine) -> bytes:
    """`line` as it is appended, in one write."""
    return encode(line) + b"\n"


def parse(data: bytes) -> Manifest:
    """Read a manifest; lines that are torn or of an unknown type are skipped and counted."""
    manifest = Manifest()
    for raw in data.split(b"\n"):
        if not raw.strip():
            continue
        try:
            manifest.add(decode(MANIFEST_LINE, raw))
        except ProtocolViolation:
            manifest.torn_lines += 1
    return manifest
