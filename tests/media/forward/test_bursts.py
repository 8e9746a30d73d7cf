"""A store's link loses in bursts, both ways: nobody's picture stands for long."""

import pytest

from contract.media import Source
from tests.media.forward.bursts import Bursts, Watcher
from tests.media.forward.client import sections
from tests.media.forward.world import World

pytestmark = pytest.mark.link

STANDS_S = 2.0
"""Row B14."""


def call(seed: int) -> tuple[World, Watcher, Watcher]:
    """A store and an expert who see each other, half a megabit each, and from then on bursts before the store."""
    world = World()
    people = []
    for number, name in enumerate(("store", "expert"), 1):
        parts = sections(first_ssrc=9000 * number, numbered=True)
        one = world.join(name, parts=parts, kind=Watcher)
        assert isinstance(one, Watcher)
        one.filler_bytes, one.key_filler_bytes = 450, 1100
        people.append(one)
    store, expert = people
    world.run(2.0)
    store.up, store.down = Bursts(f"{seed} up", p=0.02, r=0.15), Bursts(f"{seed} down", p=0.02, r=0.15)
    return world, store, expert


@pytest.mark.parametrize("seed", [2, 8])
def test_a_picture_never_stands_for_two_seconds(seed: int) -> None:
    world, store, expert = call(seed)
    world.run(20.0)
    for one in (store, expert):
        assert one.longest_stand_s < STANDS_S
        assert len(one.shown_at) > 20 * 15, "pictures a second"
    keyframes = max(len(one.sent[Source.CAMERA].plis) for one in (store, expert))
    assert keyframes < 20, "no more than one a second, where each costs as much as ten pictures"
