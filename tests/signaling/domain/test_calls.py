"""How a call rings, is answered and ends."""

import pytest

from contract.client import (
    AcceptCall,
    CancelCall,
    DeclineCall,
    FirstAudio,
    FirstFrame,
    JoinRoom,
    LeaveRoom,
    Rung,
    SetMedia,
    StartCall,
)
from contract.errors import ErrorCode, Rejection
from contract.nodes import DropParticipant, SetGrants, StartRecording, StopRecording
from contract.rooms import CallStage, EndReason, MemberState, Reason, RecordingState
from signaling.domain.commands import Facts, LegsChanged, RingExpired, SeatHeard, SeatLost, SeatQuiet
from signaling.domain.draft import concerns, find, grants_of
from signaling.domain.rooms import decide, open_room
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
    ZHANG,
    answered,
    ask,
    called,
    entries,
    leg,
    opening,
    refused,
    session,
    state_of,
)

pytestmark = pytest.mark.unit


def test_free_experts_with_the_skill_ring() -> None:
    state = called()
    assert state_of(state, CHEN) is MemberState.RINGING
    assert state_of(state, ZHANG) is MemberState.RINGING
    assert find(state, LIU.id) is None


def test_every_free_expert_rings_at_once_if_none_has_the_skill() -> None:
    assert state_of(called(entries(LIU)), LIU) is MemberState.RINGING


def test_a_call_with_nobody_free_closes_at_once() -> None:
    decision = open_room(StartCall(cid=CID, reason=Reason.ANY), NOW, opening(STORE, entries(CHEN, free=False)))
    assert decision.state.end is EndReason.NOBODY_FREE
    assert decision.opened is not None
    assert decision.opened.closed_at is None


def test_only_a_store_calls_and_only_once_at_a_time() -> None:
    for facts in (opening(CHEN), opening(STORE, elsewhere=True)):
        with pytest.raises(Rejection):
            open_room(StartCall(cid=CID, reason=Reason.ANY), NOW, facts)


def test_nothing_flows_while_it_rings() -> None:
    state = called()
    for who in (STORE, CHEN):
        member = find(state, who.id)
        assert member is not None
        grants = grants_of(state, member)
        assert grants is not None
        assert not (grants.publish)
        assert not (grants.subscribe)
        assert not (grants.record)


def test_the_first_answer_wins_and_the_others_stop_ringing() -> None:
    decision = ask(called(), CHEN, AcceptCall(cid=CID, room=ROOM))
    state = decision.state
    assert state.call is not None
    assert (state.call.stage, state.call.answered_by) == (CallStage.ANSWERED, CHEN.id)
    assert state_of(state, ZHANG) is MemberState.MISSED
    assert not concerns(state, ZHANG.id)
    assert refused(state, ZHANG, AcceptCall(cid=CID, room=ROOM)) is ErrorCode.CONFLICT
    assert refused(state, CHEN, AcceptCall(cid=CID, room=ROOM), tab=2) is ErrorCode.CONFLICT
    assert ask(state, CHEN, AcceptCall(cid=CID, room=ROOM)).events == ()


def test_answering_opens_media_and_starts_the_recording() -> None:
    effects = ask(called(), CHEN, AcceptCall(cid=CID, room=ROOM)).effects
    opened = [effect for effect in effects if isinstance(effect, SetGrants)]
    assert all(e.grants.publish and e.grants.subscribe and e.grants.record for e in opened)
    assert [(e.participant, e.host, e.only_session) for e in opened] == [
        (STORE.id, False, None),
        (CHEN.id, True, session(CHEN)),
    ]
    assert [e.participant for e in effects if isinstance(e, DropParticipant)] == [ZHANG.id]
    assert any(isinstance(e, StartRecording) for e in effects)


def test_a_busy_expert_cannot_answer() -> None:
    facts = Facts(fresh_recording=FACTS.fresh_recording, elsewhere=True)
    assert refused(called(), CHEN, AcceptCall(cid=CID, room=ROOM), facts=facts) is ErrorCode.BUSY


def test_all_declining_ends_it() -> None:
    state = ask(called(), CHEN, DeclineCall(cid=CID, room=ROOM)).state
    assert state.closed_at is None
    state = ask(state, ZHANG, DeclineCall(cid=CID, room=ROOM)).state
    assert state.end is EndReason.DECLINED


def test_a_ring_expires_to_missed() -> None:
    state = called()
    assert decide(state, RingExpired(), NOW + 19_999, FACTS).events == ()
    state = decide(state, RingExpired(), NOW + 20_000, FACTS).state
    assert decide(state, RingExpired(), NOW + 44_999, FACTS).events == ()
    state = decide(state, RingExpired(), NOW + 45_000, FACTS).state
    assert state.end is EndReason.MISSED
    assert state_of(state, CHEN) is MemberState.MISSED
    assert decide(answered(), RingExpired(), NOW + 60_000, FACTS).events == ()


def test_the_store_cancels_and_repeats_itself() -> None:
    state = ask(called(), STORE, CancelCall(cid=CID, room=ROOM)).state
    assert state.end is EndReason.CANCELLED
    assert ask(state, STORE, CancelCall(cid=CID, room=ROOM)).events == ()
    assert ask(state, CHEN, DeclineCall(cid=CID, room=ROOM)).events == ()
    assert refused(state, CHEN, AcceptCall(cid=CID, room=ROOM)) is ErrorCode.OVER
    assert refused(called(), CHEN, CancelCall(cid=CID, room=ROOM)) is ErrorCode.FORBIDDEN


def test_both_hang_up_at_once_and_neither_is_refused() -> None:
    first = ask(answered(), STORE, LeaveRoom(cid=CID, room=ROOM))
    assert first.state.end is EndReason.HUNG_UP
    assert first.state.recording is not None
    assert first.state.recording.state is RecordingState.SAVING
    assert any(isinstance(effect, StopRecording) for effect in first.effects)
    assert ask(first.state, CHEN, LeaveRoom(cid=CID, room=ROOM)).events == ()


def test_the_first_ring_and_frame_are_stamped_once() -> None:
    state = ask(called(), CHEN, Rung(cid=CID, room=ROOM), at=NOW + 50).state
    state = ask(state, ZHANG, Rung(cid=CID, room=ROOM), at=NOW + 90).state
    state = ask(state, CHEN, AcceptCall(cid=CID, room=ROOM), at=NOW + 3000).state
    state = ask(state, CHEN, FirstFrame(cid=CID, room=ROOM, age_ms=20), at=NOW + 3100).state
    state = ask(state, CHEN, FirstFrame(cid=CID, room=ROOM), at=NOW + 9000).state
    assert state.call is not None
    assert state.call.timings.ring == NOW + 50
    assert state.call.timings.answer == NOW + 3000
    assert state.call.timings.first_frame == NOW + 3080


def test_the_first_sound_is_stamped_once_and_nobody_heard_it_before_the_answer() -> None:
    state = ask(called(), CHEN, AcceptCall(cid=CID, room=ROOM), at=NOW + 3000).state
    state = ask(state, CHEN, FirstAudio(cid=CID, room=ROOM, age_ms=600_000), at=NOW + 3100).state
    state = ask(state, CHEN, FirstAudio(cid=CID, room=ROOM), at=NOW + 9000).state
    assert state.call is not None
    assert (state.call.timings.first_audio, state.call.timings.first_frame) == (NOW + 3100, None)


@pytest.mark.parametrize("wish", [FirstFrame(cid=CID, room=ROOM), FirstAudio(cid=CID, room=ROOM)])
def test_only_who_leads_the_call_says_what_came_first(wish: FirstFrame | FirstAudio) -> None:
    assert refused(answered(), STORE, wish) is ErrorCode.FORBIDDEN
    assert refused(called(), STORE, wish) is ErrorCode.FORBIDDEN
    assert refused(called(), CHEN, wish) is ErrorCode.FORBIDDEN, "still rung"


def test_connected_is_stamped_when_both_sides_are_up() -> None:
    state = answered()
    one = Facts(fresh_recording=FACTS.fresh_recording, legs=(leg(STORE),))
    both = Facts(fresh_recording=FACTS.fresh_recording, legs=(leg(STORE), leg(CHEN)))
    assert decide(state, LegsChanged(), NOW + 2000, one).events == ()
    state = decide(state, LegsChanged(), NOW + 2000, both).state
    assert state.call is not None
    assert state.call.timings.connected == NOW + 2000
    early = ask(called(), CHEN, AcceptCall(cid=CID, room=ROOM), at=NOW + 70, facts=both).state
    assert early.call is not None
    assert early.call.timings.connected == NOW + 70


def test_a_reloaded_page_takes_its_seat_again() -> None:
    facts = Facts(fresh_recording=FACTS.fresh_recording, legs=(leg(STORE),))
    decision = ask(answered(), STORE, JoinRoom(cid=CID, room=ROOM, consent=True), tab=2, facts=facts)
    member = find(decision.state, STORE.id)
    assert member is not None
    assert member.session == session(STORE, 2)
    assert member.consented_at == NOW
    assert refused(decision.state, STORE, SetMedia(cid=CID, room=ROOM, muted=True, camera_off=False)) is ErrorCode.STALE


def test_silence_makes_away_and_then_ends_the_call() -> None:
    state = decide(answered(), SeatQuiet(STORE.id), NOW, FACTS).state
    assert state_of(state, STORE) is MemberState.AWAY
    assert state_of(decide(state, SeatHeard(STORE.id), NOW, FACTS).state, STORE) is MemberState.JOINED
    assert decide(state, SeatLost(STORE.id), NOW, FACTS).state.end is EndReason.FAILED, "nobody hung up"
    assert decide(called(), SeatLost(STORE.id), NOW, FACTS).state.end is EndReason.CANCELLED


def test_a_stranger_does_not_learn_that_the_room_exists() -> None:
    for who in (SECOND, TRAINER, LIU):
        for wish in (
            AcceptCall(cid=CID, room=ROOM),
            JoinRoom(cid=CID, room=ROOM, consent=True),
            LeaveRoom(cid=CID, room=ROOM),
        ):
            assert refused(called(), who, wish) is ErrorCode.NOT_FOUND
