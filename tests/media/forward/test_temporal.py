"""Upper temporal layers left out for narrow links, in virtual time: what is left goes on and can be decoded."""

from itertools import groupby, pairwise
from random import Random
from typing import NamedTuple

import pytest

from contract.media import Grants, Layer
from media.forward import layers
from media.rtp.packet import parse_header
from media.rtp.vp8 import parse_vp8
from tests.media.forward.client import Client, Heard, Link
from tests.media.forward.layered import LAYER_BPS, LayeredClient, join
from tests.media.forward.world import World

pytestmark = [pytest.mark.link, pytest.mark.usefixtures("plane")]

WATCH = Grants(publish=False, subscribe=True, record=False)
FULL_BPS = LAYER_BPS[Layer.FULL]
ROOMY_BPS = 5_000_000
TURNS = 10
BASE_ONLY_BPS = int(FULL_BPS * 0.75)
"""Carries the half of the full layer that its base is, and sound, but not all of it."""


class Frame(NamedTuple):
    who: str
    number: int
    """As its sender counts."""
    temporal: int
    synced: bool
    tl0: int
    picture_id: int
    at: float
    """When its first packet came."""


def frames_of(heard: Heard) -> list[Frame]:
    frames = []
    for (who, number), rows in groupby(heard.media(), key=lambda row: (row[4], row[5])):
        first = next(iter(rows))
        packet = heard.packets[first[0]]
        told = parse_vp8(packet[parse_header(packet).payload_at :])
        frames.append(
            Frame(who, number, told.temporal, told.synced, told.tl0, told.picture_id, heard.arrived[first[0]])
        )
    return frames


def assert_decodable(heard: Heard, *, bits: int = 15) -> list[Frame]:
    """No packet is missing, picture ids count on, and every frame has what it refers to: one of the base layer the one
    before it, an upper one the newest of the base layer, and unless it says that this is enough all before it."""
    assert heard.missing() == []
    frames = frames_of(heard)
    assert len({(frame.who, frame.number) for frame in frames}) == len(frames), "no frame comes in two pieces"
    base = frames[0]
    assert base.temporal == 0
    for before, after in pairwise(frames):
        assert (after.picture_id - before.picture_id) % (1 << bits) == 1
        if before.who != after.who:
            assert after.temporal == 0
        elif after.temporal == 0:
            assert (after.tl0 - base.tl0) % 256 == 1, "a frame of the base layer is missing"
        else:
            assert after.tl0 == base.tl0
            assert after.synced or after.number == before.number + 1, "it refers to what was left out"
        if after.temporal == 0:
            base = after
    return frames


class Unruly(Link):
    """One packet of ten is overtaken by those of the next ten milliseconds."""

    def arrival(self, packet: bytes, now: float) -> float | None:
        at = super().arrival(packet, now)
        return at + 0.01 if at is not None and self.random.random() < 0.1 else at


def limit(viewer: Client, bps: int) -> None:
    """As if so much had been measured, once and for all: its link gives no feedback."""
    viewer.world.room._legs[viewer.id].estimate.sending.bps = float(bps)


def publisher(world: World, *, pattern: tuple[int, ...] = (0, 1), bits: int = 15, loss: float = 0.0) -> LayeredClient:
    anna = join(world, "anna", loss=loss)
    anna.up = Unruly(Random("anna up"), loss) if loss else anna.up
    for track in anna.layers.values():
        track.temporal, track.picture_id_bits = pattern, bits
    return anna


def viewers(world: World, *, loss: float = 0.0) -> tuple[Client, Client]:
    ben, cora = (
        join(world, name, publishes=False, grants=WATCH, loss=loss, jitter_s=0.01 if loss else 0.0, numbered=False)
        for name in ("ben", "cora")
    )
    return ben, cora


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What there is room for is shown again with the next look."""
    monkeypatch.setattr(layers, "RISE_S", 0.0)


def temporal_share(frames: list[Frame], since: float, until: float) -> float:
    recent = [frame.temporal > 0 for frame in frames if since < frame.at <= until]
    return sum(recent) / max(1, len(recent))


def test_a_link_that_carries_half_of_a_picture_gets_every_second_frame_of_it_before_a_smaller_one() -> None:
    world = World()
    publisher(world)
    ben, cora = viewers(world)
    world.run(4)
    limit(ben, BASE_ONLY_BPS)
    world.run(4)
    thin_since, thin_until = world.now - 2.5, world.now
    limit(ben, ROOMY_BPS)
    world.run(8)
    frames = assert_decodable(ben.slot())
    assert {frame.who for frame in frames} == {"anna/f"}, "it never became smaller"
    assert temporal_share(frames, 0, thin_since - 2) > 0.4
    assert temporal_share(frames, thin_since, thin_until) == 0
    assert temporal_share(frames, world.now - 1, world.now) > 0.4
    others = assert_decodable(cora.slot())
    assert temporal_share(others, thin_since, thin_until) > 0.4, "nobody else has less for it"


def test_when_not_even_the_base_layer_fits_the_picture_becomes_smaller_and_is_whole() -> None:
    world = World()
    publisher(world)
    ben, _cora = viewers(world)
    world.run(4)
    limit(ben, 700_000)
    world.run(4)
    frames = assert_decodable(ben.slot())
    recent = [frame for frame in frames if frame.at > world.now - 1]
    assert {frame.who for frame in recent} == {"anna/h"}
    assert temporal_share(frames, world.now - 1, world.now) > 0.4


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize(("pattern", "bits"), [((0, 1), 15), ((0, 1), 7), ((0, 2, 1, 2), 15)])
def test_layers_come_and_go_under_five_percent_loss_and_every_frame_can_be_decoded(
    pattern: tuple[int, ...], bits: int
) -> None:
    world = World()
    anna = publisher(world, pattern=pattern, bits=bits, loss=0.05)
    anna.layers[Layer.FULL].sequence, anna.layers[Layer.FULL].picture_id = 65_000, 32_600
    ben, _cora = viewers(world, loss=0.05)
    world.run(2)
    begun = world.now
    for turn in range(TURNS):
        limit(ben, (BASE_ONLY_BPS, ROOMY_BPS)[turn % 2])
        world.run(2)
    anna.able.clear()
    world.run(1)
    heard = ben.slot()
    frames = assert_decodable(heard, bits=bits)
    assert {frame.who for frame in frames} == {"anna/f"}
    for turn in range(TURNS):
        share = temporal_share(frames, begun + 2 * turn + 1.4, begun + 2 * turn + 2)
        assert (share > 0.3) == (turn % 2 == 1), turn
    headers = [parse_header(packet) for packet in heard.packets.values()]
    assert any(header.payload_at == header.payload_end for header in headers), "what came late was left out"
    gaps = sorted(after.at - before.at for before, after in pairwise(frames))
    assert gaps[int(len(gaps) * 0.95)] < 0.5


@pytest.mark.usefixtures("at_once")
def test_from_a_thinned_picture_to_another_layer_and_back_nothing_foreign_follows() -> None:
    world = World()
    publisher(world)
    ben, _cora = viewers(world)
    world.run(2)
    for _ in range(4):
        limit(ben, BASE_ONLY_BPS)
        world.run(1.5)
        limit(ben, 330_000)
        world.run(1.5)
        limit(ben, ROOMY_BPS)
        world.run(2.5)
    frames = assert_decodable(ben.slot())
    assert {frame.who for frame in frames} >= {"anna/q", "anna/f"}


def test_who_never_says_that_a_frame_needs_no_other_is_asked_for_a_keyframe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "RISE_S", 0.0)
    world = World()
    anna = publisher(world, pattern=(0, 0, 2))
    ben, _cora = viewers(world)
    world.run(3)
    limit(ben, int(FULL_BPS * 0.95))
    world.run(3)
    assert temporal_share(frames_of(ben.slot()), world.now - 1, world.now) == 0
    plis = len(anna.layers[Layer.FULL].plis)
    limit(ben, ROOMY_BPS)
    world.run(4)
    assert len(anna.layers[Layer.FULL].plis) > plis
    assert temporal_share(assert_decodable(ben.slot()), world.now - 1, world.now) > 0.2
