"""The tap: whole encoded frames from a media worker to the recorder, over `<data>/run/tap.sock`.

Only `keyframes` goes the other way.

Framing: u32 length of the rest, u8 kind, body. Kind 1 is a JSON message below, kind 2 a frame:
u32 track number, u8 flags (bit 0: keyframe), u64 wall_ns, payload. All integers big endian.

`wall_ns` is the capture time on the server's clock: the publisher's RTCP sender reports give the time between its
tracks exactly (RFC 3550 §6.4.1), the smallest seen delay moves them onto our clock. The recorder knows no RTP.
VP8 and VP9 payloads are whole frames, H.264 is Annex B, AV1 OBUs with their sizes, Opus one packet.
"""

import struct
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, TypeAdapter

from contract.base import Message, decode, encode
from contract.errors import ErrorCode, ProtocolViolation
from contract.ids import PersonId, RecordingId, RoomId, WorkerId
from contract.media import Codec, Source
from contract.recording import GapReason

MAX_TAP_BYTES = 2 * 1024 * 1024
"""Largest record; a bigger frame is dropped by the sender and counted as a gap."""

_HEAD = struct.Struct(">IB")
_FRAME = struct.Struct(">IBQ")
_JSON, _FRAME_KIND = 1, 2
_KEY = 1


class TapHello(Message):
    type: Literal["hello"] = "hello"
    worker: WorkerId


class TapOpen(Message):
    """Records of this recording follow on this connection."""

    type: Literal["open"] = "open"
    recording: RecordingId
    room: RoomId
    epoch: int
    """Since when this worker owns the room. A lower one than the highest seen is not recorded: he was replaced."""
    wall_ns: int


class TapTrack(Message):
    """`number` stands for this track in frames, unique on the connection."""

    type: Literal["track"] = "track"
    recording: RecordingId
    number: int
    participant: PersonId
    source: Source
    codec: Codec
    clock_rate_hz: int
    wall_ns: int


class TapTrackEnd(Message):
    """No more of this track. `lost` says why, unless it was somebody's wish (camera off, left)."""

    type: Literal["track_end"] = "track_end"
    number: int
    wall_ns: int
    lost: GapReason | None = None


class TapGap(Message):
    """Frames between these times will not come."""

    type: Literal["gap"] = "gap"
    number: int
    start_ns: int
    end_ns: int
    reason: GapReason


class TapPoint(Message):
    """Somebody pointed at a picture."""

    type: Literal["point"] = "point"
    recording: RecordingId
    wall_ns: int
    by: PersonId
    on: PersonId
    x: float
    y: float


class TapClose(Message):
    """The last record of this recording on this connection; ends all its tracks. If the recording is not over, its
    room moved to another worker."""

    type: Literal["close"] = "close"
    recording: RecordingId
    wall_ns: int


class TapKeyframes(Message):
    """Recorder to worker: pictures of this recording are left out until their next keyframe."""

    type: Literal["keyframes"] = "keyframes"
    recording: RecordingId


TapMessage = Annotated[
    TapHello | TapOpen | TapTrack | TapTrackEnd | TapGap | TapPoint | TapClose | TapKeyframes,
    Field(discriminator="type"),
]
TAP_MESSAGE: TypeAdapter[TapMessage] = TypeAdapter(TapMessage)


class TapFrame(NamedTuple):
    """One whole encoded frame."""

    number: int
    key: bool
    wall_ns: int
    payload: bytes


def pack_message(message: TapMessage) -> bytes:
    """A JSON record with its length."""
    body = encode(message)
    return _HEAD.pack(len(body) + 1, _JSON) + body


def pack_frame(frame: TapFrame) -> bytes:
    """A frame record with its length."""
    head = _FRAME.pack(frame.number, _KEY if frame.key else 0, frame.wall_ns)
    return _HEAD.pack(len(head) + len(frame.payload) + 1, _FRAME_KIND) + head + frame.payload


def is_frame(packed: bytes) -> bool:
    """What `pack_frame` made, not `pack_message`."""
    return packed[_HEAD.size - 1] == _FRAME_KIND


def unpack(record: bytes) -> TapMessage | TapFrame:
    """One record without its length field: kind and body. Raises ProtocolViolation."""
    return unpack_between(record, 0, len(record))


def unpack_between(data: bytes, start: int, end: int) -> TapMessage | TapFrame:
    """The record that is `data[start:end]`, as `unpack` does, copied once. Raises ProtocolViolation."""
    if start >= end:
        raise ProtocolViolation(ErrorCode.BAD_MESSAGE, "tap record is empty")
    kind, start = data[start], start + 1
    if kind == _FRAME_KIND:
        if end - start < _FRAME.size:
            raise ProtocolViolation(ErrorCode.BAD_MESSAGE, f"tap frame is truncated: {end - start} bytes")
        number, flags, wall_ns = _FRAME.unpack_from(data, start)
        return TapFrame(number, flags & _KEY == _KEY, wall_ns, data[start + _FRAME.size : end])
    if kind == _JSON:
        return decode(TAP_MESSAGE, data[start:end])
    raise ProtocolViolation(ErrorCode.BAD_MESSAGE, f"tap record kind {kind} is unknown")
