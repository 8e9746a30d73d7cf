"""Every plane: each target gets its own numbers and nothing from before it began."""

import pytest

from media.plane.base import EXTENDED, PLAIN, Plane, Target
from media.plane.python import PythonPlane, packet_bytes
from media.rtp.cache import MediaPacket
from media.rtp.packet import build_extensions, extension, parse_header
from media.rtp.rewrite import Offsets
from media.rtp.vp8 import parse_vp8

pytestmark = pytest.mark.unit

PAYLOAD = bytes.fromhex("90c0800509") + b"picture"
PACKET = MediaPacket(65_536 + 65_535, 2**32 - 1, 0x80, PAYLOAD, parse_vp8(PAYLOAD))


@pytest.fixture(params=[PythonPlane])
def plane(request: pytest.FixtureRequest) -> Plane:
    made: Plane = request.param()
    return made


def test_each_target_gets_its_own_packet(plane: Plane) -> None:
    out: dict[str, list[bytes]] = {"plain": [], "moved": [], "later": []}
    mid = build_extensions({4: b"17"})
    moved = Offsets(0, 2, 3, 1, 1)
    targets = [
        Target(out["plain"].append, PLAIN, 96, 0xAAAAAAAA, b"", 0, 0, 0, None),
        Target(out["moved"].append, EXTENDED, 120, 0xFFFFFFFF, mid, PACKET.sequence, 2, 3, moved),
        Target(out["later"].append, PLAIN, 96, 1, b"", PACKET.sequence + 1, 0, 0, None),
    ]
    plane.forward(PACKET, targets)
    (plain,), (changed,) = out["plain"], out["moved"]
    assert out["later"] == []
    header = parse_header(plain)
    assert header.marker
    assert (header.payload_type, header.sequence, header.timestamp_ticks) == (96, 65_535, 2**32 - 1)
    assert (header.ssrc, plain[12:]) == (0xAAAAAAAA, PAYLOAD)
    header = parse_header(changed)
    assert (header.payload_type, header.sequence, header.timestamp_ticks, header.ssrc) == (120, 1, 2, 0xFFFFFFFF)
    assert extension(changed, header, 4) == b"17"
    assert changed[header.payload_at :] == bytes.fromhex("90c080060a") + b"picture"
    assert packet_bytes(targets[2], PACKET) == plain[:8] + (1).to_bytes(4) + PAYLOAD
