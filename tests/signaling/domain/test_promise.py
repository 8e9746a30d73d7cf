"""An expert who cannot answer now says "in five minutes": the ring goes on, and if nobody answers it is theirs."""

import pytest

from contract.callbacks import CallbackState
from contract.client import AcceptCall, AskCallback, CancelCall, DeclineCall
from contract.people import Person
from contract.rooms import CallStage, EndReason, RoomState
from signaling.domain.callbacks import again, owed
from signaling.domain.calls import next_ring_ms
from signaling.domain.commands import Facts, RingExpired
from signaling.domain.rooms import decide
from signaling.domain.routing import Expert
from tests.signaling.domain.people import CHEN, CID, LIU, NOW, RECORDING, ROOM, STORE, ZHANG, ask, called, entries

pytestmark = pytest.mark.unit

FIVE_MIN_S = 300
WITHIN_MS = 900_000


def facts(*experts: Expert) -> Facts:
    return Facts(fresh_recording=RECORDING, experts=experts, wait_ms=600_000)


def declines(state: RoomState, who: Person, *experts: Expert, back_in_s: int | None = FIVE_MIN_S) -> RoomState:
    wish = DeclineCall(cid=CID, room=ROOM, back_in_s=back_in_s)
    return ask(state, who, wish, facts=facts(*experts)).state


def test_the_ring_goes_on_and_whoever_answers_takes_it() -> None:
    state = declines(called(), CHEN)
    assert state.call is not None
    assert (state.call.stage, state.call.promise is not None) == (CallStage.RINGING, True)
    state = ask(state, ZHANG, AcceptCall(cid=CID, room=ROOM)).state
    assert state.call is not None
    assert state.call.answered_by == ZHANG.id
    assert owed(state, WITHIN_MS) is None


def test_if_nobody_answers_it_is_theirs_by_then() -> None:
    state = declines(declines(called(), CHEN), ZHANG, back_in_s=None)
    assert state.end is EndReason.DECLINED
    item = owed(state, WITHIN_MS)
    assert item is not None
    assert (item.state, item.owner, item.due_at) == (CallbackState.TAKEN, CHEN, NOW + 1000 + FIVE_MIN_S * 1000)
    assert item.rung_at == NOW


def test_the_first_promise_counts_and_so_does_one_of_a_call_that_nobody_else_answers() -> None:
    state = declines(declines(called(), CHEN), ZHANG, *entries(LIU), back_in_s=600)
    for _ in range(3):
        due = next_ring_ms(state)
        if due is not None:
            state = decide(state, RingExpired(), due, facts(*entries(LIU))).state
    assert state.end is EndReason.MISSED
    item = owed(state, WITHIN_MS)
    assert item is not None
    assert item.owner == CHEN


def test_a_call_that_somebody_promised_to_return_does_not_wait() -> None:
    busy = Expert(person=LIU, free=False, busy=True)
    without = declines(declines(called(), CHEN, back_in_s=None), ZHANG, busy, back_in_s=None)
    assert without.call is not None
    assert without.call.stage is CallStage.WAITING
    assert declines(declines(called(), CHEN), ZHANG, busy, back_in_s=None).end is EndReason.DECLINED


@pytest.mark.parametrize(
    ("wish", "at", "promised"),
    [
        (AskCallback(cid=CID, room=ROOM), NOW + 2000, True),
        (CancelCall(cid=CID, room=ROOM), NOW + 60_000, True),
        (CancelCall(cid=CID, room=ROOM), NOW + 2000, False),
    ],
)
def test_a_store_that_gives_up_keeps_what_it_was_promised(
    wish: AskCallback | CancelCall, at: int, *, promised: bool
) -> None:
    item = owed(ask(declines(called(), CHEN), STORE, wish, at=at).state, WITHIN_MS)
    assert (item is not None and item.owner == CHEN) is promised


def test_a_callback_of_nobody_becomes_theirs_and_one_of_somebody_stays() -> None:
    before = owed(declines(declines(called(), CHEN, back_in_s=None), ZHANG, back_in_s=None), WITHIN_MS)
    newer = owed(declines(declines(called(), CHEN), ZHANG, back_in_s=None), WITHIN_MS)
    assert before is not None
    assert newer is not None
    both = again(before, newer, NOW)
    assert (both.owner, both.state, both.due_at, both.calls) == (CHEN, CallbackState.TAKEN, newer.due_at, 2)
    taken = before.model_copy(update={"owner": ZHANG, "state": CallbackState.TAKEN})
    assert again(taken, newer, NOW).owner == ZHANG
