"""Whom a step of a chain rings, as tables and whatever the experts are."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from contract.client import DeclineCall, StartCall
from contract.ids import PersonId, RegionId
from contract.people import Grant, Person, Role, Skill
from contract.rooms import CallStage, EndReason, MemberState, Reason, RoomState
from contract.routing import Chains, ExpertProfile, Language, RingStep, Shift, StepWho
from signaling.domain.access import Act, scope_of
from signaling.domain.calls import next_ring_ms
from signaling.domain.commands import Asked, Facts, OpeningFacts, RingExpired
from signaling.domain.draft import find
from signaling.domain.rooms import decide, open_room
from signaling.domain.routing import Expert, at_work, begin_to_ring, fitting, steps_for, usual_steps
from tests.signaling.domain.people import CHEN, CID, LIU, NOW, RECORDING, ROOM, STORE, ZHANG, expert, rings, session
from tests.support.holder import usual_grants

pytestmark = pytest.mark.unit

SKILLED = RingStep(who=StepWho.SKILLED, ring_ms=20_000)
BOTH = RingStep(who=StepWho.SKILLED, skills=[Skill.EQUIPMENT, Skill.DISHES], ring_ms=20_000)
MASTERS = RingStep(who=StepWho.SKILLED, min_level=3, ring_ms=20_000)
DUTY = RingStep(who=StepWho.ON_CALL, ring_ms=30_000)
ANYBODY = RingStep(who=StepWho.ANYBODY, ring_ms=10_000)
WANG = expert("wang", Skill.FOOD_SAFETY)
OFFICE = [Shift(day=day, from_min=9 * 60, to_min=18 * 60) for day in range(5)]
MONDAY_0030_UTC = int(datetime(2026, 11, 30, 0, 30, tzinfo=UTC).timestamp() * 1000)
"""08:30 in Shanghai, still Sunday in New York."""


def who(
    person: Person,
    *,
    free: bool = True,
    calls: int = 0,
    level: int | None = None,
    languages: list[Language] | None = None,
    on_call: bool = False,
    away: bool = False,
    by_push: bool = False,
) -> Expert:
    levels = dict.fromkeys(person.skills, level) if level is not None else {}
    profile = ExpertProfile(levels=levels, languages=languages or [], on_call=on_call)
    return Expert(
        person=person,
        free=free and not by_push,
        away=away,
        by_push=by_push,
        profile=profile,
        recent_calls=calls,
    )


@pytest.mark.parametrize(
    ("step", "experts", "rung"),
    [
        (SKILLED, [who(LIU), who(CHEN), who(ZHANG)], [CHEN, ZHANG]),
        (SKILLED, [who(CHEN, free=False), who(ZHANG)], [ZHANG]),
        (SKILLED, [who(CHEN, calls=2), who(ZHANG, calls=1)], [ZHANG, CHEN]),
        (SKILLED, [who(CHEN, level=1), who(ZHANG, level=3)], [ZHANG, CHEN]),
        (SKILLED, [who(CHEN, calls=1, level=3), who(ZHANG, level=1)], [ZHANG, CHEN]),
        (MASTERS, [who(CHEN), who(ZHANG, level=3)], [ZHANG]),
        (BOTH, [who(WANG), who(LIU), who(CHEN)], [CHEN, LIU]),
        (DUTY, [who(CHEN), who(WANG, on_call=True)], [WANG]),
        (ANYBODY, [who(WANG), who(LIU, free=False)], [WANG]),
        (ANYBODY, [], []),
        (SKILLED, [who(CHEN, away=True), who(ZHANG, calls=9, level=1)], [ZHANG, CHEN]),
        (SKILLED, [who(CHEN, away=True), who(ZHANG, free=False)], [CHEN]),
        (SKILLED, [who(CHEN, by_push=True)], [CHEN]),
        (SKILLED, [who(CHEN, by_push=True), who(ZHANG, calls=9)], [ZHANG, CHEN]),
        (SKILLED, [who(LIU, by_push=True), who(ZHANG)], [ZHANG]),
        (MASTERS, [who(CHEN, by_push=True), who(ZHANG, by_push=True, level=3)], [ZHANG]),
    ],
)
def test_whom_a_step_rings(step: RingStep, experts: list[Expert], rung: list[Person]) -> None:
    assert fitting(step, Reason.EQUIPMENT, None, experts, NOW) == rung


def test_who_speaks_the_language_rings_alone_and_if_nobody_does_the_others_ring() -> None:
    chen, zhang = who(CHEN, languages=[Language.ZH]), who(ZHANG, languages=[Language.EN], calls=9)
    liu = who(expert("any", Skill.EQUIPMENT), calls=20)
    assert fitting(SKILLED, Reason.EQUIPMENT, Language.EN, [chen, zhang], NOW) == [ZHANG]
    assert fitting(SKILLED, Reason.EQUIPMENT, Language.EN, [chen], NOW) == [CHEN]
    assert fitting(SKILLED, Reason.EQUIPMENT, Language.EN, [chen, liu], NOW) == [liu.person], "any language"


def test_who_speaks_the_language_but_is_away_rings_but_not_alone_while_others_sit_there() -> None:
    chen, zhang = who(CHEN, languages=[Language.ZH]), who(ZHANG, languages=[Language.EN], away=True)
    assert fitting(SKILLED, Reason.EQUIPMENT, Language.EN, [chen, zhang], NOW) == [ZHANG, CHEN]
    liu = who(expert("any", Skill.EQUIPMENT), languages=[Language.EN], away=True, calls=9)
    assert fitting(SKILLED, Reason.EQUIPMENT, Language.EN, [liu, chen, zhang], NOW) == [ZHANG, CHEN, liu.person]
    gone = who(CHEN, languages=[Language.ZH], away=True)
    assert fitting(SKILLED, Reason.EQUIPMENT, Language.EN, [gone, zhang], NOW) == [ZHANG]


def test_whoever_sits_there_rings_also_if_only_a_push_reaches_who_speaks_the_language() -> None:
    chen = who(CHEN, languages=[Language.EN], by_push=True)
    zhang = who(ZHANG, languages=[Language.ZH])
    liu = who(expert("any", Skill.EQUIPMENT), languages=[Language.ZH], by_push=True)
    assert fitting(SKILLED, Reason.EQUIPMENT, Language.EN, [liu, chen, zhang], NOW) == [ZHANG, CHEN]


def test_who_is_out_of_hours_is_not_reached_by_push_either() -> None:
    off = Expert(person=CHEN, free=False, by_push=True, profile=ExpertProfile(shifts=OFFICE))
    assert fitting(SKILLED, Reason.EQUIPMENT, None, [off], MONDAY_0030_UTC) == []
    on_call = Expert(person=CHEN, free=False, by_push=True, profile=ExpertProfile(shifts=OFFICE, on_call=True))
    assert fitting(SKILLED, Reason.EQUIPMENT, None, [on_call], MONDAY_0030_UTC) == [CHEN]


@pytest.mark.parametrize(
    ("zone", "at_ms", "on_call", "there"),
    [
        ("Asia/Shanghai", MONDAY_0030_UTC, False, False),
        ("Asia/Shanghai", MONDAY_0030_UTC + 30 * 60_000, False, True),
        ("Asia/Shanghai", MONDAY_0030_UTC + (9 * 60 + 30) * 60_000, False, False),
        ("Asia/Shanghai", MONDAY_0030_UTC, True, True),
        ("America/New_York", MONDAY_0030_UTC + 60 * 60_000, False, False),
        ("America/New_York", MONDAY_0030_UTC + 14 * 3600_000, False, True),
    ],
)
def test_working_hours_are_those_of_the_wall_clock_there(zone: str, at_ms: int, *, on_call: bool, there: bool) -> None:
    assert at_work(ExpertProfile(zone=zone, shifts=OFFICE, on_call=on_call), at_ms) is there


@pytest.mark.parametrize(
    "wrong",
    [
        {"zone": "Mars/Olympus"},
        {"zone": "../etc/passwd"},
        {"shifts": [{"day": 7, "from_min": 0, "to_min": 10}]},
        {"shifts": [{"day": 0, "from_min": 600, "to_min": 60}]},
        {"levels": {"equipment": 4}},
        {"languages": ["klingon"]},
    ],
)
def test_a_wrong_profile_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ExpertProfile.model_validate(wrong)


def test_each_reason_has_its_chain_or_the_usual_one() -> None:
    assert steps_for(Reason.DISHES, Chains(), 45_000) == usual_steps(45_000)
    chains = Chains(usual=[ANYBODY], dishes=[BOTH, DUTY])
    assert steps_for(Reason.DISHES, chains, 45_000) == [BOTH, DUTY]
    assert steps_for(Reason.ANY, chains, 45_000) == [ANYBODY]
    assert sum(step.ring_ms for step in usual_steps(45_001)) == 45_001


# --- a call on its way through the chain ------------------------------------------------------------------------------


def call(steps: list[RingStep], experts: list[Expert], *, at_once: int = 5) -> RoomState:
    facts = OpeningFacts(
        by=STORE,
        grants=usual_grants(STORE),
        session=session(STORE),
        room=ROOM,
        fresh_recording=RECORDING,
        steps=steps,
        experts=experts,
        at_once=at_once,
    )
    return open_room(StartCall(cid=CID, reason=Reason.EQUIPMENT), NOW, facts).state


def expire(state: RoomState, experts: list[Expert], *, at_once: int = 5) -> RoomState:
    due = next_ring_ms(state)
    assert due is not None
    facts = Facts(fresh_recording=RECORDING, experts=experts, at_once=at_once)
    assert decide(state, RingExpired(), due - 1, facts).events == (), "not before its time"
    return decide(state, RingExpired(), due, facts).state


def decline(state: RoomState, by: Person, experts: list[Expert]) -> RoomState:
    asked = Asked(by=by.id, session=session(by), wish=DeclineCall(cid=CID, room=ROOM))
    return decide(state, asked, NOW + 1000, Facts(fresh_recording=RECORDING, experts=experts, at_once=1)).state


def test_each_step_rings_more_and_those_before_go_on() -> None:
    everybody = [who(CHEN), who(ZHANG, calls=1), who(LIU), who(WANG, on_call=True)]
    state = call([SKILLED, BOTH, DUTY], everybody, at_once=1)
    assert rings(state) == {CHEN.id}
    assert state.call is not None
    assert (state.call.step, state.call.step_until, state.call.ring_until) == (0, NOW + 20_000, NOW + 70_000)
    state = expire(state, everybody, at_once=1)
    assert rings(state) == {CHEN.id, LIU.id}
    state = expire(state, everybody, at_once=1)
    assert rings(state) == {CHEN.id, LIU.id, WANG.id}
    state = expire(state, everybody)
    assert (state.end, rings(state)) == (EndReason.MISSED, set())


def test_a_step_that_rings_nobody_takes_no_time_and_one_with_nobody_new_does() -> None:
    state = call([MASTERS, SKILLED, DUTY], [who(CHEN)])
    assert state.call is not None
    assert (state.call.step, state.call.step_until, state.call.ring_until) == (1, NOW + 20_000, NOW + 50_000)
    state = expire(state, [who(CHEN, free=False)])
    assert state.call is not None
    assert (state.call.step, rings(state)) == (2, {CHEN.id})


def test_when_all_who_ring_decline_the_next_ones_ring_at_once() -> None:
    everybody = [who(CHEN), who(ZHANG, calls=1), who(LIU)]
    state = call([SKILLED, ANYBODY], everybody, at_once=1)
    state = decline(state, CHEN, everybody)
    assert rings(state) == {ZHANG.id}, "the same step"
    state = decline(state, ZHANG, everybody)
    assert rings(state) == {LIU.id}, "the next one"
    assert decline(state, LIU, everybody).end is EndReason.DECLINED


def test_whoever_declined_does_not_keep_those_of_other_languages_from_being_rung() -> None:
    everybody = [who(CHEN, languages=[Language.ZH]), who(LIU, languages=[Language.EN])]
    state = call([SKILLED, ANYBODY], everybody, at_once=1)
    assert rings(state) == {CHEN.id}
    assert rings(decline(state, CHEN, everybody)) == {LIU.id}


def test_nobody_there_at_any_step() -> None:
    assert call([SKILLED, DUTY], [who(LIU), who(CHEN, free=False)]).end is EndReason.NOBODY_FREE


steps = st.builds(
    RingStep,
    who=st.sampled_from(StepWho),
    skills=st.lists(st.sampled_from(Skill), max_size=2, unique=True),
    min_level=st.integers(1, 3),
    ring_ms=st.integers(50, 60_000),
)
profiles = st.builds(
    ExpertProfile,
    levels=st.dictionaries(st.sampled_from(Skill), st.integers(1, 3)),
    languages=st.lists(st.sampled_from(Language), max_size=2, unique=True),
    shifts=st.sampled_from([[], OFFICE]),
    on_call=st.booleans(),
)
EVERYBODY = (CHEN, ZHANG, LIU, WANG)
moments = st.lists(st.booleans(), min_size=4, max_size=4)
"""Who is free."""


@settings(max_examples=150, deadline=None)
@given(
    chain=st.lists(steps, min_size=1, max_size=6),
    staff=st.lists(profiles, min_size=4, max_size=4),
    opening=moments,
    then=st.lists(st.tuples(moments, st.sampled_from([None, *EVERYBODY])), max_size=8),
    at_once=st.integers(1, 3),
)
def test_only_free_people_are_rung_and_every_call_comes_to_its_end(
    chain: list[RingStep],
    staff: list[ExpertProfile],
    opening: list[bool],
    then: list[tuple[list[bool], Person | None]],
    at_once: int,
) -> None:
    def now(free: list[bool]) -> list[Expert]:
        return [
            Expert(person=one, free=is_free, profile=profile)
            for one, is_free, profile in zip(EVERYBODY, free, staff, strict=True)
        ]

    state = call(chain, now(opening), at_once=at_once)
    check_newly_rung(set(), state, now(opening))
    for free, declines in then:
        due, before = next_ring_ms(state), rings(state)
        assert (due is None) is (state.closed_at is not None), "whatever rings has a deadline"
        if due is None:
            break
        if declines is not None and declines.id in before:
            state = decline(state, declines, now(free))
        else:
            state = expire(state, now(free), at_once=at_once)
        check_newly_rung(before, state, now(free))
    for _ in chain:
        if state.closed_at is None:
            state = expire(state, [])
    assert state.call is not None
    assert state.call.stage is CallStage.ENDED
    assert rings(state) == set()


def check_newly_rung(before: set[PersonId], state: RoomState, experts: list[Expert]) -> None:
    for one in experts:
        member = find(state, one.person.id)
        if member is not None and member.state is MemberState.RINGING and one.person.id not in before:
            assert one.free


def test_a_call_rings_nobody_beyond_their_grants() -> None:
    elsewhere = scope_of(Act.BE_RUNG, [Grant(role=Role.EXPERT, region=RegionId("north"))])
    here = scope_of(Act.BE_RUNG, [Grant(role=Role.EXPERT, region=RegionId("east"))])
    experts = [Expert(person=CHEN, free=True, reach=elsewhere), Expert(person=ZHANG, free=True, reach=here)]
    state = call([ANYBODY], experts)
    assert [member.person.id for member in state.members if member.state is MemberState.RINGING] == [ZHANG.id]
    assert call([ANYBODY], experts[:1]).end is EndReason.NOBODY_FREE


def test_each_step_of_a_preview_names_who_begins_to_ring_at_it() -> None:
    experts = [who(CHEN), who(ZHANG, calls=1), who(LIU), who(WANG, free=False)]
    steps = [SKILLED, DUTY, ANYBODY]
    assert begin_to_ring(steps, Reason.EQUIPMENT, experts, 5, NOW) == [[CHEN, ZHANG], [], [LIU]]
    assert begin_to_ring(steps, Reason.EQUIPMENT, experts, 1, NOW) == [[CHEN], [], [LIU]]
