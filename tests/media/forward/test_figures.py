"""What a worker counts of each leg, in virtual time over lossy links."""

from collections import Counter

import pytest

from contract.data import SlotSize
from contract.ids import LegId
from contract.media import Grants, Layer, Source
from contract.quality import CROWD, CROWD_SAMPLE_S, SAMPLE_S, LegSample, SlotState
from media.forward.figures import MAX_BPS, MOST_AT_ONCE
from media.rtp.rtcp import Pli, ReceiverReport, Remb, ReportBlock, pack_rtcp
from tests.media.forward.client import Client
from tests.media.forward.layered import LAYER_BPS, join
from tests.media.forward.world import World

pytestmark = pytest.mark.link

WATCHES = Grants(publish=False, subscribe=True, record=False)


class Watch:
    """Takes every sample of a world's room as a worker does: with every tick."""

    def __init__(self, world: World) -> None:
        self.taken: list[tuple[float, str, LegSample]] = []

        def look() -> None:
            for _leg, who, sample in world.room.figures(world.now):
                self.taken.append((world.now, who, sample))

        world.every(0.05, look)

    def of(self, who: str) -> list[LegSample]:
        return [sample for _at, name, sample in self.taken if name == who]


def report(world: World, client: Client, *, highest: int, lost: int, jitter_ticks: int = 0) -> None:
    """A receiver report of `client` about the picture that it gets."""
    block = ReportBlock(client.slot().section.ssrc, 0, lost, highest, jitter_ticks, 0, 0)
    world.room.on_rtcp(client.id, pack_rtcp(ReceiverReport(1, (block,))), world.now, world.wall_ns)


def test_a_lossy_uplink_is_told_with_its_share_rate_and_repairs() -> None:
    world = World()
    watch = Watch(world)
    world.join("store", loss=0.1)
    world.join("expert")
    world.run(16)
    samples = watch.of("store")
    assert len(samples) >= 2
    assert all(SAMPLE_S <= sample.over_s <= SAMPLE_S + 0.1 for sample in samples)
    camera = [row for sample in samples for row in sample.published if row.source is Source.CAMERA]
    packets, lost = sum(row.packets for row in camera), sum(row.lost for row in camera)
    assert 0.05 < lost / (packets + lost) < 0.15
    assert sum(row.nacks for row in camera) >= lost / 2, "they were asked for again"
    repaired = sum(row.repaired for row in camera)
    assert 0.9 * lost <= repaired <= 1.1 * lost, "and came, but for those at the ends of the samples"
    assert all(row.octets > 0 and row.layer is None for row in camera)
    assert {row.source for row in samples[-1].published} == {Source.CAMERA, Source.MICROPHONE}
    [clean] = [row for row in watch.of("expert")[-1].published if row.source is Source.CAMERA]
    assert (clean.lost, clean.nacks, clean.repaired) == (0, 0, 0)


def test_only_slots_with_somebody_in_them_are_told() -> None:
    world = World()
    watch = Watch(world)
    world.join("store")
    world.join("expert")
    world.run(11)
    slots = watch.of("expert")[-1].slots
    assert {(slot.of, slot.source) for slot in slots} == {("store", Source.CAMERA), ("store", Source.MICROPHONE)}
    assert {slot.state for slot in slots} == {SlotState.FLOWING}
    assert all(slot.octets > 0 for slot in slots)


def test_a_picture_in_layers_is_told_layer_by_layer() -> None:
    world = World()
    watch = Watch(world)
    for name in ("anna", "ben", "cora"):
        join(world, name)
    small = SlotSize(mid=world.clients["cora"].slot().section.mid, px=180)
    world.room.on_slot_size(world.clients["cora"].id, small)
    world.run(11)
    sent = {row.layer for row in watch.of("anna")[-1].published if row.source is Source.CAMERA}
    assert sent == {Layer.QUARTER, Layer.FULL}
    seen = {row.layer for row in watch.of("cora")[-1].slots if row.source is Source.CAMERA}
    assert seen == {Layer.QUARTER, Layer.FULL}, "one of two places is small"


def test_a_paused_picture_is_told_and_one_of_which_frames_are_left_out() -> None:
    world = World()
    watch = Watch(world)
    anna = join(world, "anna")
    for track in anna.layers.values():
        track.temporal = (0, 1)
    for name in ("ben", "cora"):
        join(world, name, publishes=False, grants=WATCHES, numbered=False)
    rates = {"ben": 0.75 * LAYER_BPS[Layer.FULL], "cora": 60_000}
    world.run(5)
    for name, bps in rates.items():
        world.room._legs[LegId(f"leg-{name}")].estimate.sending.bps = bps
    world.run(16)
    [thinned], [paused] = (
        [row for row in watch.of(name)[-1].slots if row.source is Source.CAMERA] for name in ("ben", "cora")
    )
    assert (thinned.of, thinned.state, thinned.layer, thinned.thinned) == ("anna", SlotState.FLOWING, Layer.FULL, True)
    assert (paused.of, paused.state, paused.thinned) == ("anna", SlotState.PAUSED, False)


def test_what_a_receiver_reports_and_asks_for_is_counted_between_two_samples() -> None:
    world = World()
    watch = Watch(world)
    world.join("store")
    expert = world.join("expert", loss=0.05)
    world.run(1)
    report(world, expert, highest=70_000, lost=5)
    world.run(5)
    report(world, expert, highest=70_900, lost=50, jitter_ticks=900)
    world.room.on_rtcp(expert.id, pack_rtcp(Pli(1, expert.slot().section.ssrc)), world.now, world.wall_ns)
    world.room.on_rtcp(expert.id, pack_rtcp(Remb(1, 700_000, ())), world.now, world.wall_ns)
    world.run(5)
    first, second = (next(slot for slot in one.slots if slot.source is Source.CAMERA) for one in watch.of("expert")[:2])
    assert (first.expected, first.lost) == (0, 0), "the first report only says where the numbers begin"
    assert (second.expected, second.lost, second.plis) == (900, 45, 1)
    assert second.jitter_ms == pytest.approx(10.0)
    assert second.nacks > 0
    assert 0 < second.repeats <= second.nacks


def test_an_estimate_is_told_while_it_is_fresh() -> None:
    world = World()
    watch = Watch(world)
    expert = world.join("expert")
    world.every(1.0, lambda: tell(700_000 if world.now < 112 else 2**70))

    def tell(bps: int) -> None:
        if world.now < 125:
            world.room.on_rtcp(expert.id, pack_rtcp(Remb(1, bps, ())), world.now, world.wall_ns)

    world.run(40)
    told = [sample.estimate_bps for sample in watch.of("expert")]
    assert told[0] == pytest.approx(700_000, rel=0.01)
    assert MAX_BPS in told, "whatever it claims"
    assert told[-1] is None


def test_a_report_that_makes_no_sense_breaks_nothing() -> None:
    world = World()
    watch = Watch(world)
    world.join("store")
    expert = world.join("expert")
    for highest, lost in ((0, -0x800000), (2**32 - 1, 0x7FFFFF), (5, -3), (2**32 - 1, -1)):
        report(world, expert, highest=highest, lost=lost, jitter_ticks=2**32 - 1)
        world.run(5)
    assert len(watch.of("expert")) >= 3
    for sample in watch.of("expert"):
        assert all(0 <= slot.lost <= slot.expected for slot in sample.slots)


def test_a_crowd_is_sampled_more_rarely() -> None:
    world = World()
    watch = Watch(world)
    world.join("host", publishes=False)
    for number in range(CROWD):
        world.join(f"p{number}", publishes=False, grants=WATCHES)
    world.run(2 * CROWD_SAMPLE_S + 1)
    assert [sample.over_s for sample in watch.of("p3")] == pytest.approx([CROWD_SAMPLE_S] * 2, abs=0.2)
    at_once = Counter(at for at, _who, _sample in watch.taken)
    assert max(at_once.values()) <= MOST_AT_ONCE < CROWD, "packets need not wait for it"


def test_who_left_is_sampled_no_more_and_who_came_a_moment_ago_not_yet() -> None:
    world = World()
    watch = Watch(world)
    world.join("store")
    world.run(8)
    before = len(watch.of("store"))
    world.leave("store")
    world.run(11)
    assert len(watch.of("store")) == before
    late = world.join("late", ready=False)
    world.run(11)
    assert watch.of("late") == [], "it is not ready"
    world.room.leg_ready(late.id, world.now, world.wall_ns)
    world.run(11)
    assert watch.of("late")
