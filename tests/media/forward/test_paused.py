"""Every picture of a subscriber is paused, in virtual time: only padding can tell that there is room again."""

import pytest

from contract.data import Slots
from contract.media import Grants, Layer, Source
from passline.bench import room_link
from tests.media.forward.client import Client
from tests.media.forward.layered import join
from tests.media.forward.mixed import HomeLink, Mixed
from tests.media.forward.test_transport_cc import Narrow
from tests.media.forward.world import World
from tests.support.netem import Impairment

pytestmark = pytest.mark.link

WATCH = Grants(publish=False, subscribe=True, record=False)
PAUSED_S, BACK_S = 25.0, 15.0


def paused(viewer: Client, *, since: int = 0) -> list[list[bool]]:
    """Of each camera that it is shown, by each `slots` message of those it was told from `since` on."""
    messages = [message for message in viewer.told[since:] if isinstance(message, Slots)]
    return [[fill.paused for fill in message.slots if fill.source is Source.CAMERA] for message in messages]


@pytest.mark.parametrize("voices", [True, False])
def test_who_has_no_picture_at_all_gets_all_back_soon_after_there_is_room(*, voices: bool) -> None:
    world = World()
    senders = [join(world, "anna"), join(world, "ben")]
    viewer = join(world, "viewer", publishes=False, grants=WATCH)
    viewer.down = link = Narrow(Impairment(delay_ms=20, rate_bps=90_000, queue_bytes=20_000))
    world.run(14)
    for sender in senders:
        sender.sent[Source.MICROPHONE].on = voices
    told = len(viewer.told)
    assert paused(viewer)[-1] == [True, True]
    world.run(PAUSED_S)
    assert all(each == [True, True] for each in paused(viewer, since=told)), "nothing is tried that does not fit"
    assert 0 < viewer.padding < 40 * PAUSED_S, "some padding, and little"
    link.direction.impairment = Impairment(delay_ms=20, rate_bps=20_000_000, queue_bytes=100_000)
    world.run(BACK_S)
    assert paused(viewer)[-1] == [False, False]
    assert viewer.slot().last_at > world.now - 0.1


@pytest.mark.parametrize("kbps", [200, 250])
def test_a_picture_that_nobody_watched_meanwhile_comes_back_where_every_second_frame_of_it_fits(kbps: int) -> None:
    room = Mixed(obeys=True)
    for track in room.camera.layers.values():
        track.temporal = (0, 1)
    watcher = room.watch(100_000)
    room.watch(20_000_000)
    room.world.run(12)
    assert room.camera.active == {Layer.FULL}, "the smallest layer is not sent for nobody"
    assert isinstance(watcher.down, HomeLink)
    watcher.down.link = room_link.Link(1000 * kbps, watcher.down.delay_s)
    room.world.run(30)
    seen = watcher.seen()
    print(f"{kbps} kbit/s: {seen}")
    assert seen.layer is Layer.QUARTER
    assert seen.later_concealed < 0.02
