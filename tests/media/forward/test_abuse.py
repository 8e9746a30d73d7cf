"""What one member of a room may do to the others by RTP and RTCP: no more than a friendly one."""

import struct

import pytest

from contract.media import Source
from media.rtp.bandwidth import CAP_BPS, LEAST_BPS
from media.rtp.packet import build_extensions, extension, parse_header
from media.rtp.rtcp import Fir, Nack, Pli, Remb, pack_rtcp
from media.rtp.throttle import BURST
from tests.media.forward.client import DELAY_ID, LEVEL_ID, MID_ID, OPUS, sections
from tests.media.forward.seen import assert_continuous, shows
from tests.media.forward.world import World

pytestmark = [pytest.mark.link, pytest.mark.usefixtures("plane")]


SECONDS = 5


def test_a_flood_of_keyframe_requests_reaches_the_camera_twice_a_second() -> None:
    world = World()
    anna, ben = world.join("anna"), world.join("ben", publishes=False)
    world.run(2)
    track = anna.sent[Source.CAMERA]
    before, ssrc = len(track.plis), ben.slot().section.ssrc
    for number in range(100 * SECONDS):
        ben.rtcp(pack_rtcp(Pli(7, ssrc)))
        ben.rtcp(pack_rtcp(Fir(7, tuple((ssrc, number & 0xFF) for _ in range(31)))))
        world.run(0.01)
    assert SECONDS <= len(track.plis) - before <= 2 * SECONDS + BURST


def test_who_asks_for_everything_again_at_most_doubles_its_own_stream() -> None:
    world = World()
    world.join("anna")
    ben, chris = world.join("ben", publishes=False), world.join("chris", publishes=False)
    world.run(2)
    slot = ben.slot()
    for _ in range(50 * SECONDS):
        lost = tuple((slot.sequence.highest - back) & 0xFFFF for back in range(200))
        world.room.on_rtcp(ben.id, pack_rtcp(Nack(7, slot.section.ssrc, lost)), world.now, world.wall_ns)
        world.run(0.02)
    first_copies = len(chris.slot().packets)
    assert 0.9 * first_copies < world.room.counters["packets_repeated"] <= first_copies + 30
    assert_continuous(chris.slot())


@pytest.mark.parametrize(("lie_bps", "heard_bps"), [(0, LEAST_BPS), (1, LEAST_BPS), (2**60, CAP_BPS)])
def test_a_lie_about_bandwidth_is_clamped(lie_bps: int, heard_bps: int) -> None:
    world = World()
    anna = world.join("anna")
    ben = world.join("ben")
    world.run(2)
    ben.rtcp(pack_rtcp(Remb(7, lie_bps, (ben.slot().section.ssrc,))))
    world.run(1.5)
    assert anna.may_send_bps[-1] == pytest.approx(heard_bps, rel=0.001)


def test_two_publishers_with_the_same_ssrcs_are_told_apart() -> None:
    world = World()
    same = sections(stage=2, first_ssrc=1000)
    names = ("anna", "ben", "chris")
    clients = {name: world.join(name, parts=same) for name in names}
    world.run(3)
    for name, client in clients.items():
        seen = {shown for pair in (0, 1) for shown in shows(client.slot(stage=pair))}
        assert seen == set(names) - {name}
        assert_continuous(client.slot())


def test_who_copies_anothers_ssrc_takes_nothing_from_it() -> None:
    world = World()
    anna, ben = world.join("anna"), world.join("ben", publishes=False)
    mallory = world.join("mallory", parts=sections(stage=2, first_ssrc=9000), publishes=False)
    world.run(2)
    track = anna.sent[Source.CAMERA]
    for number in range(200):
        ticks = track.ticks & 0xFFFFFFFF
        forged = struct.pack("!BBHII", 0x80, 96, (track.sequence + number) & 0xFFFF, ticks, track.ssrc)
        world.room.on_rtp(mallory.id, forged + b"\x90\x80\x01\x00 forged", world.now, world.wall_ns)
        world.run(0.01)
    assert shows(ben.slot()) == ["anna"]
    assert_continuous(ben.slot())
    assert world.room.counters["rtp_unknown_ssrc"] == 200


def test_only_our_own_header_extensions_are_passed_on() -> None:
    world = World()
    anna, ben = world.join("anna"), world.join("ben")
    world.run(1)
    track = anna.sent[Source.MICROPHONE]
    for number in range(1, 20):
        values = {one: bytes([one] * 3) for one in range(1, 15)} | {MID_ID: b"0", LEVEL_ID: b"\x7f"}
        ticks = (track.ticks + 960 * number) & 0xFFFFFFFF
        head = struct.pack("!BBHII", 0x90, OPUS, (track.sequence + number) & 0xFFFF, ticks, track.ssrc)
        world.room.on_rtp(anna.id, head + build_extensions(values) + b"foreign extensions", world.now, world.wall_ns)
    world.run(0.1)
    marked = [packet for packet in ben.slot("audio").packets.values() if packet.endswith(b"foreign extensions")]
    assert marked
    for packet in marked:
        header = parse_header(packet)
        carried = {one for one in range(1, 15) if extension(packet, header, one) is not None}
        assert carried == {MID_ID}
    pictures = [parse_header(packet) for packet in ben.slot().packets.values()]
    assert pictures
    for packet, header in zip(ben.slot().packets.values(), pictures, strict=True):
        assert {one for one in range(1, 15) if extension(packet, header, one) is not None} <= {MID_ID, DELAY_ID}
