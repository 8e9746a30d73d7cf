"""Counts what becomes of calls and recordings, and how long the promised moments took."""

from prometheus_client import CollectorRegistry, Counter, Histogram

from contract.rooms import CallStage, EndReason, RecordingState, RoomState

ENDED_STATES = (RecordingState.SAFE, RecordingState.RECOVERED, RecordingState.FAILED)
_MOMENTS_S = (0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0)
_SAFE_S = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0)


class CallFigures:
    """Told of every room as it was and as it is; a figure counts the moment it becomes true."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._calls = Counter(
            "passline_calls", "Calls: `rung`, `answered`, and how they ended.", ["what"], registry=registry
        )
        for what in ("rung", "answered", *EndReason):
            self._calls.labels(what)
        self._ring = Histogram(
            "passline_call_ring_seconds", "Tap on call until a device rang.", buckets=_MOMENTS_S, registry=registry
        )
        self._first_frame = Histogram(
            "passline_call_first_frame_seconds",
            "Answer until the store's picture was seen.",
            buckets=_MOMENTS_S,
            registry=registry,
        )
        self._recordings = Counter("passline_recordings", "Recordings by how they ended.", ["state"], registry=registry)
        for state in ENDED_STATES:
            self._recordings.labels(state)
        self._safe = Histogram(
            "passline_recording_safe_seconds",
            "End of a call or session until its recording was safe.",
            buckets=_SAFE_S,
            registry=registry,
        )

    def saw(self, before: RoomState | None, after: RoomState, now_ms: int) -> None:
        """`before` is None for a room that has just opened."""
        self._call(before, after)
        was = before.recording.state if before is not None and before.recording is not None else None
        state = after.recording.state if after.recording is not None else None
        if state is not was and state in ENDED_STATES:
            self._recordings.labels(state).inc()
            if after.closed_at is not None and state is RecordingState.SAFE:
                self._safe.observe(max(0, now_ms - after.closed_at) / 1000)

    def _call(self, before: RoomState | None, after: RoomState) -> None:
        call, old = after.call, before.call if before is not None else None
        if call is None or call.store is None:  # the figures are of stores' calls
            return
        if old is None:
            self._calls.labels("rung").inc()
        if call.answered_by is not None and (old is None or old.answered_by is None):
            self._calls.labels("answered").inc()
        if call.stage is CallStage.ENDED and (old is None or old.stage is not CallStage.ENDED) and call.end:
            self._calls.labels(call.end).inc()
        now, then = call.timings, old.timings if old is not None else None
        if now.ring is not None and (then is None or then.ring is None):
            self._ring.observe(max(0, now.ring - now.tap) / 1000)
        if now.first_frame is not None and now.answer is not None and (then is None or then.first_frame is None):
            self._first_frame.observe(max(0, now.first_frame - now.answer) / 1000)
