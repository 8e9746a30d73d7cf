"""Visitors by the rules: who waits, who lets them in, what they see, and that no call goes on for them alone."""

from dataclasses import replace

import pytest

from contract.client import (
    Admit,
    AskStill,
    BringIn,
    ComeIn,
    JoinRoom,
    LeaveRoom,
    MuteAll,
    Ping,
    SendAway,
    SetMedia,
    StartCall,
)
from contract.errors import ErrorCode, Rejection
from contract.nodes import CloseLeg, DropParticipant, LegEnd
from contract.people import Grant, Person, Role
from contract.policies import Policies
from contract.rooms import EndReason, MemberState, Reason, RoomState, VisitorMoved, VisitStep, apply
from signaling.domain.chat import may_read
from signaling.domain.commands import CameIn, Facts, SeatLost, SeatQuiet, Wish
from signaling.domain.draft import Decision, concerns, find
from signaling.domain.rooms import decide
from signaling.domain.visitors import MAX_WAITING, as_seen_by, check_inviting, check_says, here
from tests.signaling.domain.people import (
    CHEN,
    CID,
    FACTS,
    LIU,
    NOW,
    RECORDING,
    ROOM,
    SECOND,
    STORE,
    TRAINER,
    ZHANG,
    answered,
    ask,
    called,
    entries,
    leg,
    name,
    session,
    state_of,
    training,
)
from tests.support.chain import FRYER

pytestmark = pytest.mark.unit

NO_GUESTS = replace(FACTS, policies=Policies(guests=False))
LEAVE = LeaveRoom(cid=CID, room=ROOM)


def visitor(number: int = 1) -> Person:
    return Person(id=f"v-{number}", role=Role.VISITOR, name=name(f"wang {number}"), title=name("Rational"))


WANG = visitor()


def comes(state: RoomState, who: Person = WANG, *, tab: int = 1, at: int = NOW, facts: Facts = FACTS) -> Decision:
    return decide(state, CameIn(who, session(who, tab)), at, facts)


def admit(who: Person = WANG) -> Admit:
    return Admit(cid=CID, room=ROOM, person=who.id)


def away(who: Person = WANG) -> SendAway:
    return SendAway(cid=CID, room=ROOM, person=who.id)


def waits() -> RoomState:
    return comes(answered()).state


def sits() -> RoomState:
    return ask(waits(), CHEN, admit()).state


def steps(decision: Decision) -> list[VisitStep]:
    return [event.step for event in decision.events if isinstance(event, VisitorMoved)]


def test_who_knocks_waits_outside_and_learns_nothing() -> None:
    decision = comes(answered())
    assert steps(decision) == [VisitStep.KNOCKED]
    state = decision.state
    assert [knock.person for knock in state.lobby] == [WANG]
    assert find(state, WANG.id) is None
    assert not concerns(state, WANG.id)
    assert comes(state).events == (), "said twice is said once"
    moved = comes(state, tab=2, at=NOW + 9).state
    assert [(knock.session, knock.since) for knock in moved.lobby] == [(session(WANG, 2), NOW)], "the place is kept"


def test_who_comes_first_stands_first_and_the_lobby_is_finite() -> None:
    state = answered()
    for number in range(MAX_WAITING):
        state = comes(state, visitor(number), at=NOW + number).state
    assert [knock.since for knock in state.lobby] == [NOW + number for number in range(MAX_WAITING)]
    with pytest.raises(Rejection) as caught:
        comes(state, visitor(MAX_WAITING))
    assert caught.value.code is ErrorCode.TOO_MANY
    assert comes(state, visitor(3), tab=2).events, "who waits already may come from another tab"


def test_who_is_admitted_sits_there_with_the_session_that_waited() -> None:
    decision = ask(waits(), CHEN, admit())
    assert steps(decision) == [VisitStep.ADMITTED]
    assert decision.state.lobby == []
    member = find(decision.state, WANG.id)
    assert member is not None
    assert (member.state, member.session, member.host) == (MemberState.JOINED, session(WANG), False)
    assert concerns(decision.state, WANG.id)
    assert ask(decision.state, CHEN, admit()).events == (), "admitted twice is admitted once"


@pytest.mark.parametrize(
    ("state", "by", "wish", "code"),
    [
        (waits(), STORE, admit(), ErrorCode.FORBIDDEN),
        (waits(), ZHANG, admit(), ErrorCode.FORBIDDEN),  # was rung, and is not there
        (waits(), LIU, admit(), ErrorCode.NOT_FOUND),
        (waits(), CHEN, admit(visitor(2)), ErrorCode.NOT_FOUND),
        (waits(), CHEN, away(visitor(2)), ErrorCode.NOT_FOUND),
        (waits(), CHEN, away(STORE), ErrorCode.NOT_FOUND),
        (waits(), WANG, admit(), ErrorCode.NOT_FOUND),
        (comes(sits(), visitor(2)).state, WANG, admit(visitor(2)), ErrorCode.FORBIDDEN),
        (comes(sits(), visitor(2)).state, CHEN, admit(visitor(2)), ErrorCode.TOO_MANY),
        (sits(), WANG, away(STORE), ErrorCode.FORBIDDEN),
        (sits(), WANG, BringIn(cid=CID, room=ROOM, person=LIU.id), ErrorCode.FORBIDDEN),
        (sits(), WANG, AskStill(cid=CID, room=ROOM, of=STORE.id), ErrorCode.FORBIDDEN),
        (sits(), CHEN, AskStill(cid=CID, room=ROOM, of=WANG.id), ErrorCode.CONFLICT),
        (sits(), WANG, MuteAll(cid=CID, room=ROOM), ErrorCode.FORBIDDEN),
        (waits(), WANG, JoinRoom(cid=CID, room=ROOM, consent=True), ErrorCode.NOT_FOUND),
        (ask(sits(), WANG, LEAVE).state, WANG, JoinRoom(cid=CID, room=ROOM, consent=True), ErrorCode.NOT_FOUND),
        (training(), TRAINER, admit(), ErrorCode.CONFLICT),
    ],
)
def test_who_may_not(state: RoomState, by: Person, wish: Wish, code: ErrorCode) -> None:
    facts = Facts(fresh_recording=RECORDING, experts=entries(LIU))
    with pytest.raises(Rejection) as caught:
        ask(state, by, wish, facts=facts)
    assert caught.value.code is code


def test_a_visitor_takes_a_place_in_the_call() -> None:
    facts = Facts(fresh_recording=RECORDING, experts=entries(LIU), ring_ms=1000)
    with pytest.raises(Rejection) as caught:
        ask(sits(), CHEN, BringIn(cid=CID, room=ROOM, person=LIU.id), facts=facts)
    assert caught.value.code is ErrorCode.TOO_MANY
    asked = ask(waits(), CHEN, BringIn(cid=CID, room=ROOM, person=LIU.id), facts=facts).state
    with pytest.raises(Rejection) as caught:
        ask(asked, CHEN, admit())
    assert caught.value.code is ErrorCode.TOO_MANY, "a place is kept for who is asked in"


@pytest.mark.parametrize(
    ("state", "by", "wish", "step"),
    [
        (waits(), CHEN, away(), VisitStep.REFUSED),
        (waits(), WANG, LEAVE, VisitStep.LEFT),
        (sits(), CHEN, away(), VisitStep.REMOVED),
        (sits(), WANG, LEAVE, VisitStep.LEFT),
    ],
)
def test_a_visit_ends_and_the_call_goes_on(state: RoomState, by: Person, wish: Wish, step: VisitStep) -> None:
    decision = ask(state, by, wish)
    assert steps(decision) == [step]
    assert decision.state.closed_at is None
    assert here(decision.state) == []
    assert not concerns(decision.state, WANG.id)
    assert {state_of(decision.state, who) for who in (STORE, CHEN)} == {MemberState.JOINED}
    if find(state, WANG.id) is not None:
        [dropped] = [effect for effect in decision.effects if isinstance(effect, DropParticipant)]
        assert dropped.reason is (LegEnd.REMOVED if by is CHEN else LegEnd.LEFT)


def test_no_call_goes_on_for_a_visitor() -> None:
    for who in (CHEN, STORE):
        over = ask(sits(), who, LEAVE).state
        assert over.end is EndReason.HUNG_UP
        assert not concerns(over, WANG.id), "of its recording a visitor sees nothing"
        assert not may_read(over, WANG.id)
        with pytest.raises(Rejection) as caught:
            comes(over)
        assert caught.value.code is ErrorCode.OVER
    assert decide(sits(), SeatLost(CHEN.id), NOW + 90_000, FACTS).state.end is EndReason.FAILED
    closed = ask(waits(), CHEN, LEAVE)
    assert steps(closed) == [VisitStep.GONE]
    assert closed.state.lobby == []


def test_a_visitor_that_is_lost_frees_its_place_and_may_knock_again() -> None:
    gone = decide(waits(), SeatLost(WANG.id), NOW + 90_000, FACTS)
    assert steps(gone) == [VisitStep.GONE]
    assert [knock.person for knock in comes(gone.state).state.lobby] == [WANG]
    away_first = decide(sits(), SeatQuiet(WANG.id), NOW + 6_000, FACTS).state
    assert state_of(away_first, WANG) is MemberState.AWAY
    lost = decide(away_first, SeatLost(WANG.id), NOW + 90_000, FACTS)
    assert state_of(lost.state, WANG) is MemberState.LEFT
    assert steps(lost) == [], "the visit is not over"
    again = comes(lost.state, tab=2).state
    assert [knock.person for knock in again.lobby] == [WANG]
    back = ask(again, CHEN, admit()).state
    assert state_of(back, WANG) is MemberState.JOINED


def test_a_reload_comes_back_to_its_seat_without_being_let_in_again() -> None:
    facts = Facts(fresh_recording=RECORDING, legs=(leg(WANG),))
    decision = comes(sits(), tab=2, facts=facts)
    member = find(decision.state, WANG.id)
    assert member is not None
    assert (member.state, member.session) == (MemberState.JOINED, session(WANG, 2))
    assert [effect.reason for effect in decision.effects if isinstance(effect, CloseLeg)] == [LegEnd.REPLACED]
    joined = ask(sits(), WANG, JoinRoom(cid=CID, room=ROOM, consent=True), tab=2, facts=facts)
    assert joined.state == decision.state


def test_a_visitor_sees_who_sits_there_and_no_more() -> None:
    state = comes(sits(), visitor(2)).state
    assert {one.person.id for one in state.members} > {STORE.id, CHEN.id, WANG.id}
    assert state.call is not None
    state = state.model_copy(update={"call": state.call.model_copy(update={"equipment": FRYER.machine})})
    seen = as_seen_by(state, WANG.id)
    assert [one.person.id for one in seen.members] == [STORE.id, CHEN.id, WANG.id]
    assert [one.session for one in seen.members] == [None, None, session(WANG)]
    assert seen.call is not None
    assert (seen.call.steps, seen.call.passed_by, seen.call.promise) == ([], [], None)
    assert seen.call.equipment is None, "the code of its sticker, its serial number, a note for the house"
    assert (seen.lobby, seen.stills) == ([], [])
    assert (seen.id, seen.ver, seen.recording) == (state.id, state.ver, state.recording)
    assert as_seen_by(state, CHEN.id) is state
    assert as_seen_by(state, visitor(9).id) is state, "who is no member is told nothing anyway"


def test_muting_all_is_no_word_to_a_visitor() -> None:
    state = ask(sits(), CHEN, MuteAll(cid=CID, room=ROOM)).state
    assert {one.person.id for one in state.members if one.muted} == {STORE.id}
    assert ask(sits(), WANG, SetMedia(cid=CID, room=ROOM, muted=True, camera_off=False)).events


def test_what_a_visitor_may_say() -> None:
    come_in = ComeIn(cid=CID, room=ROOM)
    check_says(WANG, come_in)
    check_says(WANG, Ping(n=1))
    check_says(CHEN, Ping(n=1))
    for who, message in ((CHEN, come_in), (WANG, admit()), (WANG, StartCall(cid=CID, reason=Reason.ANY))):
        with pytest.raises(Rejection) as caught:
            check_says(who, message)
        assert caught.value.code is ErrorCode.FORBIDDEN


@pytest.mark.parametrize(
    ("state", "who", "code"),
    [
        (answered(), CHEN, None),
        (answered(), STORE, ErrorCode.FORBIDDEN),
        (answered(), ZHANG, ErrorCode.FORBIDDEN),
        (answered(), LIU, ErrorCode.NOT_FOUND),
        (sits(), WANG, ErrorCode.FORBIDDEN),
        (called(), STORE, ErrorCode.FORBIDDEN),
        (training(), TRAINER, ErrorCode.CONFLICT),
        (training(), SECOND, ErrorCode.FORBIDDEN),
        (ask(answered(), CHEN, LEAVE).state, CHEN, ErrorCode.OVER),
    ],
)
def test_who_invites(state: RoomState, who: Person, code: ErrorCode | None) -> None:
    grants = [Grant(role=who.role)]
    if code is None:
        check_inviting(state, who.id, grants)
        with pytest.raises(Rejection):
            check_inviting(state, who.id, [Grant(role=Role.LEARNER)])
        return
    with pytest.raises(Rejection) as caught:
        check_inviting(state, who.id, grants)
    assert caught.value.code is code


def test_events_lead_to_the_state() -> None:
    for before, decision in (
        (answered(), comes(answered())),
        (waits(), ask(waits(), CHEN, admit())),
        (sits(), ask(sits(), WANG, LEAVE)),
    ):
        state = before
        for event in decision.events:
            state = apply(state, event)
        assert state == decision.state


def test_nobody_is_let_in_once_the_chain_has_no_guests_but_who_sits_stays() -> None:
    with pytest.raises(Rejection) as refused:
        ask(waits(), CHEN, admit(), facts=NO_GUESTS)
    assert refused.value.code is ErrorCode.POLICY
    assert ask(sits(), CHEN, admit(), facts=NO_GUESTS).events == ()
