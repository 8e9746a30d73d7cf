"""Whatever people do and however the world fails, a room stays what it must be."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.client import (
    AcceptCall,
    AskStill,
    BringIn,
    CallOff,
    CancelCall,
    CloseRoom,
    DeclineCall,
    FirstAudio,
    FirstFrame,
    HoldCall,
    JoinRoom,
    LeaveRoom,
    LowerHand,
    MuteAll,
    RaiseHand,
    ReportQuality,
    Rung,
    SetMedia,
)
from contract.errors import Rejection
from contract.nodes import RecordingReport
from contract.people import Role
from contract.rooms import CallStage, Quality, RecordingChanged, RecordingState, RoomState, apply
from signaling.domain.commands import (
    Asked,
    Facts,
    LegsChanged,
    RecordingReported,
    RingExpired,
    RoomCommand,
    SeatHeard,
    SeatLost,
    SeatQuiet,
)
from signaling.domain.draft import NO_GRANTS, SEATED, grants_of
from signaling.domain.rooms import decide
from signaling.domain.third import MOST
from tests.signaling.domain.people import (
    CHEN,
    CID,
    LIU,
    NOW,
    RECORDING,
    ROOM,
    SECOND,
    STORE,
    TRAINER,
    ZHANG,
    answered,
    called,
    entries,
    leg,
    session,
    training,
)

pytestmark = pytest.mark.unit

people = st.sampled_from([STORE, SECOND, CHEN, ZHANG, LIU, TRAINER])
wishes = st.one_of(
    st.sampled_from(
        [
            Rung(cid=CID, room=ROOM),
            AcceptCall(cid=CID, room=ROOM),
            DeclineCall(cid=CID, room=ROOM),
            CancelCall(cid=CID, room=ROOM),
            FirstFrame(cid=CID, room=ROOM, age_ms=5),
            FirstFrame(cid=CID, room=ROOM, age_ms=600_000),
            FirstAudio(cid=CID, room=ROOM, age_ms=5),
            JoinRoom(cid=CID, room=ROOM, consent=True),
            JoinRoom(cid=CID, room=ROOM, consent=False),
            LeaveRoom(cid=CID, room=ROOM),
            HoldCall(cid=CID, room=ROOM, on=True),
            HoldCall(cid=CID, room=ROOM, on=False),
            CloseRoom(cid=CID, room=ROOM),
            MuteAll(cid=CID, room=ROOM),
            RaiseHand(cid=CID, room=ROOM, up=True),
            RaiseHand(cid=CID, room=ROOM, up=False),
            ReportQuality(cid=CID, room=ROOM, quality=Quality.WEAK),
            SetMedia(cid=CID, room=ROOM, muted=True, camera_off=True),
        ]
    ),
    people.map(lambda who: LowerHand(cid=CID, room=ROOM, person=who.id)),
    people.map(lambda who: BringIn(cid=CID, room=ROOM, person=who.id)),
    people.map(lambda who: BringIn(cid=CID, room=ROOM, person=who.id, instead=True)),
    people.map(lambda who: CallOff(cid=CID, room=ROOM, person=who.id)),
    people.map(lambda who: AskStill(cid=CID, room=ROOM, of=who.id)),
)
commands: st.SearchStrategy[RoomCommand] = st.one_of(
    st.builds(
        lambda who, tab, wish: Asked(by=who.id, session=session(who, tab), wish=wish), people, st.integers(1, 2), wishes
    ),
    people.map(lambda who: SeatQuiet(who.id)),
    people.map(lambda who: SeatHeard(who.id)),
    people.map(lambda who: SeatLost(who.id)),
    st.sampled_from([RingExpired(), LegsChanged()]),
    st.sampled_from(list(RecordingState)).map(
        lambda state: RecordingReported(RecordingReport(recording=RECORDING, room=ROOM, state=state))
    ),
)
LEGS = Facts(fresh_recording=RECORDING, legs=(leg(STORE), leg(CHEN), leg(SECOND)), experts=entries(CHEN, ZHANG, LIU))


def check(state: RoomState) -> None:
    assert sum(member.host for member in state.members) <= 1
    assert len({member.person.id for member in state.members}) == len(state.members)
    seated = {member.person.id for member in state.members if member.state in SEATED}
    for member in state.members:
        if member.state in SEATED:
            assert member.consented_at is not None
            assert member.session is not None
        else:
            assert member.session is None
    assert {hand.person for hand in state.hands} <= seated
    assert len({hand.person for hand in state.hands}) == len(state.hands)
    if state.call is not None and state.closed_at is None and state.call.stage is CallStage.ANSWERED:
        people = [member for member in state.members if member.state in SEATED]
        assert STORE.id in {member.person.id for member in people}, "nobody helps a store that is not there"
        assert [member.person.role for member in people if member.host] == [Role.EXPERT]
        assert len(people) <= MOST
    if state.call is not None and state.closed_at is None and state.call.hold is not None:
        assert state.call.hold.by in seated, "nobody waits for somebody who is not there"
        assert all(grants_of(state, one) in (None, NO_GRANTS) for one in state.members if one.person.id == STORE.id)
    if state.call is not None:
        assert all(hold.until is not None for hold in state.call.holds[:-1])
        assert (state.call.stage is CallStage.ENDED) == (state.closed_at is not None)
        assert state.call.answered_by is not None or state.call.stage is not CallStage.ANSWERED
    if state.closed_at is not None:
        assert state.end is not None
        assert state.recording is None or state.recording.state is not RecordingState.RECORDING


@settings(max_examples=300, deadline=None)
@given(
    start=st.sampled_from([called(), answered(), training()]),
    steps=st.lists(st.tuples(commands, st.integers(0, 30_000))),
)
def test_invariants_hold_and_events_lead_from_snapshot_to_snapshot(
    start: RoomState, steps: list[tuple[RoomCommand, int]]
) -> None:
    state, now = start, NOW
    check(state)
    for command, passed_ms in steps:
        now += passed_ms
        try:
            decision = decide(state, command, now, LEGS)
        except Rejection:
            continue
        replica = state
        for event in decision.events:
            replica = apply(replica, event)
        assert replica == decision.state
        assert decision.state.ver == state.ver + len(decision.events)
        if state.closed_at is not None:
            assert all(isinstance(event, RecordingChanged) for event in decision.events)
        if state.call is not None and state.call.answered_by is not None:
            assert decision.state.call is not None
            assert decision.state.call.answered_by == state.call.answered_by
        state = decision.state
        check(state)
