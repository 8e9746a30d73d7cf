"""Files begin and end where the rules say, and nothing gets lost in between."""

import pytest

from contract.media import Codec
from contract.recording import GapReason
from recorder.segment import Action, Close, Hole, Open, Sample, Segmenter, Write
from tests.support.encoded import picture_frames

pytestmark = pytest.mark.unit

MS = 1_000_000
BEAT_MS = 500
ZERO = 1_800_000_000_000 * MS


def vp8_key(width_px: int = 640, height_px: int = 360) -> bytes:
    return b"\x10\0\0\x9d\x01\x2a" + width_px.to_bytes(2, "little") + height_px.to_bytes(2, "little") + b"key"


class Feed:
    """Feeds a segmenter in beats, as its owner does, and keeps what it does."""

    def __init__(self, *codecs: Codec) -> None:
        self._ticked_ms = 0
        self.segmenter = Segmenter()
        self.actions: list[Action] = []
        for codec in codecs:
            self.segmenter.track(codec)

    def sound(self, start_ms: int, end_ms: int) -> None:
        for at_ms in range(start_ms, end_ms, 20):
            self.frame(at_ms, b"sound", video=False)

    def picture(self, start_ms: int, end_ms: int, key: bytes | None = None) -> None:
        for at_ms in range(start_ms, end_ms, 40):
            self.frame(
                at_ms, key if key and at_ms == start_ms else b"\x01delta", key=at_ms == start_ms and key is not None
            )

    def both(self, start_ms: int, end_ms: int, key: bytes | None = None) -> None:
        for at_ms in range(start_ms, end_ms, 40):
            self.picture(at_ms, at_ms + 40, key if at_ms == start_ms else None)
            self.sound(at_ms, at_ms + 40)

    def frame(self, at_ms: int, payload: bytes, *, video: bool = True, key: bool = False) -> None:
        self.segmenter.frame(Sample(ZERO + at_ms * MS, video, key, payload))
        self.actions += self.segmenter.drain()
        if at_ms - self._ticked_ms >= BEAT_MS:
            self.tick(at_ms)

    def tick(self, at_ms: int) -> None:
        self._ticked_ms = at_ms
        self.segmenter.tick(ZERO + at_ms * MS)
        self.actions += self.segmenter.drain()

    def finish(self) -> "Feed":
        self.segmenter.finish()
        self.actions += self.segmenter.drain()
        return self

    @property
    def opened_ms(self) -> list[tuple[int, bool]]:
        """(start, has a picture) of each file."""
        return [((a.wall_ns - ZERO) // MS, a.picture is not None) for a in self.actions if isinstance(a, Open)]

    @property
    def files(self) -> list[list[Sample]]:
        out: list[list[Sample]] = []
        for action in self.actions:
            if isinstance(action, Open):
                out.append([])
            elif isinstance(action, Write):
                out[-1] += action.samples
        return out

    @property
    def holes_ms(self) -> list[tuple[int, int, GapReason]]:
        return [
            ((a.start_ns - ZERO) // MS, (a.end_ns - ZERO) // MS, a.reason) for a in self.actions if isinstance(a, Hole)
        ]


def test_everything_written_is_in_order_and_nothing_waits_long() -> None:
    feed = Feed(Codec.VP8, Codec.OPUS)
    feed.picture(0, 40, vp8_key())
    for at_ms in range(40, 5000, 40):
        # Pictures arrive 60 ms later than the sound captured with them.
        feed.frame(at_ms - 40, b"\x01", video=True) if at_ms > 80 else None
        feed.sound(at_ms, at_ms + 40)
        written = sum(map(len, feed.files))
        if at_ms > 1000:
            newest = max(sample.wall_ns for file in feed.files for sample in file)
            assert at_ms * MS + ZERO - newest < (BEAT_MS + 160) * MS, written
    (file,) = feed.finish().files
    assert file == sorted(file, key=lambda sample: sample.wall_ns)
    assert isinstance(feed.actions[-1], Close)


def test_sound_that_starts_a_second_before_the_picture_shares_its_file() -> None:
    feed = Feed(Codec.OPUS, Codec.VP8)
    feed.sound(0, 1000)
    assert feed.actions == []
    feed.both(1000, 4000, vp8_key())
    assert feed.finish().opened_ms == [(0, True)]
    assert len(feed.files[0]) == 200 + 75


@pytest.mark.parametrize("first", [True, False])
def test_a_track_that_is_held_back_for_two_seconds_is_written_in_its_place(first: bool) -> None:
    feed = Feed(Codec.OPUS, Codec.VP8)
    samples = [Sample(ZERO + ms * MS, ms % 40 == 0, ms == 0, vp8_key()) for ms in range(0, 2000, 20)]
    samples = [s._replace(wall_ns=s.wall_ns + (0 if s.video else 5 * MS)) for s in samples]
    for sample in sorted(samples, key=lambda sample: sample.video is not first):
        feed.segmenter.frame(sample)
        feed.actions += feed.segmenter.drain()
    feed.both(2000, 4000)
    (file,) = feed.finish().files
    assert len(file) == 100 + 150
    assert file == sorted(file, key=lambda sample: sample.wall_ns)


def test_a_picture_that_comes_four_seconds_late_begins_a_file_of_its_own_with_the_sound() -> None:
    feed = Feed(Codec.OPUS)
    feed.sound(0, 4000)
    feed.segmenter.track(Codec.VP8)
    feed.both(4000, 6000, vp8_key())
    assert feed.finish().opened_ms == [(0, False), (4000, True)]
    assert [len(file) for file in feed.files] == [200, 150]


def test_sound_that_comes_later_cuts_nothing() -> None:
    feed = Feed(Codec.VP8)
    feed.picture(0, 3000, vp8_key())
    feed.segmenter.track(Codec.OPUS)
    feed.both(3000, 5000)
    assert feed.finish().opened_ms == [(0, True)]


def test_muted_pictures_and_sound_cut_nothing_and_sound_still_reaches_the_disk() -> None:
    feed = Feed(Codec.VP8, Codec.OPUS)
    feed.both(0, 2000, vp8_key())
    feed.sound(2000, 8000)
    assert sum(not sample.video for sample in feed.files[0]) > 370
    feed.picture(8000, 9000)
    assert feed.finish().opened_ms == [(0, True)]
    assert feed.holes_ms == []


def test_when_the_picture_ends_the_sound_goes_on_alone_and_its_return_begins_another() -> None:
    feed = Feed(Codec.VP8, Codec.OPUS)
    feed.both(0, 2000, vp8_key())
    feed.segmenter.ended(video=True, wall_ns=ZERO + 2000 * MS)
    feed.sound(2000, 8000)
    feed.segmenter.track(Codec.VP8)
    feed.both(8000, 10_000, vp8_key())
    assert feed.finish().opened_ms == [(0, True), (5000, False), (8000, True)]
    assert feed.holes_ms == []


def test_a_rejoin_within_a_second_goes_on_in_the_same_file() -> None:
    feed = Feed(Codec.VP8, Codec.OPUS)
    feed.both(0, 2000, vp8_key())
    for video in (True, False):
        feed.segmenter.ended(video=video, wall_ns=ZERO + 2000 * MS)
    feed.segmenter.track(Codec.OPUS)
    feed.segmenter.track(Codec.VP8)
    feed.both(2600, 4000, vp8_key())
    assert feed.finish().opened_ms == [(0, True)]


def test_when_both_end_the_file_ends() -> None:
    feed = Feed(Codec.VP8, Codec.OPUS)
    feed.both(0, 2000, vp8_key())
    for video in (True, False):
        feed.segmenter.ended(video=video, wall_ns=ZERO + 2000 * MS)
    feed.tick(2200)
    feed.tick(2400)
    assert not any(isinstance(action, Close) for action in feed.actions)
    feed.tick(5000)
    assert isinstance(feed.actions[-1], Close)
    assert len(feed.files[0]) == 150


def test_after_a_loss_pictures_wait_for_a_keyframe_and_the_hole_is_told() -> None:
    feed = Feed(Codec.VP8, Codec.OPUS)
    feed.both(0, 2000, vp8_key())
    feed.segmenter.lost(video=True, reason=GapReason.NETWORK, start_ns=ZERO + 1960 * MS)
    feed.both(2200, 3000)
    feed.both(3000, 4000, vp8_key())
    assert feed.finish().opened_ms == [(0, True)]
    assert feed.holes_ms == [(1960, 3000, GapReason.NETWORK)]
    assert not [s for s in feed.files[0] if s.video and ZERO + 2000 * MS <= s.wall_ns < ZERO + 3000 * MS]
    assert sum(not s.video for s in feed.files[0]) == 100 + 90


def test_vp8_may_change_size_inside_a_file_h264_may_not() -> None:
    feed = Feed(Codec.VP8)
    feed.picture(0, 3000, vp8_key())
    feed.picture(3000, 4000, vp8_key(320, 180))
    assert feed.finish().opened_ms == [(0, True)]
    large = picture_frames(Codec.H264, 1, 0.2)[0].payload
    small = picture_frames(Codec.H264, 1, 0.2, width_px=160, height_px=90)[0].payload
    feed = Feed(Codec.H264, Codec.OPUS)
    feed.both(0, 1000, large)
    feed.both(1000, 2000, large)
    feed.both(2000, 3000, small)
    assert feed.finish().opened_ms == [(0, True), (2000, True)]
    sizes = [(a.picture.width_px, a.picture.height_px) for a in feed.actions if isinstance(a, Open) and a.picture]
    assert sizes == [(320, 180), (160, 90)]


def test_another_codec_begins_another_file() -> None:
    feed = Feed(Codec.VP8, Codec.OPUS)
    feed.both(0, 1000, vp8_key())
    feed.segmenter.track(Codec.H264)
    feed.both(1000, 2000, picture_frames(Codec.H264, 1, 0.2)[0].payload)
    assert feed.finish().opened_ms == [(0, True), (1000, True)]


def test_sound_alone_is_recorded_after_a_while() -> None:
    feed = Feed(Codec.OPUS)
    feed.sound(0, 2500)
    assert feed.actions == []
    feed.sound(2500, 3000)
    assert feed.opened_ms == [(0, False)]


def test_the_last_words_are_written_when_nothing_follows() -> None:
    feed = Feed(Codec.VP8, Codec.OPUS)
    feed.both(0, 2000, vp8_key())
    feed.tick(2100)
    feed.tick(2350)
    assert len(feed.files[0]) == 150
    short = Feed(Codec.OPUS)
    short.sound(0, 100)
    short.tick(150)
    short.tick(400)
    assert short.actions == []
    short.tick(2600)
    assert len(short.files[0]) == 5


def test_frames_before_the_first_keyframe_and_of_no_track_are_counted() -> None:
    feed = Feed(Codec.VP8)
    feed.picture(0, 400)
    feed.sound(0, 40)
    assert feed.segmenter.left_out == 12
    assert feed.finish().actions == []


def test_a_pause_closes_the_file_and_is_a_hole_up_to_the_next_usable_frame_of_each_track() -> None:
    feed = Feed(Codec.VP8, Codec.OPUS)
    feed.both(0, 2000, vp8_key())
    feed.segmenter.pause(GapReason.DISK_FULL)
    feed.actions += feed.segmenter.drain()
    assert isinstance(feed.actions[-1], Close)
    assert sum(len(samples) for samples in feed.files) == 150
    feed.sound(5000, 6000)
    feed.picture(6000, 6200)
    assert feed.segmenter.wants_keyframe()
    assert not feed.segmenter.wants_keyframe()
    feed.both(7000, 9000, vp8_key())
    holes = [action for action in feed.finish().actions if isinstance(action, Hole)]
    assert [((hole.start_ns - ZERO) // MS, (hole.end_ns - ZERO) // MS, hole.video, hole.reason) for hole in holes] == [
        (1980, 5000, False, GapReason.DISK_FULL),
        (1960, 7000, True, GapReason.DISK_FULL),
    ]


def test_a_pause_that_lasts_to_the_end_is_a_hole_to_the_end() -> None:
    feed = Feed(Codec.OPUS)
    feed.sound(0, 3000)
    feed.segmenter.pause(GapReason.DISK_FULL)
    feed.segmenter.finish(ZERO + 60_000 * MS)
    holes = [action for action in feed.segmenter.drain() if isinstance(action, Hole)]
    assert holes == [Hole(False, ZERO + 2980 * MS, ZERO + 60_000 * MS, GapReason.DISK_FULL)]


@pytest.mark.parametrize("lost", [None, GapReason.WORKER])
def test_a_track_that_ended_without_anybodys_wish_leaves_a_hole_and_no_other_does(lost: GapReason | None) -> None:
    feed = Feed(Codec.OPUS)
    feed.sound(0, 3000)
    feed.segmenter.ended(video=False, wall_ns=ZERO + 3000 * MS)
    if lost is not None:
        feed.segmenter.lost(video=False, reason=lost)
    feed.segmenter.track(Codec.OPUS)
    feed.sound(5000, 8000)
    holes = [action for action in feed.finish().actions if isinstance(action, Hole)]
    assert holes == ([Hole(False, ZERO + 2980 * MS, ZERO + 5000 * MS, lost)] if lost else [])


def test_who_was_cut_off_and_never_came_back_is_missed_until_the_end() -> None:
    feed = Feed(Codec.VP8, Codec.OPUS)
    feed.both(0, 2000, vp8_key())
    feed.segmenter.ended(video=True, wall_ns=ZERO + 5000 * MS)
    feed.segmenter.lost(video=True, reason=GapReason.NETWORK)
    feed.segmenter.finish(ZERO + 20_000 * MS)
    feed.actions += feed.segmenter.drain()
    assert feed.holes_ms == [(1960, 20_000, GapReason.NETWORK)]
