"""Transport-wide congestion control in a room over lossy links in virtual time."""

from dataclasses import replace
from random import Random

import pytest

from contract.data import Slots
from contract.media import Source
from media.forward.sections import Sections
from media.rtp.bandwidth import CAP_BPS, FLOOR_BPS
from media.rtp.gcc import OVERHEAD_BYTES
from media.rtp.packet import extension, parse_header
from media.rtp.rtcp import Nack, Remb, pack_rtcp
from media.rtp.transport_cc import TICK_S
from tests.media.forward.client import NONE, NUMBER_ID, Client, Link, sections
from tests.media.forward.seen import assert_continuous
from tests.media.forward.world import World
from tests.support.netem import Direction, Impairment

pytestmark = [pytest.mark.link, pytest.mark.usefixtures("plane")]


# --- towards publishers


def test_a_publisher_is_told_ten_times_a_second_which_of_its_packets_came_and_when() -> None:
    world = World()
    anna = world.join("anna", parts=sections(numbered=True), loss=0.1, jitter_s=0.02)
    came: dict[int, int] = {}
    receive = world.deliver

    def deliver(client: Client, packet: bytes) -> None:
        number = extension(packet, parse_header(packet), NUMBER_ID)
        assert number is not None
        came.setdefault(int.from_bytes(number), int(world.now / TICK_S))
        receive(client, packet)

    world.deliver = deliver  # type: ignore[method-assign]  # looks over its shoulder
    anna.down.loss = 0.0
    world.run(5)
    told: dict[int, int] = {}
    lost: set[int] = set()
    for feedback in anna.feedback:
        assert feedback.ssrc in {track.ssrc for track in anna.sent.values()} | {
            section.rtx_ssrc for section in anna.sections.sources
        }
        arrived = dict(feedback.arrivals)
        for offset in range(feedback.packets):
            number = (feedback.base_sequence + offset) & 0xFFFF
            if offset in arrived:
                told[number] = arrived[offset]
                lost.discard(number)
            else:
                lost.add(number)
    assert 50 <= len(anna.feedback) <= 105
    assert told.items() <= came.items()
    assert len(came) - len(told) < 50, "what came since the last feedback"
    assert not lost & came.keys() - told.keys()
    assert len(lost) > 20
    assert any(number > 65_500 for number in told), "the numbers wrapped on the way"
    assert any(number < 100 for number in told)


def test_what_its_watchers_can_take_still_limits_a_publisher_that_measures_for_itself() -> None:
    world = World()
    anna = world.join("anna", parts=sections(numbered=True))
    ben = world.join("ben", publishes=False)
    world.run(1)
    ben.rtcp(pack_rtcp(Remb(7, 400_000, ())))
    world.run(2)
    assert anna.may_send_bps[-1] == pytest.approx(400_000, rel=0.01)


def test_who_does_not_offer_it_gets_no_such_feedback() -> None:
    world = World()
    anna = world.join("anna")
    world.run(2)
    assert anna.sent[Source.CAMERA].frame > 30
    assert anna.feedback == []
    assert anna.may_send_bps


# --- towards subscribers


class Watched(Link):
    """Remembers the transport-wide numbers of what goes over it, lost or not."""

    def __init__(self, loss: float) -> None:
        super().__init__(Random(1), loss)
        self.numbers: list[int] = []

    def arrival(self, packet: bytes, now: float) -> float | None:
        if not 191 < packet[1] < 224:
            number = extension(packet, parse_header(packet), NUMBER_ID)
            assert number is not None
            self.numbers.append(int.from_bytes(number))
        return super().arrival(packet, now)


class Compared(Link):
    """Counts packets that come again under the number that they had, and holds that they are the same."""

    def __init__(self, loss: float) -> None:
        super().__init__(Random(1), loss)
        self.first: dict[tuple[int, int], bytes] = {}
        self.again = 0

    def arrival(self, packet: bytes, now: float) -> float | None:
        if not 191 < packet[1] < 224:
            header = parse_header(packet)
            self.again += (header.ssrc, header.sequence) in self.first
            assert self.first.setdefault((header.ssrc, header.sequence), packet) == packet
        return super().arrival(packet, now)


class Narrow(Link):
    """A link of netem's, with a queue."""

    def __init__(self, impairment: Impairment) -> None:
        super().__init__(Random(1))
        self.direction = Direction(1)
        self.direction.impairment = impairment

    def arrival(self, packet: bytes, now: float) -> float | None:
        return self.direction.arrival(len(packet) + OVERHEAD_BYTES, now)

    def waits_s(self, now: float) -> float:
        """How long a packet that comes now stands in the queue."""
        return max(0.0, self.direction._line_free_at - now)


def obeys(world: World, client: Client) -> None:
    """Its camera sends what it may from now on, four packets 30 times a second."""

    def adjust() -> None:
        bps = client.may_send_bps[-1] if client.may_send_bps else 1_500_000
        wanted = max(0, int(bps / 8 / 30 / 4) - 40)
        client.filler_bytes += (min(wanted, 1100) - client.filler_bytes) // 3

    world.every(0.1, adjust)


def test_what_goes_to_a_subscriber_is_numbered_over_all_its_slots_and_repeats() -> None:
    world = World()
    world.join("anna")
    ben = world.join("ben", parts=sections(first_ssrc=9000, numbered=True), publishes=False)
    chris = world.join("chris", publishes=False)
    ben.down = way = Watched(loss=0.1)
    world.run(3)
    assert sorted(way.numbers) == list(range(len(way.numbers)))
    assert len(way.numbers) > 500
    assert ben.slot().repaired > 0
    assert len(ben.slot().packets) > 300
    assert len(ben.slot("audio").packets) > 100
    assert len(chris.slot().packets) > 300


def test_what_has_no_stream_for_repeats_is_repeated_to_the_last_bit_or_not_at_all() -> None:
    """One SRTP index must never protect two different packets (RFC 7714 §10.1)."""
    world = World()
    world.join("anna", low_delay=True)
    numbered = sections(first_ssrc=9000, numbered=True)
    parts = Sections(tuple(replace(section, rtx_ssrc=0, rtx_of={}) for section in numbered.all))
    ben = world.join("ben", parts=parts, publishes=False)
    ben.down = way = Compared(loss=0.1)
    world.run(3)
    sound = ben.slot("audio")
    wanted = tuple(number & 0xFFFF for number in sorted(sound.packets)[-20:])
    world.room.on_rtcp(ben.id, pack_rtcp(Nack(1, sound.section.ssrc, wanted)), world.now, world.wall_ns)
    world.run(1)
    assert ben.slot().repaired > 0
    assert way.again >= 20


def test_a_narrow_link_is_found_and_kept_to_and_its_room_found_again() -> None:
    world = World()
    anna = world.join("anna")
    ben = world.join("ben", parts=sections(first_ssrc=9000, numbered=True), publishes=False)
    obeys(world, anna)
    world.run(3)
    assert anna.may_send_bps[-1] == pytest.approx(CAP_BPS, rel=0.01), "no limit was seen"
    ben.down = narrow = Narrow(Impairment(delay_ms=20, rate_bps=300_000, queue_bytes=40_000))
    world.run(12)
    heard = len(ben.slot("audio").packets)
    world.run(10)
    assert 100_000 < anna.may_send_bps[-1] < 260_000
    assert len(ben.slot("audio").packets) - heard > 480, "nearly all of 500 sounds"
    assert narrow.waits_s(world.now) < 0.5, "the queue is short"
    assert ben.padding > 0
    narrow.direction.impairment = Impairment(delay_ms=20, rate_bps=4_000_000, queue_bytes=100_000)
    world.run(20)
    assert anna.may_send_bps[-1] > 1_500_000


def test_one_narrow_link_among_others_takes_the_picture_from_nobody() -> None:
    world = World()
    anna = world.join("anna")
    ben = world.join("ben", parts=sections(first_ssrc=9000, numbered=True), publishes=False)
    world.join("chris", parts=sections(first_ssrc=9500, numbered=True), publishes=False)
    obeys(world, anna)
    ben.down = Narrow(Impairment(delay_ms=20, rate_bps=150_000, queue_bytes=20_000))
    world.run(12)
    assert min(anna.may_send_bps) == pytest.approx(FLOOR_BPS, rel=0.01), "while the narrow one saw it too"
    assert any(fill.paused for message in ben.told if isinstance(message, Slots) for fill in message.slots)
    assert anna.may_send_bps[-1] == pytest.approx(CAP_BPS, rel=0.01)


def test_a_keyframe_to_a_narrow_link_does_not_hold_up_the_voice() -> None:
    world = World()
    anna = world.join("anna")
    ben = world.join("ben", parts=sections(first_ssrc=9000, numbered=True), publishes=False)
    obeys(world, anna)
    ben.down = narrow = Narrow(Impairment(delay_ms=20, rate_bps=300_000, queue_bytes=40_000))
    world.run(20)
    settled = ben.slot().sequence.highest
    anna.key_filler_bytes = 1100
    waits: list[float] = []
    world.every(0.02, lambda: waits.append(narrow.waits_s(world.now)))
    for _ in range(4):
        for _ in range(2):
            anna.sent[Source.CAMERA].key_wanted = True
            world.run(1 / 30)
        world.run(4)
    assert max(waits) < 0.55, "28 kB at once wait for more than 0.7 s"
    assert not [number for number in ben.slot().missing() if number > settled]


def test_pacing_begins_and_ends_without_a_hole_or_a_step_back() -> None:
    world = World()
    anna = world.join("anna")
    ben = world.join("ben", parts=sections(first_ssrc=9000, numbered=True), publishes=False)
    obeys(world, anna)
    leg = world.room._legs[ben.id]
    world.run(3)
    for bps in (400_000, 5_000_000, 400_000, 1_200_000, 5_000_000, 400_000, None):
        leg.estimate.sending.bps = bps
        world.run(1)
        leg.estimate.sending.bps = bps
    world.run(1)
    assert_continuous(ben.slot())
    assert ben.slot().last_at > world.now - 0.1, "nothing waits where no limit is known any more"


def test_a_revoked_grant_stops_a_spread_picture_at_once() -> None:
    world = World()
    anna = world.join("anna")
    ben = world.join("ben", parts=sections(first_ssrc=9000, numbered=True), publishes=False)
    leg = world.room._legs[ben.id]
    world.run(2)
    leg.estimate.sending.bps = 50_000
    world.run(0.1)
    anna.key_filler_bytes, anna.sent[Source.CAMERA].key_wanted = 1100, True
    world.run(0.1)
    ben.down = way = Watched(loss=0.0)
    world.grant("ben", NONE)
    world.run(1)
    assert way.numbers == []
