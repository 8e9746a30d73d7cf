"""What a call in vain leaves behind, and how it is worked off."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.callbacks import Callback, CallbackState, Urgency
from contract.client import CancelCall, DeclineCall
from contract.errors import ErrorCode, Rejection
from contract.ids import RegionId
from contract.people import Name, Person, Role
from contract.rooms import EndReason, RoomState
from signaling.domain import callbacks
from signaling.domain.calls import next_ring_ms
from signaling.domain.commands import RingExpired
from signaling.domain.rooms import decide
from tests.signaling.domain.people import (
    CHEN,
    CID,
    FACTS,
    LIU,
    NOW,
    ROOM,
    SECOND,
    STORE,
    TRAINER,
    answered,
    ask,
    called,
    entries,
    training,
)
from tests.support.holder import Holder

pytestmark = pytest.mark.unit

WITHIN_MS = 900_000
MANAGER = Person(id=CHEN.id, role=Role.MANAGER, name=Name(zh="吴", en="Wu"))
ADMIN = Person(id=LIU.id, role=Role.ADMIN, name=Name(zh="管", en="Admin"))


def missed() -> RoomState:
    state = called(entries(CHEN))
    while (due := next_ring_ms(state)) is not None:
        state = decide(state, RingExpired(), due, FACTS).state
    return state


def cancelled(after_ms: int) -> RoomState:
    return ask(called(), STORE, CancelCall(cid=CID, room=ROOM), at=NOW + after_ms).state


def item() -> Callback:
    made = callbacks.owed(missed(), WITHIN_MS)
    assert made is not None
    return made


def refused(change: Callable[[], Callback]) -> ErrorCode:
    with pytest.raises(Rejection) as caught:
        change()
    return caught.value.code


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (missed(), EndReason.MISSED),
        (called([]), EndReason.NOBODY_FREE),
        (ask(called(entries(CHEN)), CHEN, DeclineCall(cid=CID, room=ROOM)).state, EndReason.DECLINED),
        (cancelled(5_000), EndReason.CANCELLED),
        (cancelled(4_999), None),
        (called(), None),
        (answered(), None),
        (ask(answered(), STORE, CancelCall(cid=CID, room=ROOM), at=NOW + 60_000).state, None),
        (training(), None),
    ],
)
def test_whatever_call_ends_in_vain_is_owed(state: RoomState, why: EndReason | None) -> None:
    made = callbacks.owed(state, WITHIN_MS)
    assert (made.why if made else None) is why
    if made is not None:
        assert (made.rung_at, made.due_at) == (NOW, NOW + WITHIN_MS), "from the first ring"
        assert (made.state, made.owner) == (CallbackState.OPEN, None)


def test_one_takes_it_and_gives_it_back_or_is_done() -> None:
    taken = callbacks.take(item(), Holder(CHEN))
    assert (taken.state, taken.owner) == (CallbackState.TAKEN, CHEN)
    assert callbacks.take(taken, Holder(CHEN)) == taken
    assert refused(lambda: callbacks.take(taken, Holder(LIU))) is ErrorCode.CONFLICT
    assert refused(lambda: callbacks.reopen(taken, Holder(LIU))) is ErrorCode.FORBIDDEN
    assert refused(lambda: callbacks.finish(taken, Holder(LIU), NOW)) is ErrorCode.FORBIDDEN
    assert refused(lambda: callbacks.finish(item(), Holder(CHEN), NOW)) is ErrorCode.FORBIDDEN
    assert callbacks.reopen(taken, Holder(CHEN)) == item()
    assert callbacks.reopen(taken, Holder(ADMIN)) == item()
    assert callbacks.reopen(item(), Holder(CHEN)) == item(), "as it was given back already"
    finished = callbacks.finish(taken, Holder(CHEN), NOW + 1)
    assert (finished.state, finished.done_by, finished.done_at) == (CallbackState.DONE, CHEN, NOW + 1)
    assert callbacks.finish(finished, Holder(CHEN), NOW + 2) == finished
    assert refused(lambda: callbacks.take(finished, Holder(CHEN))) is ErrorCode.OVER
    assert refused(lambda: callbacks.reopen(finished, Holder(CHEN))) is ErrorCode.OVER


def test_it_becomes_more_urgent_until_everybody_is_told_or_it_is_done() -> None:
    waiting, seen, now = item(), [], NOW
    while (due := callbacks.next_ms(waiting, now)) is not None:
        assert callbacks.escalated(waiting, due - 1).urgency is waiting.urgency
        waiting, now = callbacks.escalated(waiting, due), due
        seen.append((waiting.urgency, (due - NOW) // WITHIN_MS))
    assert seen == [(Urgency.DUE, 1), (Urgency.MANAGER, 2), (Urgency.ADMINISTRATOR, 4)]
    finished = callbacks.done(item(), CHEN, NOW)
    assert callbacks.next_ms(finished, NOW) is None
    assert callbacks.escalated(finished, NOW + 10 * WITHIN_MS) == finished


def test_an_answered_call_of_the_store_for_the_same_reason_settles_it() -> None:
    assert callbacks.settles(item(), answered(), NOW) == CHEN
    assert callbacks.settles(item(), called(), NOW) is None
    other = item().model_copy(update={"store": SECOND.store})
    assert callbacks.settles(other, answered(), NOW) is None
    assert callbacks.settles(item(), answered(), NOW + 60_000) is None, "another tablet was talking already"


def test_calling_again_in_vain_neither_doubles_it_nor_starts_the_clock_anew() -> None:
    newer = item().model_copy(update={"rung_at": NOW + 60_000, "why": EndReason.DECLINED})
    both = callbacks.again(item(), newer, newer.rung_at)
    assert (both.calls, both.rung_at, both.why) == (2, NOW, EndReason.DECLINED)


def test_who_leaves_hands_it_to_the_successor_or_to_the_group() -> None:
    taken = callbacks.take(item(), Holder(CHEN))
    assert callbacks.hand_over(taken, Holder(LIU)).owner == LIU
    for nobody in (Holder(TRAINER), Holder(MANAGER, RegionId("south"))):
        assert callbacks.hand_over(taken, nobody) == item(), "nobody owes it"


@pytest.mark.parametrize(
    ("viewer", "sees"),
    [
        (Holder(STORE), True),
        (Holder(SECOND), False),
        (Holder(CHEN), True),
        (Holder(MANAGER, RegionId("east")), True),
        (Holder(MANAGER, RegionId("south")), False),
        (Holder(ADMIN), True),
        (Holder(TRAINER), False),
    ],
)
def test_who_sees_it(viewer: Holder, *, sees: bool) -> None:
    assert callbacks.may_see(viewer, item()) is sees


@settings(max_examples=100, deadline=None)
@given(
    acts=st.lists(
        st.tuples(
            st.sampled_from(["take", "reopen", "finish", "clock"]),
            st.sampled_from([CHEN, LIU, ADMIN]),
            st.integers(0, 4 * WITHIN_MS),
        ),
        max_size=12,
    )
)
def test_until_it_is_done_there_is_a_deadline_or_everybody_knows(acts: list[tuple[str, Person, int]]) -> None:
    waiting, now = item(), NOW
    for act, by, passed_ms in acts:
        now += passed_ms
        try:
            match act:
                case "take":
                    waiting = callbacks.take(waiting, Holder(by))
                case "reopen":
                    waiting = callbacks.reopen(waiting, Holder(by))
                case "finish":
                    waiting = callbacks.finish(waiting, Holder(by), now)
                case _:
                    waiting = callbacks.escalated(waiting, now)
        except Rejection:
            pass
        assert (waiting.owner is None) is (waiting.state is CallbackState.OPEN) or waiting.done_by is not None
        assert (waiting.state is CallbackState.DONE) is (waiting.done_at is not None)
        told = callbacks.escalated(waiting, now).urgency is Urgency.ADMINISTRATOR
        assert waiting.state is CallbackState.DONE or told or callbacks.next_ms(waiting, now) is not None
