"""A recording goes recording → saving → safe, and only when everything that will come has come."""

import pytest

from contract.rooms import RecordingState
from recorder.session import CLOSE_WITHIN_S, DRAIN_S, GRACE_S, IllegalTransition, RecordingSession

pytestmark = pytest.mark.unit


def test_a_stop_waits_for_the_tap_to_close() -> None:
    session = RecordingSession(0.0)
    session.tap_opened(1)
    assert session.deadline is None
    assert session.stop(10.0)
    took_frames = session.takes_frames
    assert not session.due(10.0 + DRAIN_S)
    session.tap_gone(1)
    assert session.due(10.0 + DRAIN_S)
    assert [took_frames, session.takes_frames] == [True, False]
    session.saved(recovered=False)
    assert session.over


def test_a_tap_that_never_closes_is_waited_for_two_seconds() -> None:
    session = RecordingSession(0.0)
    session.tap_opened(1)
    session.stop(10.0)
    assert not session.due(10.0 + CLOSE_WITHIN_S - 0.01)
    assert session.due(10.0 + CLOSE_WITHIN_S)
    assert not session.due(99.0)


def test_people_are_told_of_a_pause_as_long_as_the_recording_runs() -> None:
    session = RecordingSession(0.0)
    session.paused = True
    before = session.shown
    session.stop(1.0)
    assert [before, session.shown] == [RecordingState.PAUSED, RecordingState.SAVING]


def test_a_second_stop_is_no_news() -> None:
    session = RecordingSession(0.0)
    assert session.stop(1.0)
    assert not session.stop(5.0)
    assert session.due(1.0 + DRAIN_S)


def test_a_found_recording_that_nobody_asks_for_is_recovered_after_a_while() -> None:
    session = RecordingSession(100.0, resumed=True)
    assert not session.due(100.0 + GRACE_S - 0.1)
    assert session.due(100.0 + GRACE_S)
    assert session.interrupted
    session.saved(recovered=True)
    assert session.state is RecordingState.RECOVERED


@pytest.mark.parametrize("asked", ["tap", "signaling"])
def test_a_found_recording_that_somebody_asks_for_goes_on(asked: str) -> None:
    session = RecordingSession(100.0, resumed=True)
    if asked == "tap":
        session.tap_opened(7)
    else:
        session.start()
    assert session.deadline is None
    assert not session.due(1e9)
    assert session.stop(1e9)
    assert session.interrupted


def test_a_failed_recording_stays_failed() -> None:
    session = RecordingSession(0.0)
    session.failed()
    session.failed()
    assert not session.stop(1.0)
    assert not session.takes_frames
    with pytest.raises(IllegalTransition):
        session.saved(recovered=False)
