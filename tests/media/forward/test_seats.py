"""Who sees and hears whom, in virtual time: grants, stage and floor, sources that come and go."""

import pytest

from contract.media import Grants, Source
from tests.media.forward.client import ALL, NONE, sections
from tests.media.forward.seen import assert_continuous, shows
from tests.media.forward.world import World

pytestmark = [pytest.mark.link, pytest.mark.usefixtures("plane")]


def test_a_revoked_grant_stops_packets_at_once() -> None:
    world = World()
    world.join("anna")
    ben = world.join("ben")
    world.run(1)
    world.grant("anna", Grants(publish=False, subscribe=True, record=False))
    world.run(0.03)
    stopped = len(ben.slot().packets), len(ben.slot("audio").packets)
    world.run(1)
    assert (len(ben.slot().packets), len(ben.slot("audio").packets)) == stopped
    assert ben.filled("4") == (None, None)
    assert world.room.counters["rtp_not_granted"] > 0


def test_while_it_rings_media_arrives_and_nobody_gets_it() -> None:
    world = World()
    world.join("store", grants=NONE)
    expert = world.join("expert", grants=NONE, publishes=False)
    world.run(2)
    assert all(not heard.packets for heard in expert.heard.values())
    assert world.events.live == set()
    answered = world.now
    world.grant("store", ALL)
    world.grant("expert", ALL, host=True)
    world.run(1)
    first = min(heard.last_at for heard in expert.heard.values() if heard.packets)
    assert first > answered
    rows = expert.slot().media()
    assert rows[0][6] == 0
    assert_continuous(expert.slot())
    assert len(rows) > 100


def test_nothing_flows_before_the_client_is_ready() -> None:
    world = World()
    world.join("anna")
    ben = world.join("ben", ready=False)
    world.run(1)
    assert ben.told == []
    assert all(not heard.packets for heard in ben.heard.values())
    world.room.leg_ready(ben.id, world.now, world.wall_ns)
    world.run(1)
    assert len(ben.slot().packets) > 50


def test_the_host_has_the_first_pair_and_the_rest_is_heard_on_the_floor() -> None:
    world = World()
    viewer = world.join("viewer", publishes=False, grants=Grants(publish=False, subscribe=True, record=False))
    world.join("anna")
    world.join("trainer", host=True)
    world.run(1)
    assert viewer.filled("4") == ("trainer", Source.CAMERA)
    assert viewer.filled("5") == ("anna", Source.MICROPHONE)
    world.leave("trainer")
    world.run(1)
    assert viewer.filled("4") == ("anna", Source.CAMERA)
    assert viewer.filled("5") == (None, None)
    assert_continuous(viewer.slot("audio"))


def test_a_camera_that_is_switched_off_leaves_its_slot_and_comes_back() -> None:
    world = World()
    anna = world.join("anna")
    ben = world.join("ben")
    world.run(1)
    anna.sent[Source.CAMERA].on = False
    world.run(4)
    assert ben.filled("4") == (None, None)
    assert ben.filled("3") == ("anna", Source.MICROPHONE)
    assert ("ended", "anna", Source.CAMERA) in world.events.seen
    anna.sent[Source.CAMERA].on = True
    world.run(1)
    assert ben.filled("4") == ("anna", Source.CAMERA)
    assert_continuous(ben.slot())


def test_a_shared_screen_takes_a_pair_of_its_own() -> None:
    world = World()
    anna = world.join("anna")
    ben = world.join("ben", parts=sections(stage=2, first_ssrc=5000))
    world.run(1)
    anna.sent[Source.SCREEN].on = True
    world.run(1)
    shown = [ben.filled("4"), ben.filled("6")]
    assert sorted(shown, key=str) == [("anna", Source.CAMERA), ("anna", Source.SCREEN)]


def test_a_second_connection_of_the_same_person_takes_over_without_showing_her_twice() -> None:
    world = World()
    world.join("anna")
    ben = world.join("ben")
    world.run(1)
    old = world.clients["anna"]
    new = world.join("anna", leg="leg-anna-2", parts=sections(first_ssrc=9000))
    world.run(1)
    assert shows(ben.slot()) == ["anna"]
    assert new.sent[Source.CAMERA].plis, "the new connection's picture is taken while the old one still flows"
    old.publishes = False
    world.room.remove_leg(old.id, world.wall_ns)
    world.run(1)
    assert ben.filled("4") == ("anna", Source.CAMERA)
    assert_continuous(ben.slot())


def test_a_class_that_leaves_at_once_is_settled_once_for_those_who_stay() -> None:
    world = World()
    trainer = world.join("trainer", host=True, parts=sections(stage=3, floor=1, first_ssrc=1000))
    names = [f"store-{number}" for number in range(1, 6)]
    for number, name in enumerate(names, 1):
        world.join(name, parts=sections(stage=2, floor=1, first_ssrc=10_000 * number))
    world.run(2)
    told = len(trainer.told)
    for name in names[:4]:
        world.leave(name)
    assert len(trainer.told) == told, "not with each of them"
    world.run(1)
    assert [trainer.filled(mid)[0] for mid in ("4", "6", "8")] == ["store-5", None, None]
    assert {who for who, _source in world.events.live} == {"trainer", "store-5"}


def test_in_a_session_who_speaks_is_seen_and_nobody_else_moves() -> None:
    world = World()
    trainer = world.join("trainer", host=True, parts=sections(stage=3, floor=1, first_ssrc=1000))
    stores = [
        world.join(f"store-{number}", parts=sections(stage=2, floor=1, first_ssrc=10_000 * number))
        for number in range(1, 6)
    ]
    world.run(2)
    assert [trainer.filled(mid)[0] for mid in ("4", "6", "8")] == ["store-1", "store-2", "store-3"]
    assert [stores[0].filled(mid)[0] for mid in ("4", "6")] == ["trainer", "store-2"]
    stores[4].level = 20
    world.run(2)
    assert [trainer.filled(mid)[0] for mid in ("4", "6", "8")] == ["store-1", "store-2", "store-5"]
    assert [stores[0].filled(mid)[0] for mid in ("4", "6")] == ["trainer", "store-5"]
    assert stores[4].filled("4")[0] == "trainer"
    before = len(trainer.told)
    stores[4].level = 80
    world.run(5)
    assert len(trainer.told) == before, "who falls silent keeps the seat"
    for viewer in (trainer, *stores):
        for heard in viewer.heard.values():
            if heard.packets:
                assert_continuous(heard)
                assert viewer.participant not in shows(heard)
