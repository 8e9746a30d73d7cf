"""Links of 0.4 to 2 Mbit/s that lose by chance: what is shown there stays what it is; in virtual time."""

from random import Random

import pytest

from tests.media.forward.mixed import SETTLE_S, Mixed

pytestmark = [pytest.mark.link, pytest.mark.usefixtures("plane")]

LINKS = ((700, 0.1), (700, 0.2), (2000, 0.1))
"""Rate in kbit/s, share that is lost."""
WATCHED_S = 45.0
MOST_CHANGES = 5
"""Of all links together: a step that is tried and given up is two."""


def changes(seed: int) -> list[int]:
    """How often each of LINKS was shown another layer, or none, after SETTLE_S."""
    room = Mixed()
    for track in room.camera.layers.values():
        track.temporal = (0, 1)
    room.camera.publishes = False
    room.world.run(0.5)
    watchers = [room.watch(1000 * kbps, loss=loss) for kbps, loss in LINKS]
    for number, watcher in enumerate(watchers):
        watcher.down.random = Random(10 * seed + number)
    room.camera.publishes = True
    room.world.run(SETTLE_S)
    before = [watcher.seen().changes for watcher in watchers]
    room.world.run(WATCHED_S)
    return [watcher.seen().changes - early for watcher, early in zip(watchers, before, strict=True)]


@pytest.mark.parametrize("seed", [3, *(pytest.param(seed, marks=pytest.mark.full_only) for seed in (1, 2, 4, 5))])
def test_a_picture_over_a_link_that_loses_by_chance_changes_seldom(seed: int) -> None:
    counted = changes(seed)
    print(dict(zip(LINKS, counted, strict=True)))
    assert sum(counted) <= MOST_CHANGES
