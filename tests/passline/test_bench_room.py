"""The bench of a room on mixed links: what it measures with, and that a short run has all its figures."""

import json

import pytest

from contract.media import LAYER_BPS, Layer
from media.rtp.vp8 import frame_size, parse_vp8
from passline.bench import room
from passline.bench.room_ear import FRAME_S, LEAST_WAIT_S, Ear
from passline.bench.room_link import HEADER_BYTES, Link
from passline.bench.room_pictures import FRAME_RATE_HZ, Pictures, layer_of
from passline.bench.room_shown import PAUSED_S, SETTLED_S, Settled, Shown

WAY_S = 0.03


@pytest.mark.unit
def test_a_link_is_as_quick_as_its_rate_and_drops_what_its_queue_does_not_hold() -> None:
    link = Link(1_000_000, WAY_S)
    size = 1000 - HEADER_BYTES
    assert link.arrival(size, 5.0) == pytest.approx(5.008 + WAY_S)
    assert link.arrival(size, 5.0) == pytest.approx(5.016 + WAY_S)
    assert link.arrival(size, 6.0) == pytest.approx(6.008 + WAY_S), "it was free again"
    arrivals = [link.arrival(size, 7.0) for _ in range(60)]
    assert sum(at is None for at in arrivals) == link.lost > 0
    assert link.arrival(size, 8.0) == pytest.approx(8.008 + WAY_S)


def told(ear: Ear, numbers: range, *, late_s: float = 0.0) -> None:
    for number in numbers:
        ear.hear(number, number * FRAME_S, number * FRAME_S + WAY_S + late_s)


@pytest.mark.unit
def test_an_ear_makes_up_what_never_came_and_the_time_that_it_waited() -> None:
    ear = Ear()
    told(ear, range(100, 200))
    assert (ear.lost, ear.concealed) == (0, 0)
    told(ear, range(210, 300))
    assert (ear.lost, ear.concealed) == pytest.approx((0.05, 0.05))
    told(ear, range(299, 301))
    before = ear.concealed
    told(ear, range(301, 400), late_s=LEAST_WAIT_S + 0.1)
    assert ear.lost == pytest.approx(10 / 300)
    assert ear.concealed > before * 200 / 300 + 0.09 / (300 * FRAME_S), "once, and not for each that is as late"
    assert ear.concealed < 10 / 300 + 0.2 / (300 * FRAME_S)


@pytest.mark.unit
def test_a_sound_that_comes_again_in_time_is_not_made_up_and_later_it_is() -> None:
    ear = Ear()
    told(ear, range(50))
    told(ear, range(51, 60))
    ear.hear(50, 50 * FRAME_S, 50 * FRAME_S + WAY_S + 0.04)
    assert ear.concealed == 0
    told(ear, range(61, 70))
    ear.hear(60, 60 * FRAME_S, 60 * FRAME_S + WAY_S + 0.5)
    assert (ear.lost, ear.concealed) == pytest.approx((0, 1 / 70))


@pytest.mark.unit
def test_who_hears_nothing_makes_up_everything() -> None:
    assert (Ear().lost, Ear().concealed) == (1, 1)


def watched(shown: Shown, layer: Layer, since: float, until: float) -> None:
    at = since
    while at < until:
        shown.see(layer, at)
        at += PAUSED_S / 4


@pytest.mark.unit
def test_what_is_shown_settles_where_it_stays() -> None:
    shown = Shown()
    watched(shown, Layer.FULL, 1.0, 3.0)
    watched(shown, Layer.QUARTER, 3.0, 5.0)
    watched(shown, Layer.HALF, 5.0, 6.0)
    watched(shown, Layer.QUARTER, 6.0, 7.0)
    watched(shown, Layer.HALF, 7.0, 60.0)
    layer, settle_s, changes = shown.settled(0.0, 60.0)
    assert (layer, changes) == (Layer.HALF, 4)
    assert settle_s == pytest.approx(6.0)


@pytest.mark.unit
def test_a_picture_that_stops_is_paused() -> None:
    shown = Shown()
    assert shown.settled(0.0, 60.0) == Settled(None, 0.0, 0)
    watched(shown, Layer.QUARTER, 1.0, 10.0)
    layer, settle_s, changes = shown.settled(0.0, 60.0)
    assert (layer, changes) == (None, 1)
    assert 9.0 - PAUSED_S < settle_s < 9.0 + PAUSED_S
    watched(shown, Layer.QUARTER, 60.0, 60.0 + SETTLED_S)
    assert shown.settled(0.0, 60.0 + SETTLED_S).changes == 2


@pytest.mark.unit
def test_pictures_are_as_large_as_their_layer_and_say_what_a_forwarder_reads() -> None:
    for layer, height_px in ((Layer.QUARTER, 180), (Layer.HALF, 360), (Layer.FULL, 720)):
        pictures = Pictures(layer)
        first = pictures.next(key=True)
        descriptor = parse_vp8(first[0])
        assert descriptor.starts_keyframe
        assert frame_size(first[0][descriptor.data_at :]) == (height_px * 16 // 9, height_px)
        assert not any(parse_vp8(payload).starts_keyframe for payload in first[1:])
        others = [payload for _ in range(10 * FRAME_RATE_HZ) for payload in pictures.next(key=False)]
        assert not any(parse_vp8(payload).starts_keyframe for payload in others)
        assert 8 * sum(map(len, others)) / 10 == pytest.approx(LAYER_BPS[layer], rel=0.1)
        assert {layer_of(payload) for payload in [*first, *others]} == {layer}


@pytest.mark.flow
def test_a_short_run_has_all_its_figures() -> None:
    runs = (room.run(seconds=2.0, rates=(400_000, 5_000_000)) for _ in range(5))
    result = next(run for run in runs if run["rows"][1]["lost_percent"] < 100)  # a busy machine may stand still
    json.dumps(result)
    assert list(result) == [
        "rows",
        "seconds",
        "plane",
        "worst_concealed_percent",
        "worst_later_concealed_percent",
        "longest_settle_s",
    ]
    assert [row["rate_kbps"] for row in result["rows"]] == [400, 5000]
    for row in result["rows"]:
        assert row["layer"] in (None, *Layer)
        assert 0 <= row["lost_percent"] <= row["concealed_percent"] <= 100
        assert row["settle_s"] >= 0
