"""A room's part of the tap: whole frames of everybody who is recorded, dropped rather than waited for."""

from collections.abc import Collection

from contract.data import PointAt
from contract.ids import PersonId, RecordingId, RoomId
from contract.media import Source
from contract.recording import GapReason
from contract.tap import (
    MAX_TAP_BYTES,
    TapClose,
    TapFrame,
    TapGap,
    TapMessage,
    TapOpen,
    TapPoint,
    TapTrack,
    TapTrackEnd,
    pack_frame,
    pack_message,
)
from media.forward.ports import TapSink
from media.forward.publication import Publication
from media.rtp.cache import MediaPacket
from media.rtp.depacketize import Frame, FrameAssembler

MAX_WAITING_BYTES = 8 * 1024 * 1024
"""Two seconds of eight pictures: a recorder that far behind loses frames, the call does not notice."""
HOLD_S = 2.0
"""How long the first frames wait for the sender report that puts sound and picture on one clock."""
MIN_GAP_NS = 100_000_000
"""Shorter holes are concealed by any player and not worth a stripe."""
MAX_AWAY_NS = 60_000_000_000
"""A capture time further than this from now is a broken or lying clock: then the time of arrival counts."""
_FRAME_HEAD_BYTES = 18


class _Track:
    """One publication on one connection to the recorder."""

    def __init__(
        self, publication: Publication, recording: RecordingId, sink: TapSink, now: float, *, after_ns: int
    ) -> None:
        """`after_ns` is when the last frame of the same source was captured that came as another publication."""
        assert publication.codec is not None
        self.publication = publication
        self.codec = publication.codec
        self.assembler = FrameAssembler(publication.codec)
        self.dropped = 0
        self._recording = recording
        self._sink = sink
        self._number = sink.next_number()
        self._since = now
        self._after_ns = after_ns
        self._held: list[Frame] = []
        self._announced = False
        self.last_ns = 0
        self._gap: tuple[int, GapReason] | None = None
        self._after_drop = False

    @property
    def needs_key(self) -> bool:
        return self.publication.video and (
            self.assembler.needs_key or (self._after_drop and self._sink.waiting_bytes <= MAX_WAITING_BYTES)
        )

    def advance(self, now: float, wall_now_ns: int) -> None:
        """Pass on what is complete."""
        for item in self.assembler.pop(now):
            if isinstance(item, Frame):
                self._held.append(item)
            elif self._gap is None and self.last_ns:
                self._gap = (self.last_ns, GapReason.NETWORK)
        if self._held and (self.publication.clock.exact or now - self._since > HOLD_S):
            self.flush(wall_now_ns)

    def end(self, wall_ns: int) -> None:
        self.flush(wall_ns)
        if self._announced:
            lost = self.publication.lost
            self._say(TapTrackEnd(number=self._number, wall_ns=max(wall_ns, self.last_ns), lost=lost))

    def _say(self, message: TapMessage) -> None:
        self._sink.send(pack_message(message))

    def flush(self, wall_now_ns: int) -> None:
        """Send what is held."""
        held, self._held = self._held, []
        for frame in held:
            self._send(frame, wall_now_ns)

    def _send(self, frame: Frame, wall_now_ns: int) -> None:
        clock = self.publication.clock
        ticks = clock.unwrap(frame.timestamp_ticks)
        wall_ns = clock.wall_of(ticks)
        if wall_ns is None:
            wall_ns = clock.guess_of(ticks)
        if wall_ns is None or abs(wall_ns - wall_now_ns) > MAX_AWAY_NS:
            wall_ns = wall_now_ns
        wall_ns = max(wall_ns, self.last_ns + 1, self._after_ns + 1)
        full = self._sink.waiting_bytes > MAX_WAITING_BYTES
        if full or len(frame.payload) + _FRAME_HEAD_BYTES > MAX_TAP_BYTES or (self._after_drop and not frame.key):
            self._after_drop = True
            self.dropped += 1
            if self._gap is None:
                self._gap = (self.last_ns or wall_ns, GapReason.TAP_FULL)
            return
        self._after_drop = False
        if not self._announced:
            self._announced = True
            self._say(
                TapTrack(
                    recording=self._recording,
                    number=self._number,
                    participant=self.publication.participant,
                    source=self.publication.source,
                    codec=self.codec,
                    clock_rate_hz=self.publication.clock_rate_hz,
                    wall_ns=wall_ns,
                )
            )
        if self._gap is not None:
            start_ns, reason = self._gap
            self._gap = None
            if wall_ns - start_ns >= MIN_GAP_NS:
                self._say(TapGap(number=self._number, start_ns=start_ns, end_ns=wall_ns, reason=reason))
        self.last_ns = wall_ns
        self._sink.send(pack_frame(TapFrame(self._number, frame.key, wall_ns, frame.payload)))


class RoomTap:
    """Idle until a recording is started; silent while the link is down.

    Call `follow` whenever the set of recorded publications changes, `on_packet` for each of their packets, `tick`
    regularly; ask the publications in `wanting` for keyframes.
    """

    def __init__(self, room: RoomId) -> None:
        self._room = room
        self._recording: RecordingId | None = None
        self._epoch = 0
        self._sink: TapSink | None = None
        self._followed: list[Publication] = []
        self._tracks: dict[int, _Track] = {}
        self._ended_ns: dict[tuple[PersonId, Source], int] = {}
        """Last frame of what was followed; another layer of it must not begin before."""
        self._dropped = 0

    @property
    def recording(self) -> RecordingId | None:
        return self._recording

    @property
    def frames_dropped(self) -> int:
        return self._dropped + sum(track.dropped for track in self._tracks.values())

    def start(self, recording: RecordingId | None, epoch: int, wall_ns: int) -> None:
        """Record as `recording`, as the owner of the room since `epoch`, or stop; repeating it changes nothing."""
        if (recording, epoch) == (self._recording, self._epoch):
            return
        self._close(wall_ns)
        self._recording, self._epoch = recording, epoch
        self._open(wall_ns)

    def connect(self, sink: TapSink, wall_ns: int) -> None:
        """The link is up: everything is announced anew, each video from its next keyframe."""
        self.disconnect()
        self._sink = sink
        self._open(wall_ns)

    def disconnect(self) -> None:
        """The link is down; what was queued on it is lost."""
        self._dropped = self.frames_dropped
        self._tracks.clear()
        self._ended_ns.clear()
        self._sink = None

    def follow(self, publications: Collection[Publication], wall_ns: int) -> None:
        """These are recorded, no others."""
        numbers = {publication.number for publication in publications}
        for number in [number for number in self._tracks if number not in numbers]:
            self._end(number, wall_ns)
        self._followed = list(publications)

    def end(self, publication: Publication, wall_ns: int) -> None:
        """Nothing more will come of it; `follow` hears of that later."""
        if publication.number in self._tracks:
            self._end(publication.number, wall_ns)

    def follows(self, publication: Publication) -> bool:
        """Whether its packets are wanted now."""
        return self._sink is not None and self._recording is not None and publication in self._followed

    def on_packet(self, publication: Publication, packet: MediaPacket, now: float, wall_ns: int) -> None:
        """A packet of a followed publication."""
        if self._sink is None or self._recording is None or publication.codec is None:
            return
        track = self._tracks.get(publication.number)
        if track is not None and track.codec is not publication.codec:
            self._end(publication.number, wall_ns)
            track = None
        if track is None:
            if publication not in self._followed:
                return
            after_ns = self._ended_ns.get((publication.participant, publication.source), -1)
            track = _Track(publication, self._recording, self._sink, now, after_ns=after_ns)
            self._tracks[publication.number] = track
        track.assembler.push(packet, now)
        track.advance(now, wall_ns)

    def on_point(self, by: PersonId, point: PointAt, wall_ns: int) -> None:
        if self._sink is not None and self._recording is not None:
            message = TapPoint(recording=self._recording, wall_ns=wall_ns, by=by, on=point.on, x=point.x, y=point.y)
            self._sink.send(pack_message(message))

    def tick(self, now: float, wall_ns: int) -> None:
        for track in self._tracks.values():
            track.advance(now, wall_ns)

    def wanting(self) -> list[Publication]:
        """Publications without whose keyframe nothing more can be recorded."""
        return [track.publication for track in self._tracks.values() if track.needs_key]

    def _open(self, wall_ns: int) -> None:
        if self._sink is not None and self._recording is not None:
            opening = TapOpen(recording=self._recording, room=self._room, epoch=self._epoch, wall_ns=wall_ns)
            self._sink.send(pack_message(opening))

    def _close(self, wall_ns: int) -> None:
        for track in self._tracks.values():
            track.flush(wall_ns)
        self._dropped = self.frames_dropped
        self._tracks.clear()
        self._ended_ns.clear()
        if self._sink is not None and self._recording is not None:
            self._sink.send(pack_message(TapClose(recording=self._recording, wall_ns=wall_ns)))

    def _end(self, number: int, wall_ns: int) -> None:
        track = self._tracks.pop(number)
        track.end(wall_ns)
        publication = track.publication
        self._ended_ns[publication.participant, publication.source] = track.last_ns
        self._dropped += track.dropped
