"""A call on hold: who may, what passes meanwhile, and that it never stays so without whoever put it there."""

import pytest

from contract.client import (
    AcceptCall,
    AskStill,
    BringIn,
    CancelCall,
    CloseRoom,
    HoldCall,
    JoinRoom,
    LeaveRoom,
)
from contract.errors import ErrorCode, Rejection
from contract.ids import PersonId, SessionId, StillId
from contract.media import Grants, MediaUse
from contract.nodes import SetGrants
from contract.people import Person, Role
from contract.rooms import CallChanged, EndReason, Hold, MemberState, RoomState, Still
from signaling.domain import callbacks, calls, hold
from signaling.domain.commands import CameIn, Facts, GuestCame, RingExpired, SeatLost, SeatQuiet, StillTaken
from signaling.domain.draft import NO_GRANTS, Decision, find, grants_of
from signaling.domain.rooms import decide
from tests.signaling.domain.people import (
    CHEN,
    CID,
    FACTS,
    LIU,
    NOW,
    RECORDING,
    ROOM,
    STORE,
    TRAINER,
    ZHANG,
    answered,
    ask,
    called,
    entries,
    name,
    session,
    training,
)

pytestmark = pytest.mark.unit

HELD_AT = NOW + 10_000
OVER_AT = HELD_AT + FACTS.hold_ms
LEAVE = LeaveRoom(cid=CID, room=ROOM)
FLOWS = Grants(publish=True, subscribe=True, record=True)
AMONG_THEMSELVES = Grants(publish=True, subscribe=True, record=False)
VISITOR = Person(id=PersonId("p-visitor"), role=Role.VISITOR, name=name("visitor"))
CAMERA = Person(id=PersonId("p-camera"), role=Role.GUEST, name=name("camera"))


def holding(on: bool = True) -> HoldCall:
    return HoldCall(cid=CID, room=ROOM, on=on)


def held() -> RoomState:
    """CHEN lets STORE wait."""
    return ask(answered(), CHEN, holding(), at=HELD_AT).state


def three() -> RoomState:
    """ZHANG helps CHEN with STORE."""
    facts = Facts(fresh_recording=RECORDING, experts=entries(ZHANG))
    state = ask(answered(), CHEN, BringIn(cid=CID, room=ROOM, person=ZHANG.id), facts=facts).state
    return ask(state, ZHANG, AcceptCall(cid=CID, room=ROOM)).state


def the_hold(state: RoomState) -> Hold | None:
    assert state.call is not None
    return state.call.hold


def rights(state: RoomState) -> dict[PersonId, Grants | None]:
    return {member.person.id: grants_of(state, member) for member in state.members if member.session is not None}


def told(decision: Decision) -> dict[PersonId, Grants]:
    """The last that media hears of each."""
    return {one.participant: one.grants for one in decision.effects if isinstance(one, SetGrants)}


@pytest.mark.parametrize(
    ("state", "by", "code"),
    [
        (answered(), CHEN, None),
        (three(), CHEN, None),
        (three(), ZHANG, None),
        (answered(), STORE, ErrorCode.FORBIDDEN),
        (answered(), ZHANG, ErrorCode.FORBIDDEN),  # rung, but CHEN was quicker
        (answered(), TRAINER, ErrorCode.NOT_FOUND),
        (called(), STORE, ErrorCode.CONFLICT),
        (training(), TRAINER, ErrorCode.CONFLICT),
        (ask(answered(), CHEN, LEAVE).state, CHEN, ErrorCode.OVER),
    ],
)
def test_who_of_headquarters_helps_may_let_the_store_wait(state: RoomState, by: Person, code: ErrorCode | None) -> None:
    for on in (True, False):
        if code is None:
            assert ask(state, by, holding(on)).state.closed_at is None
            continue
        with pytest.raises(Rejection) as caught:
            ask(state, by, holding(on))
        assert caught.value.code is code


def test_only_the_tab_with_the_seat_may() -> None:
    with pytest.raises(Rejection) as caught:
        ask(answered(), CHEN, holding(), tab=2)
    assert caught.value.code is ErrorCode.STALE


def test_nothing_passes_between_the_two_and_nothing_is_recorded() -> None:
    decision = ask(answered(), CHEN, holding(), at=HELD_AT)
    assert the_hold(decision.state) == Hold(by=CHEN.id, since=HELD_AT, over_at=OVER_AT)
    assert rights(decision.state) == {STORE.id: NO_GRANTS, CHEN.id: AMONG_THEMSELVES}
    assert told(decision) == rights(decision.state), "the worker hears it, not the clients' good will"
    over = ask(decision.state, CHEN, holding(on=False), at=HELD_AT + 5000)
    assert the_hold(over.state) is None
    assert over.state.call is not None
    [done] = over.state.call.holds
    assert (done.since, done.until, done.ended_by) == (HELD_AT, HELD_AT + 5000, CHEN.id)
    assert told(over) == {STORE.id: FLOWS, CHEN.id: FLOWS}


def test_said_twice_is_done_once() -> None:
    assert ask(held(), CHEN, holding(), at=HELD_AT + 1).events == ()
    assert ask(answered(), CHEN, holding(on=False)).events == ()


def test_those_of_headquarters_hear_each_other_and_any_of_them_goes_on() -> None:
    state = ask(three(), CHEN, holding(), at=HELD_AT).state
    assert rights(state) == {STORE.id: NO_GRANTS, CHEN.id: AMONG_THEMSELVES, ZHANG.id: AMONG_THEMSELVES}
    assert ask(state, ZHANG, holding()).events == ()
    over = ask(state, ZHANG, holding(on=False), at=HELD_AT + 1)
    assert over.state.call is not None
    assert over.state.call.holds[-1].ended_by == ZHANG.id
    assert set(rights(over.state).values()) == {FLOWS}


def test_visitors_wait_with_the_store_and_devices_cannot_come() -> None:
    came = decide(answered(), GuestCame(CAMERA, SessionId("whip"), MediaUse.PUBLISH), NOW, FACTS).state
    state = ask(came, CHEN, holding()).state
    assert rights(state)[CAMERA.id] == NO_GRANTS
    with pytest.raises(Rejection) as caught:
        decide(held(), GuestCame(CAMERA, SessionId("whip"), MediaUse.WATCH), NOW, FACTS)
    assert caught.value.code is ErrorCode.CONFLICT
    waits = decide(held(), CameIn(VISITOR, session(VISITOR)), NOW, FACTS).state
    assert [knock.person.id for knock in waits.lobby] == [VISITOR.id]


def test_a_photo_would_show_what_nobody_is_to_see() -> None:
    with pytest.raises(Rejection) as asked:
        ask(held(), CHEN, AskStill(cid=CID, room=ROOM, of=STORE.id))
    assert asked.value.code is ErrorCode.CONFLICT
    still = Still(id=StillId("s"), by=STORE.id, asked_by=None, taken_at=NOW, width_px=8, height_px=6)
    with pytest.raises(Rejection) as taken:
        decide(held(), StillTaken(still=still), NOW, FACTS)
    assert taken.value.code is ErrorCode.CONFLICT


def test_a_reload_or_another_tab_of_either_side_changes_nothing() -> None:
    state = held()
    for who in (CHEN, STORE):
        moved = ask(state, who, JoinRoom(cid=CID, room=ROOM, consent=True), tab=2)
        assert the_hold(moved.state) == the_hold(state)
        assert told(moved) == {who.id: rights(state)[who.id]}
    quiet = decide(state, SeatQuiet(CHEN.id), NOW, FACTS).state
    assert the_hold(quiet) == the_hold(state)
    assert rights(quiet) == rights(state)


def test_who_lets_the_store_wait_and_leaves_it_to_others_ends_the_hold() -> None:
    state = ask(three(), CHEN, holding(), at=HELD_AT).state
    for decision in (
        ask(state, CHEN, LEAVE, at=HELD_AT + 1),
        decide(state, SeatLost(CHEN.id), HELD_AT + 1, FACTS),
    ):
        assert decision.state.closed_at is None
        assert decision.state.call is not None
        assert decision.state.call.holds == [
            Hold(by=CHEN.id, since=HELD_AT, until=HELD_AT + 1, over_at=OVER_AT),
        ]
        assert rights(decision.state) == {STORE.id: FLOWS, ZHANG.id: FLOWS}
        assert {who: told(decision)[who] for who in (STORE.id, ZHANG.id)} == rights(decision.state)
    beside = ask(state, ZHANG, LEAVE).state
    assert the_hold(beside) == the_hold(state), "it was not theirs"


def test_who_takes_over_a_call_on_hold_speaks_with_the_store_at_once() -> None:
    facts = Facts(fresh_recording=RECORDING, experts=entries(ZHANG))
    ringing = ask(held(), CHEN, BringIn(cid=CID, room=ROOM, person=ZHANG.id, instead=True), facts=facts).state
    assert the_hold(ringing) is not None, "music while it rings"
    come = ask(ringing, ZHANG, AcceptCall(cid=CID, room=ROOM))
    assert the_hold(come.state) is None
    assert rights(come.state) == {STORE.id: FLOWS, ZHANG.id: FLOWS}
    assert told(come)[ZHANG.id] == FLOWS


LEFT_AT = HELD_AT + 60_000
VANISHED = decide(held(), SeatLost(CHEN.id), HELD_AT + 95_000, FACTS).state


@pytest.mark.parametrize(
    ("state", "end", "owed"),
    [
        (VANISHED, EndReason.FAILED, True),
        (decide(held(), SeatLost(STORE.id), HELD_AT + 95_000, FACTS).state, EndReason.FAILED, True),
        (ask(held(), STORE, LEAVE, at=LEFT_AT).state, EndReason.HUNG_UP, True),
        (ask(held(), STORE, CancelCall(cid=CID, room=ROOM), at=LEFT_AT).state, EndReason.HUNG_UP, True),
        (ask(ask(three(), CHEN, holding(), at=HELD_AT).state, STORE, LEAVE, at=LEFT_AT).state, EndReason.HUNG_UP, True),
        (ask(held(), CHEN, LEAVE, at=LEFT_AT).state, EndReason.HUNG_UP, True),
        (ask(held(), CHEN, CloseRoom(cid=CID, room=ROOM), at=LEFT_AT).state, EndReason.HUNG_UP, True),
        (ask(ask(held(), CHEN, holding(on=False)).state, STORE, LEAVE).state, EndReason.HUNG_UP, False),
        (decide(answered(), SeatLost(CHEN.id), NOW, FACTS).state, EndReason.FAILED, False),
    ],
)
def test_a_store_that_was_left_waiting_is_called_back(state: RoomState, end: EndReason, *, owed: bool) -> None:
    assert state.end is end
    made = callbacks.owed(state, 900_000)
    assert (made is not None) is owed
    if made is not None:
        ended = state.closed_at
        assert ended is not None
        assert (made.why, made.rung_at, made.due_at) == (end, ended, ended + 900_000), "since nobody came back"
        since = callbacks.waits_since(made, state)
        assert since == HELD_AT
        assert callbacks.settles(made, state, since) is None, "this very call is no answer to it"
        anew = made.model_copy(update={"rung_at": ended + 1})
        assert callbacks.waits_since(anew, state) == ended + 1, "the store has asked for it again"


def test_nobody_waits_for_ever() -> None:
    state = held()
    assert calls.next_ring_ms(state) == OVER_AT
    early = decide(state, RingExpired(), OVER_AT - 1, FACTS)
    assert early.events == ()
    over = decide(state, RingExpired(), OVER_AT, FACTS).state
    assert (over.end, over.closed_at) == (EndReason.HOLD_OVER, OVER_AT)
    made = callbacks.owed(over, 900_000)
    assert made is not None
    assert (made.why, made.rung_at) == (EndReason.HOLD_OVER, OVER_AT)
    assert callbacks.escalated(made, OVER_AT) == made, "however long it was on hold, nobody is late at once"
    later = made.model_copy(update={"at": OVER_AT + 3_600_000, "booked_at": OVER_AT - 1000})
    assert callbacks.again(later, made, NOW).at == later.at, "the store chose a time while it waited"
    assert calls.next_ring_ms(ask(state, CHEN, holding(on=False)).state) is None, "who came back has time again"


def test_whoever_is_asked_in_meanwhile_stops_ringing_in_their_own_time() -> None:
    facts = Facts(fresh_recording=RECORDING, experts=entries(ZHANG), ring_ms=45_000)
    ringing = ask(held(), CHEN, BringIn(cid=CID, room=ROOM, person=ZHANG.id), at=HELD_AT, facts=facts).state
    assert calls.next_ring_ms(ringing) == HELD_AT + 45_000
    alone = decide(ringing, RingExpired(), HELD_AT + 45_000, FACTS).state
    assert alone.closed_at is None
    assert calls.next_ring_ms(alone) == OVER_AT


def test_how_often_is_limited() -> None:
    state = answered()
    for number in range(hold.MOST):
        state = ask(state, CHEN, holding(on=True), at=NOW + number).state
        state = ask(state, CHEN, holding(on=False), at=NOW + number).state
    with pytest.raises(Rejection) as caught:
        ask(state, CHEN, holding())
    assert caught.value.code is ErrorCode.TOO_MANY


def test_it_is_one_event() -> None:
    [event] = ask(answered(), CHEN, holding()).events
    assert isinstance(event, CallChanged)


def test_who_is_rung_in_vain_meanwhile_changes_nothing() -> None:
    facts = Facts(fresh_recording=RECORDING, experts=entries(LIU))
    ringing = ask(held(), CHEN, BringIn(cid=CID, room=ROOM, person=LIU.id), facts=facts).state
    member = find(ringing, LIU.id)
    assert member is not None
    assert member.state is MemberState.RINGING
    assert grants_of(ringing, member) == NO_GRANTS
    assert the_hold(ringing) == the_hold(held())
