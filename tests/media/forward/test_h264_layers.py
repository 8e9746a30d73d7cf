"""A camera in layers of H.264, in virtual time: whose packets tell neither sizes nor picture ids."""

from itertools import pairwise

import pytest

from contract.media import Codec, Grants
from media.rtp.h264 import starts_sequence
from media.rtp.packet import parse_header
from tests.media.forward.client import H264, Heard
from tests.media.forward.layered import LayeredClient, join
from tests.media.forward.test_layers import SETTLED_S, narrow, resize, shown, whole_frames
from tests.media.forward.world import World

pytestmark = [pytest.mark.link, pytest.mark.usefixtures("plane")]

WATCH = Grants(publish=False, subscribe=True, record=False)


def camera(world: World, *, loss: float = 0.0) -> LayeredClient:
    anna = join(world, "anna", loss=loss, jitter_s=0.01 if loss else 0.0, h264=True)
    for track in anna.layers.values():
        track.h264 = True
    return anna


def assert_continuous(heard: Heard) -> None:
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
            assert starts_sequence(packet[parse_header(packet).payload_at :])


@pytest.mark.parametrize("wraps", [False, True])
def test_layers_switch_under_five_percent_loss_at_a_parameter_set(*, wraps: bool) -> None:
    world = World(video_codecs=[Codec.H264])
    anna = camera(world, loss=0.05)
    if wraps:
        for track in anna.layers.values():
            track.sequence, track.ticks = 65_500, 2**32 - 5_000
    viewer = join(world, "viewer", publishes=False, grants=WATCH, loss=0.05, jitter_s=0.01, numbered=False, h264=True)
    join(world, "ben", publishes=False, grants=WATCH, h264=True)
    assert world.room.codec is Codec.H264
    world.run(2)
    for turn in range(10):
        resize(viewer, (180, 720, 360)[turn % 3])
        world.run(1.5)
    anna.able.clear()
    world.run(1)
    heard = viewer.slot()
    assert_continuous(heard)
    assert {parse_header(packet).payload_type for packet in heard.packets.values()} == {H264}
    frames = whole_frames(heard)
    switches = [(before, after) for before, after in pairwise(frames) if before[0] != after[0]]
    assert len(switches) == 10, "and no frame of the layer before follows the first of the new one"
    gaps = sorted(max(after[2] - before[2], 0.0) for before, after in switches)
    assert gaps[int(len(gaps) * 0.95)] <= 0.5


def test_a_narrow_link_gets_a_smaller_layer_and_one_without_h264_makes_all_use_vp8() -> None:
    world = World(video_codecs=[Codec.H264])
    anna = camera(world)
    ben = join(world, "ben", publishes=False, grants=WATCH, h264=True)
    join(world, "cora", publishes=False, grants=WATCH, h264=True)
    narrow(ben, 350)
    world.run(12)
    assert shown(ben) == "anna/q"
    assert anna.codecs == [Codec.H264]
    join(world, "dora", publishes=False, grants=WATCH)
    assert anna.codecs == [Codec.H264, Codec.VP8]
    for track in anna.layers.values():
        track.h264, track.key_wanted = False, True
    world.run(SETTLED_S)
    packets = [packet for _, packet in sorted(ben.slot().packets.items())]
    assert parse_header(packets[0]).payload_type == H264
    assert parse_header(packets[-1]).payload_type != H264
    assert ben.slot().last_at > world.now - 0.1
