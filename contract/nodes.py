"""What signaling and its nodes (media workers, the recorder) say on their Unix-socket links.

Framing: 4 bytes length (big endian), then UTF-8 JSON of at most MAX_LINK_BYTES. The node connects to
`<data>/run/control.sock` and speaks first: its hello carries everything it still holds, so that either side may
restart alone. Requests carry a number that their answer repeats.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from contract.base import Message, Sdp
from contract.errors import ErrorCode
from contract.ids import LegId, PersonId, RecordingId, RoomId, SessionId, WorkerId
from contract.media import Grants, Layout, MediaUse, Source
from contract.quality import LegSample
from contract.recording import RecordingSummary
from contract.rooms import RecordingState

MAX_LINK_BYTES = 4 * 1024 * 1024
SILENT_S = 3.0
"""A leg of which nothing was heard for so long is reported `silent`. Firefox that only watches is silent now and then,
between two checks of consent (RFC 7675, up to 6 s): who is away is decided by signaling, which hears the socket too."""
CONTROL_SOCKET = "run/control.sock"
TAP_SOCKET = "run/tap.sock"


class LegState(StrEnum):
    CONNECTING = "connecting"
    CONNECTED = "connected"
    """DTLS is up and the client said `ready`, if it has a data channel to say it on."""
    SILENT = "silent"
    """Nothing heard for SILENT_S."""
    CLOSED = "closed"


class LegEnd(StrEnum):
    """Why a leg closed."""

    REPLACED = "replaced"
    LEFT = "left"
    REMOVED = "removed"
    ROOM_CLOSED = "room_closed"
    RESTARTING = "restarting"
    TIMEOUT = "timeout"
    """Never connected, or nothing heard for 30 s."""
    CLIENT_CLOSED = "client_closed"
    FAILED = "failed"


# --- signaling to media -------------------------------------------------------------------------------------------


class OpenLeg(Message):
    """Answer an offer. A leg of the same participant and session with a lower `pc_gen` is closed (`replaced`) once
    this one is connected; a lower or equal `pc_gen` than the newest is refused (`stale`)."""

    type: Literal["open_leg"] = "open_leg"
    request: int
    room: RoomId
    leg: LegId
    participant: PersonId
    session: SessionId
    pc_gen: int
    sdp: Sdp
    layout: Layout | MediaUse
    """What the sections of the offer are for: by the layout of our own client, or, for a client of WHIP or WHEP, which
    has none and no data channel either, by their order. Such a leg is connected when DTLS is up."""
    grants: Grants
    epoch: int = 0
    """Since when the worker owns the room; filled in where the room is placed. The newest counts."""
    moved: bool = False
    """The room ran on a worker that was lost: a worker that is busy takes it all the same. Filled in as `epoch` is."""
    host: bool = False
    """Takes the first stage slot of everybody else."""
    low_delay: bool = False
    """Its camera is shown without waiting for smoothness (playout delay 0): what somebody repairs by."""


class RestartIce(Message):
    """The client of a leg looks for a way anew with these credentials (RFC 8445 §9). Answered with the fragment of SDP
    for it (RFC 8840), refused with `not_found`; media goes on, by the old way until the client nominates a new one."""

    type: Literal["restart_ice"] = "restart_ice"
    request: int
    leg: LegId
    ufrag: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{4,256}$")]
    pwd: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{22,256}$")]


class SetGrants(Message):
    """New grants for every leg of a participant; takes effect with the next packet."""

    type: Literal["set_grants"] = "set_grants"
    room: RoomId
    participant: PersonId
    grants: Grants
    host: bool = False
    only_session: SessionId | None = None
    """If given, legs of the participant's other sessions are closed (`removed`)."""


class CloseLeg(Message):
    type: Literal["close_leg"] = "close_leg"
    leg: LegId
    reason: LegEnd


class DropParticipant(Message):
    """Closes all legs of a participant in a room."""

    type: Literal["drop_participant"] = "drop_participant"
    room: RoomId
    participant: PersonId
    reason: LegEnd


class CloseMediaRoom(Message):
    type: Literal["close_room"] = "close_room"
    room: RoomId


class Record(Message):
    """Start tapping a room (a recording) or stop (none)."""

    type: Literal["record"] = "record"
    room: RoomId
    recording: RecordingId | None
    epoch: int = 0
    """As in `open_leg`; the recorder takes a room only from its newest owner."""


class WantKeyframes(Message):
    """Somebody is about to be let in: have a keyframe of every picture ready. It gives nobody any right."""

    type: Literal["want_keyframes"] = "want_keyframes"
    room: RoomId


ToWorker = Annotated[
    OpenLeg | RestartIce | SetGrants | CloseLeg | DropParticipant | CloseMediaRoom | Record | WantKeyframes,
    Field(discriminator="type"),
]
TO_WORKER: TypeAdapter[ToWorker] = TypeAdapter(ToWorker)


# --- media to signaling -------------------------------------------------------------------------------------------


class LegReport(Message):
    """A leg changed state, or is part of the worker's hello."""

    type: Literal["leg"] = "leg"
    room: RoomId
    leg: LegId
    participant: PersonId
    session: SessionId
    pc_gen: int
    state: LegState
    reason: LegEnd | None = None


class WorkerHello(Message):
    type: Literal["worker_hello"] = "worker_hello"
    worker: WorkerId
    udp_port: int
    legs: list[LegReport]
    recordings: dict[RoomId, RecordingId]
    epochs: dict[RoomId, int]
    """Every room that it holds, and since which epoch."""


class Answered(Message):
    """What goes back to the client: the answer to its offer, or to its restart of ICE."""

    type: Literal["answered"] = "answered"
    request: int
    sdp: Sdp


class Refused(Message):
    type: Literal["refused"] = "refused"
    request: int
    code: ErrorCode
    detail: str = ""
    retry_after_s: float | None = None


class PublicationReport(Message):
    """Packets of a source began, or ended, to arrive."""

    type: Literal["publication"] = "publication"
    room: RoomId
    participant: PersonId
    source: Source
    live: bool


class Beat(Message):
    """Twice a second: alive, and how busy."""

    type: Literal["beat"] = "beat"
    legs: int
    rooms: int
    packets_in: int
    packets_out: int
    dropped: dict[str, int]
    load: float = 0.0
    """Share of one core that it used in the last seconds."""
    late_s: float = 0.0
    """How late its loop usually was."""
    busy_s: float | None = None
    """It takes nobody new, who may ask again in so many seconds; rooms without media go elsewhere."""


class LegFigures(Message):
    """How well media goes over a leg, every contract.quality.SAMPLE_S."""

    type: Literal["leg_figures"] = "leg_figures"
    room: RoomId
    leg: LegId
    participant: PersonId
    sample: LegSample


FromWorker = Annotated[
    WorkerHello | Answered | Refused | LegReport | PublicationReport | Beat | LegFigures, Field(discriminator="type")
]
FROM_WORKER: TypeAdapter[FromWorker] = TypeAdapter(FromWorker)


# --- recorder -----------------------------------------------------------------------------------------------------


class StartRecording(Message):
    """Expect the tap of this room; the manifest is opened at once."""

    type: Literal["start_recording"] = "start_recording"
    recording: RecordingId
    room: RoomId


class StopRecording(Message):
    """Nothing more comes: make it safe. Repeated until a report says `safe`, `recovered` or `failed`."""

    type: Literal["stop_recording"] = "stop_recording"
    recording: RecordingId


ToRecorder = Annotated[StartRecording | StopRecording, Field(discriminator="type")]
TO_RECORDER: TypeAdapter[ToRecorder] = TypeAdapter(ToRecorder)


class RecordingReport(Message):
    """How far a recording is; with a summary once it is over. `unknown` ones are reported as `failed`."""

    type: Literal["recording"] = "recording"
    recording: RecordingId
    room: RoomId | None
    state: RecordingState
    summary: RecordingSummary | None = None


class RecorderHello(Message):
    """Every recording that is not finished, or was finished since the last start (a recovered one)."""

    type: Literal["recorder_hello"] = "recorder_hello"
    recordings: list[RecordingReport]


FromRecorder = Annotated[RecorderHello | RecordingReport, Field(discriminator="type")]
FROM_RECORDER: TypeAdapter[FromRecorder] = TypeAdapter(FromRecorder)

NodeHello = Annotated[WorkerHello | RecorderHello, Field(discriminator="type")]
NODE_HELLO: TypeAdapter[NodeHello] = TypeAdapter(NodeHello)
