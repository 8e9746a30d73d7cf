"""What a room can be asked by people or told by the world, with the facts a decision may need."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contract.client import (
    AcceptCall,
    Admit,
    AskCallback,
    AskStill,
    BringIn,
    CallOff,
    CallStore,
    CancelCall,
    CloseRoom,
    DeclineCall,
    FirstAudio,
    FirstFrame,
    HoldCall,
    JoinRoom,
    LeaveRoom,
    LowerHand,
    MarkUrgent,
    MuteAll,
    OpenSession,
    RaiseHand,
    ReportQuality,
    Rung,
    SendAway,
    SetMedia,
    StartCall,
    TakeCall,
)
from contract.ids import PersonId, RecordingId, RoomId, SessionId
from contract.media import MediaUse
from contract.nodes import LegEnd, LegReport, LegState, RecordingReport
from contract.people import Grant, Operator, Person, PresenceEntry
from contract.policies import Policies
from contract.rooms import Member, MemberState, Still
from contract.routing import RingStep
from signaling.domain.policies import USUAL
from signaling.domain.routing import Expert
from signaling.domain.sticker import Equipped

Opening = StartCall | CallStore | OpenSession
"""Wishes that make a room."""
Wish = (
    Rung
    | AcceptCall
    | DeclineCall
    | CancelCall
    | AskCallback
    | MarkUrgent
    | TakeCall
    | BringIn
    | CallOff
    | HoldCall
    | Admit
    | SendAway
    | FirstFrame
    | FirstAudio
    | JoinRoom
    | LeaveRoom
    | CloseRoom
    | SetMedia
    | MuteAll
    | RaiseHand
    | LowerHand
    | AskStill
    | ReportQuality
)
"""Wishes about a room that is there."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody wishes something, from one of its sessions."""

    by: PersonId
    session: SessionId
    wish: Wish
    operator: Operator | None = None
    """Who has taken over the tablet that asks."""


@dataclass(frozen=True, slots=True)
class Met:
    """Somebody calls who called them in the same moment: that is an answer. See signaling.domain.outgoing."""

    by: PersonId
    session: SessionId
    person: Person


@dataclass(frozen=True, slots=True)
class RingExpired:
    """The time of somebody who rings has passed, that of a call's step, or that of a hold."""


@dataclass(frozen=True, slots=True)
class TurnCame:
    """Somebody whom a call waits for may be free, or nobody is there to wait for any more."""


@dataclass(frozen=True, slots=True)
class TookAnother:
    """Somebody whom this call rings has sat down in another room."""

    person: PersonId


@dataclass(frozen=True, slots=True)
class LegsChanged:
    """A media leg came up or went; `Facts.legs` tells."""


@dataclass(frozen=True, slots=True)
class SeatQuiet:
    """Neither socket nor media of a seat's holder was heard for 6 s."""

    person: PersonId


@dataclass(frozen=True, slots=True)
class SeatHeard:
    """A quiet holder is heard again."""

    person: PersonId


@dataclass(frozen=True, slots=True)
class SeatLost:
    """A holder was not heard for 30 s."""

    person: PersonId


@dataclass(frozen=True, slots=True)
class RecordingReported:
    """The recorder says how far the recording is."""

    report: RecordingReport


@dataclass(frozen=True, slots=True)
class StillTaken:
    """A photo is on the disk."""

    still: Still
    size_bytes: int = 0
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class GuestCame:
    """A media token was shown and its offer answered; `session` is that connection."""

    person: Person
    session: SessionId
    use: MediaUse


@dataclass(frozen=True, slots=True)
class GuestGone:
    """The connection of a guest is over, or must be."""

    session: SessionId
    reason: LegEnd


@dataclass(frozen=True, slots=True)
class CameIn:
    """A visitor to this call is here, with this session."""

    person: Person
    session: SessionId


RoomCommand = (
    Asked
    | Met
    | RingExpired
    | TurnCame
    | TookAnother
    | LegsChanged
    | SeatQuiet
    | SeatHeard
    | SeatLost
    | RecordingReported
    | StillTaken
    | GuestCame
    | GuestGone
    | CameIn
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a decision about an open room may know besides its state."""

    fresh_recording: RecordingId
    """The id a recording gets if this decision starts one."""
    legs: tuple[LegReport, ...] = ()
    """The room's media legs that are not closed."""
    elsewhere: bool = False
    """The asking person holds a seat in another open room."""
    experts: Sequence[Expert] = ()
    """As they are this moment; only for what may ring somebody (calls.may_ring)."""
    at_once: int = 1
    """How many a step begins to ring at most."""
    wait_ms: int = 0
    """How long a call may wait in the queue; 0: it may not."""
    ring_ms: int = 45_000
    """How long somebody rings who is asked into a call."""
    hold_ms: int = 600_000
    """How long a call stays on hold at most."""
    operator: Operator | None = None
    """Who has taken over the tablet that asks."""
    policies: Policies = USUAL

    def media_up(self, person: PersonId, session: SessionId | None) -> bool:
        """Whether a leg of this session of `person` is connected."""
        return any(
            leg.participant == person and leg.session == session and leg.state is LegState.CONNECTED
            for leg in self.legs
        )


@dataclass(frozen=True, slots=True)
class OpeningFacts:
    """What opening a room may know."""

    by: Person
    grants: Sequence[Grant]
    """What `by` may do."""
    session: SessionId
    room: RoomId
    fresh_recording: RecordingId
    steps: Sequence[RingStep] = ()
    """The chain of a call."""
    experts: Sequence[Expert] = ()
    at_once: int = 1
    wait_ms: int = 0
    people: Mapping[PersonId, Person] | None = None
    """Everybody who can be invited."""
    elsewhere: bool = False
    tablets: Sequence[PresenceEntry] = ()
    """Of the store that is called, as they are this moment."""
    ring_ms: int = 45_000
    """How long they ring."""
    policies: Policies = USUAL
    equipment: Equipped | None = None
    """The machine that a call is about, if there is one of the id it said."""

    def opener(self, now_ms: int, *, host: bool) -> Member:
        """Who opens it: there at once, and by that agreed to what it says of recording."""
        return Member(
            person=self.by,
            state=MemberState.JOINED,
            host=host,
            session=self.session,
            consented_at=now_ms,
            joined_at=now_ms,
        )
