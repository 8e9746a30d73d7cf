"""Headquarters calls itself: who may, whom it rings, what becomes of it in vain, and of two who call each other."""

import pytest

from contract.client import (
    AcceptCall,
    AskCallback,
    BringIn,
    DeclineCall,
    HoldCall,
    LeaveRoom,
    MarkUrgent,
    StartCall,
    TakeCall,
)
from contract.errors import ErrorCode, Rejection
from contract.ids import PersonId
from contract.people import Person, Role, Skill
from contract.policies import Policies, Recorded
from contract.rooms import CallStage, EndReason, MemberState, Reason, RoomState
from signaling.domain import callbacks, colleagues
from signaling.domain.commands import Facts, Met, OpeningFacts, RingExpired, SeatLost, TookAnother
from signaling.domain.draft import find, grants_of
from signaling.domain.queue import worth_waiting
from signaling.domain.rooms import decide, open_room
from signaling.domain.routing import Expert
from tests.signaling.domain.people import (
    CHEN,
    CID,
    LIU,
    NOW,
    RECORDING,
    ROOM,
    STORE,
    TRAINER,
    ZHANG,
    ask,
    name,
    session,
)
from tests.support.holder import usual_grants

pytestmark = pytest.mark.unit

WU = Person(id=PersonId("p-wu"), role=Role.MANAGER, name=name("wu"))
XIAOLIN = Person(id=PersonId("p-xiaolin"), role=Role.LEARNER, name=name("xiaolin"))
RING_MS = 45_000


def house(*busy: Person) -> list[Expert]:
    """All of headquarters, free but for `busy`; a manager is rung by no store."""
    return [Expert(person=one, free=one not in busy, busy=one in busy) for one in (CHEN, ZHANG, LIU, TRAINER, WU)]


def call(
    by: Person = CHEN,
    person: PersonId | None = None,
    group: Skill | None = None,
    *,
    there: list[Expert] | None = None,
    policies: Policies | None = None,
) -> RoomState:
    facts = OpeningFacts(
        by=by,
        grants=usual_grants(by),
        session=session(by),
        room=ROOM,
        fresh_recording=RECORDING,
        experts=house() if there is None else there,
        wait_ms=600_000,
        ring_ms=RING_MS,
        policies=policies or Policies(),
    )
    return open_room(StartCall(cid=CID, reason=Reason.ANY, person=person, group=group), NOW, facts).state


def with_all(*busy: Person) -> Facts:
    return Facts(fresh_recording=RECORDING, experts=house(*busy), wait_ms=600_000, ring_ms=RING_MS)


def rings(state: RoomState) -> set[PersonId]:
    return {one.person.id for one in state.members if one.state is MemberState.RINGING}


def talking(by: Person = CHEN, to: Person = TRAINER) -> RoomState:
    return ask(call(by, to.id), to, AcceptCall(cid=CID, room=ROOM)).state


@pytest.mark.parametrize("by", [CHEN, TRAINER, WU])
def test_whoever_works_at_headquarters_calls_any_other_by_name(by: Person) -> None:
    called = LIU if by is not LIU else WU
    state = call(by, called.id)
    assert state.call is not None
    assert (state.call.store, state.call.caller, state.call.stage) == (None, by.id, CallStage.RINGING)
    assert rings(state) == {called.id}
    assert state.call.ring_until == NOW + RING_MS


def test_a_team_rings_at_once_but_for_the_caller() -> None:
    assert rings(call(CHEN, group=Skill.EQUIPMENT)) == {ZHANG.id}
    assert rings(call(WU, group=Skill.EQUIPMENT)) == {CHEN.id, ZHANG.id}


@pytest.mark.parametrize(
    ("by", "person", "code"),
    [
        (XIAOLIN, CHEN.id, ErrorCode.FORBIDDEN),
        (CHEN, CHEN.id, ErrorCode.BAD_MESSAGE),
        (CHEN, None, ErrorCode.BAD_MESSAGE),
        (CHEN, STORE.id, ErrorCode.NOT_FOUND),
        (CHEN, XIAOLIN.id, ErrorCode.NOT_FOUND),
    ],
)
def test_who_may_not_or_whom_nobody_knows_is_refused(by: Person, person: PersonId | None, code: ErrorCode) -> None:
    with pytest.raises(Rejection) as caught:
        call(by, person)
    assert caught.value.code is code


def test_a_rule_forbids_it_and_says_whether_it_is_recorded() -> None:
    with pytest.raises(Rejection) as caught:
        call(CHEN, WU.id, policies=Policies(colleagues_call=False))
    assert caught.value.code is ErrorCode.POLICY
    rule = Policies(recorded=Recorded.EXPERTS)
    facts = Facts(fresh_recording=RECORDING, policies=rule)
    for by, to, recorded in ((CHEN, WU, True), (WU, CHEN, False)):  # the caller leads
        state = ask(call(by, to.id, policies=rule), to, AcceptCall(cid=CID, room=ROOM), facts=facts).state
        assert (state.recording is not None) is recorded, by.id


def test_answered_the_caller_leads_and_both_see_and_hear() -> None:
    state = talking()
    assert [one.host for one in state.members] == [True, False]
    for one in state.members:
        grants = grants_of(state, one)
        assert grants is not None
        assert (grants.publish, grants.subscribe) == (True, True)
    assert state.recording is not None


@pytest.mark.parametrize("there", [house(WU), [*house()[:4], Expert(person=WU, free=False)]])
def test_who_cannot_ring_has_missed_it_and_nobody_waits(there: list[Expert]) -> None:
    state = call(CHEN, WU.id, there=there)
    assert (state.closed_at, state.end) == (NOW, EndReason.MISSED)
    missed = find(state, WU.id)
    assert missed is not None
    assert missed.state is MemberState.MISSED
    assert callbacks.owed(state, 900_000) is None, "nothing is owed among colleagues"


def test_a_team_of_nobody_free_is_over_at_once() -> None:
    state = call(WU, group=Skill.EQUIPMENT, there=house(CHEN, ZHANG))
    assert state.end is EndReason.NOBODY_FREE


def test_in_vain_it_is_over_however_many_are_busy() -> None:
    state = call(CHEN, WU.id)
    over = decide(state, RingExpired(), NOW + RING_MS, with_all(WU, LIU)).state
    assert over.end is EndReason.MISSED
    declined = ask(state, WU, DeclineCall(cid=CID, room=ROOM, back_in_s=300), facts=with_all()).state
    assert declined.end is EndReason.DECLINED
    assert declined.call is not None
    assert declined.call.promise is None, "nobody keeps a list of it"
    took = decide(state, TookAnother(WU.id), NOW + 1, with_all(WU)).state
    assert took.end is EndReason.MISSED
    assert not worth_waiting(state, house(WU), NOW, 600_000)


def test_what_only_stores_wish_is_refused() -> None:
    state = call(CHEN, WU.id)
    for wish in (AskCallback(cid=CID, room=ROOM), MarkUrgent(cid=CID, room=ROOM)):
        with pytest.raises(Rejection) as caught:
            ask(state, CHEN, wish)
        assert caught.value.code is ErrorCode.FORBIDDEN
    with pytest.raises(Rejection) as caught:
        ask(state, LIU, TakeCall(cid=CID, room=ROOM), facts=with_all())
    assert caught.value.code is ErrorCode.NOT_FOUND
    with pytest.raises(Rejection) as caught:
        ask(talking(), CHEN, HoldCall(cid=CID, room=ROOM, on=True))
    assert caught.value.code is ErrorCode.CONFLICT


def test_it_goes_on_while_two_are_in_it() -> None:
    leave = LeaveRoom(cid=CID, room=ROOM)
    assert ask(talking(), TRAINER, leave).state.end is EndReason.HUNG_UP
    asked = ask(talking(), CHEN, BringIn(cid=CID, room=ROOM, person=WU.id), facts=with_all()).state
    assert rings(asked) == {WU.id}
    three = ask(asked, WU, AcceptCall(cid=CID, room=ROOM)).state
    for left in (ask(three, CHEN, leave).state, decide(three, SeatLost(CHEN.id), NOW + 95_000, Facts(RECORDING)).state):
        assert left.closed_at is None
        assert [one.person.id for one in left.members if one.host] == [TRAINER.id]
        assert ask(left, WU, leave).state.end is EndReason.HUNG_UP


def test_who_calls_back_in_that_moment_answers() -> None:
    state = call(CHEN, WU.id)
    assert colleagues.crossing(CHEN.id, WU.id, [state]) == ROOM
    assert colleagues.crossing(CHEN.id, LIU.id, [state]) is None, "it rings somebody else"
    assert colleagues.crossing(WU.id, CHEN.id, [state]) is None, "of whom CHEN calls, no call is there"
    brought = ask(talking(), CHEN, BringIn(cid=CID, room=ROOM, person=WU.id), facts=with_all()).state
    assert rings(brought) == {WU.id}
    assert colleagues.crossing(CHEN.id, WU.id, [brought]) is None, "a call that was answered rings for help"
    met = decide(state, Met(WU.id, session(WU), WU), NOW + 1, with_all()).state
    assert met.call is not None
    assert (met.call.stage, met.call.answered_by) == (CallStage.ANSWERED, WU.id)
    assert colleagues.crossing(CHEN.id, WU.id, [met]) is None
