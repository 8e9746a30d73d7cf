"""One running recording: its tracks, lanes and manifest, driven by the tap and by signaling."""

import errno
import itertools
from collections.abc import Callable

from contract.ids import PersonId, RecordingId, RoomId
from contract.media import Codec, Source
from contract.recording import GapReason, ManifestPoint, ManifestStarted, ManifestStopped, ManifestTrack
from contract.rooms import RecordingState
from contract.tap import TapFrame, TapGap, TapPoint, TapTrack, TapTrackEnd
from recorder.disk import Disk
from recorder.journal import Journal
from recorder.lane import PAIRS, Lane
from recorder.manifest import Manifest
from recorder.segment import Sample
from recorder.session import RecordingSession
from recorder.storage import Folder
from runtime.logs import get_logger

log = get_logger(__name__)

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
SYNC_EVERY_S = 2.0
TrackKey = tuple[int, int]
"""Connection and track number on it."""


class _Track:
    """One announced track; `lane` outlives it."""

    __slots__ = ("lane", "of", "video")

    def __init__(self, lane: Lane, of: tuple[PersonId, Source], *, video: bool) -> None:
        self.lane = lane
        self.of = of
        self.video = video


class Recording:
    """Loop's thread only. `found` is the manifest of one that an earlier process left unfinished.

    `on_full` is told when the disk took no more; the owner then pauses all recordings.
    """

    def __init__(
        self,
        recording: RecordingId,
        room: RoomId,
        folder: Folder,
        disk: Disk,
        *,
        now: float,
        wall_ns: int,
        on_failure: Callable[["Recording"], None],
        on_full: Callable[[], None],
        found: Manifest | None = None,
    ) -> None:
        self.id = recording
        self.room = room
        self.session = RecordingSession(now, resumed=found is not None)
        self.left_out = 0
        """Frames that came too late, from unknown tracks, or while the disk was behind."""
        self._folder = folder
        self._disk = disk
        self._on_failure = on_failure
        self._on_full = on_full
        self._journal = Journal(folder, disk, on_error=self._failed)
        self._tracks: dict[TrackKey, _Track] = {}
        self._newest: dict[tuple[PersonId, Source], TrackKey] = {}
        self._lanes: dict[tuple[PersonId, tuple[Source, Source]], Lane] = {}
        self._number = itertools.count(len(found.segments) + 1 if found else 1)
        self._synced = now
        self._wrote_stop = False
        self._epoch = 0
        if found is None:
            self._journal.add(ManifestStarted(recording=recording, room=room, wall_ns=wall_ns))
            self._journal.flush()

    # --- the tap --------------------------------------------------------------------------------------------------

    def takes_over(self, epoch: int) -> bool:
        """Whether a worker that owns the room since `epoch` is its newest owner; older ones are not listened to."""
        if epoch < self._epoch:
            return False
        self._epoch = epoch
        return True

    def track(self, connection: int, message: TapTrack) -> None:
        """A track begins; the newest one of a source is the one that counts (a reloaded page, a new leg)."""
        if not self.session.takes_frames:
            return
        video = message.codec is not Codec.OPUS
        pair = PAIRS[message.source]
        if (message.source is pair[0]) is not video:
            log.warning("track of the wrong kind", recording=self.id, source=message.source, codec=message.codec)
            return
        lane = self._lane(message.participant, pair)
        of = (message.participant, message.source)
        if (before := self._tracks.get(self._newest.get(of, (0, 0)))) is not None:
            # Nobody ended it: another worker, or a room made anew after a bug, took over.
            before.lane.lost(video=before.video, reason=GapReason.WORKER)
        self._tracks[connection, message.number] = _Track(lane, of, video=video)
        self._newest[of] = (connection, message.number)
        lane.track(message.codec)
        self._journal.add(
            ManifestTrack(
                participant=message.participant,
                source=message.source,
                codec=message.codec,
                clock_rate_hz=message.clock_rate_hz,
                wall_ns=message.wall_ns,
            )
        )

    def track_end(self, connection: int, message: TapTrackEnd) -> None:
        track = self._tracks.pop((connection, message.number), None)
        if track is not None and self._newest.get(track.of) == (connection, message.number):
            track.lane.ended(video=track.video, wall_ns=message.wall_ns)
            if message.lost is not None:
                track.lane.lost(video=track.video, reason=message.lost)

    def frame(self, connection: int, frame: TapFrame) -> None:
        """One whole frame."""
        key = (connection, frame.number)
        track = self._tracks.get(key)
        if track is None or self._newest[track.of] != key or not self.session.takes_frames:
            self.left_out += 1
        elif self.session.paused:
            self.left_out += 1
            track.lane.lost(video=track.video, reason=GapReason.DISK_FULL, start_ns=frame.wall_ns)
        elif self._disk.full:
            self.left_out += 1
            track.lane.lost(video=track.video, reason=GapReason.TAP_FULL, start_ns=frame.wall_ns)
        else:
            track.lane.frame(Sample(frame.wall_ns, track.video, frame.key, frame.payload))

    def gap(self, connection: int, message: TapGap) -> None:
        """Frames are missing; the hole ends with the next usable frame."""
        track = self._tracks.get((connection, message.number))
        if track is not None:
            track.lane.lost(video=track.video, reason=message.reason, start_ns=message.start_ns)

    def point(self, message: TapPoint) -> None:
        if self.session.takes_frames and not self.session.paused:
            self._journal.add(
                ManifestPoint(wall_ns=message.wall_ns, by=message.by, on=message.on, x=message.x, y=message.y)
            )

    def tap_gone(self, connection: int, *, wall_ns: int, broken: bool) -> None:
        """The worker closed this recording's tap, or its connection `broken`ly ended: a hole until it, or another, is
        back."""
        for key in [key for key in self._tracks if key[0] == connection]:
            track = self._tracks.pop(key)
            if self._newest.get(track.of) == key:
                if not broken:
                    track.lane.ended(video=track.video, wall_ns=wall_ns)
                track.lane.lost(video=track.video, reason=GapReason.WORKER)
        self.session.tap_gone(connection)

    def wanting(self) -> set[int]:
        """Connections on which pictures come that cannot be used before their next keyframe."""
        lanes = [lane for lane in self._lanes.values() if lane.wants_keyframe()]
        return {key[0] for key, track in self._tracks.items() if track.video and track.lane in lanes}

    # --- time and end ---------------------------------------------------------------------------------------------

    def pause(self) -> None:
        """There is no room on the disk: files are closed, nothing is written until `resume`."""
        if not self.session.paused and not self.session.over:
            self.session.paused = True
            for lane in self._lanes.values():
                lane.pause(GapReason.DISK_FULL)
            self._journal.flush()

    def resume(self) -> None:
        """There is room again: it goes on with the next usable frame of each track."""
        self.session.paused = False

    def tick(self, now: float, wall_ns: int) -> bool:
        """A few times a second. True once: close() was done, make it safe now."""
        if self.session.due(now):
            self.close(wall_ns=wall_ns)
            return True
        if self.session.takes_frames:
            for lane in self._lanes.values():
                lane.tick(wall_ns)
            self._journal.flush()
            if now - self._synced >= SYNC_EVERY_S:
                self._synced = now
                self._make_durable()
        return False

    def close(self, *, wall_ns: int) -> None:
        """Write what is held, close the files; `stopped` is written if the recording is over, not if we are."""
        if self.session.state is RecordingState.FAILED:
            return
        over = self.session.state is not RecordingState.RECORDING
        for lane in self._lanes.values():
            lane.finish(wall_ns if over else None, interrupted=not over)
        if over and not self._wrote_stop:
            self._wrote_stop = True
            self._journal.add(ManifestStopped(wall_ns=wall_ns, interrupted=self.session.interrupted))
        self._journal.close()

    def _make_durable(self) -> None:
        for lane in self._lanes.values():
            if lane.live_path is not None:
                self._disk.make_durable(lane.live_path)
        self._journal.make_durable()

    def _lane(self, participant: PersonId, pair: tuple[Source, Source]) -> Lane:
        lane = self._lanes.get((participant, pair))
        if lane is None:
            lane = self._lanes[participant, pair] = Lane(
                participant,
                pair,
                folder=self._folder,
                disk=self._disk,
                journal=self._journal,
                next_number=lambda: next(self._number),
                on_failure=self._failed,
            )
        return lane

    def _failed(self, error: Exception) -> None:
        """The disk is full: all pause. It is gone: this recording ends, the call goes on. What was written stays."""
        if self.session.over:
            return
        if isinstance(error, OSError) and error.errno in FULL:
            self._on_full()
            return
        self.session.failed()
        log.error(
            "recording failed", recording=self.id, error=type(error).__name__, errno=getattr(error, "errno", None)
        )
        for lane in self._lanes.values():
            lane.abandon()
        self._tracks.clear()
        self._on_failure(self)
