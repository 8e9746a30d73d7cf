"""What one room does for its clients, in virtual time: sections, delays, codecs, pointers, reports."""

import gc
import weakref

import pytest

from contract.data import PointAt
from contract.ids import PersonId
from contract.media import Codec, Grants, Source
from media.rtp.clock import wall_from_ntp
from media.rtp.packet import extension, parse_header
from media.rtp.rtcp import Bye, Nack, ReceiverReport, Remb, ReportBlock, pack_rtcp
from tests.media.forward.client import DELAY_ID, MID_ID, Client, sections
from tests.media.forward.seen import assert_continuous, shows
from tests.media.forward.world import World

pytestmark = [pytest.mark.link, pytest.mark.usefixtures("plane")]


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
    world = World(video_codecs=[Codec.H264])
    anna = world.join("anna", parts=sections(first_ssrc=1000, h264=True))
    assert anna.codecs == [Codec.H264]
    firefox = world.join("firefox", parts=sections(first_ssrc=5000), ready=False)
    assert anna.codecs == [Codec.H264, Codec.VP8]
    assert firefox.told == []
    world.leave("firefox")
    assert anna.codecs == [Codec.H264, Codec.VP8, Codec.H264]


def test_grants_that_come_with_another_connection_count_from_when_it_is_ready() -> None:
    world = World()
    world.join("anna")
    ben = world.join("ben")
    world.run(1)
    assert ben.filled("4") == ("anna", Source.CAMERA)
    mute = Grants(publish=False, subscribe=True, record=False)
    world.join("anna", leg="anna-2", parts=sections(first_ssrc=7000), grants=mute, publishes=False)
    assert ben.filled("4") == (None, None)
    assert ("anna", Source.CAMERA) not in world.events.live


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
