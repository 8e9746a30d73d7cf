"""NACK timing, keyframe throttle, clocks, slot numbers, speakers, bandwidth: rules in virtual time."""

import itertools

import pytest

from media.rtp.bandwidth import (
    CAP_BPS,
    FLOOR_BPS,
    FRESH_S,
    LEAST_BPS,
    PICTURE_PART,
    REPEATS_PART,
    SOUND_BPS,
    Estimate,
    publisher_bps,
)
from media.rtp.cache import MediaPacket
from media.rtp.clock import PublisherClock, TrackClock, ntp_from_wall, wall_from_ntp
from media.rtp.nack import FEW, GIVE_UP_S, MAX_MISSING, OUTAGE_S, REORDER_S, RETRY_S, TRIES, NackGenerator
from media.rtp.rewrite import Newest, Rewriter
from media.rtp.speakers import Speakers, level_dbov
from media.rtp.throttle import BURST, SPACING_S, UNDER_WAY_S, KeyframeThrottle
from media.rtp.vp8 import parse_vp8

pytestmark = pytest.mark.unit

WALL_NS = 1_790_000_000_000_000_000


# --- NACK


def test_a_reordered_packet_is_not_asked_for() -> None:
    nack = NackGenerator()
    assert nack.on_packet(70_000, 0.0)
    assert nack.on_packet(70_002, 0.0)
    assert nack.due(REORDER_S / 2, 0.0) == []
    assert nack.on_packet(70_001, REORDER_S / 2)
    assert not nack.waiting
    assert not nack.on_packet(70_001, 0.1), "the same again is a duplicate"


def test_a_missing_packet_is_asked_for_by_the_clock_until_it_is_given_up() -> None:
    nack = NackGenerator()
    nack.on_packet(65_534, 0.0)
    nack.on_packet(65_537, 0.0)
    asked = []
    for milliseconds in range(0, 1500, 5):
        now = milliseconds / 1000
        if nack.due(now, 0.0):
            asked.append(now)
    assert asked[0] == pytest.approx(REORDER_S)
    assert len(asked) == TRIES
    assert all(later - sooner >= RETRY_S - 1e-9 for sooner, later in itertools.pairwise(asked))
    assert nack.given_up == 2
    assert nack.broken
    assert not nack.waiting
    assert not nack.on_packet(65_535, 2.0)


def test_the_wire_numbers_wrap() -> None:
    nack = NackGenerator()
    nack.on_packet(65_534, 0.0)
    nack.on_packet(65_538, 0.0)
    assert nack.due(1.0 - GIVE_UP_S + REORDER_S, 0.0) == [65_535, 0, 1]


def test_a_long_round_trip_slows_the_retries() -> None:
    nack = NackGenerator()
    nack.on_packet(1, 0.0)
    nack.on_packet(3, 0.0)
    assert nack.due(0.02, 0.3) == [2]
    assert nack.due(0.25, 0.3) == []
    assert nack.due(0.33, 0.3) == [2]


def test_what_is_soon_too_late_is_asked_for_again_whatever_is_under_way() -> None:
    nack = NackGenerator(reorder_s=0.0, eager_s=0.015, give_up_s=0.301)
    nack.on_packet(1, 0.0)
    nack.on_packet(3, 0.0)
    asked = [at / 1000 for at in range(0, 400, 5) if nack.due(at / 1000, 0.3)]
    assert asked[:3] == [0.0, 0.015, 0.030]
    assert len(asked) > TRIES
    assert asked[-1] >= 0.285
    assert nack.given_up == 1


def test_a_hole_too_large_to_repair_is_given_up_at_once() -> None:
    nack = NackGenerator()
    nack.on_packet(1, 0.0)
    nack.on_packet(MAX_MISSING + 100, 0.0)
    assert not nack.waiting
    assert nack.broken
    nack = NackGenerator()
    for number in range(0, 4 * MAX_MISSING, 2):
        nack.on_packet(number, 0.0)
    assert len(nack.due(0.5, 0.0)) == MAX_MISSING


def test_what_was_lost_in_an_outage_is_not_asked_for_but_given_up_at_once() -> None:
    nack = NackGenerator()
    nack.on_packet(65_530, 0.0)
    nack.on_packet(65_532, 0.01)
    nack.on_packet(65_533 + FEW + 1, 0.01 + OUTAGE_S)
    assert nack.broken
    assert nack.given_up == FEW + 2, "and with it what was missing before"
    assert not nack.waiting
    assert not nack.on_packet(65_531, 1.1)


def test_a_hole_is_asked_for_if_it_was_short_or_is_small() -> None:
    for lost, lasted_s in ((FEW + 1, OUTAGE_S - 0.01), (FEW, 3.0)):
        nack = NackGenerator()
        nack.on_packet(10, 0.0)
        nack.on_packet(11 + lost, lasted_s)
        assert not nack.broken
        assert len(nack.due(lasted_s + REORDER_S, 0.0)) == lost


def test_an_outage_begins_with_the_last_packet_whichever_way_that_came() -> None:
    nack = NackGenerator()
    nack.on_packet(10, 0.0)
    nack.on_passed(20, 1.0)
    nack.on_packet(20 + 2 * FEW, 1.0 + OUTAGE_S / 2)
    assert not nack.broken
    assert nack.waiting


# --- keyframe requests


def test_keyframe_requests_are_spaced_and_none_is_forgotten() -> None:
    throttle = KeyframeThrottle()
    assert throttle.request(0.0, first=False)
    assert not throttle.request(0.1, first=False)
    assert not throttle.due(0.2)
    assert throttle.request(0.2, first=True)
    assert not throttle.due(SPACING_S), "the first one of a slot was answered for all"
    assert not throttle.request(0.3, first=False)
    assert throttle.due(0.21 + SPACING_S)
    assert not throttle.due(0.2 + 2 * SPACING_S)
    assert not throttle.request(0.8, first=False)
    throttle.on_keyframe()
    assert not throttle.due(5.0)


def test_a_keyframe_that_does_not_come_is_asked_for_again_until_it_does() -> None:
    throttle = KeyframeThrottle()
    assert throttle.request(0.0, first=False)
    sent = [at / 100 for at in range(1, 300) if throttle.due(at / 100)]
    assert sent == pytest.approx([SPACING_S, 2 * SPACING_S, 3 * SPACING_S, 4 * SPACING_S, 5 * SPACING_S], abs=0.011)
    throttle.on_keyframe()
    assert not throttle.due(10.0)


def test_many_new_watchers_at_once_are_served_by_one_keyframe() -> None:
    throttle = KeyframeThrottle()
    assert throttle.request(0.0, first=True)
    assert not any(throttle.request(at / 1000, first=True) for at in range(1, 100))
    throttle.on_keyframe()
    assert throttle.request(0.1, first=True), "who comes after it needs another"
    assert throttle.request(0.1 + UNDER_WAY_S + 0.01, first=True), "one that does not come is asked for again"


def test_no_stream_of_new_watchers_gets_more_than_two_keyframes_a_second_for_long() -> None:
    throttle = KeyframeThrottle()
    sent = 0
    for at in range(10_000):
        sent += throttle.request(at / 1000, first=True) or throttle.due(at / 1000)
        throttle.on_keyframe()
    assert 20 <= sent <= 20 + BURST


# --- clocks


@pytest.mark.parametrize("wall_ns", [0, 1, WALL_NS, WALL_NS + 999_999_999, 2_085_978_495_999_999_999])
def test_ntp_time_and_ours_are_the_same_moment(wall_ns: int) -> None:
    assert abs(wall_from_ntp(ntp_from_wall(wall_ns)) - wall_ns) <= 1


def test_two_tracks_of_a_publisher_meet_on_our_clock_over_the_wrap() -> None:
    publisher = PublisherClock()
    sound, picture = TrackClock(48_000, publisher), TrackClock(90_000, publisher)
    their_zero_ns = 1_000_000_000_000_000_000  # a clock that is years behind
    origins = {id(sound): 2**32 - 24_000, id(picture): 2**32 - 45_000}

    def ticks(track: TrackClock, rate: int, seconds: float) -> int:
        return (origins[id(track)] + int(seconds * rate)) & 0xFFFFFFFF

    for track, rate, delay_ns in ((sound, 48_000, 330_000_000), (picture, 90_000, 30_000_000)):
        assert track.wall_of(0) is None
        track.on_packet(ticks(track, rate, 0.0), WALL_NS)
        ntp = ntp_from_wall(their_zero_ns + 500_000_000)
        track.on_report(ntp, ticks(track, rate, 0.5), WALL_NS + 500_000_000 + delay_ns)
        assert track.exact
    at = {}
    for track, rate in ((sound, 48_000), (picture, 90_000)):
        number = track.on_packet(ticks(track, rate, 2.0), WALL_NS + 2_000_000_000)
        at[rate] = track.wall_of(number)
        assert track.ticks_at(at[rate] or 0) in (number, number - 1)
    assert at[48_000] is not None
    assert abs(at[48_000] - (at[90_000] or 0)) < 100
    assert abs(at[48_000] - (WALL_NS + 2_030_000_000)) < 1000


def test_a_report_without_a_clock_is_no_report() -> None:
    track = TrackClock(48_000, PublisherClock())
    number = track.on_packet(5, WALL_NS)
    track.on_report(0, 5, WALL_NS)
    assert not track.exact
    assert track.wall_of(number) is None
    assert track.guess_of(number) == pytest.approx(WALL_NS, abs=2)


def test_a_drifting_clock_is_followed() -> None:
    publisher = PublisherClock()
    for second in range(300):
        publisher.on_report(int(second * 1e9 * 0.9999), WALL_NS + int(second * 1e9))
    drifted = publisher.ahead_ns
    assert drifted is not None
    assert 0.020e9 < drifted - WALL_NS < 0.030e9, "within the last minute's drift"


# --- a slot's numbers


def vp8(number: int, ticks: int, picture: int, tl0: int) -> MediaPacket:
    payload = bytes([0x90, 0xC0, 0x80 | picture >> 8, picture & 0xFF, tl0, 0, 0])
    return MediaPacket(number, ticks, 0, payload, parse_vp8(payload))


def test_a_switch_goes_on_where_the_source_before_ended() -> None:
    numbers = Rewriter(clock_rate_hz=90_000, sequence=7, timestamp_ticks=2**32 - 1)
    first = vp8(65_535, 2**32 - 5, 0x7FFF, 255)
    begun = numbers.switch(1, first, 10.0)
    assert (first.sequence + begun.sequence) & 0xFFFF == 8
    assert (first.timestamp_ticks + begun.timestamp_ticks) & 0xFFFFFFFF == 2**32 - 1
    assert (begun.picture_id, begun.tl0) == (0, 0), "the first source keeps its own"
    numbers.leave(Newest(vp8(65_545, 85, 4, 3), 11.0), begun)
    other = vp8(1_000_000, 77, 500, 100)
    after = numbers.switch(2, other, 13.0)
    assert (other.sequence + after.sequence) & 0xFFFF == 8 + 10 + 1
    last_ticks = (85 + begun.timestamp_ticks) & 0xFFFFFFFF
    assert (other.timestamp_ticks + after.timestamp_ticks - last_ticks) & 0xFFFFFFFF == 2 * 90_000
    assert (500 + after.picture_id) & 0x7FFF == 5
    assert (100 + after.tl0) & 0xFF == 4


def test_a_repeat_is_found_in_the_source_it_came_from() -> None:
    numbers = Rewriter(clock_rate_hz=90_000, sequence=32_000, timestamp_ticks=0)
    highest = 65_536 + 32_000
    begins = {}
    for source in range(1, 7):
        offsets = numbers.switch(source, vp8(source * 1_000_000, 0, 0, 0), float(source))
        begins[source] = highest + 1
        numbers.leave(Newest(vp8(source * 1_000_000 + 9, 0, 0, 0), source + 0.5), offsets)
        highest += 10
    for source in (3, 4, 5, 6):
        found = numbers.locate((begins[source] + 4) & 0xFFFF, highest)
        assert found is not None
        assert (found[0].source, found[1]) == (source, source * 1_000_000 + 4)
    assert numbers.locate(begins[2] & 0xFFFF, highest) is None, "too long ago"
    assert numbers.locate((highest + 1) & 0xFFFF, highest) is None, "never sent"


def test_a_source_that_sent_nothing_leaves_no_trace() -> None:
    numbers = Rewriter(clock_rate_hz=48_000, sequence=0, timestamp_ticks=0)
    offsets = numbers.switch(1, vp8(100, 5, 1, 1), 0.0)
    numbers.leave(Newest(vp8(99, 4, 0, 0), 0.0), offsets)
    again = numbers.switch(2, vp8(7, 5, 1, 1), 0.0)
    assert 7 + again.sequence == 100 + offsets.sequence


# --- speakers and bandwidth


def test_who_speaks_comes_first_then_who_spoke_last() -> None:
    speakers: Speakers[str] = Speakers()
    everybody = ["a", "b", "c", "d"]
    assert speakers.ranked(everybody, 0.0) == everybody
    for step in range(100):
        speakers.on_level("c", -20, step * 0.02)
    for step in range(100):
        speakers.on_level("b", -30, 2 + step * 0.02)
        speakers.on_level("c", -127, 2 + step * 0.02)
        speakers.on_level("d", -60, 2 + step * 0.02)
    assert speakers.speaking("b", 4.0)
    assert speakers.speaking("c", 3.0), "a pause does not end an utterance"
    assert not speakers.speaking("c", 4.5)
    assert not speakers.speaking("d", 4.0)
    assert speakers.ranked(everybody, 4.0) == ["b", "c", "a", "d"]
    speakers.forget("b")
    assert speakers.ranked(everybody, 4.0) == ["c", "a", "b", "d"]


def test_a_level_is_read_without_its_voice_bit() -> None:
    assert (level_dbov(b"\xff"), level_dbov(b"\x1e"), level_dbov(b"")) == (-127, -30, None)


def test_a_publisher_hears_the_least_of_its_watchers_within_bounds() -> None:
    estimate = Estimate()
    assert estimate.share_bps(1, 0.0) == CAP_BPS
    estimate.on_remb(3_000_000, 0.0)
    assert estimate.share_bps(2, 1.0) == 1_500_000
    assert estimate.share_bps(0, 1.0) == 3_000_000
    assert estimate.share_bps(2, FRESH_S + 1) == CAP_BPS
    assert publisher_bps([]) == CAP_BPS
    assert publisher_bps([9_000_000, 1_500_000]) == 1_500_000
    assert publisher_bps([9_000_000, 1000]) == FLOOR_BPS, "others see it too"
    assert publisher_bps([180_000, 150_000]) == 180_000, "nobody could see more"
    assert publisher_bps([150_000]) == 150_000
    assert publisher_bps([1000]) == LEAST_BPS


def test_a_measured_link_counts_before_a_remb_and_leaves_room_for_the_voice() -> None:
    estimate = Estimate()
    estimate.on_remb(900_000, 0.0)
    assert estimate.video_bps(1.0) == 900_000
    assert estimate.repeat_bps() is None
    estimate.sending.bps = 400_000
    assert estimate.video_bps(1.0) == 400_000 * PICTURE_PART - SOUND_BPS
    assert estimate.share_bps(2, 100.0) == (400_000 * PICTURE_PART - SOUND_BPS) // 2, "it does not grow old"
    assert estimate.repeat_bps() == 400_000 * REPEATS_PART
    estimate.sending.bps = 40_000
    assert estimate.share_bps(1, 1.0) == 0
    assert estimate.probe_bytes(1, 1.0) > 0
    assert estimate.probe_bytes(0, 1.0) == 0, "nobody wants more"
    estimate.sending.bps = 4_000_000
    assert estimate.probe_bytes(1, 1.0) == 0


def test_only_a_fall_is_told_at_once() -> None:
    estimate = Estimate()
    assert not estimate.fell(0.0)
    estimate.on_remb(2_000_000, 0.0)
    assert estimate.fell(0.0), "a limit where there was none"
    assert not estimate.fell(0.1)
    estimate.on_remb(1_900_000, 0.2)
    assert not estimate.fell(0.2)
    estimate.on_remb(1_700_000, 0.3)
    assert estimate.fell(0.3)
    estimate.on_remb(1_800_000, 0.4)
    assert not estimate.fell(0.4)
    estimate.on_remb(1_600_000, 0.5)
    assert estimate.fell(0.5)
