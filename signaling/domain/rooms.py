"""Every decision about a room: `open_room` makes one, `decide` changes one.

Pure: no clock, no IO. A wish that is refused raises Rejection and changes nothing; one that was carried out before
decides nothing and is not an error.
"""

from typing import assert_never

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
from contract.errors import ErrorCode, Rejection
from contract.nodes import DropParticipant, LegEnd, Record, RecordingReport
from contract.people import Person, Role
from contract.rooms import (
    AllMuted,
    CallStage,
    EndReason,
    Hand,
    HandsChanged,
    Member,
    MemberState,
    RecordingChanged,
    RecordingState,
    RoomKind,
    RoomState,
    Still,
    StillAdded,
    StillRequested,
)
from signaling.domain import calls, colleagues, guests, hold, outgoing, third, visitors
from signaling.domain.access import Act, Scope, at_store, place_of, scope_of, visits
from signaling.domain.commands import (
    Asked,
    CameIn,
    Facts,
    GuestCame,
    GuestGone,
    LegsChanged,
    Met,
    Opening,
    OpeningFacts,
    RecordingReported,
    RingExpired,
    RoomCommand,
    SeatHeard,
    SeatLost,
    SeatQuiet,
    StillTaken,
    TookAnother,
    TurnCame,
)
from signaling.domain.draft import SEATED, Decision, Draft, find, hosting, member_of, seated
from signaling.domain.policies import is_recorded

MAX_STILLS = 100
SAVED = frozenset({RecordingState.SAFE, RecordingState.RECOVERED})
FINAL = SAVED | {RecordingState.FAILED}
RECORDING_MOVES: dict[RecordingState, frozenset[RecordingState]] = {
    RecordingState.OFF: frozenset(),
    RecordingState.RECORDING: frozenset({RecordingState.PAUSED, RecordingState.FAILED}),
    RecordingState.PAUSED: frozenset({RecordingState.RECORDING, RecordingState.FAILED}),
    RecordingState.SAVING: FINAL,
    RecordingState.SAFE: frozenset(),
    RecordingState.RECOVERED: frozenset(),
    RecordingState.FAILED: frozenset(),
    RecordingState.DELETED: frozenset(),
}
"""What the recorder's report can change; closing the room leads to `saving`. A recording that fails (a broken disk)
ends alone, the room goes on; one that pauses (a full disk) goes on by itself."""


def open_room(wish: Opening, now_ms: int, facts: OpeningFacts) -> Decision:
    """A call or a session begins. Raises Rejection."""
    match wish:
        case StartCall():
            by_store = at_store(facts.by)
            return calls.start_call(wish, now_ms, facts) if by_store else colleagues.call(wish, now_ms, facts)
        case CallStore():
            return outgoing.call_store(wish, now_ms, facts)
        case OpenSession():
            return _open_session(wish, now_ms, facts)
        case _:
            assert_never(wish)


def decide(state: RoomState, command: RoomCommand, now_ms: int, facts: Facts) -> Decision:
    """What `command` changes in the room. Raises Rejection."""
    draft = Draft(state, now_ms)
    match command:
        case Asked():
            _asked(draft, command, facts)
        case Met():
            outgoing.met(draft, command, facts)
        case RecordingReported(report=report):
            _recording(draft, report)
        case StillTaken(still=still):
            _still(draft, still)
        case GuestCame():
            guests.came(draft, command, facts)
        case GuestGone():
            guests.gone(draft, command)
        case CameIn():
            visitors.came_in(draft, command, facts)
        case RingExpired() | TurnCame() | TookAnother() | LegsChanged() | SeatQuiet() | SeatHeard() | SeatLost():
            if state.closed_at is None:
                _told(draft, command, facts)
        case _:
            assert_never(command)
    return draft.done()


def _open_session(wish: OpenSession, now_ms: int, facts: OpeningFacts) -> Decision:
    scope = scope_of(Act.OPEN_SESSION, facts.grants)
    if not scope:
        raise Rejection(ErrorCode.FORBIDDEN, "only a trainer opens a session")
    if facts.elsewhere:
        raise Rejection(ErrorCode.CONFLICT, "in another room")
    people = facts.people or {}
    invited = [people.get(person) for person in dict.fromkeys(wish.invite)]
    stores = [person for person in invited if person is not None and _in_reach(person, scope)]
    if len(stores) != len(invited):
        raise Rejection(ErrorCode.NOT_FOUND, "somebody invited is not a store")
    opened = RoomState(
        id=facts.room,
        ver=1,
        kind=RoomKind.SESSION,
        title=wish.title,
        opened_at=now_ms,
        members=[
            facts.opener(now_ms, host=True),
            *(Member(person=store, state=MemberState.INVITED) for store in stores),
        ],
    )
    draft = Draft(opened, now_ms)
    if is_recorded(facts.policies, facts.by.role):
        draft.record(facts.fresh_recording)
    return draft.done(opened=opened)


def _in_reach(person: Person, scope: Scope) -> bool:
    return person.role is Role.STORE and person.store is not None and scope.covers(place_of(person.store))


def _asked(draft: Draft, asked: Asked, facts: Facts) -> None:
    wish = asked.wish
    if isinstance(wish, TakeCall):
        calls.take(draft, asked, facts)  # by somebody who is no member yet
        return
    if isinstance(wish, LeaveRoom) and visitors.leave(draft, asked.by):
        return
    member = member_of(draft.state, asked.by)
    if draft.state.closed_at is not None:
        if isinstance(wish, LeaveRoom | CancelCall | AskCallback | DeclineCall | CloseRoom | Rung | ReportQuality):
            return  # what it wished is so already, or does not matter any more
        raise Rejection(ErrorCode.OVER, "the room is closed")
    match wish:
        case (
            Rung()
            | AcceptCall()
            | DeclineCall()
            | CancelCall()
            | AskCallback()
            | MarkUrgent()
            | BringIn()
            | CallOff()
            | HoldCall()
            | FirstFrame()
            | FirstAudio()
        ):
            calls.decide_call(draft, asked, wish, facts)
        case Admit():
            visitors.admit(draft, asked, wish, facts.policies)
        case SendAway():
            visitors.send_away(draft, asked, wish)
        case JoinRoom():
            _join(draft, member, asked, wish, facts)
        case LeaveRoom():
            _leave(draft, member)
        case CloseRoom():
            hosting(draft.state, asked.by)
            _close(draft, member)
        case SetMedia(muted=muted, camera_off=camera_off):
            draft.change(seated(draft.state, asked.by, asked.session), muted=muted, camera_off=camera_off)
        case MuteAll():
            _mute_all(draft, hosting(draft.state, asked.by))
        case RaiseHand(up=up):
            _hand(draft, seated(draft.state, asked.by, asked.session), up=up)
        case LowerHand(person=person):
            hosting(draft.state, asked.by)
            draft.lower(person)
        case AskStill(of=of):
            _may_ask_still(draft.state, asked)
            camera = seated(draft.state, of)
            if camera.guest is not None or visits(camera.person):
                raise Rejection(ErrorCode.CONFLICT, "a guest or a visitor hears of no wishes")
            if len(draft.state.stills) >= MAX_STILLS:
                raise Rejection(ErrorCode.TOO_MANY, f"{MAX_STILLS} stills in this room")
            draft.emit(StillRequested(by=asked.by, of=of))
        case ReportQuality(quality=quality):
            draft.change(seated(draft.state, asked.by, asked.session), quality=quality)
        case _:
            assert_never(wish)


def _told(
    draft: Draft,
    command: RingExpired | TurnCame | TookAnother | LegsChanged | SeatQuiet | SeatHeard | SeatLost,
    facts: Facts,
) -> None:
    match command:
        case RingExpired():
            calls.ring_expired(draft, facts)
        case TurnCame():
            calls.turn_came(draft, facts)
        case TookAnother(person=person):
            calls.took_another(draft, person, facts)
        case LegsChanged():
            calls.legs_changed(draft, facts)
        case SeatQuiet(person=person):
            member = find(draft.state, person)
            if member is not None and member.state is MemberState.JOINED:
                draft.move(member, MemberState.AWAY)
        case SeatHeard(person=person):
            member = find(draft.state, person)
            if member is not None and member.state is MemberState.AWAY:
                draft.move(member, MemberState.JOINED)
        case SeatLost(person=person):
            member = find(draft.state, person)
            if member is not None and member.state in SEATED:
                _lost(draft, member)
            else:
                visitors.lost(draft, person)
        case _:
            assert_never(command)


def _join(draft: Draft, member: Member, asked: Asked, wish: JoinRoom, facts: Facts) -> None:
    if not wish.consent:
        raise Rejection(ErrorCode.CONSENT, "nobody joins without consent to the recording")
    if member.state in (MemberState.DECLINED, MemberState.MISSED):
        raise Rejection(ErrorCode.NOT_FOUND, "no such room")
    if member.state is MemberState.RINGING:
        raise Rejection(ErrorCode.CONFLICT, "a ringing call is accepted, not joined")
    if member.state is MemberState.LEFT and draft.state.call is not None:
        raise Rejection(ErrorCode.NOT_FOUND, "no such room")  # who left a call is asked in again
    if member.state not in SEATED and facts.elsewhere:
        raise Rejection(ErrorCode.BUSY, "in another room")
    if member.session == asked.session and member.state is MemberState.JOINED:
        return
    draft.take_over(member, asked.session, facts.legs, operator=facts.operator)


def _leave(draft: Draft, member: Member) -> None:
    call = draft.state.call
    if call is not None:
        if member.state is MemberState.RINGING:
            raise Rejection(ErrorCode.CONFLICT, "a ringing call is declined, not left")
        if member.state in SEATED:
            calls.hang_up(draft, member)
        return
    if member.state not in SEATED:
        return
    if member.host:
        _close(draft, member)
        return
    draft.unseat(member)
    draft.effects.append(DropParticipant(room=draft.state.id, participant=member.person.id, reason=LegEnd.LEFT))


def _close(draft: Draft, host: Member) -> None:
    """For everybody."""
    call = draft.state.call
    if call is not None and call.stage is CallStage.RINGING:
        calls.hang_up(draft, host)
        return
    draft.unseat(host)
    draft.close(EndReason.CLOSED if call is None else EndReason.HUNG_UP)


def _lost(draft: Draft, member: Member) -> None:
    if member.guest is not None:
        guests.leave(draft, member, LegEnd.TIMEOUT)
        return
    if draft.state.call is not None:
        calls.lost(draft, member)
        return
    draft.unseat(member)
    draft.effects.append(DropParticipant(room=draft.state.id, participant=member.person.id, reason=LegEnd.TIMEOUT))
    if not any(other.state in SEATED and other.guest is None for other in draft.state.members):
        draft.close(EndReason.EMPTY)
    elif member.host:
        draft.close(EndReason.FAILED)


def _mute_all(draft: Draft, host: Member) -> None:
    draft.emit(AllMuted(by=host.person.id))
    for member in draft.state.members:
        if member.state in SEATED and not member.host and member.guest is None and not visits(member.person):
            draft.change(member, muted=True)


def _may_ask_still(state: RoomState, asked: Asked) -> None:
    """The host may, and whoever helps in a call, but not on hold. Raises Rejection."""
    hold.check_flows(state)
    if state.call is not None and state.call.stage is CallStage.ANSWERED:
        third.helping(state, asked)
    else:
        hosting(state, asked.by)


def _hand(draft: Draft, member: Member, *, up: bool) -> None:
    raised = any(hand.person == member.person.id for hand in draft.state.hands)
    if up and not raised:
        hand = Hand(person=member.person.id, raised_at=draft.now_ms)
        draft.emit(HandsChanged(hands=[*draft.state.hands, hand]))
    elif not up:
        draft.lower(member.person.id)


def _still(draft: Draft, still: Still) -> None:
    seated(draft.state, still.by)
    hold.check_flows(draft.state)
    if len(draft.state.stills) >= MAX_STILLS:
        raise Rejection(ErrorCode.TOO_MANY, f"{MAX_STILLS} stills in this room")
    if all(known.id != still.id for known in draft.state.stills):
        draft.emit(StillAdded(still=still))


def _recording(draft: Draft, report: RecordingReport) -> None:
    recording = draft.state.recording
    if recording is None or recording.id != report.recording:
        return
    if report.state not in RECORDING_MOVES[recording.state]:
        return
    if draft.state.closed_at is None and report.state is RecordingState.FAILED:
        draft.effects.append(Record(room=draft.state.id, recording=None))
    took_ms = draft.now_ms - (draft.state.closed_at or draft.now_ms)
    draft.emit(
        RecordingChanged(
            recording=recording.model_copy(
                update={
                    "state": report.state,
                    "duration_s": report.summary.duration_s if report.summary else None,
                    "saved_in_s": took_ms / 1000 if report.state in SAVED else None,
                }
            )
        )
    )
