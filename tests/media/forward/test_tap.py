"""What the recorder gets of a room: whole frames on one clock, and honest gaps."""

from itertools import pairwise

import pytest

from contract.data import PointAt
from contract.ids import PersonId, RecordingId
from contract.media import Codec, Grants, Source
from contract.recording import GapReason
from contract.tap import TapClose, TapFrame, TapGap, TapMessage, TapOpen, TapPoint, TapTrack, TapTrackEnd, unpack
from media.forward.tap import MAX_WAITING_BYTES
from media.rtp.rtcp import SenderReport, pack_rtcp
from tests.media.forward.client import ALL, NONE, Client
from tests.media.forward.world import WALL_NS, World

pytestmark = pytest.mark.link

RECORDING = RecordingId("rec-1")


class Sink:
    """Takes everything in, and says that it is full when told to."""

    def __init__(self) -> None:
        self.records: list[TapMessage | TapFrame] = []
        self.waiting_bytes = 0
        self._numbers = 0

    def send(self, record: bytes) -> None:
        assert int.from_bytes(record[:4]) == len(record) - 4
        self.records.append(unpack(record[4:]))

    def next_number(self) -> int:
        self._numbers += 1
        return self._numbers

    def tracks(self, source: Source | None = None) -> list[TapTrack]:
        found = [record for record in self.records if isinstance(record, TapTrack)]
        return [track for track in found if source is None or track.source is source]

    def frames(self, number: int) -> list[TapFrame]:
        return [record for record in self.records if isinstance(record, TapFrame) and record.number == number]

    def gaps(self) -> list[TapGap]:
        return [record for record in self.records if isinstance(record, TapGap)]


def recorded(*, loss: float = 0.0, warm_s: float = 2.0) -> tuple[World, Client, Sink]:
    """A room of one, being recorded."""
    world = World()
    anna = world.join("anna", loss=loss, jitter_s=0.01 if loss else 0.0)
    world.run(warm_s)
    sink = Sink()
    world.room.tap_connected(sink, world.now, world.wall_ns)
    world.room.record(RECORDING, world.now, world.wall_ns)
    return world, anna, sink


def test_frames_come_whole_in_order_and_begin_with_a_keyframe() -> None:
    world, anna, sink = recorded()
    world.run(3)
    world.room.record(None, world.now, world.wall_ns)
    assert isinstance(sink.records[0], TapOpen)
    assert isinstance(sink.records[-1], TapClose)
    camera, microphone = sink.tracks(Source.CAMERA)[0], sink.tracks(Source.MICROPHONE)[0]
    assert (camera.codec, camera.clock_rate_hz, camera.participant) == (Codec.VP8, 90_000, anna.participant)
    assert (microphone.codec, microphone.clock_rate_hz) == (Codec.OPUS, 48_000)
    video = sink.frames(camera.number)
    assert video[0].key
    assert len(video) > 80
    # Each part of a simulated frame is 17 bytes: 4 of them, 12 in a keyframe.
    assert {len(frame.payload) for frame in video if not frame.key} == {4 * 17}
    assert {len(frame.payload) for frame in video if frame.key} == {12 * 17}
    assert all(abs(after.wall_ns - before.wall_ns - 33_333_333) < 2e6 for before, after in pairwise(video))
    sound = sink.frames(microphone.number)
    assert all(abs(after.wall_ns - before.wall_ns - 20_000_000) < 1e6 for before, after in pairwise(sound))
    assert not [record for record in sink.records if isinstance(record, TapTrackEnd)], "the close ends them"
    assert sink.gaps() == []


def test_sound_that_takes_300_ms_longer_is_still_in_step() -> None:
    world = World()
    anna = world.join("anna")
    slow = anna.sent[Source.MICROPHONE].ssrc.to_bytes(4)
    straight = anna.up.arrival

    def arrival(packet: bytes, now: float) -> float | None:
        at = straight(packet, now)
        late = packet[8:12] == slow if packet[1] < 192 or packet[1] > 223 else packet[4:8] == slow
        return at + 0.3 if at is not None and late else at

    anna.up.arrival = arrival  # type: ignore[method-assign]  # the path of the sound is longer
    sink = Sink()
    world.room.tap_connected(sink, world.now, world.wall_ns)
    world.room.record(RECORDING, world.now, world.wall_ns)
    began = world.now
    world.run(6)
    for source, period in ((Source.CAMERA, 1 / 30), (Source.MICROPHONE, 0.02)):
        frames = sink.frames(sink.tracks(source)[0].number)
        # Everybody began to send one period after joining; the picture's 20 ms way here stays in all times.
        first_ns = frames[0].wall_ns - WALL_NS - int((began + period) * 1e9)
        assert 0.015e9 < first_ns < 0.055e9, source


def test_what_comes_before_the_first_sender_report_waits_for_it_and_no_longer_than_two_seconds() -> None:
    world = World()
    anna = world.join("anna")
    anna.reports = False
    sink = Sink()
    world.room.tap_connected(sink, world.now, world.wall_ns)
    world.room.record(RECORDING, world.now, world.wall_ns)
    world.run(1.9)
    assert sink.tracks() == []
    world.run(0.3)
    camera = sink.frames(sink.tracks(Source.CAMERA)[0].number)
    assert len(camera) > 50
    assert abs(camera[0].wall_ns - WALL_NS - 100.05e9) < 0.05e9


def test_a_new_owner_opens_the_tap_with_its_epoch_and_repeating_it_changes_nothing() -> None:
    world, _, sink = recorded()
    world.room.record(RECORDING, world.now, world.wall_ns, epoch=7)
    world.room.record(RECORDING, world.now, world.wall_ns, epoch=7)
    opened = [record.epoch for record in sink.records if isinstance(record, TapOpen)]
    assert opened == [0, 7]
    assert sum(isinstance(record, TapClose) for record in sink.records) == 1


def test_lost_packets_that_are_repaired_leave_no_gap() -> None:
    world, _, sink = recorded(loss=0.05)
    world.run(10)
    assert sink.gaps() == []
    video = sink.frames(sink.tracks(Source.CAMERA)[0].number)
    assert len(video) > 10 * 30 - 20


def test_an_outage_is_a_gap_and_the_picture_resumes_with_a_keyframe() -> None:
    world, anna, sink = recorded()
    world.run(1)
    anna.up.loss = 1.0
    world.run(1.5)
    anna.sent[Source.CAMERA].history.clear()
    anna.up.loss = 0.0
    world.run(3)
    camera = sink.tracks(Source.CAMERA)[0].number
    gaps = [gap for gap in sink.gaps() if gap.number == camera]
    assert [gap.reason for gap in gaps] == [GapReason.NETWORK]
    assert 1.4e9 < gaps[0].end_ns - gaps[0].start_ns < 2.5e9
    assert next(frame for frame in sink.frames(camera) if frame.wall_ns >= gaps[0].end_ns).key


def test_a_source_that_ends_says_whether_somebody_wished_it() -> None:
    world, anna, sink = recorded()
    world.run(1)
    anna.sent[Source.CAMERA].on = False
    world.run(5)
    anna.up.loss = 1.0
    world.run(5)
    ends = {record.number: record.lost for record in sink.records if isinstance(record, TapTrackEnd)}
    camera, microphone = sink.tracks(Source.CAMERA)[0].number, sink.tracks(Source.MICROPHONE)[0].number
    assert ends == {camera: None, microphone: GapReason.NETWORK}


def test_a_leg_that_goes_without_anybodys_wish_says_why() -> None:
    world, anna, sink = recorded()
    world.run(1)
    world.room.remove_leg(anna.id, world.wall_ns, lost=GapReason.WORKER)
    assert {record.lost for record in sink.records if isinstance(record, TapTrackEnd)} == {GapReason.WORKER}


def test_a_recorder_that_waits_for_keyframes_makes_the_room_ask_for_them() -> None:
    world, anna, _ = recorded()
    world.run(2)
    asked = len(anna.sent[Source.CAMERA].plis)
    world.room.want_recorded(world.now)
    world.run(0.2)
    assert len(anna.sent[Source.CAMERA].plis) == asked + 1


def test_a_slow_recorder_costs_frames_and_says_so() -> None:
    world, anna, sink = recorded()
    world.run(1)
    asked = len(anna.sent[Source.CAMERA].plis)
    sink.waiting_bytes = MAX_WAITING_BYTES + 1
    world.run(1)
    before = len(sink.records)
    world.run(0.5)
    assert len(sink.records) == before
    sink.waiting_bytes = 0
    world.run(1)
    camera = sink.tracks(Source.CAMERA)[0].number
    gap = next(gap for gap in sink.gaps() if gap.number == camera)
    assert gap.reason is GapReason.TAP_FULL
    assert 1.4e9 < gap.end_ns - gap.start_ns < 1.8e9
    assert next(frame for frame in sink.frames(camera) if frame.wall_ns >= gap.end_ns).key
    assert len(anna.sent[Source.CAMERA].plis) > asked
    assert world.room.counters["tap_frames"] > 40


def test_a_new_connection_to_the_recorder_is_told_everything_again() -> None:
    world, _, sink = recorded()
    world.run(1)
    world.room.tap_lost()
    count = len(sink.records)
    world.run(1)
    assert len(sink.records) == count
    again = Sink()
    world.room.tap_connected(again, world.now, world.wall_ns)
    world.run(1)
    assert isinstance(again.records[0], TapOpen)
    assert {track.source for track in again.tracks()} == {Source.CAMERA, Source.MICROPHONE}
    assert again.frames(again.tracks(Source.CAMERA)[0].number)[0].key


def test_only_who_agreed_is_recorded() -> None:
    world, _, sink = recorded()
    world.join("ben", grants=Grants(publish=True, subscribe=True, record=False))
    world.run(1)
    assert {track.participant for track in sink.tracks()} == {"anna"}
    world.grant("ben", ALL)
    world.run(3)
    assert {track.participant for track in sink.tracks()} == {"anna", "ben"}
    world.grant("ben", Grants(publish=True, subscribe=True, record=False))
    ben = {track.number for track in sink.tracks() if track.participant == "ben"}
    assert {record.number for record in sink.records if isinstance(record, TapTrackEnd)} == ben


def test_a_camera_that_comes_back_is_a_new_track() -> None:
    world, anna, sink = recorded()
    world.run(1)
    anna.sent[Source.CAMERA].on = False
    world.run(4)
    anna.sent[Source.CAMERA].on = True
    anna.sent[Source.CAMERA].key_wanted = True
    world.run(1)
    first, second = sink.tracks(Source.CAMERA)
    assert first.number != second.number
    assert second.wall_ns - first.wall_ns > 4.5e9
    assert sink.frames(second.number)[0].key


def test_pointers_are_recorded() -> None:
    world, anna, sink = recorded()
    world.room.on_point(anna.id, PointAt(on=PersonId("anna"), x=0.1, y=0.9), world.now, world.wall_ns)
    point = next(record for record in sink.records if isinstance(record, TapPoint))
    assert (point.by, point.on, point.x, point.y, point.wall_ns) == ("anna", "anna", 0.1, 0.9, world.wall_ns)


def test_on_hold_headquarters_still_points_at_each_other_and_nothing_of_it_is_recorded() -> None:
    world, anna, sink = recorded()
    ben, store = world.join("ben"), world.join("store")
    world.grant("store", NONE)
    for who in ("anna", "ben"):
        world.grant(who, Grants(publish=True, subscribe=True, record=False))
    for on in ("ben", "store"):
        world.room.on_point(anna.id, PointAt(on=PersonId(on), x=0.1, y=0.9), world.now, world.wall_ns)
    assert [pointed.on for pointed in ben.pointed] == ["ben"], "the store's picture is nobody's to see"
    assert store.pointed == []
    assert not [record for record in sink.records if isinstance(record, TapPoint)]


def test_a_clock_that_lies_does_not_stretch_the_recording() -> None:
    world, anna, sink = recorded()
    track = anna.sent[Source.CAMERA]
    anna.reports = False
    anna.rtcp(pack_rtcp(SenderReport(track.ssrc, 2**63, track.ticks + 2**30 & 0xFFFFFFFF, 0, 0)))
    world.run(1)
    for frame in sink.frames(sink.tracks(Source.CAMERA)[0].number):
        assert abs(frame.wall_ns - world.wall_ns) < 2e9
