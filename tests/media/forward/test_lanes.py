"""What passes Python by changes nothing: on the native plane a room hears and says what it does on the Python plane."""

from random import Random

import pytest

from contract.ids import PersonId
from media.forward.publication import Publication
from media.forward.room import MediaRoom
from tests.media.forward.client import ALL, NONE, Client
from tests.media.forward.world import World

pytestmark = pytest.mark.link

SECONDS = 12.0


class NativeWorld(World):
    """Whichever plane is asked for elsewhere."""

    native = True


def publications(room: MediaRoom) -> list[Publication]:
    return [publication for leg in room._legs.values() for publication in leg.publications.values()]


def lanes(world: World) -> list[bool]:
    """Whether those of what flows are open."""
    return [
        publication.lane is not None and publication.lane.is_open
        for publication in publications(world.room)
        if publication.live
    ]


def counts(world: World) -> dict[str, int]:
    for publication in publications(world.room):
        publication.settle()
    return world.room.counters


def play(world: World, seed: int) -> None:
    """Uplinks that lose and reorder; people who come, speak, fall silent and go. What is sent down always arrives."""
    random = Random(seed)
    anna = world.join("anna", host=True, loss=random.choice((0.0, 0.02, 0.1)), jitter_s=random.choice((0.0, 0.03)))
    ben = world.join("ben", loss=random.choice((0.0, 0.05)))
    anna.down.loss = ben.down.loss = 0.0
    anna.down.jitter_s = ben.down.jitter_s = 0.0
    world.run(random.uniform(1, 2))
    anna.level = 20
    world.run(random.uniform(1, 2))
    ben.publishes = False
    world.run(4.0)
    ben.publishes = True
    world.run(random.uniform(0.5, 2))
    world.grant("ben", NONE)
    world.run(0.5)
    world.grant("ben", ALL)
    world.run(SECONDS - (world.now - 100.0))


def heard(client: Client) -> dict[int, dict[int, bytes]]:
    return {ssrc: heard.packets for ssrc, heard in client.heard.items()}


@pytest.mark.parametrize("seed", range(4))
def test_both_planes_send_the_same_packets_and_reports(seed: int) -> None:
    reference, native = World(), NativeWorld()
    for world in (reference, native):
        play(world, seed)
    assert any(lanes(native)), "some of it passed"
    for name, client in reference.clients.items():
        other = native.clients[name]
        assert heard(client) == heard(other)
        assert client.blocks == other.blocks, "loss and jitter as the publisher hears them"
        assert [track.nacks for track in client.tracks()] == [track.nacks for track in other.tracks()]
        assert [track.plis for track in client.tracks()] == [track.plis for track in other.tracks()]
        assert [one.octets for slot in client.heard.values() for one in slot.reports] == [
            one.octets for slot in other.heard.values() for one in slot.reports
        ]
    assert counts(reference) == counts(native)


def test_of_an_undisturbed_call_nearly_nothing_comes_to_python(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []
    take = MediaRoom.on_rtp

    def watched(room: MediaRoom, *packet: object) -> None:
        seen.append(packet)
        take(room, *packet)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(MediaRoom, "on_rtp", watched)
    world = NativeWorld()
    for name in ("anna", "ben", "chris"):
        world.join(name)
    world.run(2.0)
    seen.clear()
    before = counts(world)["packets_in"]
    world.run(5.0)
    assert all(lanes(world))
    assert counts(world)["packets_in"] - before > 2000
    assert len(seen) < 20


def test_what_passed_counts_as_heard_and_spoken() -> None:
    world = NativeWorld()
    anna = world.join("anna")
    for name in ("ben", "chris"):
        world.join(name)
    world.run(1.0)
    anna.level = 20
    world.run(2.0)
    assert all(lanes(world))
    assert world.room._speakers.speaking(PersonId("anna"), world.now)
    assert not world.room._speakers.speaking(PersonId("ben"), world.now)


def test_a_source_that_went_takes_its_lane_with_it() -> None:
    world = NativeWorld()
    world.join("anna")
    world.join("ben")
    world.run(1.0)
    gone = publications(world.room)
    assert sum(publication.lane is not None for publication in gone) == 4
    for name in ("anna", "ben"):
        world.room.remove_leg(world.clients[name].id, world.wall_ns)
    assert all(publication.lane is None for publication in gone)
