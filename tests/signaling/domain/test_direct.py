"""Calls to a person and to a group: who rings first, what follows in vain, and whom a store cannot call."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contract.client import AcceptCall, CallStore, StartCall
from contract.errors import ErrorCode, Rejection
from contract.ids import RegionId
from contract.people import Grant, Person, Role, Skill
from contract.policies import Policies
from contract.rooms import CallStage, EndReason, Reason, RoomState
from contract.routing import Chains, ExpertProfile, Language, RingStep, Shift, StepWho
from signaling.domain.access import Act, scope_of
from signaling.domain.calls import next_ring_ms
from signaling.domain.commands import Facts, Met, OpeningFacts, RingExpired
from signaling.domain.direct import GROUP_REASONS, first_steps, reason_of
from signaling.domain.outgoing import crossing
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
    ZHANG,
    ask,
    expert,
    rings,
    session,
)
from tests.support.holder import usual_grants

pytestmark = pytest.mark.unit

WANG = expert("wang", Skill.EQUIPMENT, Skill.FOOD_SAFETY)
EVERYBODY = (CHEN, ZHANG, LIU, WANG)
USUAL = [RingStep(who=StepWho.ANYBODY, ring_ms=20_000)]
NORTH = scope_of(Act.BE_RUNG, [Grant(role=Role.EXPERT, region=RegionId("north"))])
NEVER = ExpertProfile(shifts=[Shift(day=0, from_min=0, to_min=1)])
"""The minute after midnight on Mondays, which NOW is not in."""
assert STORE.store is not None


def free(*people: Person, busy: tuple[Person, ...] = ()) -> list[Expert]:
    return [Expert(person=one, free=one not in busy, busy=one in busy) for one in people]


def wish(*, person: Person | None = None, group: Skill | None = None, reason: Reason = Reason.ANY) -> StartCall:
    return StartCall(cid=CID, reason=reason, person=person.id if person else None, group=group, language=Language.EN)


def call(
    asked: StartCall, experts: list[Expert], *, at_once: int = 1, wait_ms: int = 0, policies: Policies | None = None
) -> RoomState:
    facts = OpeningFacts(
        by=STORE,
        grants=usual_grants(STORE),
        session=session(STORE),
        room=ROOM,
        fresh_recording=RECORDING,
        steps=USUAL,
        experts=experts,
        at_once=at_once,
        wait_ms=wait_ms,
        policies=policies or Policies(),
    )
    return open_room(asked, NOW, facts).state


def expire(state: RoomState, experts: list[Expert]) -> RoomState:
    due = next_ring_ms(state)
    assert due is not None
    return decide(state, RingExpired(), due, Facts(fresh_recording=RECORDING, experts=experts, at_once=1)).state


@pytest.mark.parametrize(
    ("asked", "experts", "rung", "step"),
    [
        (wish(person=LIU), free(*EVERYBODY), [LIU], 0),
        (wish(person=LIU, reason=Reason.EQUIPMENT), free(*EVERYBODY), [LIU], 0),
        (wish(person=LIU), free(CHEN, LIU, busy=(LIU,)), [CHEN], 1),
        (wish(group=Skill.EQUIPMENT), free(*EVERYBODY), [CHEN, ZHANG, WANG], 0),
        (wish(group=Skill.EQUIPMENT), free(*EVERYBODY, busy=(ZHANG,)), [CHEN, WANG], 0),
        (wish(group=Skill.FOOD_SAFETY), free(CHEN, LIU), [CHEN], 1),
    ],
)
def test_whom_it_rings_first(asked: StartCall, experts: list[Expert], rung: list[Person], step: int) -> None:
    state = call(asked, experts)
    assert rings(state) == {one.id for one in rung}
    assert state.call is not None
    assert state.call.step == step


def test_in_vain_more_ring_by_the_usual_chain_and_who_was_called_goes_on() -> None:
    state = call(wish(person=LIU), free(*EVERYBODY))
    state = expire(state, free(*EVERYBODY))
    assert rings(state) == {LIU.id, CHEN.id}
    assert expire(state, free(*EVERYBODY)).end is EndReason.MISSED


def test_the_first_answer_of_a_group_wins() -> None:
    state = call(wish(group=Skill.EQUIPMENT), free(*EVERYBODY))
    state = ask(state, ZHANG, AcceptCall(cid=CID, room=ROOM)).state
    assert rings(state) == set()
    with pytest.raises(Rejection) as late:
        ask(state, CHEN, AcceptCall(cid=CID, room=ROOM))
    assert late.value.code is ErrorCode.CONFLICT


def test_when_all_are_busy_it_waits_for_whoever_was_called_too() -> None:
    state = call(wish(person=LIU), free(LIU, busy=(LIU,)), wait_ms=60_000)
    assert state.call is not None
    assert state.call.stage is CallStage.WAITING


def test_who_is_called_by_name_rings_outside_their_shift_and_a_group_only_within() -> None:
    off = [Expert(person=CHEN, free=True, profile=NEVER)]
    assert rings(call(wish(person=CHEN), off)) == {CHEN.id}
    assert call(wish(group=Skill.EQUIPMENT), off).end is EndReason.NOBODY_FREE


def test_neither_language_nor_level_keeps_a_member_of_the_group_from_being_rung() -> None:
    chinese = ExpertProfile(languages=[Language.ZH], levels={Skill.EQUIPMENT: 1})
    english = ExpertProfile(languages=[Language.EN], levels={Skill.EQUIPMENT: 3})
    experts = [Expert(person=CHEN, free=True, profile=chinese), Expert(person=ZHANG, free=True, profile=english)]
    assert rings(call(wish(group=Skill.EQUIPMENT), experts)) == {CHEN.id, ZHANG.id}


@pytest.mark.parametrize("called", [STORE, WANG, expert("nobody")])
def test_who_is_no_expert_for_this_store_is_not_there(called: Person) -> None:
    experts = [*free(CHEN), Expert(person=WANG, free=True, reach=NORTH)]
    with pytest.raises(Rejection) as refused:
        call(wish(person=called), experts)
    assert refused.value.code is ErrorCode.NOT_FOUND


def test_where_stores_do_not_call_they_call_nobody_by_name_either() -> None:
    with pytest.raises(Rejection) as refused:
        call(wish(person=CHEN), free(CHEN), policies=Policies(stores_call=False))
    assert refused.value.code is ErrorCode.POLICY


def test_of_a_person_and_a_group_the_person_counts() -> None:
    asked = wish(person=CHEN, group=Skill.IT, reason=Reason.DISHES)
    assert rings(call(asked, free(*EVERYBODY))) == {CHEN.id}
    assert reason_of(asked, None) is Reason.DISHES


@pytest.mark.parametrize(
    "step",
    [
        {"who": "person", "ring_ms": 1000},
        {"who": "group", "skills": ["it"], "ring_ms": 1000},
        {"who": "anybody", "person": CHEN.model_dump(), "ring_ms": 1000},
    ],
)
def test_a_chain_that_is_set_names_nobody(step: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Chains.model_validate({"usual": [step]})


def test_a_group_says_what_the_call_is_about_and_every_group_does() -> None:
    assert set(GROUP_REASONS) == set(Skill)
    assert reason_of(wish(group=Skill.IT), None) is Reason.OTHER
    assert reason_of(wish(person=LIU, reason=Reason.DISHES), None) is Reason.DISHES


def test_a_store_that_calls_by_name_who_calls_it_at_that_moment_is_in_one_call_with_them() -> None:
    """They are one room (signaling.live.rooms): the second wish answers the first one's call, whoever it was for."""
    theirs = call(wish(person=CHEN), free(CHEN, ZHANG))
    assert STORE.store is not None
    assert crossing(CallStore(cid=CID, store=STORE.store.id, reason=Reason.ANY), STORE.store.id, [theirs]) == ROOM
    met = decide(theirs, Met(CHEN.id, session(CHEN), CHEN), NOW + 1000, Facts(fresh_recording=RECORDING)).state
    assert met.call is not None
    assert (met.call.stage, met.call.answered_by) == (CallStage.ANSWERED, CHEN.id)
    by_another = decide(theirs, Met(ZHANG.id, session(ZHANG), ZHANG), NOW + 1000, Facts(fresh_recording=RECORDING))
    assert rings(by_another.state) == set()
    assert by_another.state.call is not None
    assert by_another.state.call.answered_by == ZHANG.id


@given(
    states=st.lists(st.sampled_from(["free", "busy", "gone"]), min_size=4, max_size=4),
    called=st.one_of(st.sampled_from(EVERYBODY), st.sampled_from(Skill)),
    at_once=st.integers(1, 3),
)
def test_whoever_is_called_rings_if_free_and_only_who_is_free_ever_rings(
    states: list[str], called: Person | Skill, at_once: int
) -> None:
    experts = [
        Expert(person=one, free=state == "free", busy=state == "busy")
        for one, state in zip(EVERYBODY, states, strict=True)
    ]
    asked = wish(group=called) if isinstance(called, Skill) else wish(person=called)
    state = call(asked, experts, at_once=at_once)
    able = {one.person.id for one in experts if one.free}
    wanted = {
        one.id for one in EVERYBODY if (one.id == called.id if isinstance(called, Person) else called in one.skills)
    }
    assert rings(state) <= able
    if wanted & able:
        assert rings(state) == wanted & able
    else:
        assert len(rings(state)) == min(len(able), at_once)
        assert (state.closed_at is not None) is (not able)


def test_the_first_step_is_half_of_the_usual_time() -> None:
    assert STORE.store is not None
    [step] = first_steps(wish(person=CHEN), STORE.store, free(CHEN), 45_000)
    assert (step.person, step.ring_ms) == (CHEN, 22_500)
    assert first_steps(wish(), STORE.store, free(CHEN), 45_000) == []
    assert first_steps(wish(group=Skill.IT), STORE.store, [], 10)[0].ring_ms == 50
