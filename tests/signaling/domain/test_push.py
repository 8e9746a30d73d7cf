"""What a browser hears of a ring, and how long that is worth delivering."""

import pytest

from contract.client import AcceptCall, CancelCall, DeclineCall
from contract.push import PushedRing
from contract.rings import RingEnd
from contract.rooms import Asking, MemberState
from contract.routing import Language
from signaling.domain import push
from signaling.domain.draft import find
from tests.signaling.domain.people import CHEN, CID, LIU, NOW, ROOM, STORE, ZHANG, answered, ask, called

pytestmark = pytest.mark.unit


def ringing() -> PushedRing:
    made = push.ring(called(), CHEN.id, "device", Language.EN)
    assert made is not None
    return made


def test_a_ring_says_who_calls_why_and_until_when() -> None:
    made = ringing()
    state = called()
    assert state.call is not None
    assert STORE.store is not None
    assert (made.room, made.store, made.number) == (ROOM, STORE.store.name, "0117")
    assert (made.reason, made.until, made.since) == (state.call.reason, state.call.ring_until, NOW)
    assert (made.device, made.language) == ("device", Language.EN)


def test_who_is_not_rung_hears_nothing_and_has_no_time_left() -> None:
    for state, person in (
        (called(), LIU),
        (called(), STORE),
        (answered(), ZHANG),
        (ask(called(), CHEN, DeclineCall(cid=CID, room=ROOM)).state, CHEN),
        (ask(called(), STORE, CancelCall(cid=CID, room=ROOM)).state, CHEN),
    ):
        assert push.ring(state, person.id, "device", Language.ZH) is None
        assert push.left_ms(state, person.id, NOW) == 0


def test_it_rings_until_its_time_and_not_a_moment_longer() -> None:
    state, until = called(), ringing().until
    assert push.left_ms(state, CHEN.id, until - 1) == 1
    assert push.left_ms(state, CHEN.id, until) == 0
    assert push.left_ms(state, CHEN.id, until + 1) == 0


def test_who_is_asked_into_a_call_rings_as_long_as_they_are_asked() -> None:
    state = answered()
    member = find(state, ZHANG.id)
    assert member is not None
    asked = member.model_copy(update={"state": MemberState.RINGING, "asked": Asking(by=CHEN.id, until=NOW + 30_000)})
    state = state.model_copy(update={"members": [asked if one.person.id == ZHANG.id else one for one in state.members]})
    assert push.left_ms(state, ZHANG.id, NOW) == 30_000


def test_a_ring_is_kept_for_a_browser_that_is_away_as_long_as_it_rings() -> None:
    made = ringing()
    assert push.worth_s(made, made.until - 20_000) == 20
    assert push.worth_s(made, made.until - 19_001) == 20
    assert push.worth_s(made, made.until - 1) == 1
    assert push.worth_s(made, made.until) == 0
    assert push.worth_s(made, made.until + 60_000) == 0


def test_that_it_is_over_says_who_answered_and_a_missed_call_is_kept_longest() -> None:
    state = ask(called(), ZHANG, AcceptCall(cid=CID, room=ROOM)).state
    elsewhere = push.over(state, RingEnd.ELSEWHERE, "device", Language.ZH)
    assert elsewhere is not None
    assert elsewhere.by == ZHANG.name
    missed = push.over(called(), RingEnd.TIMED_OUT, "device", Language.ZH)
    assert missed is not None
    assert missed.by is None
    assert push.worth_s(missed, NOW) > push.worth_s(elsewhere, NOW) > 0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7", 7.0), ("36000", push.MOST_WAIT_S), ("", 0.0), ("soon", 0.0), ("-1", 0.0), ("9" * 5_000, 0.0)],
)
def test_a_service_may_ask_to_be_left_alone_but_not_for_hours(text: str, seconds: float) -> None:
    assert push.retry_s(text) == seconds
