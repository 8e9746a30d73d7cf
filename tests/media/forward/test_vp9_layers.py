"""A camera in layers of VP9, in virtual time: numbers of pictures go on over every switch."""

from itertools import pairwise

import pytest

from contract.media import Codec, Grants
from media.rtp.packet import parse_header
from media.rtp.vp9 import parse_vp9
from tests.media.forward.client import VP8, VP9, Heard
from tests.media.forward.layered import LayeredClient, join
from tests.media.forward.seen import whole_frames
from tests.media.forward.test_layers import SETTLED_S, narrow, resize, shown
from tests.media.forward.world import World

pytestmark = [pytest.mark.link, pytest.mark.usefixtures("plane")]

WATCH = Grants(publish=False, subscribe=True, record=False)


def camera(world: World, *, loss: float = 0.0) -> LayeredClient:
    anna = join(world, "anna", loss=loss, jitter_s=0.01 if loss else 0.0, vp9=True)
    for track in anna.layers.values():
        track.vp9 = True
    return anna


def assert_continuous(heard: Heard) -> None:
    """No number is missing, no picture id or TL0PICIDX is left out or used twice, and every picture that is of another
    layer begins with one that needs no other."""
    assert heard.missing() == []
    for before, after in pairwise(heard.media()):
        told, then = (
            parse_vp9(packet[parse_header(packet).payload_at :])
            for packet in (heard.packets[before[0]], heard.packets[after[0]])
        )
        same = before[4:6] == after[4:6]
        assert then.picture_id == told.picture_id + (not same) & 0x7FFF
        assert then.tl0 == told.tl0 + (not same) & 0xFF
        assert ((after[1] - before[1]) & 0xFFFFFFFF == 0) == same
        assert before[4] == after[4] or then.starts_keyframe


@pytest.mark.parametrize("wraps", [False, True])
def test_layers_switch_under_five_percent_loss_and_pictures_are_numbered_on(*, wraps: bool) -> None:
    world = World(video_codecs=[Codec.VP9])
    anna = camera(world, loss=0.05)
    for number, track in enumerate(anna.layers.values()):
        # In non-flexible mode every picture of the one layer raises TL0PICIDX: both counters begin anywhere.
        track.frame = 200 + 20 * number
        if wraps:
            track.sequence, track.ticks, track.picture_id = 65_500, 2**32 - 5_000, 0x7FFF - 40 * number
    viewer = join(world, "viewer", publishes=False, grants=WATCH, loss=0.05, jitter_s=0.01, numbered=False, vp9=True)
    join(world, "ben", publishes=False, grants=WATCH, vp9=True)
    assert world.room.codec is Codec.VP9
    world.run(2)
    for turn in range(10):
        resize(viewer, (180, 720, 360)[turn % 3])
        world.run(1.5)
    anna.able.clear()
    world.run(1)
    heard = viewer.slot()
    assert_continuous(heard)
    assert {parse_header(packet).payload_type for packet in heard.packets.values()} == {VP9}
    frames = whole_frames(heard)
    switches = [(before, after) for before, after in pairwise(frames) if before[0] != after[0]]
    assert len(switches) == 10, "and no frame of the layer before follows the first of the new one"
    gaps = sorted(max(after[2] - before[2], 0.0) for before, after in switches)
    assert gaps[int(len(gaps) * 0.95)] <= 0.5


def test_a_narrow_link_gets_a_smaller_layer_and_one_without_vp9_makes_all_use_vp8() -> None:
    world = World(video_codecs=[Codec.VP9])
    anna = camera(world)
    ben = join(world, "ben", publishes=False, grants=WATCH, vp9=True)
    join(world, "cora", publishes=False, grants=WATCH, vp9=True)
    narrow(ben, 350)
    world.run(12)
    assert shown(ben) == "anna/q"
    assert anna.codecs == [Codec.VP9]
    join(world, "dora", publishes=False, grants=WATCH)
    assert anna.codecs == [Codec.VP9, Codec.VP8]
    for track in anna.layers.values():
        track.vp9, track.key_wanted = False, True
    world.run(SETTLED_S)
    packets = [packet for _, packet in sorted(ben.slot().packets.items())]
    assert parse_header(packets[0]).payload_type == VP9
    assert parse_header(packets[-1]).payload_type == VP8
    assert ben.slot().last_at > world.now - 0.1
