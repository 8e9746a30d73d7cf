"""How far one recording is: the rules of recording → saving → safe, without IO.

The owner calls `start`, `stop`, `tap_opened`, `tap_gone`, `saved`, `failed` as things happen and `due(now)` when
`deadline` passes; `should_save` then says that everything that will come has come. Everything may be said twice.
"""

from contract.rooms import RecordingState

DRAIN_S = 0.15
"""After a stop, frames that are already in the socket still come."""
CLOSE_WITHIN_S = 2.0
"""A tap that does not say `close` this long after the stop is not waited for."""
GRACE_S = 8.0
"""After a crash: neither signaling nor a tap asks for this recording, so it is over."""

_NEXT: dict[RecordingState, frozenset[RecordingState]] = {
    RecordingState.RECORDING: frozenset({RecordingState.SAVING, RecordingState.FAILED}),
    RecordingState.SAVING: frozenset({RecordingState.SAFE, RecordingState.RECOVERED, RecordingState.FAILED}),
    RecordingState.SAFE: frozenset(),
    RecordingState.RECOVERED: frozenset(),
    RecordingState.FAILED: frozenset(),
}
OVER = frozenset(state for state, following in _NEXT.items() if not following)


class IllegalTransition(Exception):
    """A bug: the state table does not allow this."""


class RecordingSession:
    """One recording's state. `resumed` is one that this process found unfinished, at `now`."""

    def __init__(self, now: float, *, resumed: bool = False) -> None:
        self.state = RecordingState.RECORDING
        self.interrupted = resumed
        self._taps: set[int] = set()
        self._stopped_at: float | None = None
        self._grace_until = now + GRACE_S if resumed else None
        self._saving = False
        self.paused = False
        """Nothing is written now; said by the owner, who watches the disk."""
        self.takes_frames = True
        """Frames are still taken: also in the moment after the stop, while the tap empties."""

    @property
    def over(self) -> bool:
        return self.state in OVER

    @property
    def shown(self) -> RecordingState:
        """What people are told."""
        return RecordingState.PAUSED if self.paused and self.state is RecordingState.RECORDING else self.state

    @property
    def deadline(self) -> float | None:
        """When to call `due` at the latest."""
        if self._saving or self.over:
            return None
        if self._stopped_at is not None:
            return self._stopped_at + (CLOSE_WITHIN_S if self._taps else DRAIN_S)
        return self._grace_until

    def start(self) -> None:
        """Signaling wants it recorded (again)."""
        self._grace_until = None

    def stop(self, now: float) -> bool:
        """Signaling says that nothing more comes. True if that is news."""
        if self.state is not RecordingState.RECORDING:
            return False
        self._to(RecordingState.SAVING)
        self._stopped_at = now
        self._grace_until = None
        return True

    def tap_opened(self, connection: int) -> None:
        """A worker sends this recording on `connection`."""
        self._taps.add(connection)
        self._grace_until = None

    def tap_gone(self, connection: int) -> None:
        """The worker said `close`, or the connection broke."""
        self._taps.discard(connection)

    def due(self, now: float) -> bool:
        """True once, when it is time to make the recording safe."""
        deadline = self.deadline
        if deadline is None or now < deadline:
            return False
        if self._stopped_at is None:
            self.interrupted = True
            self._to(RecordingState.SAVING)
        self._saving = True
        self.takes_frames = False
        return True

    def saved(self, *, recovered: bool) -> None:
        self._to(RecordingState.RECOVERED if recovered else RecordingState.SAFE)

    def failed(self) -> None:
        """The disk, or the files, do not allow it."""
        if not self.over:
            self._to(RecordingState.FAILED)

    def _to(self, state: RecordingState) -> None:
        if state not in _NEXT[self.state]:
            raise IllegalTransition(f"{self.state} to {state}")
        self.state = state
        self.takes_frames = not self.over and not self._saving
