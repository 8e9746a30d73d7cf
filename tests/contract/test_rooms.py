"""A room's snapshot plus its events equals a fresh snapshot."""

from functools import reduce
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.rooms import (
    AllMuted,
    CallChanged,
    HandsChanged,
    MemberChanged,
    RecordingChanged,
    RoomClosed,
    RoomEvent,
    RoomState,
    StillAdded,
    StillRequested,
    apply,
)
from tests.contract.any_message import messages

pytestmark = pytest.mark.unit

EVENTS: st.SearchStrategy[Any] = st.one_of(
    *(
        messages(kind)
        for kind in (
            MemberChanged,
            CallChanged,
            HandsChanged,
            RecordingChanged,
            StillRequested,
            StillAdded,
            AllMuted,
            RoomClosed,
        )
    )
)


@settings(max_examples=40, deadline=None)
@given(state=messages(RoomState), events=st.lists(EVENTS, max_size=6), stale_after=st.integers(0, 6))
def test_events_bring_a_stale_copy_to_the_fresh_snapshot(
    state: RoomState, events: list[RoomEvent], stale_after: int
) -> None:
    stale = reduce(apply, events[:stale_after], state)
    received = RoomState.model_validate_json(stale.model_dump_json())
    fresh = reduce(apply, events, state)
    assert reduce(apply, events[stale_after:], received) == fresh
    assert fresh.ver == state.ver + len(events)


@settings(max_examples=40, deadline=None)
@given(state=messages(RoomState), event=EVENTS)
def test_an_event_changes_the_state_only_where_it_says(state: RoomState, event: RoomEvent) -> None:
    before = state.model_copy(deep=True)
    after = apply(state, event)
    assert state == before, "the old snapshot is untouched"
    touched = {name for name in RoomState.model_fields if getattr(after, name) != getattr(state, name)}
    allowed = {
        MemberChanged: {"members"},
        CallChanged: {"call"},
        HandsChanged: {"hands"},
        RecordingChanged: {"recording"},
        StillRequested: set(),
        StillAdded: {"stills"},
        AllMuted: set(),
        RoomClosed: {"closed_at", "end"},
    }[type(event)]
    assert touched <= {"ver", *allowed}


@settings(max_examples=40, deadline=None)
@given(state=messages(RoomState), event=messages(MemberChanged))
def test_a_person_has_one_seat_however_often_it_changes(state: RoomState, event: MemberChanged) -> None:
    one_seat_each = state.model_copy(update={"members": list({m.person.id: m for m in state.members}.values())})
    after = apply(apply(one_seat_each, event), event)
    ids = [member.person.id for member in after.members]
    assert len(set(ids)) == len(ids)
    assert next(m for m in after.members if m.person.id == event.member.person.id) == event.member
