"""Every link finds the largest layer that it carries, and its sound comes through; in virtual time."""

import pytest

from contract.media import Layer
from tests.media.forward.mixed import Mixed, Seen

pytestmark = pytest.mark.link

Q, H, F = Layer.QUARTER, Layer.HALF, Layer.FULL
BEGINNINGS = (0.5, 0.517, 0.53)
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
    seen = look([150, 377, 790, 1374], seconds=16, before=before)
    assert [one.layer for one in seen] == [None, Q, Q, H]
    assert max(one.settle_s for one in seen) < 5
    assert [one.later_lost for one in seen] == [0.0] * 4
    assert max(16 * one.lost for one in seen) < 1.8, "seconds, until that was found out: 2 % of the bench"


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
