"""What becomes of calls and recordings is counted once, at the moment it becomes true."""

import pytest
from prometheus_client import CollectorRegistry

from contract.rooms import CallStage, EndReason, RecordingState, RoomState
from signaling.live.call_figures import CallFigures
from tests.support import chain

pytestmark = pytest.mark.unit


def test_a_call_and_its_recording_are_counted_once() -> None:
    registry = CollectorRegistry()
    figures = CallFigures(registry)
    ended = chain.finished_call().state
    assert ended.call is not None
    assert ended.recording is not None
    assert ended.closed_at is not None
    ringing = ended.model_copy(
        update={
            "closed_at": None,
            "recording": ended.recording.model_copy(update={"state": RecordingState.OFF}),
            "call": ended.call.model_copy(
                update={
                    "stage": CallStage.RINGING,
                    "answered_by": None,
                    "end": None,
                    "timings": ended.call.timings.model_copy(
                        update={"ring": None, "answer": None, "first_frame": None}
                    ),
                }
            ),
        }
    )

    def seen(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(name, labels)

    states: list[RoomState] = [ringing, ended, ended]
    before = None
    for state in states:
        figures.saw(before, state, ended.closed_at + 2_000)
        before = state
    assert seen("passline_calls_total", what="rung") == 1
    assert seen("passline_calls_total", what="answered") == 1
    assert seen("passline_calls_total", what=EndReason.HUNG_UP) == 1
    assert seen("passline_calls_total", what=EndReason.MISSED) == 0
    assert seen("passline_recordings_total", state="safe") == 1
    assert (seen("passline_recording_safe_seconds_sum"), seen("passline_recording_safe_seconds_count")) == (2.0, 1)
    assert (seen("passline_call_first_frame_seconds_sum"), seen("passline_call_first_frame_seconds_count")) == (0.5, 1)
    assert (seen("passline_call_ring_seconds_sum"), seen("passline_call_ring_seconds_count")) == (0.3, 1)


def test_a_call_among_colleagues_is_none_of_a_store() -> None:
    registry = CollectorRegistry()
    state = chain.finished_call().state
    assert state.call is not None
    CallFigures(registry).saw(None, state.model_copy(update={"call": state.call.model_copy(update={"store": None})}), 0)
    assert registry.get_sample_value("passline_calls_total", {"what": "rung"}) == 0
    assert registry.get_sample_value("passline_call_ring_seconds_count") == 0


def test_a_room_taken_up_after_a_restart_is_not_counted_again() -> None:
    registry = CollectorRegistry()
    figures = CallFigures(registry)
    state = chain.finished_call().state
    figures.saw(state, state, 0)
    assert registry.get_sample_value("passline_calls_total", {"what": "answered"}) == 0
