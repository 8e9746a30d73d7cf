"""What a recording is made of: the manifest that grows while it runs, and the summary once it is safe."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from contract.base import Message
from contract.ids import PersonId, RecordingId, RoomId
from contract.media import Codec, Source
from contract.rooms import RecordingState


class GapReason(StrEnum):
    """Why something is missing; each has words and its own stripes on the timeline."""

    NETWORK = "network"
    """Packets did not arrive."""
    TAP_FULL = "tap_full"
    """The recorder was too slow and whole frames were dropped."""
    CRASH = "crash"
    """The recorder died; another one went on."""
    WORKER = "worker"
    """The media worker died or hung, or the room moved to another one."""
    DISK_FULL = "disk_full"
    """There was no room to write."""


class Gap(Message):
    """A hole in one participant's track, seconds from the start of the recording."""

    participant: PersonId
    source: Source
    start_s: float
    end_s: float
    reason: GapReason


class Part(Message):
    """One playable file: one participant, one stretch of time."""

    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+$", max_length=120)]
    """Name inside the recording's directory."""
    participant: PersonId
    mime: str
    """With codecs, as `canPlayType` takes it."""
    sources: list[Source] = Field(default_factory=list)
    """What is in it: camera and microphone, or screen and its sound."""
    has_video: bool
    has_audio: bool
    offset_s: float
    """Where its first sample lies on the recording's timeline."""
    duration_s: float
    width_px: int = 0
    height_px: int = 0
    size_bytes: int
    sha256: str


class Point(Message):
    """One pointer position on the timeline."""

    t_s: float
    by: PersonId
    on: PersonId
    x: float
    y: float


class RecordingSummary(Message):
    """What the archive keeps of a finished recording."""

    id: RecordingId
    room: RoomId
    state: RecordingState
    started_ns: int
    """UTC ns of the timeline's zero."""
    duration_s: float
    parts: list[Part]
    gaps: list[Gap] = Field(default_factory=list)
    points: list[Point] = Field(default_factory=list)


class ManifestStarted(Message):
    type: Literal["started"] = "started"
    recording: RecordingId
    room: RoomId
    wall_ns: int
    version: int = 1


class ManifestTrack(Message):
    """A track's format, and the clock its sender reports map to."""

    type: Literal["track"] = "track"
    participant: PersonId
    source: Source
    codec: Codec
    clock_rate_hz: int
    wall_ns: int


class ManifestSegment(Message):
    """A live file was opened; its first sample lies at `wall_ns`."""

    type: Literal["segment"] = "segment"
    file: str
    participant: PersonId
    sources: list[Source] = Field(default_factory=list)
    codecs: list[Codec]
    wall_ns: int
    width_px: int = 0
    height_px: int = 0


class ManifestSegmentDone(Message):
    """A live file was closed; `interrupted` if the recorder ended in mid-recording: the tracks in it did not."""

    type: Literal["segment_done"] = "segment_done"
    file: str
    size_bytes: int
    sha256: str
    wall_ns: int
    interrupted: bool = False


class ManifestPart(Message):
    """A segment became this file, which is kept; its checksum is what an integrity check holds it to."""

    type: Literal["part"] = "part"
    file: str
    segment: str
    size_bytes: int
    sha256: str


class ManifestGap(Message):
    type: Literal["gap"] = "gap"
    participant: PersonId
    source: Source
    start_ns: int
    end_ns: int
    reason: GapReason


class ManifestPoint(Message):
    type: Literal["point"] = "point"
    wall_ns: int
    by: PersonId
    on: PersonId
    x: float
    y: float


class ManifestStopped(Message):
    type: Literal["stopped"] = "stopped"
    wall_ns: int
    interrupted: bool


ManifestLine = Annotated[
    ManifestStarted
    | ManifestTrack
    | ManifestSegment
    | ManifestSegmentDone
    | ManifestPart
    | ManifestGap
    | ManifestPoint
    | ManifestStopped,
    Field(discriminator="type"),
]
MANIFEST_LINE: TypeAdapter[ManifestLine] = TypeAdapter(ManifestLine)
