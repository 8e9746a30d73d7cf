"""All recordings of this process: orders from signaling and records from the tap find theirs; reports come out."""

import asyncio
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from contract.alarms import Alarm
from contract.ids import RecordingId, RoomId
from contract.nodes import RecordingReport, StartRecording, StopRecording, ToRecorder
from contract.recording import GapReason, RecordingSummary
from contract.rooms import RecordingState
from contract.tap import (
    TapClose,
    TapFrame,
    TapGap,
    TapHello,
    TapKeyframes,
    TapMessage,
    TapOpen,
    TapPoint,
    TapTrack,
    TapTrackEnd,
)
from recorder.copier import Cancelled
from recorder.disk import Disk
from recorder.finalize import Finalizer
from recorder.manifest import Manifest
from recorder.recording import Recording
from recorder.storage import Storage
from runtime import clock
from runtime.alarms import Alarms
from runtime.diskspace import Space, free_bytes
from runtime.logs import bound_contextvars, get_logger
from runtime.supervise import TaskScope

log = get_logger(__name__)

MAX_RUNNING = 1000
MAX_REMEMBERED = 1000
"""Finished recordings repeated to a signaling that comes back; older ones it asks for by `stop_recording`."""
SAVERS = 2
LOOK_S = 2.0
"""Between two looks at how much room the disk has."""
AGAIN_S = 5.0
"""After the disk refused something."""
WANT_S = 1.0
CLOSE_WITHIN_S = 2.0
"""What a hanging disk may cost at the exit."""


class Recordings:
    """Loop's thread only. `report` hears every change of state."""

    def __init__(
        self, storage: Storage, report: Callable[[RecordingReport], None], alarms: Alarms, *, reserve_bytes: int = 0
    ) -> None:
        self._storage = storage
        self._report = report
        self._alarms = alarms
        self._space = Space(reserve_bytes)
        self._seen_bytes: int | None = None
        """What the writing thread measured and nobody has judged yet."""
        self._look_at = self._want_at = float("-inf")
        self._disk = Disk()
        self._finalizer = Finalizer(storage)
        self._savers = ThreadPoolExecutor(SAVERS, thread_name_prefix="recorder-save")
        self._scope = TaskScope("recordings")
        self._running: dict[RecordingId, Recording] = {}
        self._finished: dict[RecordingId, RecordingReport] = {}
        self._tracks: dict[tuple[int, int], Recording] = {}
        self._taps: dict[int, set[RecordingId]] = {}
        self.left_out = 0
        """Tap records that belong to nothing we record."""
        self.gaps: Counter[GapReason] = Counter()
        """Holes in recordings that were made safe, by reason, since this process began."""

    @property
    def running(self) -> int:
        """Recordings that are not over."""
        return len(self._running)

    @property
    def pending_bytes(self) -> int:
        """What waits for the disk."""
        return self._disk.pending_bytes

    # --- signaling ------------------------------------------------------------------------------------------------

    def reports(self) -> list[RecordingReport]:
        """Everything a signaling that (re)connects must know: unfinished, and finished since our start."""
        return [self._report_of(recording) for recording in self._running.values()] + list(self._finished.values())

    def order(self, order: ToRecorder) -> None:
        """Do what signaling says; said twice is done once."""
        match order:
            case StartRecording(recording=recording, room=room):
                if recording in self._running:
                    self._running[recording].session.start()
                else:
                    self._find_or(recording, room, lambda: self._begin(recording, room))
            case StopRecording(recording=recording):
                running = self._running.get(recording)
                if running is None:
                    self._find_or(recording, None, lambda: self._end(self._failure(recording, None)))
                elif running.session.stop(clock.now()):
                    log.info("recording stops", recording=recording)
                    self._report(self._report_of(running))

    def _find_or(self, recording: RecordingId, room: RoomId | None, otherwise: Callable[[], object]) -> None:
        """Report a recording that is finished already, else do `otherwise`."""
        if recording in self._finished:
            self._report(self._finished[recording])
            return
        try:
            folder = self._storage.folder(recording)
        except ValueError:
            self._end(self._failure(recording, room))
            return
        if not folder.path.exists():
            otherwise()
            return

        async def find() -> None:
            loop = asyncio.get_running_loop()
            try:
                summary = await loop.run_in_executor(self._savers, folder.summary)
            except OSError:
                self._end(self._failure(recording, room))
                return
            if summary is not None:
                self._end(_success(summary))
            elif recording not in self._running:
                otherwise()

        self._scope.spawn(find(), name="find")

    def _begin(self, recording: RecordingId, room: RoomId, found: Manifest | None = None) -> Recording | None:
        """A recording begins, or goes on after a crash."""
        if len(self._running) >= MAX_RUNNING:
            self._end(self._failure(recording, room))
            return None
        try:
            folder = self._storage.folder(recording)
        except ValueError:
            self._end(self._failure(recording, room))
            return None
        running = self._running[recording] = Recording(
            recording,
            room,
            folder,
            self._disk,
            now=clock.now(),
            wall_ns=clock.wall_ns(),
            on_failure=self._recording_failed,
            on_full=self._disk_full,
            found=found,
        )
        self._judge_space(free_bytes(self._storage.root))
        if self._space.low:
            running.pause()
        log.info("recording goes on" if found else "recording begins", recording=recording, room=room)
        self._report(self._report_of(running))
        return running

    # --- start-up -------------------------------------------------------------------------------------------------

    def adopt(self, recording: RecordingId, manifest: Manifest) -> None:
        """Take over what an earlier process left: finish it if it was stopped, else wait who asks for it."""
        if manifest.started is None:
            self._end(self._failure(recording, None))
        elif manifest.stopped is not None:
            self._scope.spawn(self._save(recording, manifest.started.room), name="save")
        else:
            self._begin(recording, manifest.started.room, manifest)

    # --- the tap --------------------------------------------------------------------------------------------------

    def tap_message(self, connection: int, message: TapMessage) -> None:
        """A worker says something about what follows."""
        match message:
            case TapHello():
                log.info("tap connected", worker=message.worker)
            case TapOpen():
                self._tap_open(connection, message)
            case TapTrack():
                running = self._running.get(message.recording)
                if running is None or message.recording not in self._taps.get(connection, ()):
                    self.left_out += 1
                    return
                self._tracks[connection, message.number] = running
                running.track(connection, message)
            case TapTrackEnd():
                if running := self._tracks.pop((connection, message.number), None):
                    running.track_end(connection, message)
            case TapGap():
                if running := self._tracks.get((connection, message.number)):
                    running.gap(connection, message)
            case TapPoint():
                if running := self._running.get(message.recording):
                    running.point(message)
            case TapClose():
                self._tap_close(connection, message.recording, wall_ns=message.wall_ns, broken=False)
            case TapKeyframes():
                self.left_out += 1  # ours to say

    def tap_frame(self, connection: int, frame: TapFrame) -> None:
        running = self._tracks.get((connection, frame.number))
        if running is None:
            self.left_out += 1
        else:
            running.frame(connection, frame)

    def tap_lost(self, connection: int) -> None:
        """The connection ended; all it carried has a hole until it is back."""
        for recording in list(self._taps.pop(connection, ())):
            self._tap_close(connection, recording, wall_ns=clock.wall_ns(), broken=True)

    def _tap_open(self, connection: int, message: TapOpen) -> None:
        """The tap may be quicker than signaling's order; a finished recording stays finished."""
        running = self._running.get(message.recording)
        if running is None and message.recording not in self._finished:
            try:
                finished = self._storage.folder(message.recording).path.exists()
            except ValueError:
                finished = True
            running = None if finished else self._begin(message.recording, message.room)
        if running is None:
            self.left_out += 1
            return
        if not running.takes_over(message.epoch):
            log.warning("tap refused: the room is elsewhere", recording=message.recording, epoch=message.epoch)
            return
        for other in [one for one, taps in self._taps.items() if one != connection and message.recording in taps]:
            self._tap_close(other, message.recording, wall_ns=message.wall_ns, broken=True)
        self._taps.setdefault(connection, set()).add(message.recording)
        running.session.tap_opened(connection)

    def _tap_close(self, connection: int, recording: RecordingId, *, wall_ns: int, broken: bool) -> None:
        self._taps.get(connection, set()).discard(recording)
        running = self._running.get(recording)
        if running is not None:
            running.tap_gone(connection, wall_ns=wall_ns, broken=broken)
        for key in [key for key, owner in self._tracks.items() if key[0] == connection and owner.id == recording]:
            del self._tracks[key]

    # --- time -----------------------------------------------------------------------------------------------------

    def tick(self, now: float, wall_ns: int) -> None:
        """A few times a second: what is held is written, what is over is made safe."""
        if self._seen_bytes is not None:
            self._judge_space(self._seen_bytes)
            self._seen_bytes = None
        if now >= self._look_at:
            self._look_at = now + LOOK_S
            self._disk.submit(self._look, size_bytes=0, on_error=lambda _: None)
        for running in list(self._running.values()):
            if running.tick(now, wall_ns):
                self._report(self._report_of(running))
                self._scope.spawn(self._save(running.id, running.room), name="save")

    def wanting_keyframes(self, now: float) -> list[tuple[int, RecordingId]]:
        """At most once a second: recordings that wait for a picture to begin, and the connection it comes on."""
        if now < self._want_at:
            return []
        found = [(connection, one.id) for one in self._running.values() for connection in one.wanting()]
        if found:
            self._want_at = now + WANT_S
        return found

    # --- room on the disk -----------------------------------------------------------------------------------------

    def _look(self) -> None:
        self._seen_bytes = free_bytes(self._storage.root)

    def _judge_space(self, free: int) -> None:
        if self._space.see(free):
            self._space_changed()

    def _disk_full(self) -> None:
        """A write found no room."""
        self._seen_bytes = None
        self._look_at = clock.now() + AGAIN_S
        if self._space.refused():
            self._space_changed()
        for running in self._running.values():
            running.pause()

    def _space_changed(self) -> None:
        space = self._space
        self._alarms.set(Alarm.DISK_LOW, on=space.low, free_bytes=space.free_bytes, reserve_bytes=space.reserve_bytes)
        for running in self._running.values():
            if space.low:
                running.pause()
            else:
                running.resume()
            self._report(self._report_of(running))

    async def aclose(self) -> None:
        """Close the files so that the next start can go on with them; a running copy is given up."""
        for running in self._running.values():
            if running.session.takes_frames:
                running.close(wall_ns=clock.wall_ns())
        self._finalizer.cancel()
        await self._scope.aclose()
        try:
            await asyncio.wait_for(self._disk.aclose(), CLOSE_WITHIN_S)
        except TimeoutError:
            log.error("the disk hangs: what waited is lost", pending_bytes=self._disk.pending_bytes)
        self._savers.shutdown(wait=False, cancel_futures=True)

    # --- end ------------------------------------------------------------------------------------------------------

    async def _save(self, recording: RecordingId, room: RoomId) -> None:
        with bound_contextvars(recording=recording, room=room):
            began = clock.now()
            await self._disk.written()
            running = self._running.get(recording)
            if running is not None and running.session.over:
                return
            loop = asyncio.get_running_loop()
            while True:
                try:
                    summary = await loop.run_in_executor(self._savers, self._finalizer.save, recording)
                    break
                except Cancelled:
                    return
                except OSError as error:
                    # A full disk gets room again, one that is gone comes back: it stays unsafe, and signaling says so.
                    log.error("recording cannot be made safe yet", errno=error.errno, again_in_s=AGAIN_S)
                    await asyncio.sleep(AGAIN_S)
                except ValueError:
                    log.error("recording cannot be made safe: nothing says what it is")
                    self._end(self._failure(recording, room))
                    return
            if running is not None and summary.state is not RecordingState.FAILED:
                running.session.saved(recovered=summary.state is RecordingState.RECOVERED)
            log.info(
                "recording is over",
                state=summary.state,
                parts=len(summary.parts),
                duration_s=summary.duration_s,
                took_s=round(clock.now() - began, 3),
            )
            self.gaps.update(gap.reason for gap in summary.gaps)
            self._end(_success(summary))

    def _recording_failed(self, running: Recording) -> None:
        self._end(self._failure(running.id, running.room))

    def _end(self, report: RecordingReport) -> None:
        """A recording is over: remember and say it."""
        self._running.pop(report.recording, None)
        self._tracks = {key: owner for key, owner in self._tracks.items() if owner.id != report.recording}
        self._finished[report.recording] = report
        while len(self._finished) > MAX_REMEMBERED:
            del self._finished[next(iter(self._finished))]
        self._report(report)

    def _failure(self, recording: RecordingId, room: RoomId | None) -> RecordingReport:
        return RecordingReport(recording=recording, room=room, state=RecordingState.FAILED)

    def _report_of(self, running: Recording) -> RecordingReport:
        return RecordingReport(recording=running.id, room=running.room, state=running.session.shown)


def _success(summary: RecordingSummary) -> RecordingReport:
    return RecordingReport(recording=summary.id, room=summary.room, state=summary.state, summary=summary)
