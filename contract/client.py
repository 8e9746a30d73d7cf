"""What the web client says on its WebSocket, one frame each.

`hello` comes first, within 5 s. Everything with a `cid` is idempotent by it and answered with `done`, `sent` or
`error` carrying the same `cid`.
"""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from contract.base import Message, ShortText, Text
from contract.ids import ChannelId, ClientMessageId, EquipmentId, PersonId, RoomId, SessionId, StoreId
from contract.people import Name, Skill
from contract.quality import ClientSample
from contract.rooms import Quality, Reason
from contract.routing import Language

Cid = Annotated[
    ClientMessageId, Field(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
]
"""A UUIDv7 in lower case, RFC 9562 §5.7."""
Seq = Annotated[int, Field(ge=0, lt=2**53)]
PROTOCOL_VERSION = 1


class Hello(Message):
    """The first frame: who connects and what it already has."""

    type: Literal["hello"] = "hello"
    ticket: ShortText
    """From POST /api/ticket; one use, 30 s."""
    proto: int
    device: Annotated[str, Field(min_length=8, max_length=64)]
    """Random id kept by this browser profile: the owner of the delivery cursors."""
    resume: ShortText | None = None
    """The token of the last `welcome`, to take up the same session again."""
    cursors: dict[ChannelId, Seq] = Field(default_factory=dict, max_length=500)
    """Last message shown, per channel."""
    here: bool = True
    """As in `attend`."""


class Send(Message):
    """A chat message for a channel."""

    type: Literal["send"] = "send"
    cid: Cid
    ch: ChannelId
    body: Text


class Sync(Message):
    """Asks for the messages after a sequence number."""

    type: Literal["sync"] = "sync"
    ch: ChannelId
    after: Seq
    limit: Annotated[int, Field(ge=1, le=200)] = 200


class Ack(Message):
    """Everything up to `seq` is stored on this device."""

    type: Literal["ack"] = "ack"
    ch: ChannelId
    seq: Seq


class Read(Message):
    """Everything up to `seq` was seen by the person."""

    type: Literal["read"] = "read"
    ch: ChannelId
    seq: Seq


class Ping(Message):
    type: Literal["ping"] = "ping"
    n: Seq


class GetRoom(Message):
    """Asks for a fresh snapshot after a gap in `ver`; answered with `room`, or `room_gone`."""

    type: Literal["get_room"] = "get_room"
    room: RoomId


class Attend(Message):
    """Whether somebody sits before this client: it was touched lately and its page is seen. Said when it changes, not
    answered; who is nowhere is `away`."""

    type: Literal["attend"] = "attend"
    here: bool


class ReportFigures(Message):
    """What this client measures of its media, every contract.quality.SAMPLE_S; not answered.

    Only from the session with the seat; what comes more often is dropped.
    """

    type: Literal["report_figures"] = "report_figures"
    room: RoomId
    sample: ClientSample


class Command(Message):
    """A wish that changes a room; answered by `done` or `error` with its `cid`."""

    cid: Cid


class StartCall(Command):
    """A store's tablet calls headquarters, or somebody of headquarters a colleague: `person` or `group` then.

    It is the caller's consent to the recording; the button says so.
    """

    type: Literal["start_call"] = "start_call"
    reason: Reason
    age_ms: Annotated[int, Field(ge=0, le=600_000)] = 0
    """How long ago the button was pressed."""
    language: Language | None = None
    """That of the tablet's screen: who speaks it is preferred."""
    equipment: EquipmentId | None = None
    """A machine of this store; `reason` is what it is for then, whatever is said here."""
    person: PersonId | None = None
    """Who is called by name: of a store's call, an expert, who rings first; if in vain, the reason's chain follows."""
    group: Skill | None = None
    """Everybody free who has it rings first; a store's `reason` follows from it. Means nothing beside `person`."""


class CallStore(Command):
    """Headquarters calls a store: every tablet that is signed in for it rings. The button says that it is recorded."""

    type: Literal["call_store"] = "call_store"
    store: StoreId
    reason: Reason
    """What it is about. Answered, it settles what the store is owed for the same reason."""
    age_ms: Annotated[int, Field(ge=0, le=600_000)] = 0
    """How long ago the button was pressed."""


class RoomCommand(Command):
    room: RoomId


class Rung(RoomCommand):
    """This device rings. The first report of all sets the call's ring time; each device's own is kept with its ring."""

    type: Literal["rung"] = "rung"
    hidden: bool = False
    """The page is in the background."""
    silent: bool = False
    """The browser lets the page make no sound before somebody touches it."""


class AcceptCall(RoomCommand):
    """Whoever rings answers; the accept button says that the call is recorded, so this is their consent."""

    type: Literal["accept_call"] = "accept_call"


class DeclineCall(RoomCommand):
    """The expert does not answer now; with `back_in_s` it calls back by then if nobody else answers."""

    type: Literal["decline_call"] = "decline_call"
    back_in_s: Annotated[int, Field(ge=60, le=3600)] | None = None


class CancelCall(RoomCommand):
    """The caller gives up."""

    type: Literal["cancel_call"] = "cancel_call"


class AskCallback(RoomCommand):
    """The store neither waits nor rings any longer, and is to be called back."""

    type: Literal["ask_callback"] = "ask_callback"


class MarkUrgent(RoomCommand):
    """The store says that its call, which nobody has answered, is urgent; written to the audit."""

    type: Literal["mark_urgent"] = "mark_urgent"


class TakeCall(RoomCommand):
    """An expert answers a call that waits, out of its turn; consent as with `accept_call`."""

    type: Literal["take_call"] = "take_call"


class BringIn(RoomCommand):
    """Somebody of headquarters asks an expert into the call; at the expert it rings."""

    type: Literal["bring_in"] = "bring_in"
    person: PersonId
    instead: bool = False
    """Leave when the expert joins."""


class CallOff(RoomCommand):
    """The expert is not needed any more, and stops ringing."""

    type: Literal["call_off"] = "call_off"
    person: PersonId


class HoldCall(RoomCommand):
    """Somebody of headquarters lets the store wait, or goes on with the call. Who waits hears music."""

    type: Literal["hold_call"] = "hold_call"
    on: bool


class HandOver(RoomCommand):
    """Whoever holds the seat with this session goes on with another of their own (`own_clients`), which hears
    `seat_offered`, and takes the seat once somebody presses for it there; until then nothing changes."""

    type: Literal["hand_over"] = "hand_over"
    to: SessionId


class ComeIn(RoomCommand):
    """A visitor waits to be let in, or takes its seat again; answered by `done` and `visit`."""

    type: Literal["come_in"] = "come_in"


class Admit(RoomCommand):
    """Somebody of headquarters lets a visitor in who waits."""

    type: Literal["admit"] = "admit"
    person: PersonId


class SendAway(RoomCommand):
    """Somebody of headquarters refuses a visitor who waits, or puts one out; the link is dead."""

    type: Literal["send_away"] = "send_away"
    person: PersonId


class FirstFrame(RoomCommand):
    """The expert's screen shows the store's picture."""

    type: Literal["first_frame"] = "first_frame"
    age_ms: Annotated[int, Field(ge=0, le=600_000)] = 0


class FirstAudio(RoomCommand):
    """The expert's loudspeaker plays the store's sound."""

    type: Literal["first_audio"] = "first_audio"
    age_ms: Annotated[int, Field(ge=0, le=600_000)] = 0


class OpenSession(Command):
    """A trainer opens a room for stores; this is the trainer's consent to the recording."""

    type: Literal["open_session"] = "open_session"
    title: Name
    invite: Annotated[list[PersonId], Field(min_length=1, max_length=500)]


class JoinRoom(RoomCommand):
    """Takes the seat with this session: first time, after a reload, or from another tab (which loses it)."""

    type: Literal["join_room"] = "join_room"
    consent: bool
    """The person agreed to be recorded. Without it nobody joins (`error` `consent`)."""


class LeaveRoom(RoomCommand):
    """Hangs up a call, unless somebody of headquarters stays with the store; or leaves a session."""

    type: Literal["leave_room"] = "leave_room"


class CloseRoom(RoomCommand):
    """The host ends the room for everybody."""

    type: Literal["close_room"] = "close_room"


class SetMedia(RoomCommand):
    """What of one's own media is on."""

    type: Literal["set_media"] = "set_media"
    muted: bool
    camera_off: bool


class MuteAll(RoomCommand):
    """The host mutes everybody else."""

    type: Literal["mute_all"] = "mute_all"


class RaiseHand(RoomCommand):
    type: Literal["raise_hand"] = "raise_hand"
    up: bool


class LowerHand(RoomCommand):
    """The host takes somebody's hand down."""

    type: Literal["lower_hand"] = "lower_hand"
    person: PersonId


class AskStill(RoomCommand):
    """Asks the camera of `of` for a photo at full resolution."""

    type: Literal["ask_still"] = "ask_still"
    of: PersonId


class ReportQuality(RoomCommand):
    """What this client measures of its own connection, at most every 2 s and only when the word changes."""

    type: Literal["report_quality"] = "report_quality"
    quality: Quality


ClientMessage = Annotated[
    Hello
    | Send
    | Sync
    | Ack
    | Read
    | Ping
    | GetRoom
    | Attend
    | ReportFigures
    | StartCall
    | CallStore
    | Rung
    | AcceptCall
    | DeclineCall
    | CancelCall
    | AskCallback
    | MarkUrgent
    | TakeCall
    | BringIn
    | CallOff
    | HoldCall
    | HandOver
    | ComeIn
    | Admit
    | SendAway
    | FirstFrame
    | FirstAudio
    | OpenSession
    | JoinRoom
    | LeaveRoom
    | CloseRoom
    | SetMedia
    | MuteAll
    | RaiseHand
    | LowerHand
    | AskStill
    | ReportQuality,
    Field(discriminator="type"),
]
CLIENT_MESSAGE: TypeAdapter[ClientMessage] = TypeAdapter(ClientMessage)
