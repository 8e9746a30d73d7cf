"""How a ring ended on one device is told by the room, by what the device said, and by when."""

import pytest

from contract.ids import RoomId, SessionId
from contract.people import Person
from contract.rings import Ring, RingEnd
from contract.rooms import Asking, Call, CallStage, EndReason, Member, MemberState, Reason, RoomKind, RoomState, Timings
from signaling.domain import rings
from tests.signaling.domain.people import CHEN, STORE, ZHANG

pytestmark = pytest.mark.unit

SHOWN = Ring(person=CHEN.id, device="tab", sent_at=1_000, shown_at=1_050, end=RingEnd.NOT_REACHED)
UNSEEN = SHOWN.model_copy(update={"shown_at": None})


def call(*members: Member, answered_by: Person | None = None, end: EndReason | None = None) -> RoomState:
    assert STORE.store is not None
    return RoomState(
        id=RoomId("r"),
        ver=1,
        kind=RoomKind.CALL,
        opened_at=0,
        closed_at=5_000 if end is not None else None,
        end=end,
        members=[Member(person=STORE, state=MemberState.JOINED, session=SessionId("s")), *members],
        call=Call(
            stage=CallStage.ENDED if end else CallStage.ANSWERED if answered_by else CallStage.RINGING,
            reason=Reason.ANY,
            store=STORE.store,
            caller=STORE.id,
            answered_by=answered_by.id if answered_by else None,
            ring_until=9_000,
            timings=Timings(tap=0),
        ),
    )


def chen(state: MemberState, asked: Asking | None = None) -> Member:
    return Member(person=CHEN, state=state, asked=asked)


ASKED = Asking(by=ZHANG.id, until=4_000)
ENDS = [
    pytest.param(call(chen(MemberState.RINGING)), None, id="it rings still"),
    pytest.param(call(chen(MemberState.DECLINED)), RingEnd.DECLINED, id="declined"),
    pytest.param(call(chen(MemberState.MISSED)), RingEnd.TIMED_OUT, id="nobody came"),
    pytest.param(call(chen(MemberState.MISSED), answered_by=ZHANG), RingEnd.ELSEWHERE, id="another one answered"),
    pytest.param(call(chen(MemberState.MISSED), end=EndReason.CANCELLED), RingEnd.GIVEN_UP, id="the store gave up"),
    pytest.param(call(chen(MemberState.MISSED), end=EndReason.MISSED), RingEnd.TIMED_OUT, id="missed"),
    pytest.param(call(chen(MemberState.MISSED, ASKED), answered_by=ZHANG), RingEnd.TIMED_OUT, id="asked in vain"),
]


@pytest.mark.parametrize(("state", "end"), ENDS)
def test_the_room_tells_how_it_ended(state: RoomState, end: RingEnd | None) -> None:
    assert rings.ended(state, CHEN.id, 4_000, here=False) is end


def test_who_was_asked_in_and_called_off_did_not_let_it_ring_out() -> None:
    state = call(chen(MemberState.MISSED, ASKED), answered_by=ZHANG)
    assert rings.ended(state, CHEN.id, 3_999, here=False) is RingEnd.GIVEN_UP


def test_of_the_devices_of_who_answered_one_answered() -> None:
    state = call(chen(MemberState.JOINED), answered_by=CHEN)
    assert rings.ended(state, CHEN.id, 0, here=True) is RingEnd.ANSWERED
    assert rings.ended(state, CHEN.id, 0, here=False) is RingEnd.ELSEWHERE


def test_a_device_that_never_said_that_it_rings_was_not_reached_unless_somebody_acted_on_it() -> None:
    assert rings.fate(SHOWN, RingEnd.TIMED_OUT, only=True).end is RingEnd.TIMED_OUT
    assert rings.fate(UNSEEN, RingEnd.TIMED_OUT, only=True).end is RingEnd.NOT_REACHED
    assert rings.fate(UNSEEN, RingEnd.ELSEWHERE, only=False).end is RingEnd.NOT_REACHED
    assert rings.fate(UNSEEN, RingEnd.ANSWERED, only=False).end is RingEnd.ANSWERED


def test_who_declined_did_so_on_a_device_that_rang_or_on_the_only_one() -> None:
    assert rings.fate(UNSEEN, RingEnd.DECLINED, only=True).end is RingEnd.DECLINED
    assert rings.fate(SHOWN, RingEnd.DECLINED, only=False).end is RingEnd.DECLINED
    assert rings.fate(UNSEEN, RingEnd.DECLINED, only=False).end is RingEnd.NOT_REACHED


def test_a_ring_that_is_seen_when_it_is_over_came_late_and_the_first_word_counts() -> None:
    late = rings.shown(rings.fate(UNSEEN, RingEnd.TIMED_OUT, only=True), 2_000, hidden=True, silent=False)
    assert (late.end, late.shown_at, late.hidden) == (RingEnd.LATE, 2_000, True)
    assert rings.shown(late, 3_000, hidden=False, silent=True) == late


def test_who_rings_is_nobody_once_the_room_is_over() -> None:
    assert set(rings.rung(call(chen(MemberState.RINGING)))) == {CHEN.id}
    assert not rings.rung(call(chen(MemberState.RINGING), end=EndReason.CANCELLED))
    assert not rings.rung(None)
