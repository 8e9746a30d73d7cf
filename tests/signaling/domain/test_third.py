"""A third person in a call: who asks whom, what becomes of it, and who may leave."""

import pytest

from contract.client import (
    AcceptCall,
    AskStill,
    BringIn,
    CallOff,
    CloseRoom,
    DeclineCall,
    JoinRoom,
    LeaveRoom,
    Rung,
    TakeCall,
)
from contract.errors import ErrorCode, Rejection
from contract.ids import RegionId
from contract.nodes import DropParticipant, LegEnd, SetGrants
from contract.people import Person, Presence
from contract.rooms import EndReason, MemberState, RoomState
from signaling.domain.access import Scope
from signaling.domain.calls import may_ring, next_ring_ms
from signaling.domain.commands import Asked, Facts, RingExpired, SeatLost, Wish
from signaling.domain.draft import concerns, find, grants_of
from signaling.domain.presence import in_rooms
from signaling.domain.rooms import decide
from signaling.domain.routing import Expert
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
    session,
    state_of,
    training,
)

pytestmark = pytest.mark.unit

RING_MS = 30_000
KNOWN = Facts(fresh_recording=RECORDING, experts=entries(ZHANG, LIU), ring_ms=RING_MS)
ZHANG_BUSY = Facts(fresh_recording=RECORDING, experts=entries(ZHANG, free=False), ring_ms=RING_MS)
ZHANG_ELSEWHERE = Facts(
    fresh_recording=RECORDING,
    experts=[Expert(person=ZHANG, free=True, reach=Scope(regions=frozenset({RegionId("west")})))],
    ring_ms=RING_MS,
)
ELSEWHERE = Facts(fresh_recording=RECORDING, elsewhere=True)
ACCEPT, DECLINE = AcceptCall(cid=CID, room=ROOM), DeclineCall(cid=CID, room=ROOM)
LEAVE = LeaveRoom(cid=CID, room=ROOM)


def bring(who: Person, *, instead: bool = False) -> BringIn:
    return BringIn(cid=CID, room=ROOM, person=who.id, instead=instead)


def off(who: Person) -> CallOff:
    return CallOff(cid=CID, room=ROOM, person=who.id)


def asking(*, instead: bool = False, who: Person = ZHANG) -> RoomState:
    """CHEN asks somebody into the call with STORE."""
    return ask(answered(), CHEN, bring(who, instead=instead), facts=KNOWN).state


def three() -> RoomState:
    """ZHANG has joined."""
    return ask(asking(), ZHANG, ACCEPT).state


def seats(state: RoomState) -> dict[str, bool]:
    """Who is there, and who leads."""
    return {member.person.id: member.host for member in state.members if member.state is MemberState.JOINED}


@pytest.mark.parametrize(
    ("state", "by", "whom", "facts", "code"),
    [
        (answered(), CHEN, ZHANG, KNOWN, None),  # rung before, and missed as CHEN was quicker
        (answered(), CHEN, LIU, KNOWN, None),
        (answered(), CHEN, ZHANG, ZHANG_BUSY, ErrorCode.BUSY),
        (answered(), CHEN, ZHANG, ZHANG_ELSEWHERE, ErrorCode.NOT_FOUND),
        (answered(), CHEN, TRAINER, KNOWN, ErrorCode.NOT_FOUND),
        (answered(), CHEN, SECOND, KNOWN, ErrorCode.NOT_FOUND),
        (answered(), CHEN, CHEN, KNOWN, ErrorCode.CONFLICT),
        (answered(), STORE, ZHANG, KNOWN, ErrorCode.FORBIDDEN),
        (answered(), ZHANG, LIU, KNOWN, ErrorCode.FORBIDDEN),
        (answered(), LIU, ZHANG, KNOWN, ErrorCode.NOT_FOUND),
        (called(), STORE, LIU, KNOWN, ErrorCode.CONFLICT),
        (training(), TRAINER, LIU, KNOWN, ErrorCode.CONFLICT),
        (asking(), CHEN, LIU, KNOWN, ErrorCode.CONFLICT),  # one at a time
        (three(), CHEN, LIU, KNOWN, ErrorCode.TOO_MANY),
        (three(), ZHANG, LIU, KNOWN, ErrorCode.TOO_MANY),
        (ask(answered(), CHEN, LEAVE).state, CHEN, LIU, KNOWN, ErrorCode.OVER),
    ],
)
def test_who_is_asked_by_whom(state: RoomState, by: Person, whom: Person, facts: Facts, code: ErrorCode | None) -> None:
    if code is None:
        assert state_of(ask(state, by, bring(whom), facts=facts).state, whom) is MemberState.RINGING
        return
    with pytest.raises(Rejection) as caught:
        ask(state, by, bring(whom), facts=facts)
    assert caught.value.code is code


def test_who_is_asked_in_answers_the_asking_and_cannot_take_the_call_over() -> None:
    with pytest.raises(Rejection) as caught:
        ask(asking(), ZHANG, TakeCall(cid=CID, room=ROOM), facts=KNOWN)
    assert caught.value.code is ErrorCode.CONFLICT


def test_that_it_rings_at_who_is_asked_in_says_nothing_of_how_long_the_store_waited() -> None:
    assert ask(asking(), ZHANG, Rung(cid=CID, room=ROOM)).events == ()


def test_it_rings_and_nothing_else_changes() -> None:
    state = asking()
    member = find(state, ZHANG.id)
    assert member is not None
    assert member.asked is not None
    assert (member.asked.by, member.asked.instead) == (CHEN.id, False)
    assert concerns(state, ZHANG.id)
    grants = grants_of(state, member)
    assert grants is not None
    assert {grants.publish, grants.subscribe, grants.record} == {False}
    assert seats(state) == {STORE.id: False, CHEN.id: True}
    assert in_rooms([state], ZHANG.id) is Presence.RINGING, "nobody else rings them meanwhile"
    assert ask(state, CHEN, bring(ZHANG), facts=KNOWN).events == (), "asked twice is asked once"
    assert may_ring(answered(), Asked(by=CHEN.id, session=session(CHEN), wish=bring(ZHANG)))


def test_who_answers_is_the_third_and_the_first_still_leads() -> None:
    decision = ask(asking(), ZHANG, ACCEPT)
    assert seats(decision.state) == {STORE.id: False, CHEN.id: True, ZHANG.id: False}
    [granted] = [effect for effect in decision.effects if isinstance(effect, SetGrants)]
    assert (granted.participant, granted.only_session) == (ZHANG.id, session(ZHANG))
    assert granted.grants.publish
    assert granted.grants.subscribe
    assert granted.grants.record
    assert decision.state.recording == answered().recording, "one recording for all of it"
    assert ask(decision.state, ZHANG, ACCEPT).events == ()
    for tab, facts, code in ((2, FACTS, ErrorCode.CONFLICT),):
        with pytest.raises(Rejection) as caught:
            ask(decision.state, ZHANG, ACCEPT, tab=tab, facts=facts)
        assert caught.value.code is code
    with pytest.raises(Rejection) as caught:
        ask(asking(), ZHANG, ACCEPT, facts=ELSEWHERE)
    assert caught.value.code is ErrorCode.BUSY


@pytest.mark.parametrize(
    ("by", "wish", "becomes"),
    [
        (ZHANG, DECLINE, MemberState.DECLINED),
        (CHEN, off(ZHANG), MemberState.MISSED),
        (None, None, MemberState.MISSED),
    ],
)
@pytest.mark.parametrize("instead", [False, True])
def test_in_vain_everybody_stays_and_it_can_be_tried_again(
    by: Person | None, wish: Wish | None, becomes: MemberState, *, instead: bool
) -> None:
    state = asking(instead=instead)
    due = next_ring_ms(state)
    assert due == NOW + 1000 + RING_MS
    assert decide(state, RingExpired(), due - 1, FACTS).events == ()
    state = decide(state, RingExpired(), due, FACTS).state if by is None or wish is None else ask(state, by, wish).state
    assert state_of(state, ZHANG) is becomes
    assert seats(state) == {STORE.id: False, CHEN.id: True}
    assert not concerns(state, ZHANG.id)
    assert next_ring_ms(state) is None
    assert state_of(ask(state, CHEN, bring(ZHANG), facts=KNOWN).state, ZHANG) is MemberState.RINGING


def test_the_first_leaves_them_to_it_and_the_third_leads() -> None:
    decision = ask(three(), CHEN, LEAVE)
    assert decision.state.closed_at is None
    assert seats(decision.state) == {STORE.id: False, ZHANG.id: True}
    assert [effect.participant for effect in decision.effects if isinstance(effect, DropParticipant)] == [CHEN.id]
    [granted] = [effect for effect in decision.effects if isinstance(effect, SetGrants)]
    assert (granted.participant, granted.host) == (ZHANG.id, True)
    assert not concerns(decision.state, CHEN.id), "it is no business of who has left"
    with pytest.raises(Rejection) as caught:
        ask(decision.state, CHEN, JoinRoom(cid=CID, room=ROOM, consent=True))
    assert caught.value.code is ErrorCode.NOT_FOUND
    for who in (ZHANG, STORE):
        over = ask(decision.state, who, LEAVE).state
        assert over.end is EndReason.HUNG_UP
        assert concerns(over, CHEN.id), "the recording is also who left's"


def test_the_third_may_leave_too_and_the_first_goes_on_leading() -> None:
    assert seats(ask(three(), ZHANG, LEAVE).state) == {STORE.id: False, CHEN.id: True}


def test_who_takes_over_comes_as_the_asker_goes() -> None:
    decision = ask(asking(instead=True), ZHANG, ACCEPT)
    assert seats(decision.state) == {STORE.id: False, ZHANG.id: True}
    assert state_of(decision.state, CHEN) is MemberState.LEFT


def test_who_left_may_be_asked_in_again() -> None:
    state = ask(three(), CHEN, LEAVE).state
    facts = Facts(fresh_recording=RECORDING, experts=entries(CHEN), ring_ms=RING_MS)
    state = ask(state, ZHANG, bring(CHEN), facts=facts).state
    state = ask(state, CHEN, ACCEPT, at=NOW + 9000).state
    assert seats(state) == {STORE.id: False, ZHANG.id: True, CHEN.id: False}
    member = find(state, CHEN.id)
    assert member is not None
    assert member.joined_at == NOW + 9000, "came back, and is written down as who comes"


@pytest.mark.parametrize(
    ("state", "who", "wish", "end"),
    [
        (three(), STORE, LEAVE, EndReason.HUNG_UP),  # with whom the call is
        (three(), CHEN, CloseRoom(cid=CID, room=ROOM), EndReason.HUNG_UP),
        (asking(), CHEN, LEAVE, EndReason.HUNG_UP),  # it only rings: nobody stays with the store
        (asking(), STORE, LEAVE, EndReason.HUNG_UP),
    ],
)
def test_what_ends_it_for_everybody(state: RoomState, who: Person, wish: Wish, end: EndReason) -> None:
    over = ask(state, who, wish).state
    assert over.end is end
    assert all(member.state is not MemberState.RINGING for member in over.members)


def test_only_who_leads_ends_it_for_everybody_but_all_who_help_ask_for_photos() -> None:
    with pytest.raises(Rejection):
        ask(three(), ZHANG, CloseRoom(cid=CID, room=ROOM))
    assert ask(three(), ZHANG, AskStill(cid=CID, room=ROOM, of=STORE.id)).events
    with pytest.raises(Rejection):
        ask(three(), STORE, AskStill(cid=CID, room=ROOM, of=CHEN.id))


def test_who_vanishes_leaves_the_others_to_it() -> None:
    decision = decide(three(), SeatLost(CHEN.id), NOW + 90_000, FACTS)
    assert seats(decision.state) == {STORE.id: False, ZHANG.id: True}
    assert [e.reason for e in decision.effects if isinstance(e, DropParticipant)] == [LegEnd.TIMEOUT]
    assert decide(three(), SeatLost(STORE.id), NOW + 90_000, FACTS).state.end is EndReason.FAILED
    assert decide(answered(), SeatLost(CHEN.id), NOW + 90_000, FACTS).state.end is EndReason.FAILED
