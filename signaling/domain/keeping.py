"""When a recording is late, and when its time to be kept is over. Pure: times come in as UTC ms."""

from contract.rooms import RecordingState, RoomState

SAFE_WITHIN_MS = 60_000
"""A recording that is not safe so long after the end of its room needs a person."""
DAY_MS = 24 * 3600 * 1000
ENDED = frozenset({RecordingState.SAFE, RecordingState.RECOVERED, RecordingState.FAILED})
"""Only these are deleted by age: one that is not safe yet never is."""


def late(state: RoomState, now_ms: int) -> bool:
    """Whether the recording of a room that is over should be safe by now, and is not."""
    recording = state.recording
    if recording is None or state.closed_at is None or recording.state is not RecordingState.SAVING:
        return False
    return now_ms - state.closed_at > SAFE_WITHIN_MS


def expired(state: RecordingState, ended_ms: int, *, published: bool, now_ms: int, keep_days: float) -> bool:
    """Whether it is to be deleted. `keep_days` of 0 keeps everything; what is published is kept as long as it is."""
    return keep_days > 0 and not published and state in ENDED and now_ms - ended_ms > keep_days * DAY_MS
