"""When a live file begins and ends: the samples of one participant's picture and sound, in order, cut into segments.

Samples come as they arrive and leave in order of their capture time: one batch at each `tick`, its newest `MARGIN_NS`
held back for what is still on its way, and what the other track, up to `LAG_NS` late, has not reached yet. Then the
rules:

- A file that has a picture declares a sound track too, used or not: sound that begins later, pauses or ends cuts
  nothing (a cut needs a keyframe, and a publisher sends none unasked). The picture's track cannot be declared before
  its first keyframe, which tells its size.
- At the start nothing leaves until a keyframe and as much sound are here, or `EXPECT_NS` of samples: a worker holds
  each track back until its clock is known, up to two seconds, so either may arrive that much after the other. Sound
  that starts a second before the picture shares its file; a picture that comes later still begins a new one.
- A new file begins at the keyframe of a picture whose format does not fit the current file: the first after sound
  alone, another codec, other parameters of H.264 or AV1. VP8 and VP9 may change size inside a file.
- When the picture's track ended `REJOIN_NS` ago (nobody rejoined within that) and sound goes on, it goes on in a file
  of its own; a picture that only pauses (camera covered, network gone) is a freeze of the right length. When all
  tracks ended, the file ends.
- After a loss pictures are left out until the next keyframe, and the hole is a gap.

Pure. The owner calls `track`, `ended`, `lost`, `frame` and, a few times a second, `tick`, and then performs `drain()`.
"""

from dataclasses import dataclass
from typing import NamedTuple

from contract.media import Codec
from contract.recording import GapReason
from recorder.formats import PictureFormat, picture_format

MS = 1_000_000
BURST_NS = 1000 * MS
"""More than this leaves without waiting for a tick."""
MARGIN_NS = 100 * MS
LAG_NS = 300 * MS
"""A track this far behind the other is not waited for: it pauses."""
START_NS = 300 * MS
EXPECT_NS = 2500 * MS
REJOIN_NS = 3000 * MS
MAX_HELD = 2000
"""Samples; at 80 a second far more than any hold. Then all of them leave (never dropped here)."""


class Sample(NamedTuple):
    """One whole encoded frame on its way into a file."""

    wall_ns: int
    video: bool
    key: bool
    payload: bytes


@dataclass(frozen=True)
class Open:
    """Begin a file; its time zero is `wall_ns`."""

    wall_ns: int
    picture: PictureFormat | None
    keyframe: bytes


@dataclass(frozen=True)
class Write:
    """Append these, in order of time."""

    samples: list[Sample]


@dataclass(frozen=True)
class Close:
    """End the file; the newest sample of it lies at `wall_ns`."""

    wall_ns: int


@dataclass(frozen=True)
class Hole:
    """Pictures, or sound, between these times were left out."""

    video: bool
    start_ns: int
    end_ns: int
    reason: GapReason


Action = Open | Write | Close | Hole


@dataclass
class _Track:
    codec: Codec
    ended_ns: int | None = None
    last_ns: int | None = None
    lost: GapReason | None = None
    """Set from a loss until the next usable frame."""
    lost_from_ns: int | None = None


@dataclass
class _Current:
    picture: PictureFormat | None
    last_ns: int


class Segmenter:
    """Cuts one pair of tracks (camera and microphone, or screen and its sound)."""

    def __init__(self) -> None:
        self.left_out = 0
        """Pictures dropped while a keyframe was missing, and frames of unannounced tracks."""
        self._tracks: dict[bool, _Track] = {}
        self._held: list[tuple[Sample, PictureFormat | None]] = []
        self._current: _Current | None = None
        self._actions: list[Action] = []
        self._quiet = True
        self._need_key = True
        self._wants_keyframe = False

    # --- inputs ---------------------------------------------------------------------------------------------------

    def track(self, codec: Codec) -> None:
        """A track is announced, or begins anew (another leg of the same person); pictures wait for a keyframe."""
        video = codec is not Codec.OPUS
        before = self._tracks.get(video)
        track = _Track(codec)
        if before is not None and (before.ended_ns is None or before.lost is not None):
            track.last_ns, track.lost, track.lost_from_ns = before.last_ns, before.lost, before.lost_from_ns
        self._tracks[video] = track
        if video:
            self._need_key = True

    def ended(self, *, video: bool, wall_ns: int) -> None:
        """No more frames of this track, until it is announced again. If nobody wished that, say `lost` after it."""
        track = self._tracks.get(video)
        if track is not None:
            track.lost = track.lost_from_ns = None
            track.ended_ns = wall_ns if track.last_ns is None else max(wall_ns, track.last_ns)

    def lost(self, *, video: bool, reason: GapReason, start_ns: int | None = None) -> None:
        """Frames are missing from here on; the gap ends with the next usable one."""
        track = self._tracks.get(video)
        if track is None:
            return
        if track.lost is None or track.lost_from_ns is None:
            track.lost, track.lost_from_ns = reason, start_ns if start_ns is not None else track.last_ns
        if video:
            self._need_key = True

    def frame(self, sample: Sample) -> None:
        """One frame, in its track's order."""
        track = self._tracks.get(sample.video)
        if track is None:
            self.left_out += 1
            return
        picture = None
        if sample.video:
            picture = picture_format(track.codec, sample.payload) if sample.key else None
            if self._need_key and picture is None:
                self.left_out += 1
                self._wants_keyframe = True
                if track.lost is None and track.last_ns is not None:
                    track.lost, track.lost_from_ns = GapReason.NETWORK, track.last_ns
                return
            self._need_key = False
        if track.lost is not None:
            if track.lost_from_ns is not None and track.lost_from_ns < sample.wall_ns:
                self._actions.append(Hole(sample.video, track.lost_from_ns, sample.wall_ns, track.lost))
            track.lost = track.lost_from_ns = None
        if track.ended_ns is not None and sample.wall_ns > track.ended_ns:
            track.ended_ns = None
        track.last_ns = sample.wall_ns
        self._quiet = False
        self._held.append((sample, picture))
        if sample.wall_ns - self._held[0][0].wall_ns >= BURST_NS or len(self._held) >= MAX_HELD:
            self._release()

    def tick(self, wall_ns: int) -> None:
        """Time passes: what is held leaves, all of it when nothing follows; a file whose tracks all ended is closed."""
        if self._held:
            if self._quiet and (self._current is not None or self._waited(wall_ns)):
                self._emit(len(self._held))
            else:
                self._release()
        self._quiet = True
        ended = [track.ended_ns for track in self._tracks.values()]
        if self._current and not self._held and all(at is not None and wall_ns - at >= REJOIN_NS for at in ended):
            self._close()

    def wants_keyframe(self) -> bool:
        """Pictures were left out since the last call, for want of a keyframe."""
        wants, self._wants_keyframe = self._wants_keyframe, False
        return wants

    def pause(self, reason: GapReason) -> None:
        """Everything held is written, the file closed; what comes until the next usable frame is a hole."""
        self.finish()
        for video, track in self._tracks.items():
            if track.ended_ns is None:
                self.lost(video=video, reason=reason)

    def finish(self, wall_ns: int | None = None) -> None:
        """Nothing more comes: everything held is written, the file closed. With `wall_ns`, the end of the recording,
        a pause for want of disk, and the absence of somebody who was cut off, are holes up to there."""
        self._emit(len(self._held))
        if self._current:
            self._close()
        for video, track in self._tracks.items():
            if wall_ns is None or track.lost_from_ns is None or track.lost is None:
                continue
            if track.lost in (GapReason.DISK_FULL, GapReason.NETWORK):
                self._actions.append(Hole(video, track.lost_from_ns, wall_ns, track.lost))

    def drain(self) -> list[Action]:
        """What is to be done now, in this order."""
        actions, self._actions = self._actions, []
        return actions

    # --- order ----------------------------------------------------------------------------------------------------

    def _release(self) -> None:
        # The first held is the oldest, but for one that arrived late; then the span comes out a little short.
        span = self._held[-1][0].wall_ns - self._held[0][0].wall_ns
        if self._current is None and not self._ready(span):
            return
        horizon = self._horizon()
        self._emit(sum(sample.wall_ns <= horizon for sample, _ in self._held))

    def _horizon(self) -> int:
        """Nothing captured before this is still on its way, as far as one can know."""
        last = [
            track.last_ns for track in self._tracks.values() if track.ended_ns is None and track.last_ns is not None
        ]
        newest = max(last, default=self._held[-1][0].wall_ns)
        return min(newest - MARGIN_NS, *(at for at in last if newest - at <= LAG_NS), newest)

    def _ready(self, span_ns: int) -> bool:
        if span_ns >= EXPECT_NS or len(self._held) >= MAX_HELD:
            return True
        if span_ns < START_NS or not any(shown is not None for _, shown in self._held):
            return False
        newest = [max((s.wall_ns for s, _ in self._held if s.video is video), default=0) for video in (True, False)]
        return abs(newest[0] - newest[1]) <= LAG_NS

    def _waited(self, wall_ns: int) -> bool:
        """Nothing followed the held samples for so long that they are all there is."""
        return wall_ns - self._held[0][0].wall_ns >= EXPECT_NS

    # --- cutting --------------------------------------------------------------------------------------------------

    def _emit(self, count: int) -> None:
        """Send the `count` oldest held samples through the rules."""
        self._held.sort(key=lambda held: held[0].wall_ns)
        leaving, self._held = self._held[:count], self._held[count:]
        batch: list[Sample] = []
        for index, (sample, picture) in enumerate(leaving):
            if self._cuts(sample, picture):
                self._flush(batch)
                batch = []
                self._close()
            if self._current is None:
                self._open(sample, leaving[index:])
            assert self._current is not None
            if sample.video and self._current.picture is None:
                self.left_out += 1
                continue
            self._current.last_ns = max(self._current.last_ns, sample.wall_ns)
            batch.append(sample)
        self._flush(batch)

    def _cuts(self, sample: Sample, picture: PictureFormat | None) -> bool:
        current = self._current
        if current is None:
            return False
        if picture is not None:
            return current.picture is None or not current.picture.fits(picture)
        if sample.video or current.picture is None:
            return False
        video = self._tracks.get(True)
        return video is not None and video.ended_ns is not None and sample.wall_ns - video.ended_ns >= REJOIN_NS

    def _open(self, sample: Sample, following: list[tuple[Sample, PictureFormat | None]]) -> None:
        """Begin a file with `sample`; its picture is the first keyframe close enough after it."""
        picture, keyframe = None, b""
        for later, shown in (*following, *self._held):
            if shown is not None and later.wall_ns - sample.wall_ns <= EXPECT_NS:
                picture, keyframe = shown, later.payload
                break
        self._current = _Current(picture, sample.wall_ns)
        self._actions.append(Open(sample.wall_ns, picture, keyframe))

    def _close(self) -> None:
        assert self._current is not None
        self._actions.append(Close(self._current.last_ns))
        self._current = None

    def _flush(self, batch: list[Sample]) -> None:
        if batch:
            self._actions.append(Write(batch))
