"""A call: who rings, who answers first, how it ends; how a store's begins."""

from typing import Literal

from contract.client import (
    AcceptCall,
    AskCallback,
    BringIn,
    CallOff,
    CancelCall,
    DeclineCall,
    FirstAudio,
    FirstFrame,
    HoldCall,
    MarkUrgent,
    Rung,
    StartCall,
    TakeCall,
)
from contract.errors import ErrorCode, Rejection
from contract.ids import PersonId, SessionId
from contract.nodes import DropParticipant, LegEnd
from contract.rooms import (
    BackPromise,
    Call,
    CallChanged,
    CallStage,
    EndReason,
    Member,
    MemberChanged,
    MemberState,
    RoomKind,
    RoomState,
    Timings,
)
from contract.routing import StepWho
from signaling.domain import direct, hold, queue, routing, sticker, third
from signaling.domain.access import Act, may, place_of
from signaling.domain.commands import Asked, Facts, OpeningFacts, RingExpired, RoomCommand, TookAnother, TurnCame
from signaling.domain.draft import Decision, Draft, find, member_of, seated
from signaling.domain.policies import check_store_calls, is_recorded

STAGES: dict[CallStage, frozenset[CallStage]] = {
    CallStage.RINGING: frozenset({CallStage.WAITING, CallStage.ANSWERED, CallStage.ENDED}),
    CallStage.WAITING: frozenset({CallStage.RINGING, CallStage.ANSWERED, CallStage.ENDED}),
    CallStage.ANSWERED: frozenset({CallStage.ENDED}),
    CallStage.ENDED: frozenset(),
}
"""How a call goes on."""


def start_call(wish: StartCall, now_ms: int, facts: OpeningFacts) -> Decision:
    """A store calls: the first step of its chain rings. Its tap on the button is its consent."""
    store = facts.by.store
    if store is None or not may(Act.CALL, facts.grants, place_of(store)):
        raise Rejection(ErrorCode.FORBIDDEN, "only a store calls")
    check_store_calls(facts.policies)
    if facts.elsewhere:
        raise Rejection(ErrorCode.CONFLICT, "the store is in another room")
    equipped = sticker.check(facts.equipment, store.id) if wish.equipment is not None else None
    steps = [*direct.first_steps(wish, store, facts.experts, facts.ring_ms), *facts.steps]
    opened = RoomState(
        id=facts.room,
        ver=1,
        kind=RoomKind.CALL,
        opened_at=now_ms,
        members=[facts.opener(now_ms, host=False)],
        call=Call(
            stage=CallStage.RINGING,
            reason=direct.reason_of(wish, equipped),
            equipment=equipped.machine if equipped is not None else None,
            store=store,
            caller=facts.by.id,
            ring_until=now_ms + sum(step.ring_ms for step in steps),
            language=wish.language,
            steps=steps,
            timings=Timings(tap=max(0, now_ms - wish.age_ms)),
        ),
    )
    draft = Draft(opened, now_ms)
    ring_from(draft, 0, facts)
    return draft.done(opened=opened)


def ring_from(draft: Draft, first: int, facts: Facts | OpeningFacts) -> None:
    """Ring at step `first`, or at the next one at which somebody rings; after the last the call waits or is over.

    Those who ring already go on. A step at which nobody rings takes no time.
    """
    for number, step in list(enumerate(call_of(draft).steps))[first:]:
        call = call_of(draft)
        others = queue.rungable(draft.state, facts.experts)
        fitting = routing.fitting(step, call.reason, call.language, others, draft.now_ms)
        rung = fitting if step.who is StepWho.GROUP else fitting[: facts.at_once]
        for person in rung:
            draft.emit(MemberChanged(member=Member(person=person, state=MemberState.RINGING)))
        if any(person.id in call.passed_by for person in rung):
            _set(draft, passed_by=[one for one in call.passed_by if all(one != person.id for person in rung)])
        if _anybody_rings(draft):
            until = draft.now_ms + step.ring_ms
            rest_ms = sum(later.ring_ms for later in call.steps[number + 1 :])
            _set(draft, stage=CallStage.RINGING, step=number, step_until=until, ring_until=until + rest_ms)
            return
    if queue.worth_waiting(draft.state, facts.experts, draft.now_ms, facts.wait_ms):
        _wait(draft, facts.wait_ms)
    else:
        draft.close(_unanswered(draft))


def _wait(draft: Draft, wait_ms: int) -> None:
    """Nobody rings any more; the call keeps the place it once had."""
    _stop_ringing(draft)
    call = call_of(draft)
    if call.stage is CallStage.WAITING:
        return
    since = draft.now_ms if call.queued_at is None else call.queued_at
    until = draft.now_ms + wait_ms if call.wait_until is None else call.wait_until
    _set(draft, stage=CallStage.WAITING, queued_at=since, wait_until=until, ring_until=until, step_until=None)


def _stop_ringing(draft: Draft) -> None:
    for member in draft.state.members:
        if member.state is MemberState.RINGING:
            draft.move(member, MemberState.MISSED)
            draft.effects.append(
                DropParticipant(room=draft.state.id, participant=member.person.id, reason=LegEnd.REMOVED)
            )


def turn_came(draft: Draft, facts: Facts) -> None:
    """Ring whoever of those it waits for is free by now; nobody there at all any more: it is over."""
    call = draft.state.call
    if call is not None and call.stage is CallStage.WAITING:
        ring_from(draft, 0, facts)


def took_another(draft: Draft, person: PersonId, facts: Facts) -> None:
    """Whoever it rings is in another room now, and may be rung once more."""
    call = draft.state.call
    member = find(draft.state, person)
    if call is None or member is None or member.state is not MemberState.RINGING:
        return
    if member.asked is not None:
        third.busy(draft, member)
        return
    draft.move(member, MemberState.MISSED)
    draft.effects.append(DropParticipant(room=draft.state.id, participant=person, reason=LegEnd.REMOVED))
    _set(draft, passed_by=[*call.passed_by, person])
    if not _anybody_rings(draft):
        ring_from(draft, call.step, facts)


def _anybody_rings(draft: Draft) -> bool:
    return any(member.state is MemberState.RINGING for member in draft.state.members)


def _unanswered(draft: Draft) -> EndReason:
    """Why nobody answered."""
    rung = [member.state for member in draft.state.members if member.person.id != call_of(draft).caller]
    if not rung:
        return EndReason.NOBODY_FREE
    return EndReason.DECLINED if all(state is MemberState.DECLINED for state in rung) else EndReason.MISSED


def may_ring(state: RoomState, command: RoomCommand) -> bool:
    """Whether `command` may ring somebody: its facts need the experts, of whom nobody else may ring one meanwhile."""
    if isinstance(command, Asked) and isinstance(command.wish, BringIn):
        return state.closed_at is None
    if state.closed_at is not None or state.call is None:
        return False
    if isinstance(command, Asked) and isinstance(command.wish, TakeCall):
        return True
    rings = isinstance(command, RingExpired | TurnCame | TookAnother)
    return state.call.pending and (rings or (isinstance(command, Asked) and isinstance(command.wish, DeclineCall)))


def call_of(draft: Draft) -> Call:
    """The room's call. A wish for calls in a session is refused: Rejection(`conflict`)."""
    if draft.state.call is None:
        raise Rejection(ErrorCode.CONFLICT, "not a call")
    return draft.state.call


def decide_call(
    draft: Draft,
    asked: Asked,
    wish: Rung
    | AcceptCall
    | DeclineCall
    | CancelCall
    | AskCallback
    | MarkUrgent
    | BringIn
    | CallOff
    | HoldCall
    | FirstFrame
    | FirstAudio,
    facts: Facts,
) -> None:
    """The wishes that only calls have."""
    member = member_of(draft.state, asked.by)
    match wish:
        case Rung():
            _rung(draft, member)
        case AcceptCall():
            _accept(draft, member, asked, facts)
        case DeclineCall():
            _decline(draft, member, wish, facts)
        case CancelCall():
            _cancel(draft, member)
        case AskCallback():
            _ask_callback(draft, member)
        case MarkUrgent():
            _mark_urgent(draft, member)
        case BringIn():
            third.bring_in(draft, asked, wish, facts)
        case CallOff():
            third.call_off(draft, asked, wish)
        case HoldCall(on=on):
            by = third.helping(draft.state, asked)
            if on:
                hold.put(draft, by, facts.hold_ms)
            else:
                hold.resume(draft, by)
        case FirstFrame():
            _came(draft, asked, "first_frame", wish.age_ms)
        case FirstAudio():
            _came(draft, asked, "first_audio", wish.age_ms)


def _rung(draft: Draft, member: Member) -> None:
    call = call_of(draft)
    at_once = call.pending and call.queued_at is None  # otherwise it is long after the tap, and says nothing of it
    if at_once and member.state is MemberState.RINGING and call.timings.ring is None:
        _stamp(draft, ring=draft.now_ms)


def _accept(draft: Draft, member: Member, asked: Asked, facts: Facts) -> None:
    call = call_of(draft)
    if member.session == asked.session and (call.answered_by == asked.by or member.asked is not None):
        return
    if member.asked is not None and member.state is MemberState.RINGING:
        third.come(draft, member, asked.session, facts)
        return
    if call.stage is CallStage.ANSWERED:
        raise Rejection(ErrorCode.CONFLICT, "answered elsewhere")
    if call.stage is CallStage.ENDED:
        raise Rejection(ErrorCode.OVER, "the call has ended")
    if member.state is not MemberState.RINGING:
        raise Rejection(ErrorCode.FORBIDDEN, "this person is not rung")
    answer(draft, member, asked.session, facts)


def take(draft: Draft, asked: Asked, facts: Facts) -> None:
    """An expert answers a call that waits, out of turn. To anybody else it is not there: Rejection(`not_found`)."""
    call = draft.state.call
    member = find(draft.state, asked.by)
    if member is not None and draft.state.closed_at is not None:
        raise Rejection(ErrorCode.OVER, "the call has ended")
    if call is not None and call.answered_by == asked.by and member is not None and member.session == asked.session:
        return
    expert = next((one for one in facts.experts if one.person.id == asked.by), None)
    if call is None or call.store is None or expert is None or not expert.reach.covers(place_of(call.store)):
        raise Rejection(ErrorCode.NOT_FOUND, "no such room")
    rung = call.pending and member is not None and member.state is MemberState.RINGING
    if call.stage is not CallStage.WAITING and not rung:
        raise Rejection(ErrorCode.CONFLICT, "somebody else is rung, or was quicker")
    answer(draft, Member(person=expert.person, state=MemberState.RINGING), asked.session, facts)


def answer(draft: Draft, member: Member, session: SessionId, facts: Facts) -> None:
    """Who rings answers with this session; who leads is of headquarters, the caller first. Raises Rejection(`busy`)."""
    call = call_of(draft)
    if facts.elsewhere:
        raise Rejection(ErrorCode.BUSY, "in another room")
    caller = find(draft.state, call.caller)
    assert caller is not None
    answering = draft.seat(member, session, host=not caller.host, operator=facts.operator)
    timings = call.timings.model_copy(update={"answer": draft.now_ms})
    _set(draft, stage=CallStage.ANSWERED, answered_by=member.person.id, timings=timings)
    draft.grant(caller)
    draft.grant(answering, only_session=session)
    _stop_ringing(draft)
    leader = caller if caller.host else answering
    if is_recorded(facts.policies, leader.person.role):
        draft.record(facts.fresh_recording)
    legs_changed(draft, facts)


def _decline(draft: Draft, member: Member, wish: DeclineCall, facts: Facts) -> None:
    call = call_of(draft)
    if member.state is not MemberState.RINGING:
        if member.state in (MemberState.DECLINED, MemberState.MISSED):
            return
        raise Rejection(ErrorCode.FORBIDDEN, "this person is not rung")
    if member.asked is not None:
        third.decline(draft, member)
        return
    draft.move(member, MemberState.DECLINED)
    if wish.back_in_s is not None and call.promise is None and call.store is not None:
        _set(draft, promise=BackPromise(by=member.person, due_at=draft.now_ms + wish.back_in_s * 1000))
    draft.effects.append(DropParticipant(room=draft.state.id, participant=member.person.id, reason=LegEnd.LEFT))
    if not _anybody_rings(draft):
        ring_from(draft, call.step, facts)


def _cancel(draft: Draft, member: Member) -> None:
    call = call_of(draft)
    if member.person.id != call.caller:
        raise Rejection(ErrorCode.FORBIDDEN, "only the caller cancels")
    if call.stage is CallStage.ENDED:
        return
    if call.stage is CallStage.ANSWERED:
        # The tap on "cancel" crossed with the answer; the store wants the call to be over.
        draft.unseat(member)
        draft.close(EndReason.HUNG_UP)
        return
    draft.unseat(member)
    draft.close(_given_up(call))


def _given_up(call: Call) -> EndReason:
    """The store stops a call that nobody answered. In the queue it has the choice of being called back."""
    return EndReason.LEFT_QUEUE if call.stage is CallStage.WAITING else EndReason.CANCELLED


def _mark_urgent(draft: Draft, member: Member) -> None:
    if _callers_pending(draft, member).urgent_at is None:
        _set(draft, urgent_at=draft.now_ms)


def _callers_pending(draft: Draft, member: Member) -> Call:
    """The call, for what only its store wishes before the answer. Raises Rejection `forbidden` or `conflict`."""
    call = call_of(draft)
    if member.person.id != call.caller or call.store is None:
        raise Rejection(ErrorCode.FORBIDDEN, "only the caller, of a store")
    if not call.pending:
        raise Rejection(ErrorCode.CONFLICT, "answered meanwhile")
    return call


def _ask_callback(draft: Draft, member: Member) -> None:
    _callers_pending(draft, member)
    draft.unseat(member)
    draft.close(EndReason.CALLBACK)


def _came(draft: Draft, asked: Asked, moment: Literal["first_frame", "first_audio"], age_ms: int) -> None:
    """The store's picture or sound is there for the first time. Who says that it was before the answer is not believed:
    then it is there now."""
    timings = call_of(draft).timings
    if not seated(draft.state, asked.by, asked.session).host:
        raise Rejection(ErrorCode.FORBIDDEN, "only the expert's device counts")
    if timings.answer is None:
        raise Rejection(ErrorCode.CONFLICT, "nobody has answered")
    if getattr(timings, moment) is None:
        said_ms = draft.now_ms - age_ms
        _stamp(draft, **{moment: said_ms if said_ms >= timings.answer else draft.now_ms})


def ring_expired(draft: Draft, facts: Facts) -> None:
    """Nobody answered at this step: more ring, or the call waits or is missed. It has waited long enough: likewise.

    Or who was asked into a call did not come, or nobody came back to a store on hold.
    """
    if call_of(draft).stage is CallStage.ANSWERED:
        third.expired(draft)
        hold.expired(draft)
        return
    due_ms = next_ring_ms(draft.state)
    if due_ms is None or draft.now_ms < due_ms:
        return
    call = call_of(draft)
    if call.stage is CallStage.WAITING:
        draft.close(_unanswered(draft))
    else:
        ring_from(draft, call.step + 1, facts)


def next_ring_ms(state: RoomState) -> int | None:
    """When `RingExpired` is due, UTC ms: whatever rings or waits has one, on hold too."""
    call = state.call
    if state.closed_at is not None or call is None:
        return None
    if not call.pending:
        return min((at for at in (third.next_ms(state), hold.next_ms(state)) if at is not None), default=None)
    return call.ring_until if call.step_until is None else call.step_until


def legs_changed(draft: Draft, facts: Facts) -> None:
    """Both sides' media is up for the first time: stamp it."""
    call = draft.state.call
    if call is None or call.stage is not CallStage.ANSWERED or call.timings.connected is not None:
        return
    sides = [find(draft.state, call.caller), find(draft.state, call.answered_by) if call.answered_by else None]
    if all(side is not None and facts.media_up(side.person.id, side.session) for side in sides):
        _stamp(draft, connected=draft.now_ms)


def hang_up(draft: Draft, member: Member) -> None:
    """A seated member leaves: the call is over, unless it goes on without."""
    call = call_of(draft)
    if third.goes_on_without(draft.state, member):
        third.step_out(draft, member, LegEnd.LEFT)
        return
    draft.unseat(member)
    draft.close(_given_up(call) if call.pending else EndReason.HUNG_UP)


def lost(draft: Draft, member: Member) -> None:
    """A seated member vanished for good."""
    call = call_of(draft)
    if third.goes_on_without(draft.state, member):
        third.step_out(draft, member, LegEnd.TIMEOUT)
        return
    draft.unseat(member)
    if call.stage is CallStage.WAITING:
        draft.close(EndReason.MISSED)  # it did not choose to go: it is called back
    else:
        draft.close(EndReason.CANCELLED if call.pending else EndReason.FAILED)


def _stamp(draft: Draft, **times: int) -> None:
    _set(draft, timings=call_of(draft).timings.model_copy(update=times))


def _set(draft: Draft, **update: object) -> None:
    call = call_of(draft)
    after = call.model_copy(update=update)
    if after.stage is not call.stage and after.stage not in STAGES[call.stage]:
        raise AssertionError(f"call {call.stage} to {after.stage}")
    draft.emit(CallChanged(call=after))
