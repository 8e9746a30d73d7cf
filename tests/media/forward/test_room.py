"""A room over lossy links in virtual time: repair, switching, grants, pointers."""

import gc
import weakref
from itertools import pairwise

import pytest

from contract.data import PointAt
from contract.ids import PersonId
from contract.media import Codec, Grants, Source
from media.rtp.clock import wall_from_ntp
from media.rtp.packet import extension, parse_header
from media.rtp.rtcp import Bye, Nack, Pli, ReceiverReport, Remb, ReportBlock, pack_rtcp
from tests.media.forward.world import ALL, DELAY_ID, MID_ID, NONE, Client, Heard, World, sections
from tests.support.wire import PLANES

pytestmark = pytest.mark.link


@pytest.fixture(params=PLANES, autouse=True)
def plane(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test of this file runs on each plane."""
    monkeypatch.setattr(World, "native", request.param == "native")


def assert_continuous(heard: Heard) -> None:
    """Sequence, timestamp and picture id go on without a hole or a step back, over switches too."""
    rows = heard.media()
    assert heard.missing() == []
    for before, after in pairwise(rows):
        assert after[0] == before[0] + 1
        ahead = (after[1] - before[1]) & 0xFFFFFFFF
        same_frame = after[4:6] == before[4:6]
        assert (ahead == 0) == same_frame, "one timestamp per frame"
        assert ahead < 2**31
        if heard.section.kind == "video":
            assert (after[3] - before[3]) & 0x7FFF == (0 if same_frame else 1)


def shows(heard: Heard) -> list[str]:
    """Whose picture, in order, each once."""
    names: list[str] = []
    for row in heard.media():
        if not names or names[-1] != row[4]:
            names.append(row[4])
    return names


def test_two_people_see_and_hear_each_other() -> None:
    world = World()
    anna, ben = world.join("anna"), world.join("ben")
    world.run(3)
    for viewer, other in ((anna, "ben"), (ben, "anna")):
        assert shows(viewer.slot()) == [other]
        assert shows(viewer.slot("audio")) == [other]
        assert viewer.filled("3") == (other, Source.MICROPHONE)
        assert viewer.filled("4") == (other, Source.CAMERA)
        assert viewer.filled("5") == (None, None), "who is on stage does not need the floor"
        assert_continuous(viewer.slot())
        assert_continuous(viewer.slot("audio"))
        assert viewer.slot("audio", stage=None, floor=0).packets == {}
    assert world.events.live == {(who, what) for who in ("anna", "ben") for what in (Source.CAMERA, Source.MICROPHONE)}


def test_every_packet_names_its_section() -> None:
    world = World()
    world.join("anna")
    ben = world.join("ben")
    world.run(1)
    for heard in ben.heard.values():
        for packet in heard.packets.values():
            assert extension(packet, parse_header(packet), MID_ID) == heard.section.mid.encode()


def delays(client: Client, kind: str = "video") -> set[tuple[str, bytes | None]]:
    """Who was seen in the first pair, and what its packets said about waiting."""
    heard = client.slot(kind)
    packets = (packet for _number, packet in sorted(heard.packets.items()))
    return {
        (row[4], extension(packet, parse_header(packet), DELAY_ID))
        for row, packet in zip(heard.media(), packets, strict=True)
    }


def test_a_hurried_camera_is_shown_without_waiting() -> None:
    world = World()
    world.join("store", low_delay=True, loss=0.05)
    expert = world.join("expert", host=True, loss=0.05)
    plain = world.join("plain", parts=sections(first_ssrc=7000, stage=2, delay=False), publishes=False)
    world.run(3)
    assert expert.slot().repaired > 0
    assert delays(expert) == {("store", b"\0\0\0")}, "repeats too"
    assert delays(expert, "audio") == {("store", None)}
    assert delays(world.clients["store"]) == {("expert", None)}, "only the one that asked for it"
    assert {delay for _who, delay in delays(plain)} == {None}, "not to whom did not offer it"


def test_after_a_hurried_camera_a_slot_waits_again() -> None:
    world = World()
    viewer = world.join("viewer", publishes=False, grants=Grants(publish=False, subscribe=True, record=False))
    world.join("store", low_delay=True)
    world.run(1)
    world.join("ben", host=True)
    world.run(1)
    assert delays(viewer) == {("store", b"\0\0\0"), ("ben", b"\0\x03\xe8")}
    assert_continuous(viewer.slot())


@pytest.mark.parametrize("announce", [True, False])
def test_five_percent_loss_both_ways_is_repaired_packet_by_packet(announce: bool) -> None:
    world = World()
    anna = world.join("anna", parts=sections(first_ssrc=1000, announce=announce), loss=0.05, jitter_s=0.015)
    ben = world.join("ben", loss=0.05, jitter_s=0.015)
    world.run(20)
    anna.sent[Source.CAMERA].on = False
    world.run(1)
    heard = ben.slot()
    assert len(heard.media()) > 2000
    assert heard.repaired > 100
    assert anna.sent[Source.CAMERA].nacks > 50
    assert_continuous(heard)
    assert world.room.counters["packets_given_up"] == 0


def test_a_slot_switches_at_the_keyframe_and_no_foreign_frame_follows() -> None:
    world = World()
    viewer = world.join("viewer", publishes=False, grants=Grants(publish=False, subscribe=True, record=False))
    world.join("anna")
    world.run(2)
    for turn in range(6):
        host = ("ben", "anna")[turn % 2]
        if host not in world.clients:
            world.join("ben")
        other = ("anna", "ben")[turn % 2]
        world.grant(other, ALL)
        world.grant(host, ALL, host=True)
        world.run(1)
    heard = viewer.slot()
    assert_continuous(heard)
    assert shows(heard) == ["anna", "ben", "anna", "ben", "anna", "ben", "anna"]
    rows = heard.media()
    switches = [after for before, after in pairwise(rows) if before[4] != after[4]]
    for row in switches:
        assert row[6] == 0, "a switch begins with the first packet of a frame"
    assert_continuous(viewer.slot("audio"))


def test_the_old_picture_flows_until_the_new_one_begins() -> None:
    world = World()
    viewer = world.join("viewer", publishes=False, grants=Grants(publish=False, subscribe=True, record=False))
    world.join("anna")
    ben = world.join("ben")
    world.run(2)
    ben.sent[Source.CAMERA].key_wanted = False
    ben.down.loss = 1.0  # its keyframe requests do not arrive
    world.grant("ben", ALL, host=True)
    world.run(0.5)
    assert shows(viewer.slot()) == ["anna"]
    assert viewer.filled("4") == ("anna", Source.CAMERA), "the name does not change before the picture"
    assert viewer.slot().last_at > world.now - 0.1
    ben.down.loss = 0.0
    world.run(1)
    assert shows(viewer.slot()) == ["anna", "ben"]
    assert viewer.filled("4") == ("ben", Source.CAMERA)


def test_after_a_silence_the_timestamp_is_as_far_ahead_as_time() -> None:
    world = World()
    viewer = world.join("viewer", publishes=False, grants=Grants(publish=False, subscribe=True, record=False))
    anna = world.join("anna")
    world.run(2)
    world.grant("anna", NONE)
    world.run(8)
    last = viewer.slot().media()[-1]
    world.grant("anna", ALL)
    world.run(1)
    after = next(row for row in viewer.slot().media() if row[0] == last[0] + 1)
    assert abs(((after[1] - last[1]) & 0xFFFFFFFF) / 90_000 - 8) < 0.2
    assert (after[3] - last[3]) & 0x7FFF == 1
    assert anna.sent[Source.CAMERA].plis


def test_keyframe_requests_are_spaced_but_a_new_watcher_does_not_wait() -> None:
    world = World()
    anna = world.join("anna")
    world.run(1)
    anna.up.loss = 1.0
    before = len(anna.sent[Source.CAMERA].plis)
    asked = world.now
    world.join("ben")
    world.run(2.8)
    plis = anna.sent[Source.CAMERA].plis[before:]
    assert plis[0] - asked < 0.05
    assert len(plis) >= 4
    assert all(later - sooner > 0.45 for sooner, later in pairwise(plis))


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


def test_who_is_let_in_begins_with_the_keyframe_that_was_asked_for_ahead() -> None:
    world = World()
    store = world.join("store", grants=NONE)
    expert = world.join("expert", grants=NONE, publishes=False)
    world.run(2)
    world.room.want_keyframes(world.now)
    world.run(0.15)
    plis = store.sent[Source.CAMERA].plis[:]
    assert all(not heard.packets for heard in expert.heard.values()), "asking ahead lets nobody in"
    answered = world.now
    world.grant("store", ALL)
    world.grant("expert", ALL, host=True)
    world.run(expert.down.delay_s + 0.001)
    rows = expert.slot().media()
    assert rows[0][6] == 0
    assert world.now - answered < 0.03, "at once, without waiting for another keyframe"
    world.run(1)
    assert store.sent[Source.CAMERA].plis == plis, "and without asking for one"
    assert_continuous(expert.slot())
    assert len(expert.slot().media()) > 100


def test_a_keyframe_that_is_long_past_is_not_begun_with() -> None:
    world = World()
    store = world.join("store", grants=NONE)
    expert = world.join("expert", grants=NONE, publishes=False)
    world.run(2)
    world.room.want_keyframes(world.now)
    world.run(0.5)
    plis = len(store.sent[Source.CAMERA].plis)
    begun = store.sent[Source.CAMERA].frame
    world.grant("store", ALL)
    world.grant("expert", ALL, host=True)
    world.run(1)
    assert len(store.sent[Source.CAMERA].plis) == plis + 1
    assert expert.slot().media()[0][5] >= begun
    assert_continuous(expert.slot())


def test_a_camera_that_comes_back_with_a_keyframe_is_not_sent_twice() -> None:
    world = World()
    anna, ben = world.join("anna"), world.join("ben")
    world.run(1)
    anna.sent[Source.CAMERA].on = False
    world.run(4)
    anna.sent[Source.CAMERA].on = anna.sent[Source.CAMERA].key_wanted = True
    world.run(1)
    assert shows(ben.slot()) == ["anna"]
    assert_continuous(ben.slot())
    assert ben.slot().twice == 0


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
    world.room.remove_leg(old.id, world.now, world.wall_ns)
    world.run(1)
    assert ben.filled("4") == ("anna", Source.CAMERA)
    assert_continuous(ben.slot())


def test_sender_reports_put_sound_and_picture_on_the_server_clock() -> None:
    world = World()
    anna = world.join("anna")
    ben = world.join("ben")
    world.run(5)
    for kind, rate, source in (("audio", 48_000, Source.MICROPHONE), ("video", 90_000, Source.CAMERA)):
        heard = ben.slot(kind)
        assert heard.reports
        report = heard.reports[-1]
        row = heard.media()[-1]
        sent_ago = (anna.sent[source].frame - row[5]) * (0.02 if kind == "audio" else 1 / 30)
        captured_ns = world.wall_ns - int(sent_ago * 1e9)
        ahead = ((row[1] - report.rtp_ticks + 2**31) & 0xFFFFFFFF) - 2**31
        told_ns = wall_from_ntp(report.ntp) + ahead * 1_000_000_000 // rate
        # 20 ms of the link stay in it, the same for both; a frame is up to 33 ms old.
        assert -0.02e9 < told_ns - captured_ns < 0.06e9


def test_vp8_is_chosen_before_a_slot_is_filled_when_somebody_cannot_decode_h264() -> None:
    world = World(video_codec=Codec.H264)
    anna = world.join("anna", parts=sections(first_ssrc=1000, h264=True))
    assert anna.codecs == [Codec.H264]
    firefox = world.join("firefox", parts=sections(first_ssrc=5000), ready=False)
    assert anna.codecs == [Codec.H264, Codec.VP8]
    assert firefox.told == []
    world.leave("firefox")
    assert anna.codecs == [Codec.H264, Codec.VP8, Codec.H264]


def test_the_pointer_goes_to_everybody_else_and_not_too_often() -> None:
    world = World()
    anna, ben = world.join("anna"), world.join("ben")
    for _ in range(200):
        world.room.on_point(anna.id, PointAt(on=PersonId("ben"), x=0.5, y=0.25), world.now, world.wall_ns)
    assert anna.pointed == []
    assert len(ben.pointed) == 60
    assert ben.pointed[0].by == "anna"
    world.run(1)
    world.room.on_point(anna.id, PointAt(on=PersonId("nobody"), x=0.5, y=0.25), world.now, world.wall_ns)
    world.room.on_point(anna.id, PointAt(on=PersonId("ben"), x=0.5, y=0.5), world.now, world.wall_ns)
    assert len(ben.pointed) == 61


def test_garbage_is_counted_and_changes_nothing() -> None:
    world = World()
    anna = world.join("anna")
    ben = world.join("ben")
    world.run(1)
    for junk in (b"", b"\x80", bytes(12), b"\x80" * 40, b"\x90" + bytes(20), b"\xb0" * 64):
        world.room.on_rtp(anna.id, junk, world.now, world.wall_ns)
        world.room.on_rtcp(anna.id, junk, world.now, world.wall_ns)
    world.run(1)
    assert_continuous(ben.slot())
    counters = world.room.counters
    assert counters["rtp_malformed"] + counters["rtp_unknown_ssrc"] == 6
    assert counters["rtcp_malformed"] > 0


def test_padding_of_a_section_without_a_track_publishes_nothing() -> None:
    world = World()
    anna = world.join("anna", publishes=False)
    world.join("ben", publishes=False)
    ssrc = anna.sent[Source.CAMERA].ssrc
    for sequence in range(100):
        packet = b"\xa0\x60" + sequence.to_bytes(2) + bytes(4) + ssrc.to_bytes(4) + bytes(9) + b"\x0a"
        world.room.on_rtp(anna.id, packet, world.now, world.wall_ns)
    assert world.events.live == set()
    assert world.room.counters["rtp_padding"] == 100


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


def test_a_goodbye_ends_a_publication_soon_but_not_while_packets_come() -> None:
    world = World()
    anna = world.join("anna")
    ben = world.join("ben")
    world.run(1)
    bye = pack_rtcp(Bye((anna.sent[Source.CAMERA].ssrc,)))
    anna.rtcp(bye)
    world.run(1)
    assert ("ended", "anna", Source.CAMERA) not in world.events.seen
    anna.sent[Source.CAMERA].on = False
    anna.rtcp(bye)
    world.run(0.5)
    assert ben.filled("4") == (None, None)


def test_an_ssrc_that_changes_with_every_packet_is_not_followed() -> None:
    world = World()
    anna = world.join("anna", parts=sections(announce=False))
    ben = world.join("ben")
    world.run(1)
    track = anna.sent[Source.CAMERA]
    anna.up.delay_s = 0.0
    for _ in range(30):
        track.ssrc += 1
        anna.picture()
        world.run(0.01)
    live = [event for event in world.events.seen if event == ("live", "anna", Source.CAMERA)]
    assert len(live) == 1
    assert world.room.counters["rtp_unknown_ssrc"] > 50
    world.run(2)
    assert ben.filled("4") == ("anna", Source.CAMERA)
    assert ben.slot().last_at > world.now - 0.1
    assert_continuous(ben.slot())


def test_a_publisher_hears_what_arrives_and_how_much_its_watchers_can_take() -> None:
    world = World()
    anna = world.join("anna", loss=0.1)
    ben = world.join("ben")
    world.run(4)
    assert anna.may_send_bps[-1] == pytest.approx(2_500_000, rel=0.001)
    ben.rtcp(pack_rtcp(Remb(7, 800_000, (1,))))
    world.run(2)
    assert anna.may_send_bps[-1] == pytest.approx(800_000, rel=0.001)
    world.run(6)
    assert anna.may_send_bps[-1] == pytest.approx(2_500_000, rel=0.001), "an old estimate says nothing"
    camera = [block for block in anna.blocks if block.ssrc == anna.sent[Source.CAMERA].ssrc]
    assert len(camera) > 8
    assert 0.05 < sum(block.fraction_lost for block in camera) / len(camera) / 256 < 0.16
    assert camera[-1].last_sr


def test_the_round_trip_of_a_client_is_learnt_from_its_reports() -> None:
    world = World()
    world.join("anna")
    ben = world.join("ben")
    world.run(2)
    report = ben.slot().reports[-1]
    at = (report.ntp >> 16) & 0xFFFFFFFF
    block = ReportBlock(report.ssrc, 0, 0, 1, 0, at, 0)
    ben.nacks = False
    asked = ben.slot().media()[-5][0] & 0xFFFF
    world.room.on_rtcp(ben.id, pack_rtcp(ReceiverReport(7, (block,))), world.now, world.wall_ns)
    nack = pack_rtcp(Nack(7, report.ssrc, (asked,)))
    for _ in range(10):
        world.room.on_rtcp(ben.id, nack, world.now, world.wall_ns)
    assert world.room.counters["packets_repeated"] == 1, "no more than once per round trip"


def test_one_keyframe_serves_all_who_asked_before_it_came() -> None:
    world = World()
    anna = world.join("anna")
    viewers = [world.join(name, publishes=False) for name in ("ben", "chris")]
    world.run(2)
    before = len(anna.sent[Source.CAMERA].plis)
    for viewer in viewers:
        viewer.rtcp(pack_rtcp(Pli(7, viewer.slot().section.ssrc)))
        world.run(0.01)
    world.run(2)
    assert len(anna.sent[Source.CAMERA].plis) == before + 1


def test_what_was_given_up_stays_counted_when_its_sender_goes() -> None:
    world = World()
    world.join("anna", loss=0.9)
    world.join("ben")
    world.run(5)
    lost = world.room.counters["packets_given_up"]
    assert lost > 0
    world.leave("anna")
    assert world.room.counters["packets_given_up"] == lost


def test_who_leaves_is_freed_without_the_collector() -> None:
    world = World()
    world.join("anna")
    ben = world.join("ben")
    world.run(2)
    camera = next(one for one in world.room._legs[ben.id].publications.values() if one.source is Source.CAMERA)
    leg_alive, camera_alive = weakref.ref(world.room._legs[ben.id]), weakref.ref(camera)
    del camera
    gc.disable()
    try:
        world.leave("ben")
        assert leg_alive() is None
        for name in ("carl", "dora", "emil", "fred", "gina"):
            world.join(name)
            world.run(2)
            world.leave(name)
        assert camera_alive() is None, "a slot remembers its last four pictures, for repeats"
    finally:
        gc.enable()
