"""The decision about one command as it is put together: events applied one by one, effects collected."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from contract.errors import ErrorCode, Rejection
from contract.ids import PersonId, RecordingId, SessionId
from contract.media import Grants, MediaUse
from contract.nodes import (
    CloseLeg,
    CloseMediaRoom,
    DropParticipant,
    LegEnd,
    LegReport,
    Record,
    SetGrants,
    StartRecording,
    StopRecording,
)
from contract.people import Operator
from contract.rooms import (
    CallChanged,
    CallStage,
    EndReason,
    HandsChanged,
    Member,
    MemberChanged,
    MemberState,
    RecordingChanged,
    RecordingState,
    RoomClosed,
    RoomEvent,
    RoomRecording,
    RoomState,
    VisitorMoved,
    VisitStep,
    apply,
)
from signaling.domain.access import at_store, visits

Effect = SetGrants | CloseLeg | DropParticipant | CloseMediaRoom | Record | StartRecording | StopRecording
"""Requests to media workers and the recorder, made after the commit. Timers are not among them: they follow from the
state (`ring_until`) and from domain.seats, so that a restart loses none."""

MOVES: dict[MemberState, frozenset[MemberState]] = {
    MemberState.INVITED: frozenset({MemberState.JOINED}),
    MemberState.RINGING: frozenset({MemberState.JOINED, MemberState.DECLINED, MemberState.MISSED}),
    MemberState.JOINED: frozenset({MemberState.JOINED, MemberState.AWAY, MemberState.LEFT}),
    MemberState.AWAY: frozenset({MemberState.JOINED, MemberState.LEFT}),
    MemberState.LEFT: frozenset({MemberState.JOINED, MemberState.RINGING}),
    MemberState.DECLINED: frozenset({MemberState.RINGING}),
    MemberState.MISSED: frozenset({MemberState.RINGING}),
}
"""How a member's state may change; JOINED to JOINED moves the seat to another session. To RINGING again comes who is
asked into a call, or calls who called in vain."""

SEATED = frozenset({MemberState.JOINED, MemberState.AWAY})
NO_GRANTS = Grants(publish=False, subscribe=False, record=False)
GUEST_GRANTS: dict[MediaUse, Grants] = {
    MediaUse.PUBLISH: Grants(publish=True, subscribe=False, record=True),
    MediaUse.WATCH: Grants(publish=False, subscribe=True, record=False),
}
"""Of a guest here: whoever issued its token consented to the recording."""


class IllegalMove(AssertionError):
    """A bug: the domain tried a move that MOVES does not have."""


@dataclass(frozen=True, slots=True)
class Decision:
    """`events` lead from the state before to `state`; `opened` is the snapshot they start from if the room is new."""

    state: RoomState
    events: tuple[RoomEvent, ...] = ()
    effects: tuple[Effect, ...] = ()
    opened: RoomState | None = None


@dataclass(slots=True)
class Draft:
    """Collects one decision. Not kept after `done`."""

    state: RoomState
    now_ms: int
    events: list[RoomEvent] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)

    def done(self, *, opened: RoomState | None = None) -> Decision:
        return Decision(self.state, tuple(self.events), tuple(self.effects), opened)

    def emit(self, event: RoomEvent) -> None:
        self.state = apply(self.state, event)
        self.events.append(event)

    def change(self, member: Member, **update: object) -> Member:
        """Replace fields of a member but its state; nothing is said if nothing changes."""
        changed = member.model_copy(update=update)
        if changed != member:
            self.emit(MemberChanged(member=changed))
        return changed

    def move(self, member: Member, to: MemberState, **update: object) -> Member:
        """Change a member's state. Raises IllegalMove."""
        if to not in MOVES[member.state]:
            raise IllegalMove(f"{member.state} to {to}")
        return self.change(member, state=to, **update)

    def seat(self, member: Member, session: SessionId, *, host: bool, operator: Operator | None = None) -> Member:
        """Give `member` a seat, held by `session`; it has consented. Of a tablet, `operator` has it now."""
        return self.move(
            member,
            MemberState.JOINED,
            person=member.person.model_copy(update={"operator": operator}),
            session=session,
            host=host,
            consented_at=member.consented_at or self.now_ms,
            joined_at=member.joined_at if member.state in SEATED else self.now_ms,
            left_at=None,
        )

    def take_over(
        self, member: Member, session: SessionId, legs: Iterable[LegReport], *, operator: Operator | None = None
    ) -> None:
        """The seat moves to another session of the same person, whose other media ends; `legs` are the room's."""
        held = member.session
        member = self.seat(member, session, host=member.host, operator=operator)
        for leg in legs:
            if leg.participant == member.person.id and leg.session != session:
                self.effects.append(CloseLeg(leg=leg.leg, reason=LegEnd.REPLACED))
        if held is not None:
            self.grant(member, only_session=session)

    def unseat(self, member: Member) -> None:
        """Take the seat of a member that leaves, with its hand."""
        self.move(member, MemberState.LEFT, session=None, left_at=self.now_ms)
        self.lower(member.person.id)

    def lower(self, person: PersonId) -> None:
        hands = [hand for hand in self.state.hands if hand.person != person]
        if len(hands) != len(self.state.hands):
            self.emit(HandsChanged(hands=hands))

    def record(self, recording: RecordingId) -> None:
        """Start recording; consent of everybody seated is given by now."""
        self.emit(
            RecordingChanged(
                recording=RoomRecording(id=recording, state=RecordingState.RECORDING, started_at=self.now_ms)
            )
        )
        self.effects.append(StartRecording(recording=recording, room=self.state.id))
        self.effects.append(Record(room=self.state.id, recording=recording))

    def close(self, end: EndReason) -> None:
        """End the room: whoever rings stops, legs close, the recording is made safe."""
        for member in self.state.members:
            if member.state is MemberState.RINGING:
                self.move(member, MemberState.MISSED)
        if self.state.call is not None:
            call = self.state.call.model_copy(update={"stage": CallStage.ENDED, "end": end})
            self.emit(CallChanged(call=call))
        for knock in self.state.lobby:
            self.emit(VisitorMoved(knock=knock, step=VisitStep.GONE))
        if self.state.hands:
            self.emit(HandsChanged(hands=[]))
        self.emit(RoomClosed(at=self.now_ms, end=end))
        recording = self.state.recording
        if recording is not None and recording.running:
            saving = recording.model_copy(update={"state": RecordingState.SAVING})
            self.emit(RecordingChanged(recording=saving))
            self.effects.append(Record(room=self.state.id, recording=None))
            self.effects.append(StopRecording(recording=recording.id))
        self.effects.append(CloseMediaRoom(room=self.state.id))

    def grant(self, member: Member, *, only_session: SessionId | None = None) -> None:
        """Tell media what `member` may do now."""
        self.effects.append(
            SetGrants(
                room=self.state.id,
                participant=member.person.id,
                grants=grants_of(self.state, member) or NO_GRANTS,
                host=member.host,
                only_session=only_session,
            )
        )


def find(state: RoomState, person: PersonId) -> Member | None:
    """The member of that person, whatever its state."""
    return next((member for member in state.members if member.person.id == person), None)


def concerned(state: RoomState) -> set[PersonId]:
    """Who gets this room's snapshot and events.

    An open room concerns everybody who is in it, invited or rung, and who left a session and may come back; a closed
    one whoever was seated in it, but visitors.
    """
    if state.closed_at is not None:
        seated_once = [member.person for member in state.members if member.joined_at is not None]
        return {person.id for person in seated_once if not visits(person)}
    gone = {MemberState.DECLINED, MemberState.MISSED} | ({MemberState.LEFT} if state.call is not None else set())
    return {member.person.id for member in state.members if member.state not in gone}


def concerns(state: RoomState, person: PersonId) -> bool:
    """Whether `person` is among the `concerned`."""
    return person in concerned(state)


def member_of(state: RoomState, person: PersonId) -> Member:
    """The member, for a wish. Somebody whom the room does not concern learns nothing: Rejection(`not_found`)."""
    member = find(state, person)
    if member is None:
        raise Rejection(ErrorCode.NOT_FOUND, "no such room")
    return member


def seated(state: RoomState, person: PersonId, session: SessionId | None = None) -> Member:
    """The member with a seat, held by `session` if given. Raises Rejection `over`, `forbidden` or `stale`."""
    member = member_of(state, person)
    if state.closed_at is not None:
        raise Rejection(ErrorCode.OVER, "the room is closed")
    if member.state not in SEATED:
        raise Rejection(ErrorCode.FORBIDDEN, "not in the room")
    if session is not None and member.session != session:
        raise Rejection(ErrorCode.STALE, "another session holds the seat")
    return member


def hosting(state: RoomState, person: PersonId) -> Member:
    """The host, for a wish that only it has. Raises like `seated`."""
    member = seated(state, person)
    if not member.host:
        raise Rejection(ErrorCode.FORBIDDEN, "only the host")
    return member


def grants_of(state: RoomState, member: Member) -> Grants | None:
    """What media lets this member do; None: it may have no leg here.

    While a call rings or waits, whoever is in it is connected and nothing flows. On hold nothing flows but among those
    of headquarters, and nothing is recorded.
    """
    if state.closed_at is not None:
        return None
    if member.state is MemberState.RINGING:
        return NO_GRANTS
    if member.state not in SEATED:
        return None
    if state.call is not None and state.call.pending:
        return NO_GRANTS
    held = state.call is not None and state.call.hold is not None
    if held and (member.guest is not None or at_store(member.person) or visits(member.person)):
        return NO_GRANTS
    if member.guest is not None:
        return GUEST_GRANTS[member.guest]
    return Grants(publish=True, subscribe=True, record=member.consented_at is not None and not held)
