"""What the server says on the WebSocket, one frame each."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from contract.base import Message, Text, WallMs
from contract.callbacks import Callback
from contract.errors import ByeCode, ErrorCode
from contract.ids import ChannelId, ClientMessageId, PersonId, RoomId, SessionId
from contract.own_clients import OwnClient
from contract.people import Operator, PresenceEntry
from contract.policies import Policies
from contract.quality import SeenFigures
from contract.queue import QueuedCall
from contract.rooms import RoomEvent, RoomState


class Welcome(Message):
    """Answers `hello`. Then come `room` for every room that concerns this person and one `presence`."""

    type: Literal["welcome"] = "welcome"
    session: SessionId
    resumed: bool
    """False: a new session; a seat it held must be taken again with `join_room`."""
    resume: str
    """Token for the next `hello`; rotates each time."""
    resume_ttl_s: int
    heads: dict[ChannelId, int]
    """Newest sequence number of every channel this person may read."""
    now: WallMs
    boot: str
    """Changes when the server restarts."""


class ChatMessage(Message):
    """One message of a channel, live or from `sync`."""

    type: Literal["message"] = "message"
    ch: ChannelId
    seq: int
    cid: ClientMessageId
    sender: PersonId
    ts: WallMs
    body: Text
    operator: Operator | None = None
    """Who had taken the tablet over that is `sender`."""


class Sent(Message):
    """The message is committed: the tick turns from waiting to sent."""

    type: Literal["sent"] = "sent"
    cid: ClientMessageId
    ch: ChannelId
    seq: int
    ts: WallMs


class Synced(Message):
    """The answer to `sync` is complete up to `upto`."""

    type: Literal["synced"] = "synced"
    ch: ChannelId
    upto: int
    more: bool


class Reached(Message):
    """How far `person` has received and read a channel; neither ever goes back."""

    person: PersonId
    delivered: int
    read: int


class Receipt(Message):
    """How far people have come in a channel, all who moved in one moment."""

    type: Literal["receipt"] = "receipt"
    ch: ChannelId
    people: list[Reached]


class Done(Message):
    """The command with this `cid` was carried out (now, or the first time it came)."""

    type: Literal["done"] = "done"
    cid: ClientMessageId
    room: RoomId | None = None
    """The room that the command opened or concerned."""


class Error(Message):
    """A wish was refused; with `cid` it names which one."""

    type: Literal["error"] = "error"
    code: ErrorCode
    cid: ClientMessageId | None = None
    detail: str = ""
    """For developers, in English."""
    retry_after_s: float | None = None


class Room(Message):
    """A fresh snapshot; replaces what the client knew of this room."""

    type: Literal["room"] = "room"
    room: RoomState


class RoomDelta(Message):
    """One event of a room; `ver` is the version after it. On a gap the client sends `get_room`."""

    type: Literal["room_event"] = "room_event"
    room: RoomId
    ver: int
    event: RoomEvent


class RoomGone(Message):
    """This room does not concern the person any more: the ring stopped, the invitation was withdrawn."""

    type: Literal["room_gone"] = "room_gone"
    room: RoomId


class VisitStage(StrEnum):
    WAITING = "waiting"
    IN = "in"
    OVER = "over"
    """The visitor is signed out, and the link opens nothing any more."""


class VisitEnd(StrEnum):
    """Why a visit, or the link to one, is over."""

    WITHDRAWN = "withdrawn"
    REFUSED = "refused"
    REMOVED = "removed"
    LEFT = "left"
    ENDED = "ended"
    """The call is."""


class VisitTold(Message):
    """How far this visitor came. Whoever is in gets `room`, whole, with every change of it."""

    type: Literal["visit"] = "visit"
    room: RoomId
    stage: VisitStage
    why: VisitEnd | None = None
    """Only when it is over."""


class MediaMoved(Message):
    """The worker that carried this room's media is gone: make a new PeerConnection. What is asked for in vain (`ready`
    is False, no other worker is there yet) is asked for again when this comes with `ready`."""

    type: Literal["media_moved"] = "media_moved"
    room: RoomId
    ready: bool


class Seen(Message):
    """How the other one of a call, `by`, sees and hears this person: the tracks of the last `report_figures`."""

    type: Literal["seen"] = "seen"
    room: RoomId
    by: PersonId
    tracks: list[SeenFigures]


class PresenceChanged(Message):
    """The directory as it lives: all entries after `welcome`, later only those that changed."""

    type: Literal["presence"] = "presence"
    entries: list[PresenceEntry]


class CallbacksChanged(Message):
    """Stores that are to be called back, as far as this person is concerned: all that are not done after `welcome`
    (`all` with the first part), later only those that changed, also to done."""

    type: Literal["callbacks"] = "callbacks"
    items: list[Callback]
    all: bool = False
    """What is not in this message or those after it is not there any more."""


class TabletTaken(Message):
    """To a tablet: who has it from now on. A client that comes back asks `/api/me`."""

    type: Literal["tablet_taken"] = "tablet_taken"
    operator: Operator | None
    """Null: nobody."""


class PoliciesTold(Message):
    """The chain's rules, after `welcome` and whenever an administrator changes them: screens say what is recorded."""

    type: Literal["policies"] = "policies"
    policies: Policies


class QueueChanged(Message):
    """The calls that wait, as far as this person is concerned, in their order; replaces what was told before."""

    type: Literal["queue"] = "queue"
    calls: list[QueuedCall]
    more: int = 0
    """How many wait behind these."""


class OwnClients(Message):
    """Where else this person is connected, but for tabs of the same browser: after `welcome` if there is such a place,
    later with each change."""

    type: Literal["own_clients"] = "own_clients"
    clients: list[OwnClient]


class SeatOffered(Message):
    """Another client of this person asks this one to go on with the room, by `join_room`."""

    type: Literal["seat_offered"] = "seat_offered"
    room: RoomId


class SelfTestWanted(Message):
    """Headquarters wants this tablet to test itself now; it answers by POST /api/self-tests."""

    type: Literal["self_test_wanted"] = "self_test_wanted"


class SelfTested(Message):
    """A tablet that this person answers for has reported on itself: GET /api/self-tests tells what."""

    type: Literal["self_tested"] = "self_tested"
    tablet: PersonId
    abandoned: bool
    """It was in use, and nothing is known that was not before."""


class Pong(Message):
    type: Literal["pong"] = "pong"
    n: int
    now: WallMs


class Reconnect(StrEnum):
    NOW = "now"
    LATER = "later"
    NEVER = "never"


class Bye(Message):
    """The server closes the connection after this, and says what to do about it."""

    type: Literal["bye"] = "bye"
    code: ByeCode
    reconnect: Reconnect
    retry_after_s: float | None = None


ServerMessage = Annotated[
    Welcome
    | ChatMessage
    | Sent
    | Synced
    | Receipt
    | Done
    | Error
    | Room
    | RoomDelta
    | RoomGone
    | VisitTold
    | MediaMoved
    | Seen
    | PresenceChanged
    | CallbacksChanged
    | TabletTaken
    | PoliciesTold
    | QueueChanged
    | OwnClients
    | SeatOffered
    | SelfTestWanted
    | SelfTested
    | Pong
    | Bye,
    Field(discriminator="type"),
]
SERVER_MESSAGE: TypeAdapter[ServerMessage] = TypeAdapter(ServerMessage)
