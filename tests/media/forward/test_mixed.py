"""Every link finds the largest layer that it carries, and its sound comes through; in virtual time."""

import pytest

from contract.media import Layer
from media.rtp.rtcp import Nack, pack_rtcp
from passline.bench import room_link
from tests.media.forward.mixed import HomeLink, Mixed, Seen

pytestmark = pytest.mark.link

Q, H, F = Layer.QUARTER, Layer.HALF, Layer.FULL
BEGINNINGS = (0.5, 0.53)
"""How the camera's pictures fall between the room's ticks decides what is lost of the first ones."""


def look(
    rates_kbps: list[int], *, seconds: float, before: float = 0.5, loss: float = 0.0, queue_s: float | None = None
) -> list[Seen]:
    """What watchers behind links of these rates have seen after so long; the camera begins when all are there."""
    room = Mixed()
    room.camera.publishes = False
    room.world.run(before)
    for kbps in rates_kbps:
        room.watch(kbps * 1000, loss=loss, queue_s=queue_s)
    room.camera.publishes = True
    room.world.run(seconds)
    seen = [watcher.seen() for watcher in room.watchers]
    for kbps, one in zip(rates_kbps, seen, strict=True):
        print(f"{kbps} kbit/s, {loss:.0%} lost by chance: {one}")
    return seen


@pytest.mark.parametrize("before", BEGINNINGS)
def test_links_that_do_not_carry_the_full_layer_leave_it_soon_and_the_sound_is_whole(before: float) -> None:
    seen = look([150, 377, 1100, 2874], seconds=14, before=before)
    assert [one.layer for one in seen] == [None, Q, H, F]
    assert max(one.settle_s for one in seen) < 8
    assert max(one.changes for one in seen) <= 4
    assert [one.later_lost for one in seen] == [0.0] * len(seen)
    assert max(14 * one.lost for one in seen) < 1.8, "seconds, until that was found out: 2 % of the bench"


def test_a_layer_that_floods_a_link_stops_before_its_camera_makes_a_smaller_one() -> None:
    room = Mixed()
    room.watch(10_000_000)
    watcher = room.watch(5_000_000)
    room.world.run(3)
    room.camera.down.delay_s = 1.5  # so long it takes until the camera hears that a keyframe is wanted
    assert isinstance(watcher.down, HomeLink)
    watcher.down.link = room_link.Link(400_000, watcher.down.delay_s)
    room.world.run(4)
    lost_s = 7 * watcher.seen().lost
    print(f"{lost_s:.2f} s of the sound lost")
    assert lost_s < 0.5


def test_a_link_with_a_limit_is_not_burdened_with_repeats_of_a_layer_that_it_left() -> None:
    room = Mixed()
    room.watch(10_000_000)
    watcher = room.watch(10_000_000)
    leg = room.world.room._legs[watcher.id]
    slot = next(slot for slot in leg.slots if slot.video)
    room.world.run(2)
    left = tuple(number & 0xFFFF for number in sorted(watcher.slot().packets)[-20:])
    assert slot.current is not None
    assert slot.current.layer is F
    leg.estimate.sending.bps = 1_000_000
    room.world.run(1)
    assert slot.current.layer is H
    repeats = []
    for bps in (1_000_000, None):
        leg.estimate.sending.bps = bps
        watcher.rtcp(pack_rtcp(Nack(7, watcher.slot().section.ssrc, left)))
        room.world.run(0.1)
        repeats.append(slot.resending.repeats)
    assert repeats == [0, len(left)]


def test_a_link_without_a_queue_is_left_too() -> None:
    narrow, wide = look([600, 2000], seconds=20, queue_s=0.04)
    assert (narrow.layer, wide.layer) == (Q, H)
    assert max(narrow.later_lost, wide.later_lost) < 0.02


@pytest.mark.parametrize("loss", [0.1, 0.3])
def test_what_is_lost_by_chance_takes_a_layer_from_nobody_who_can_carry_it(loss: float) -> None:
    narrow, wide = look([900, 10_000], seconds=20, loss=loss)
    assert narrow.layer in (Q, H)
    assert wide.layer is F
    assert wide.estimate_bps is None, "a fall that did not help is taken back"
    assert wide.later_lost < 1.3 * loss, "no more than by chance"
