"""A room as everybody in it sees it, and the facts that change it.

A call and a group session are both rooms: the same members, chat, hands, stills and recording; a call adds who rang
whom. `apply` is the one way a state changes, here and in web/src/model/room.ts: a snapshot plus its events equals a
fresh snapshot.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from contract.base import Message, WallMs
from contract.equipment import Machine
from contract.ids import PersonId, RecordingId, RoomId, SessionId, StillId
from contract.media import MediaUse
from contract.people import Name, Person, Skill, Store
from contract.routing import Language, RingStep


class RoomKind(StrEnum):
    CALL = "call"
    SESSION = "session"


class Reason(StrEnum):
    """Why a store calls; each picks experts by skill."""

    ANY = "any"
    EQUIPMENT = "equipment"
    DISHES = "dishes"
    OTHER = "other"


REASON_SKILLS: dict[Reason, tuple[Skill, ...]] = {
    Reason.ANY: (Skill.EQUIPMENT, Skill.DISHES, Skill.FOOD_SAFETY, Skill.IT),
    Reason.EQUIPMENT: (Skill.EQUIPMENT,),
    Reason.DISHES: (Skill.DISHES,),
    Reason.OTHER: (Skill.FOOD_SAFETY, Skill.IT),
}


class MemberState(StrEnum):
    INVITED = "invited"
    """A session's store that has not joined yet."""
    RINGING = "ringing"
    """Somebody whose devices ring: an expert, or a store that headquarters calls."""
    JOINED = "joined"
    AWAY = "away"
    """Joined, but neither socket nor media is heard of; the seat is kept."""
    LEFT = "left"
    DECLINED = "declined"
    MISSED = "missed"
    """Rung, not answered in time, or somebody else answered first; asked into a call, also: not needed any more."""


class Quality(StrEnum):
    """How the connection is, for words on the screen."""

    UNKNOWN = "unknown"
    GOOD = "good"
    FAIR = "fair"
    WEAK = "weak"


class Asking(Message):
    """Somebody of headquarters asks another expert into a call that goes on."""

    by: PersonId
    until: WallMs
    """How long the expert rings."""
    instead: bool = False
    """`by` leaves in the moment in which the expert joins."""


class Member(Message):
    """One person's place in a room."""

    person: Person
    state: MemberState
    host: bool = False
    """Leads the room: the trainer of a session, the expert of a call."""
    session: SessionId | None = None
    """The one signaling session that holds the seat; another tab of the same person only watches."""
    muted: bool = False
    camera_off: bool = False
    consented_at: WallMs | None = None
    joined_at: WallMs | None = None
    """When they came, or came back after they had left."""
    left_at: WallMs | None = None
    quality: Quality = Quality.UNKNOWN
    guest: MediaUse | None = None
    """Of a guest: what its media token lets it do. It has media only, so it neither chats nor obeys a host."""
    asked: Asking | None = None
    """Of an expert who was asked into a call that went on already: how."""


class Knock(Message):
    """A visitor who waits to be let into a call."""

    person: Person
    session: SessionId
    """The one that gets the seat."""
    since: WallMs


class VisitStep(StrEnum):
    """How far a visitor came."""

    KNOCKED = "knocked"
    """Waits, or waits in another session now."""
    ADMITTED = "admitted"
    REFUSED = "refused"
    REMOVED = "removed"
    """Was in the call, and was sent away."""
    LEFT = "left"
    GONE = "gone"
    """Was not heard any more while it waited, and may knock again."""


class CallStage(StrEnum):
    RINGING = "ringing"
    WAITING = "waiting"
    """In the queue: whoever fits and is at work is busy."""
    ANSWERED = "answered"
    ENDED = "ended"


class EndReason(StrEnum):
    """Why a room is over; every one is shown in words."""

    HUNG_UP = "hung_up"
    CANCELLED = "cancelled"
    DECLINED = "declined"
    MISSED = "missed"
    NOBODY_FREE = "nobody_free"
    CALLBACK = "callback"
    """The store would rather be called back than wait."""
    LEFT_QUEUE = "left_queue"
    """The store waits no longer, and wants no call back."""
    HOLD_OVER = "hold_over"
    """The store was on hold for too long, and is called back."""
    CLOSED = "closed"
    EMPTY = "empty"
    FAILED = "failed"


class Timings(Message):
    """UTC ms of each stage of a call; missing ones have not happened."""

    tap: WallMs
    """The button was pressed, on the server's clock (received minus the age the client reports)."""
    ring: WallMs | None = None
    """The first device reported that it rings."""
    answer: WallMs | None = None
    connected: WallMs | None = None
    """Both sides' media legs are up."""
    first_frame: WallMs | None = None
    """The expert's screen shows the store's picture."""
    first_audio: WallMs | None = None
    """The expert's loudspeaker plays the store's sound."""


class BackPromise(Message):
    """An expert who is rung will call back if nobody else answers."""

    by: Person
    due_at: WallMs


class Hold(Message):
    """Headquarters lets the store wait: nothing of either side reaches the other."""

    by: PersonId
    """Who will be back."""
    since: WallMs
    until: WallMs | None = None
    """None: it goes on, or the call ended meanwhile."""
    over_at: WallMs | None = None
    """From then on nobody waits any longer: the call is over."""
    ended_by: PersonId | None = None
    """Who went on with the call; none: whoever let the store wait left it to others."""


class Call(Message):
    """Who rang whom, and how far it came."""

    stage: CallStage
    reason: Reason
    equipment: Machine | None = None
    """What was scanned, as it was known when the call began."""
    store: Store | None
    """Who needs help, whoever called; none: headquarters is among itself."""
    caller: PersonId
    """A tablet of the store, or somebody of headquarters."""
    answered_by: PersonId | None = None
    ring_until: WallMs
    """When the last step is over, if nobody answers or declines; of a call that waits, `wait_until`."""
    language: Language | None = None
    """What the store speaks; none: whatever."""
    steps: list[RingStep] = Field(default_factory=list)
    """The chain as it was when the call began."""
    step: int = 0
    """Which of them rings now, from 0."""
    step_until: WallMs | None = None
    """When the next one begins."""
    queued_at: WallMs | None = None
    """Since when it waits; stays when it rings again, since it keeps its place."""
    passed_by: list[PersonId] = Field(default_factory=list)
    """Whom it rang and who took another call instead; they may be rung once more."""
    wait_until: WallMs | None = None
    """From then on it does not wait: the store is called back."""
    urgent_at: WallMs | None = None
    """When its store said that it is urgent: it goes before others that wait, and may break in on who is busy."""
    holds: list[Hold] = Field(default_factory=list)
    """How often it was put on hold, the last one last."""
    promise: BackPromise | None = None
    """The first one; what becomes of the call if nobody answers. It does not wait then."""
    timings: Timings
    end: EndReason | None = None

    @property
    def pending(self) -> bool:
        """Nobody has answered yet: it rings or waits."""
        return self.stage in (CallStage.RINGING, CallStage.WAITING)

    @property
    def hold(self) -> Hold | None:
        """It is on hold, or was when it ended."""
        return self.holds[-1] if self.holds and self.holds[-1].until is None else None


class Hand(Message):
    """A raised hand; their list is in the order of raising."""

    person: PersonId
    raised_at: WallMs


class RecordingState(StrEnum):
    OFF = "off"
    RECORDING = "recording"
    PAUSED = "paused"
    """Nothing is recorded now, as the disk is nearly full; goes on by itself when there is room."""
    SAVING = "saving"
    SAFE = "safe"
    RECOVERED = "recovered"
    """Safe after a crash: something may be missing and is shown as a gap."""
    FAILED = "failed"
    DELETED = "deleted"
    """Its time to be kept is over; only the archive says so."""


class RoomRecording(Message):
    """What people are told about the recording of this room."""

    id: RecordingId
    state: RecordingState
    started_at: WallMs | None = None
    duration_s: float | None = None
    """Known once safe."""
    saved_in_s: float | None = None
    """How long after the end it became safe."""

    @property
    def running(self) -> bool:
        """It is not over; paused or not."""
        return self.state in (RecordingState.RECORDING, RecordingState.PAUSED)


class Still(Message):
    """A photo at the camera's full resolution."""

    id: StillId
    by: PersonId
    """Whose camera."""
    asked_by: PersonId | None
    taken_at: WallMs
    width_px: int
    height_px: int


class RoomState(Message):
    """Everything a member sees of a room, at version `ver`."""

    id: RoomId
    ver: int
    kind: RoomKind
    title: Name | None = None
    opened_at: WallMs
    closed_at: WallMs | None = None
    end: EndReason | None = None
    members: list[Member]
    call: Call | None = None
    hands: list[Hand] = Field(default_factory=list)
    recording: RoomRecording | None = None
    stills: list[Still] = Field(default_factory=list)
    lobby: list[Knock] = Field(default_factory=list)
    """Visitors who wait, the first one first."""


class MemberChanged(Message):
    """`member` replaces the one of the same person, or is new."""

    type: Literal["member_changed"] = "member_changed"
    member: Member


class CallChanged(Message):
    type: Literal["call_changed"] = "call_changed"
    call: Call


class HandsChanged(Message):
    type: Literal["hands_changed"] = "hands_changed"
    hands: list[Hand]


class RecordingChanged(Message):
    type: Literal["recording_changed"] = "recording_changed"
    recording: RoomRecording


class StillRequested(Message):
    """`of` is asked for a photo; changes nothing in the state."""

    type: Literal["still_requested"] = "still_requested"
    by: PersonId
    of: PersonId


class StillAdded(Message):
    type: Literal["still_added"] = "still_added"
    still: Still


class AllMuted(Message):
    """The host muted everybody but itself; the members' `muted` follow as `member_changed`."""

    type: Literal["all_muted"] = "all_muted"
    by: PersonId


class VisitorMoved(Message):
    """Whoever knocked waits in the lobby; any other step takes them out of it."""

    type: Literal["visitor_moved"] = "visitor_moved"
    knock: Knock
    step: VisitStep
    by: PersonId | None = None
    """Who admitted, refused or removed them."""


class RoomClosed(Message):
    type: Literal["room_closed"] = "room_closed"
    at: WallMs
    end: EndReason


RoomEvent = Annotated[
    MemberChanged
    | CallChanged
    | HandsChanged
    | RecordingChanged
    | StillRequested
    | StillAdded
    | AllMuted
    | VisitorMoved
    | RoomClosed,
    Field(discriminator="type"),
]


def apply(state: RoomState, event: RoomEvent) -> RoomState:
    """The state after one event; `ver` goes up by one."""
    ver = state.ver + 1
    match event:
        case MemberChanged(member=member):
            ids = [m.person.id for m in state.members]
            if member.person.id in ids:
                members = [member if m.person.id == member.person.id else m for m in state.members]
            else:
                members = [*state.members, member]
            return state.model_copy(update={"ver": ver, "members": members})
        case CallChanged(call=call):
            return state.model_copy(update={"ver": ver, "call": call})
        case HandsChanged(hands=hands):
            return state.model_copy(update={"ver": ver, "hands": hands})
        case RecordingChanged(recording=recording):
            return state.model_copy(update={"ver": ver, "recording": recording})
        case StillAdded(still=still):
            return state.model_copy(update={"ver": ver, "stills": [*state.stills, still]})
        case VisitorMoved(knock=knock, step=step):
            waiting = [one for one in state.lobby if one.person.id != knock.person.id]
            lobby = sorted([*waiting, knock], key=lambda one: one.since) if step is VisitStep.KNOCKED else waiting
            return state.model_copy(update={"ver": ver, "lobby": lobby})
        case RoomClosed(at=at, end=end):
            return state.model_copy(update={"ver": ver, "closed_at": at, "end": end})
        case StillRequested() | AllMuted():
            return state.model_copy(update={"ver": ver})
