"""Every plane: each target gets its own numbers and nothing from before it began."""

from contextlib import suppress
from random import Random

import pytest

from media.plane.base import Targets
from media.plane.python import packet_bytes
from media.rtp.packet import extension, parse_header
from media.rtp.rewrite import Offsets
from tests.media.plane.rig import Rig, media
from tests.support.wire import PLANES

pytestmark = pytest.mark.unit

PAYLOAD = bytes.fromhex("90c0800509") + b"picture"
PACKET = media(65_536 + 65_535, PAYLOAD, ticks=2**32 - 1, marker=True, vp8=True)
DESCRIPTORS = ("10", "9080e1", "90807f", "90e0ffff0020", "90a00520", "9050ff20", "90d0800000aa", "9040ff", "80c07f80")
"""Hex: no extension; picture ids of 7 and 15 bits and TL0PICIDX, each alone and together, at their wraps."""


@pytest.fixture(params=PLANES)
def rig(request: pytest.FixtureRequest) -> Rig:
    return Rig(native=request.param == "native")


def test_each_target_gets_its_own_packet(rig: Rig) -> None:
    targets = Targets(
        [
            rig.target(1, ssrc=0xAAAAAAAA),
            rig.target(
                2,
                payload_type=120,
                ssrc=0xFFFFFFFF,
                extensions={4: b"17"},
                offsets=Offsets(PACKET.sequence, 2, 3, 1, 1),
            ),
            rig.target(3, offsets=Offsets(PACKET.sequence + 1, 0, 0, 0, 0)),
        ]
    )
    rig.plane.forward(PACKET, targets)
    (plain,), (changed,) = rig.got(1), rig.got(2)
    assert rig.got(3) == []
    header = parse_header(plain)
    assert header.marker
    assert (header.payload_type, header.sequence, header.timestamp_ticks) == (96, 65_535, 2**32 - 1)
    assert (header.ssrc, plain[12:]) == (0xAAAAAAAA, PAYLOAD)
    header = parse_header(changed)
    assert (header.payload_type, header.sequence, header.timestamp_ticks, header.ssrc) == (120, 1, 2, 0xFFFFFFFF)
    assert extension(changed, header, 4) == b"17"
    assert changed[header.payload_at :] == bytes.fromhex("90c080060a") + b"picture"
    assert packet_bytes(targets[2], PACKET) == plain[:8] + (1).to_bytes(4) + PAYLOAD


@pytest.mark.parametrize("seed", range(20))
def test_whatever_comes_each_target_gets_what_the_reference_makes_of_it(rig: Rig, seed: int) -> None:
    random = Random(seed)
    edges = (0, 1, 2**15 - 1, 2**15, 2**16 - 1, 2**31, 2**32 - 1)
    first = random.choice((0, 65_530, 2**31, 2**40))
    targets = Targets(
        rig.target(
            port,
            payload_type=random.randrange(128),
            ssrc=random.choice(edges),
            extensions=random.choice(({}, {4: b"1"}, {4: b"12", 5: bytes(3)}, {15: b"mid"}, {1: b"", 200: bytes(200)})),
            offsets=Offsets(
                first + random.randrange(-2, 20),
                random.choice((0, 1, -first, -first - 1, 65_535, 2**17)),
                random.choice(edges),
                random.choice((0, 1, 0x7F, 0x80, 0x7FFF)),
                random.choice((0, 1, 0xFF)),
            ),
        )
        for port in range(1, 8)
    )
    expected: dict[int, list[bytes]] = {port: [] for port in range(1, 8)}
    for number in random.sample(range(first, first + 50), 40):
        payload = bytes.fromhex(random.choice(DESCRIPTORS)) + random.randbytes(random.choice((0, 1, 40, 40, 900)))
        packet = media(number, payload, ticks=random.choice(edges))
        with suppress(ValueError):
            payload = payload[: random.choice((0, 1, 2, 3, 4, 5, 6, 2000))]
            packet = media(number, payload, ticks=random.choice(edges), marker=random.random() < 0.5, vp8=True)
        rig.plane.forward(packet, targets)
        for port, target in enumerate(targets, 1):
            if number >= target.first:
                expected[port].append(packet_bytes(target, packet))
        if random.random() < 0.3:
            rig.plane.flush()
    for port, packets in expected.items():
        assert rig.got(port) == packets
    assert not rig.plane.dropped


def test_who_joins_gets_only_what_comes_after(rig: Rig) -> None:
    one = Targets([rig.target(1)])
    two = Targets([*one, rig.target(2)])
    rig.plane.forward(media(1, b"a"), one)
    rig.plane.forward(media(2, b"b"), two)
    rig.plane.forward(media(3, b"c"), Targets(one))
    assert [packet[12:] for packet in rig.got(1)] == [b"a", b"b", b"c"]
    assert [packet[12:] for packet in rig.got(2)] == [b"b"]


def test_a_publication_that_nobody_watches_costs_nothing(rig: Rig) -> None:
    rig.plane.forward(media(1, b"a"), Targets())
    rig.plane.flush()
    assert not rig.plane.dropped
