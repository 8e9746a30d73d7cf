"""Headquarters calls itself: somebody by name, or everybody of a team at once, without a store.

Such a call rings as any other, and is over when nobody answers: it neither waits nor is owed. Who was called by name
sees that they missed it, also if it could not ring at all.
"""

from collections.abc import Iterable

from contract.client import StartCall
from contract.errors import ErrorCode, Rejection
from contract.ids import PersonId, RoomId
from contract.rooms import (
    Call,
    CallStage,
    Member,
    MemberChanged,
    MemberState,
    Reason,
    RoomKind,
    RoomState,
    Timings,
)
from contract.routing import RingStep, StepWho
from signaling.domain import calls, routing
from signaling.domain.access import Act, somewhere
from signaling.domain.commands import OpeningFacts
from signaling.domain.draft import Decision, Draft, find
from signaling.domain.policies import check_colleagues_call


def call(wish: StartCall, now_ms: int, facts: OpeningFacts) -> Decision:
    """The colleague rings, or the team; the caller leads the call. Raises Rejection."""
    if not somewhere(Act.CALL_COLLEAGUE, facts.grants):
        raise Rejection(ErrorCode.FORBIDDEN, "only stores and headquarters call")
    check_colleagues_call(facts.policies)
    if facts.elsewhere:
        raise Rejection(ErrorCode.CONFLICT, "in another room")
    step = _step(wish, facts)
    opened = RoomState(
        id=facts.room,
        ver=1,
        kind=RoomKind.CALL,
        opened_at=now_ms,
        members=[facts.opener(now_ms, host=True)],
        call=Call(
            stage=CallStage.RINGING,
            reason=Reason.ANY,
            store=None,
            caller=facts.by.id,
            ring_until=now_ms + step.ring_ms,
            steps=[step],
            timings=Timings(tap=max(0, now_ms - wish.age_ms)),
        ),
    )
    draft = Draft(opened, now_ms)
    if step.person is not None and not routing.fitting(step, Reason.ANY, None, facts.experts, now_ms):
        draft.emit(MemberChanged(member=Member(person=step.person, state=MemberState.MISSED)))
    calls.ring_from(draft, 0, facts)
    return draft.done(opened=opened)


def _step(wish: StartCall, facts: OpeningFacts) -> RingStep:
    """Whom it rings. Raises Rejection: `bad_message` for nobody or oneself, `not_found` for who is no colleague."""
    if wish.person == facts.by.id:
        raise Rejection(ErrorCode.BAD_MESSAGE, "nobody calls themselves")
    if wish.person is not None:
        called = next((one.person for one in facts.experts if one.person.id == wish.person), None)
        if called is None:
            raise Rejection(ErrorCode.NOT_FOUND, "no such colleague")
        return RingStep(who=StepWho.PERSON, person=called, ring_ms=facts.ring_ms)
    if wish.group is not None:
        return RingStep(who=StepWho.GROUP, skills=[wish.group], ring_ms=facts.ring_ms)
    raise Rejection(ErrorCode.BAD_MESSAGE, "a colleague's call is for a person or a group")


def crossing(called: PersonId, by: PersonId, states: Iterable[RoomState]) -> RoomId | None:
    """The call by which `called` rings `by` already: who calls back in that moment answers it."""
    for state in states:
        member = find(state, by)
        call = state.call
        if call is None or call.store is not None or call.answered_by is not None:
            continue
        if call.caller == called and member is not None and member.state is MemberState.RINGING:
            return state.id
    return None
