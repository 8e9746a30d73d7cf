"""A group session: who comes in, who leads, how it ends."""

from dataclasses import replace

import pytest

from contract.client import (
    AskStill,
    CloseRoom,
    JoinRoom,
    LeaveRoom,
    LowerHand,
    MuteAll,
    OpenSession,
    RaiseHand,
)
from contract.errors import ErrorCode, Rejection
from contract.ids import PersonId, StillId, StoreId
from contract.nodes import (
    CloseLeg,
    CloseMediaRoom,
    DropParticipant,
    LegEnd,
    RecordingReport,
    SetGrants,
    StopRecording,
)
from contract.people import Grant, Role
from contract.rooms import EndReason, MemberState, RecordingState, RoomState, Still
from signaling.domain.commands import Facts, RecordingReported, SeatLost, StillTaken
from signaling.domain.draft import concerns, find, grants_of
from signaling.domain.rooms import decide, open_room
from tests.signaling.domain.people import (
    CID,
    FACTS,
    NOW,
    RECORDING,
    ROOM,
    SECOND,
    STORE,
    THIRD,
    TRAINER,
    ask,
    leg,
    name,
    opening,
    refused,
    state_of,
    training,
)

pytestmark = pytest.mark.unit

JOIN = JoinRoom(cid=CID, room=ROOM, consent=True)


def test_a_session_is_recorded_from_the_start() -> None:
    state = training()
    assert state.recording is not None
    assert state.recording.state is RecordingState.RECORDING


def test_only_a_trainer_opens_one_and_only_for_stores() -> None:
    for by, invite in ((STORE, [SECOND.id]), (TRAINER, [PersonId("p-nobody")]), (TRAINER, [TRAINER.id])):
        with pytest.raises(Rejection):
            open_room(OpenSession(cid=CID, title=name("t"), invite=invite), NOW, opening(by))


def test_nobody_joins_without_consent() -> None:
    assert refused(training(), SECOND, JoinRoom(cid=CID, room=ROOM, consent=False)) is ErrorCode.CONSENT
    member = find(training(), SECOND.id)
    assert member is not None
    assert grants_of(training(), member) is None


def test_who_left_may_come_back() -> None:
    decision = ask(training(), STORE, LeaveRoom(cid=CID, room=ROOM))
    assert state_of(decision.state, STORE) is MemberState.LEFT
    assert [type(effect) for effect in decision.effects] == [DropParticipant]
    assert state_of(ask(decision.state, STORE, JOIN).state, STORE) is MemberState.JOINED


def test_taking_the_seat_from_another_tab_closes_its_legs() -> None:
    decision = ask(training(), STORE, JOIN, tab=2, facts=Facts(fresh_recording=RECORDING, legs=(leg(STORE),)))
    closed = [effect for effect in decision.effects if isinstance(effect, CloseLeg)]
    assert [(effect.leg, effect.reason) for effect in closed] == [(leg(STORE).leg, LegEnd.REPLACED)]
    assert any(isinstance(effect, SetGrants) for effect in decision.effects)


def test_the_host_ends_it_for_everybody() -> None:
    assert refused(training(), STORE, CloseRoom(cid=CID, room=ROOM)) is ErrorCode.FORBIDDEN
    for wish in (CloseRoom(cid=CID, room=ROOM), LeaveRoom(cid=CID, room=ROOM)):
        decision = ask(training(), TRAINER, wish)
        assert decision.state.end is EndReason.CLOSED
        assert any(isinstance(effect, CloseMediaRoom) for effect in decision.effects)
        assert concerns(decision.state, STORE.id)
        assert not concerns(decision.state, SECOND.id)


def test_a_host_lost_for_good_ends_it_and_a_store_lost_does_not() -> None:
    assert decide(training(), SeatLost(STORE.id), NOW, FACTS).state.closed_at is None
    assert decide(training(), SeatLost(TRAINER.id), NOW, FACTS).state.end is EndReason.FAILED


def test_mute_all_spares_the_host() -> None:
    state = ask(ask(training(), SECOND, JOIN).state, TRAINER, MuteAll(cid=CID, room=ROOM)).state
    assert {member.person.id: member.muted for member in state.members} == {
        TRAINER.id: False,
        STORE.id: True,
        SECOND.id: True,
        THIRD.id: False,
    }


def test_hands_are_in_the_order_of_raising() -> None:
    state = ask(training(), SECOND, JOIN).state
    state = ask(state, SECOND, RaiseHand(cid=CID, room=ROOM, up=True)).state
    state = ask(state, STORE, RaiseHand(cid=CID, room=ROOM, up=True)).state
    assert ask(state, STORE, RaiseHand(cid=CID, room=ROOM, up=True)).events == ()
    assert [hand.person for hand in state.hands] == [SECOND.id, STORE.id]
    assert refused(state, STORE, LowerHand(cid=CID, room=ROOM, person=SECOND.id)) is ErrorCode.FORBIDDEN
    state = ask(state, TRAINER, LowerHand(cid=CID, room=ROOM, person=SECOND.id)).state
    assert [hand.person for hand in ask(state, STORE, LeaveRoom(cid=CID, room=ROOM)).state.hands] == []


def test_stills_are_asked_by_the_host_and_added_once() -> None:
    assert refused(training(), STORE, AskStill(cid=CID, room=ROOM, of=TRAINER.id)) is ErrorCode.FORBIDDEN
    assert refused(training(), TRAINER, AskStill(cid=CID, room=ROOM, of=SECOND.id)) is ErrorCode.FORBIDDEN
    state = ask(training(), TRAINER, AskStill(cid=CID, room=ROOM, of=STORE.id)).state
    still = Still(id=StillId("still-1"), by=STORE.id, asked_by=TRAINER.id, taken_at=NOW, width_px=4000, height_px=3000)
    state = decide(state, StillTaken(still), NOW, FACTS).state
    assert decide(state, StillTaken(still), NOW, FACTS).events == ()
    assert state.stills == [still]


def test_a_recording_that_pauses_for_want_of_room_is_told_goes_on_and_is_stopped_as_any_other() -> None:
    state = training()
    for said in (RecordingState.PAUSED, RecordingState.PAUSED, RecordingState.RECORDING, RecordingState.PAUSED):
        report = RecordingReport(recording=RECORDING, room=ROOM, state=said)
        decision = decide(state, RecordingReported(report), NOW, FACTS)
        assert decision.effects == (), "the worker goes on tapping"
        state = decision.state
        assert state.recording is not None
        assert (state.recording.state, state.recording.saved_in_s) == (said, None)
    closed = ask(state, TRAINER, CloseRoom(cid=CID, room=ROOM))
    assert closed.state.recording is not None
    assert closed.state.recording.state is RecordingState.SAVING
    assert StopRecording(recording=RECORDING) in closed.effects


def test_a_closed_room_only_hears_the_recorder() -> None:
    state = ask(training(), TRAINER, CloseRoom(cid=CID, room=ROOM)).state
    report = RecordingReport(recording=RECORDING, room=ROOM, state=RecordingState.SAFE)
    state = decide(state, RecordingReported(report), NOW + 4000, FACTS).state
    assert state.recording is not None
    assert state.recording.state is RecordingState.SAFE
    assert state.recording.saved_in_s == 3.0
    assert decide(state, RecordingReported(report), NOW + 9000, FACTS).events == ()
    assert refused(state, STORE, JOIN) is ErrorCode.OVER


def test_a_trainer_of_one_store_invites_no_other() -> None:
    facts = replace(opening(TRAINER), grants=(Grant(role=Role.TRAINER, store=StoreId("s-0117")),))
    wish = OpenSession(cid=CID, title=name("hands"), invite=[STORE.id])
    assert open_room(wish, NOW, facts).opened is not None
    with pytest.raises(Rejection) as refused:
        open_room(wish.model_copy(update={"invite": [STORE.id, SECOND.id]}), NOW, facts)
    assert refused.value.code is ErrorCode.NOT_FOUND, "as if it were not there"


def test_who_comes_back_has_joined_again_and_who_moves_to_another_tab_has_not() -> None:
    def joined(state: RoomState) -> int | None:
        member = find(state, STORE.id)
        assert member is not None
        return member.joined_at

    first = training()
    assert joined(ask(first, STORE, JOIN, tab=2, at=NOW + 5000).state) == joined(first) == NOW + 1000
    left = ask(first, STORE, LeaveRoom(cid=CID, room=ROOM), at=NOW + 5000).state
    assert joined(ask(left, STORE, JOIN, at=NOW + 9000).state) == NOW + 9000
