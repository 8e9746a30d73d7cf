"""A camera in layers of H.264 or AV1, in virtual time: whose packets tell neither sizes nor picture ids."""

from itertools import pairwise

import pytest

from contract.media import Codec, Grants
from media.rtp.keyframe import starts_keyframe
from media.rtp.packet import parse_header
from tests.media.forward.client import AV1, H264, VP8, Heard
from tests.media.forward.layered import LayeredClient, join
from tests.media.forward.seen import whole_frames
from tests.media.forward.test_layers import SETTLED_S, narrow, resize, shown
from tests.media.forward.world import World

pytestmark = [pytest.mark.link, pytest.mark.usefixtures("plane")]

WATCH = Grants(publish=False, subscribe=True, record=False)


TYPES = {Codec.H264: H264, Codec.AV1: AV1}
each_codec = pytest.mark.parametrize("codec", TYPES)


def camera(world: World, codec: Codec, *, loss: float = 0.0) -> LayeredClient:
    anna = join(world, "anna", loss=loss, jitter_s=0.01 if loss else 0.0, **{codec: True})
    for track in anna.layers.values():
        setattr(track, codec, True)
    return anna


def assert_continuous(heard: Heard, codec: Codec) -> None:
    """Numbers and timestamps go on without a hole, and every picture that is another's begins with what a decoder needs
    to begin with."""
    assert heard.missing() == []
    for before, after in pairwise(heard.media()):
        assert after[0] == before[0] + 1
        ahead = (after[1] - before[1]) & 0xFFFFFFFF
        assert (ahead == 0) == (after[4:6] == before[4:6])
        assert ahead < 2**31
        if before[4] != after[4]:
            packet = heard.packets[after[0]]
            assert starts_keyframe(codec, packet[parse_header(packet).payload_at :], None)


@each_codec
@pytest.mark.parametrize("wraps", [False, True])
def test_layers_switch_under_five_percent_loss_where_decoding_can_begin(codec: Codec, *, wraps: bool) -> None:
    world = World(video_codecs=[codec])
    anna = camera(world, codec, loss=0.05)
    if wraps:
        for track in anna.layers.values():
            track.sequence, track.ticks = 65_500, 2**32 - 5_000
    viewer = join(
        world, "viewer", publishes=False, grants=WATCH, loss=0.05, jitter_s=0.01, numbered=False, **{codec: True}
    )
    join(world, "ben", publishes=False, grants=WATCH, **{codec: True})
    assert world.room.codec is codec
    world.run(2)
    for turn in range(10):
        resize(viewer, (180, 720, 360)[turn % 3])
        world.run(1.5)
    anna.able.clear()
    world.run(1)
    heard = viewer.slot()
    assert_continuous(heard, codec)
    assert {parse_header(packet).payload_type for packet in heard.packets.values()} == {TYPES[codec]}
    frames = whole_frames(heard)
    switches = [(before, after) for before, after in pairwise(frames) if before[0] != after[0]]
    assert len(switches) == 10, "and no frame of the layer before follows the first of the new one"
    gaps = sorted(max(after[2] - before[2], 0.0) for before, after in switches)
    assert gaps[int(len(gaps) * 0.95)] <= 0.5


@each_codec
def test_a_narrow_link_gets_a_smaller_layer_and_one_without_that_codec_makes_all_use_vp8(codec: Codec) -> None:
    world = World(video_codecs=[codec])
    anna = camera(world, codec)
    ben = join(world, "ben", publishes=False, grants=WATCH, **{codec: True})
    join(world, "cora", publishes=False, grants=WATCH, **{codec: True})
    narrow(ben, 350)
    world.run(12)
    assert shown(ben) == "anna/q"
    assert anna.codecs == [codec]
    join(world, "dora", publishes=False, grants=WATCH)
    assert anna.codecs == [codec, Codec.VP8]
    for track in anna.layers.values():
        setattr(track, codec, False)
        track.key_wanted = True
    world.run(SETTLED_S)
    packets = [packet for _, packet in sorted(ben.slot().packets.items())]
    assert parse_header(packets[0]).payload_type == TYPES[codec]
    assert parse_header(packets[-1]).payload_type == VP8
    assert ben.slot().last_at > world.now - 0.1
