"""Calls that wait because whoever fits is busy: whose turn it is, what becomes of them, and what they are told."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.client import (
    AcceptCall,
    AskCallback,
    CancelCall,
    DeclineCall,
    LeaveRoom,
    MarkUrgent,
    Rung,
    StartCall,
    TakeCall,
)
from contract.errors import ErrorCode, Rejection
from contract.ids import PersonId, RegionId, RoomId
from contract.people import Person
from contract.rooms import CallStage, EndReason, MemberState, Reason, RoomState
from contract.routing import Language, RingStep, StepWho
from signaling.domain import queue
from signaling.domain.access import Scope
from signaling.domain.callbacks import owed
from signaling.domain.calls import may_ring, next_ring_ms
from signaling.domain.commands import (
    Asked,
    Facts,
    OpeningFacts,
    RingExpired,
    SeatLost,
    SeatQuiet,
    TookAnother,
    TurnCame,
    Wish,
)
from signaling.domain.draft import SEATED, find, grants_of
from signaling.domain.rooms import decide, open_room
from signaling.domain.routing import Expert
from tests.signaling.domain.people import CHEN, CID, LIU, NOW, RECORDING, SECOND, STORE, THIRD, ZHANG, rings, session
from tests.support.holder import usual_grants

pytestmark = pytest.mark.unit

WAIT_MS = 600_000
SKILLED = RingStep(who=StepWho.SKILLED, ring_ms=20_000)
ELSEWHERE = Scope(regions=frozenset({RegionId("west")}))
ANYBODY = RingStep(who=StepWho.ANYBODY, ring_ms=10_000)


def busy(*people: Person) -> list[Expert]:
    return [Expert(person=person, free=False, busy=True) for person in people]


def free(*people: Person) -> list[Expert]:
    return [Expert(person=person, free=True) for person in people]


def call(
    experts: list[Expert],
    *,
    by: Person = STORE,
    steps: tuple[RingStep, ...] = (SKILLED,),
    reason: Reason = Reason.EQUIPMENT,
    at: int = NOW,
    wait_ms: int = WAIT_MS,
    language: Language | None = None,
) -> RoomState:
    facts = OpeningFacts(
        by=by,
        grants=usual_grants(by),
        session=session(by),
        room=RoomId(f"room-{by.id}"),
        fresh_recording=RECORDING,
        steps=steps,
        experts=experts,
        at_once=5,
        wait_ms=wait_ms,
    )
    return open_room(StartCall(cid=CID, reason=reason, language=language), at, facts).state


def stage(state: RoomState) -> CallStage:
    assert state.call is not None
    return state.call.stage


def facts_of(experts: list[Expert], *, elsewhere: bool = False) -> Facts:
    return Facts(fresh_recording=RECORDING, experts=experts, at_once=5, wait_ms=WAIT_MS, elsewhere=elsewhere)


def turn(state: RoomState, experts: list[Expert], at: int = NOW + 1000) -> RoomState:
    return decide(state, TurnCame(), at, facts_of(experts)).state


def asks(state: RoomState, by: Person, wish: Wish, experts: list[Expert], *, elsewhere: bool = False) -> RoomState:
    asked = Asked(by=by.id, session=session(by), wish=wish)
    assert may_ring(state, asked) is (isinstance(wish, DeclineCall | TakeCall) and state.closed_at is None)
    return decide(state, asked, NOW + 30_000, facts_of(experts, elsewhere=elsewhere)).state


def expire(state: RoomState, experts: list[Expert]) -> RoomState:
    due = next_ring_ms(state)
    assert due is not None
    assert decide(state, RingExpired(), due - 1, facts_of(experts)).events == ()
    return decide(state, RingExpired(), due, facts_of(experts)).state


@pytest.mark.parametrize(
    ("experts", "wait_ms", "waits"),
    [
        (busy(CHEN), WAIT_MS, True),
        (busy(CHEN), 0, False),
        (busy(LIU), WAIT_MS, False),
        ([Expert(person=CHEN, free=False)], WAIT_MS, False),
        ([Expert(person=CHEN, free=False, busy=True, reach=ELSEWHERE)], WAIT_MS, False),
        ([], WAIT_MS, False),
    ],
)
def test_a_call_waits_while_somebody_who_fits_is_busy(experts: list[Expert], wait_ms: int, *, waits: bool) -> None:
    state = call(experts, wait_ms=wait_ms)
    if not waits:
        assert state.end is EndReason.NOBODY_FREE
        return
    assert state.call is not None
    assert (stage(state), state.call.queued_at, state.call.wait_until) == (CallStage.WAITING, NOW, NOW + WAIT_MS)
    assert next_ring_ms(state) == NOW + WAIT_MS
    store = find(state, STORE.id)
    assert store is not None
    grants = grants_of(state, store)
    assert grants is not None
    assert not grants.publish, "nobody sees who waits"


def test_whoever_becomes_free_rings_and_answers() -> None:
    state = turn(call(busy(CHEN, ZHANG)), [*free(CHEN), *busy(ZHANG)])
    assert (stage(state), rings(state)) == (CallStage.RINGING, {CHEN.id})
    state = asks(state, CHEN, AcceptCall(cid=CID, room=state.id), [])
    assert stage(state) is CallStage.ANSWERED


def test_who_lets_it_ring_in_vain_is_not_waited_for_and_the_call_keeps_its_place() -> None:
    state = turn(call(busy(CHEN, ZHANG)), [*free(CHEN), *busy(ZHANG)])
    state = expire(state, [*free(CHEN), *busy(ZHANG)])
    assert (stage(state), rings(state)) == (CallStage.WAITING, set())
    assert state.call is not None
    assert (state.call.queued_at, state.call.wait_until) == (NOW, NOW + WAIT_MS)
    state = turn(state, free(CHEN, ZHANG))
    assert rings(state) == {ZHANG.id}
    assert asks(state, ZHANG, DeclineCall(cid=CID, room=state.id), free(CHEN)).end is EndReason.MISSED


def test_a_chain_in_vain_waits_for_who_was_busy_meanwhile() -> None:
    state = call([*free(CHEN), *busy(ZHANG)])
    assert (stage(state), rings(state)) == (CallStage.RINGING, {CHEN.id})
    decision = decide(state, RingExpired(), NOW + 20_000, facts_of([*free(CHEN), *busy(ZHANG)]))
    assert (stage(decision.state), rings(decision.state)) == (CallStage.WAITING, set())
    assert len(decision.effects) == 1, "who rang in vain hears that it is over"


def test_when_nobody_is_there_any_more_the_wait_is_over() -> None:
    assert turn(call(busy(CHEN)), busy(LIU)).end is EndReason.NOBODY_FREE
    waits = call(busy(CHEN))
    assert turn(waits, busy(CHEN)) == waits


def test_the_wait_is_bounded_and_then_a_callback_is_owed() -> None:
    state = expire(call(busy(CHEN)), busy(CHEN))
    assert state.end is EndReason.NOBODY_FREE
    item = owed(state, 900_000)
    assert item is not None
    assert item.rung_at == NOW


def test_a_call_that_rings_when_its_time_to_wait_is_over_rings_on_and_then_ends() -> None:
    state = turn(call(busy(CHEN, ZHANG)), [*free(CHEN), *busy(ZHANG)], NOW + WAIT_MS - 1)
    assert next_ring_ms(state) == NOW + WAIT_MS - 1 + SKILLED.ring_ms
    assert expire(state, busy(ZHANG)).end is EndReason.MISSED


@pytest.mark.parametrize(
    ("how", "end", "owes"),
    [
        (AskCallback(cid=CID, room=RoomId("r")), EndReason.CALLBACK, True),
        (CancelCall(cid=CID, room=RoomId("r")), EndReason.LEFT_QUEUE, False),
        (LeaveRoom(cid=CID, room=RoomId("r")), EndReason.LEFT_QUEUE, False),
        (SeatLost(STORE.id), EndReason.MISSED, True),
    ],
)
def test_a_store_that_goes_is_called_back_unless_it_chose_not_to_be(
    how: Wish | SeatLost, end: EndReason, *, owes: bool
) -> None:
    waits = call(busy(CHEN))
    state = (
        decide(waits, how, NOW + 30_000, facts_of([])).state
        if isinstance(how, SeatLost)
        else asks(waits, STORE, how, [])
    )
    assert (state.end, stage(state)) == (end, CallStage.ENDED)
    assert (owed(state, 900_000) is not None) is owes


def test_only_the_store_asks_to_be_called_back_and_only_before_the_answer() -> None:
    ringing = call(free(CHEN))
    wish = AskCallback(cid=CID, room=ringing.id)
    with pytest.raises(Rejection) as caught:
        asks(ringing, CHEN, wish, [])
    assert caught.value.code is ErrorCode.FORBIDDEN
    answered = asks(ringing, CHEN, AcceptCall(cid=CID, room=ringing.id), [])
    with pytest.raises(Rejection) as caught:
        asks(answered, STORE, wish, [])
    assert caught.value.code is ErrorCode.CONFLICT
    assert asks(ringing, STORE, wish, []).end is EndReason.CALLBACK


def test_an_expert_takes_a_call_out_of_turn_also_one_that_it_let_ring_before() -> None:
    waits = call(busy(CHEN, ZHANG))
    for before in (waits, expire(turn(waits, [*free(LIU), *free(CHEN), *busy(ZHANG)]), busy(ZHANG))):
        assert stage(before) is CallStage.WAITING
        wish = TakeCall(cid=CID, room=before.id)
        state = asks(before, CHEN, wish, free(CHEN))
        assert state.call is not None
        assert (state.call.stage, state.call.answered_by) == (CallStage.ANSWERED, CHEN.id)
        assert asks(state, CHEN, wish, free(CHEN)) == state, "once is enough"


@pytest.mark.parametrize(
    ("by", "experts", "elsewhere", "code"),
    [
        (LIU, [], False, ErrorCode.NOT_FOUND),
        (SECOND, free(LIU), False, ErrorCode.NOT_FOUND),
        (LIU, [Expert(person=LIU, free=True, reach=ELSEWHERE)], False, ErrorCode.NOT_FOUND),
        (CHEN, free(CHEN), True, ErrorCode.BUSY),
    ],
)
def test_who_cannot_take_a_call(by: Person, experts: list[Expert], code: ErrorCode, *, elsewhere: bool) -> None:
    waits = call(busy(CHEN))
    with pytest.raises(Rejection) as caught:
        asks(waits, by, TakeCall(cid=CID, room=waits.id), experts, elsewhere=elsewhere)
    assert caught.value.code is code


def test_a_call_that_rings_somebody_else_or_was_answered_cannot_be_taken() -> None:
    state = call(free(CHEN))
    for _ in range(2):
        with pytest.raises(Rejection) as caught:
            asks(state, ZHANG, TakeCall(cid=CID, room=state.id), free(ZHANG))
        assert caught.value.code is ErrorCode.CONFLICT
        state = asks(state, CHEN, AcceptCall(cid=CID, room=state.id), [])
    over = asks(call(busy(CHEN)), STORE, CancelCall(cid=CID, room=state.id), [])
    with pytest.raises(Rejection) as caught:
        asks(over, STORE, TakeCall(cid=CID, room=state.id), [])
    assert caught.value.code is ErrorCode.OVER


def test_whoever_takes_another_call_is_waited_for_and_rung_once_more() -> None:
    ringing = turn(call(busy(CHEN)), free(CHEN))
    state = decide(ringing, TookAnother(CHEN.id), NOW + 2000, facts_of(busy(CHEN))).state
    assert (stage(state), rings(state)) == (CallStage.WAITING, set())
    assert [line.experts for line in queue.lines([state], busy(CHEN), [], NOW)] == [[CHEN.id]]
    assert decide(state, TookAnother(CHEN.id), NOW + 2000, facts_of([])).events == ()
    state = turn(state, free(CHEN))
    assert rings(state) == {CHEN.id}
    assert expire(state, free(CHEN)).end is EndReason.MISSED, "but only once"


def test_how_long_a_call_rang_is_not_told_by_one_that_waited_first() -> None:
    ringing = turn(call(busy(CHEN)), free(CHEN))
    wish = Asked(by=CHEN.id, session=session(CHEN), wish=Rung(cid=CID, room=ringing.id))
    assert decide(ringing, wish, NOW + 60_000, facts_of([])).events == ()


# --- the queue --------------------------------------------------------------------------------------------------------


def test_the_oldest_rings_who_fits_it_best_and_nobody_is_promised_to_two() -> None:
    everybody = busy(CHEN, ZHANG, LIU)
    first = call(everybody, by=STORE, at=NOW)
    second = call(everybody, by=SECOND, at=NOW + 1)
    dishes = call(everybody, by=THIRD, at=NOW + 2, reason=Reason.DISHES)
    waiting = queue.in_order([dishes, second, first])
    assert waiting == [first, second, dishes]
    for now_free, expected in (
        ([CHEN], {first.id: CHEN.id}),
        ([LIU], {dishes.id: LIU.id}),
        ([ZHANG, CHEN], {first.id: CHEN.id, second.id: ZHANG.id}),
        ([], {}),
    ):
        assert queue.turns(waiting, free(*now_free), NOW) == expected
    seen = queue.unpromised(free(CHEN, ZHANG), waiting, NOW, second.id)
    assert [(one.person.id, one.free) for one in seen] == [(CHEN.id, False), (ZHANG.id, True)]
    newcomer = queue.unpromised(free(CHEN, ZHANG, LIU), waiting, NOW, None)
    assert not any(one.free for one in newcomer), "who calls now comes after who waits"


def test_an_urgent_call_goes_before_others_and_after_a_time_breaks_in() -> None:
    first, second = call(busy(CHEN)), call(busy(CHEN), by=SECOND, at=NOW + 1)
    urgent = asks(second, SECOND, MarkUrgent(cid=CID, room=second.id), [])
    assert asks(urgent, SECOND, MarkUrgent(cid=CID, room=second.id), []) == urgent
    waiting = queue.in_order([first, urgent])
    assert waiting == [urgent, first]
    assert queue.turns(waiting, free(CHEN), NOW) == {second.id: CHEN.id}
    for break_ms, break_at in ((60_000, NOW + 90_000), (None, None)):
        lines = queue.lines(waiting, busy(CHEN), [], NOW, break_ms=break_ms)
        assert [(line.position, line.urgent, line.break_at) for line in lines] == [
            (1, True, break_at),
            (2, False, None),
        ]


def test_only_the_store_says_that_it_is_urgent_and_only_before_the_answer() -> None:
    ringing = call(free(CHEN))
    wish = MarkUrgent(cid=CID, room=ringing.id)
    answered = asks(ringing, CHEN, AcceptCall(cid=CID, room=ringing.id), [])
    for state, by, code in ((ringing, CHEN, ErrorCode.FORBIDDEN), (answered, STORE, ErrorCode.CONFLICT)):
        with pytest.raises(Rejection) as caught:
            asks(state, by, wish, [])
        assert caught.value.code is code


def test_nobody_is_called_to_a_tablet_that_is_away_but_it_keeps_its_place() -> None:
    first, second = call(busy(CHEN)), call(busy(CHEN), by=SECOND, at=NOW + 1)
    away = decide(first, SeatQuiet(STORE.id), NOW + 6000, facts_of([])).state
    assert queue.turns([away, second], free(CHEN), NOW) == {second.id: CHEN.id}
    assert [line.position for line in queue.lines([away, second], busy(CHEN), [], NOW)] == [1, 2]


def test_only_calls_that_the_same_experts_could_answer_are_before_one() -> None:
    everybody = busy(CHEN, LIU)
    calls = [
        call(everybody, by=STORE, at=NOW),
        call(everybody, by=SECOND, at=NOW + 1, reason=Reason.DISHES),
        call(everybody, by=THIRD, at=NOW + 2),
    ]
    lines = queue.lines(calls, everybody, [240_000] * 3, NOW)
    assert [(line.position, line.about_s, line.experts) for line in lines] == [
        (1, 240, [CHEN.id]),
        (1, 240, [LIU.id]),
        (2, 480, [CHEN.id]),
    ]


@pytest.mark.parametrize(
    ("position", "able", "lengths_s", "about_s"),
    [
        (1, 1, [240, 240, 240], 240),
        (1, 3, [240, 240, 240], 80),
        (3, 2, [60, 120, 180], 180),
        (1, 1, [240, 240], None),
        (1, 0, [240, 240, 240], None),
        (1, 1, [60, 60, 864_000], 1240),
    ],
)
def test_how_long_it_takes_by_the_calls_of_the_last_hours(
    position: int, able: int, lengths_s: list[int], about_s: int | None
) -> None:
    assert queue.expected_wait_s(position, able, [length * 1000 for length in lengths_s]) == about_s


moments = st.fixed_dictionaries({person.id: st.sampled_from(["free", "busy", "gone"]) for person in (CHEN, ZHANG, LIU)})


@settings(max_examples=150, deadline=None)
@given(
    reasons=st.lists(st.sampled_from(Reason), min_size=1, max_size=4),
    opening=moments,
    then=st.lists(
        st.tuples(moments, st.integers(0, 3), st.sampled_from(["turn", "expire", "decline", "accept"])), max_size=15
    ),
)
def test_nobody_is_rung_by_two_calls_and_whatever_waits_has_a_deadline_and_somebody_to_wait_for(
    reasons: list[Reason], opening: dict[str, str], then: list[tuple[dict[str, str], int, str]]
) -> None:
    """The experts as they say they are, but for whoever a call of ours rings or holds; one decision at a time."""
    stores = [STORE, SECOND, THIRD, another_store("0199")][: len(reasons)]
    states: dict[RoomId, RoomState] = {}

    def now(moment: dict[str, str], room: RoomId | None) -> list[Expert]:
        taken = {
            member.person.id
            for state in states.values()
            for member in state.members
            if state.closed_at is None and (member.state in SEATED or member.state is MemberState.RINGING)
        }
        raw = [
            Expert(
                person=one,
                free=moment[one.id] == "free" and one.id not in taken,
                busy=moment[one.id] == "busy" or one.id in taken,
            )
            for one in (CHEN, ZHANG, LIU)
        ]
        return queue.unpromised(raw, queue.in_order(states.values()), NOW, room)

    def check() -> None:
        rung = [person for state in states.values() for person in rings(state)]
        assert len(rung) == len(set(rung)), "nobody is rung by two calls"
        for state in states.values():
            assert (next_ring_ms(state) is not None) is (state.call is not None and state.call.pending)
            if state.call is not None and state.call.stage is CallStage.WAITING:
                assert rings(state) == set()
                assert state.call.wait_until is not None

    for number, (by, reason) in enumerate(zip(stores, reasons, strict=True)):
        opened = call(now(opening, None), by=by, reason=reason, at=NOW + number, steps=(SKILLED, ANYBODY))
        states[opened.id] = opened
        check()
    for moment, which, act in then:
        state = list(states.values())[which % len(states)]
        due = next_ring_ms(state)
        if due is None:
            continue
        if act == "turn":
            after = decide(state, TurnCame(), due - 1, facts_of(now(moment, state.id))).state
        elif act == "expire":
            after = decide(state, RingExpired(), due, facts_of(now(moment, state.id))).state
        elif rings(state):
            person = min(rings(state))
            wish = DeclineCall(cid=CID, room=state.id) if act == "decline" else AcceptCall(cid=CID, room=state.id)
            asked = Asked(by=person, session=session(CHEN), wish=wish)
            after = decide(state, asked, due - 1, facts_of(now(moment, state.id))).state
        else:
            continue
        states[state.id] = after
        check()
        if act == "turn" and stage(after) is CallStage.WAITING:
            assert queue.able(after, now(moment, after.id), NOW), "somebody is there to wait for"


def another_store(number: str) -> Person:
    """One more store."""
    assert STORE.store is not None
    place = STORE.store.model_copy(update={"id": f"s-{number}", "number": number})
    return STORE.model_copy(update={"id": PersonId(f"p-store-{number}"), "store": place})
