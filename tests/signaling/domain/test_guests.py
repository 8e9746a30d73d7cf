"""Guests of WHIP and WHEP: what a room does with somebody who has media and nothing else."""

import pytest

from contract.client import AskStill, CloseRoom, LeaveRoom, MuteAll
from contract.errors import ErrorCode, Rejection
from contract.ids import PersonId, SessionId
from contract.media import Grants, MediaUse
from contract.nodes import CloseLeg, DropParticipant, LegEnd, SetGrants
from contract.people import Person, Role
from contract.rooms import MemberState, RoomState
from signaling.domain.commands import Facts, GuestCame, GuestGone, SeatLost
from signaling.domain.draft import Decision, find, grants_of
from signaling.domain.guests import MAX_GUESTS
from signaling.domain.rooms import decide
from tests.signaling.domain.people import (
    CID,
    FACTS,
    NOW,
    RECORDING,
    ROOM,
    STORE,
    TRAINER,
    answered,
    ask,
    called,
    leg,
    name,
    refused,
    state_of,
    training,
)

pytestmark = pytest.mark.unit


def guest(number: int = 1) -> Person:
    return Person(id=PersonId(f"guest-{number}"), role=Role.GUEST, name=name("Kitchen"))


def came(
    state: RoomState, number: int = 1, use: MediaUse = MediaUse.PUBLISH, *, tab: int = 1, facts: Facts = FACTS
) -> Decision:
    session = SessionId(f"guest-{number}#{tab}")
    return decide(state, GuestCame(guest(number), session, use), NOW + 2000, facts)


def test_a_guest_is_seen_by_everybody_and_may_do_what_its_token_says() -> None:
    for use, grants in (
        (MediaUse.PUBLISH, Grants(publish=True, subscribe=False, record=True)),
        (MediaUse.WATCH, Grants(publish=False, subscribe=True, record=False)),
    ):
        state = came(training(), use=use).state
        member = find(state, guest().id)
        assert member is not None
        assert (member.state, member.guest, member.host) == (MemberState.JOINED, use, False)
        assert (member.muted, member.camera_off) == ((True, True) if use is MediaUse.WATCH else (False, False))
        assert member.consented_at == NOW + 2000
        assert grants_of(state, member) == grants


def test_the_same_token_takes_its_own_seat_over() -> None:
    first = came(training()).state
    old = leg(guest())
    again = came(first, tab=2, facts=Facts(fresh_recording=RECORDING, legs=(old,)))
    member = find(again.state, guest().id)
    assert member is not None
    assert member.session == "guest-1#2"
    assert [(e.leg, e.reason) for e in again.effects if isinstance(e, CloseLeg)] == [(old.leg, LegEnd.REPLACED)]
    assert [e.only_session for e in again.effects if isinstance(e, SetGrants)] == ["guest-1#2"]
    late = decide(again.state, GuestGone(SessionId("guest-1#1"), LegEnd.CLIENT_CLOSED), NOW + 3000, FACTS)
    assert not late.events


def test_a_guest_that_goes_or_is_lost_leaves_the_room_as_it_is() -> None:
    for state in (training(), answered()):
        inside = came(state).state
        for command in (GuestGone(SessionId("guest-1#1"), LegEnd.LEFT), SeatLost(guest().id)):
            decision = decide(inside, command, NOW + 3000, FACTS)
            assert state_of(decision.state, guest()) is MemberState.LEFT
            assert [type(effect) for effect in decision.effects] == [DropParticipant]
            assert decision.state.closed_at is None
            assert state_of(came(decision.state, tab=2).state, guest()) is MemberState.JOINED


def test_a_room_is_not_kept_open_for_guests() -> None:
    state = ask(came(training()).state, STORE, LeaveRoom(cid=CID, room=ROOM)).state
    assert decide(state, SeatLost(TRAINER.id), NOW + 3000, FACTS).state.closed_at is not None
    closed = ask(state, TRAINER, CloseRoom(cid=CID, room=ROOM)).state
    with pytest.raises(Rejection) as caught:
        came(closed, 2)
    assert caught.value.code is ErrorCode.OVER


def test_nobody_comes_while_a_call_rings() -> None:
    with pytest.raises(Rejection) as caught:
        came(called())
    assert caught.value.code is ErrorCode.CONFLICT


def test_a_guest_obeys_no_host_so_none_is_told_that_it_did() -> None:
    state = came(training()).state
    muted = ask(state, TRAINER, MuteAll(cid=CID, room=ROOM)).state
    assert [m.muted for m in muted.members if m.person.id in (STORE.id, guest().id)] == [True, False]
    assert refused(state, TRAINER, AskStill(cid=CID, room=ROOM, of=guest().id)) is ErrorCode.CONFLICT


def test_so_many_guests_and_no_more_and_one_that_went_makes_room() -> None:
    state = training()
    for number in range(MAX_GUESTS):
        state = came(state, number).state
    with pytest.raises(Rejection) as caught:
        came(state, MAX_GUESTS)
    assert caught.value.code is ErrorCode.TOO_MANY
    assert came(state, 0, tab=2).events
    state = decide(state, GuestGone(SessionId("guest-0#1"), LegEnd.LEFT), NOW + 3000, FACTS).state
    assert came(state, MAX_GUESTS).events
