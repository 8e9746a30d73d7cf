"""Transport-wide numbers on every plane: one row per leg over all its streams, and when each packet left."""

import pytest

from media.plane.base import Targets
from media.plane.native import has_gso
from media.plane.python import packet_bytes
from media.rtp.numbering import MOST_REMEMBERED, Left
from media.rtp.packet import extension, parse_header
from tests.media.plane.rig import Rig, media
from tests.support.wire import PLANES

pytestmark = pytest.mark.unit

ROOM = {3: bytes(2), 4: b"17"}


@pytest.fixture(params=PLANES)
def rig(request: pytest.FixtureRequest) -> Rig:
    return Rig(native=request.param == "native")


def numbers(packets: list[bytes]) -> list[int]:
    found = [extension(packet, parse_header(packet), 3) for packet in packets]
    return [int.from_bytes(number) for number in found if number is not None]


def test_each_leg_has_a_row_of_its_own_over_all_its_streams(rig: Rig) -> None:
    one, two = rig.plane.number(rig.leg(1)), rig.plane.number(rig.leg(2))
    targets = Targets(
        [
            rig.target(1, ssrc=5, extensions=ROOM, numbering=one),
            rig.target(2, ssrc=6, extensions=ROOM, numbering=two),
            rig.target(1, ssrc=7, extensions=ROOM, numbering=one),
            rig.target(3, ssrc=8, extensions=ROOM),
        ]
    )
    two.take(99)
    for number in range(3):
        rig.plane.forward(media(number, b"x"), targets)
        rig.plane.flush()
    assert sorted(numbers(rig.got(1))) == [0, 1, 2, 3, 4, 5]
    assert numbers(rig.got(2)) == [1, 2, 3]
    assert numbers(rig.got(3)) == [0, 0, 0], "who is not numbered keeps what was there"
    assert all(extension(packet, parse_header(packet), 4) == b"17" for packet in rig.got(1) + rig.got(2))


def test_a_repeat_has_the_next_number_of_the_same_row(rig: Rig) -> None:
    row = rig.plane.number(rig.leg(1))
    target = rig.target(1, extensions=ROOM, numbering=row)
    rig.plane.forward(media(1, b"x"), Targets([target]))
    rig.plane.flush()
    assert numbers([packet_bytes(target, media(1, b"x"))]) == [1]
    assert [left.number for left in row.left(0, 2)] == [0, 1]


def test_when_each_left_and_how_large_it_was_is_remembered(rig: Rig) -> None:
    row = rig.plane.number(rig.leg(1))
    targets = Targets([rig.target(1, extensions=ROOM, numbering=row)])
    for number in range(4):
        rig.now = 100.0 + number
        rig.plane.forward(media(number, bytes(number)), targets)
        rig.plane.flush()
    rig.now = 104.5
    assert row.take(1000) == 4
    assert row.left(1, 10) == [Left(1, 101.0, 25), Left(2, 102.0, 26), Left(3, 103.0, 27), Left(4, 104.5, 1000)]
    assert row.left(4, 1) == [Left(4, 104.5, 1000)]
    assert row.left(5, 3) == []
    assert row.left(40_000, 20) == []


def test_the_row_wraps_and_counts_on(rig: Rig) -> None:
    row = rig.plane.number(rig.leg(1))
    assert [row.take(1) for _ in range(65_540)] == [number & 0xFFFF for number in range(65_540)]
    assert [left.number for left in row.left(65_534, 5)] == [65_534, 65_535, 65_536, 65_537, 65_538]
    assert [left.number for left in row.left(3, 5)] == [65_539]


def test_only_the_newest_are_remembered(rig: Rig) -> None:
    row = rig.plane.number(rig.leg(1))
    for _ in range(MOST_REMEMBERED + 10):
        row.take(7)
    assert row.left(0, 10) == []
    assert [left.number for left in row.left(0, 12)] == [10, 11]
    assert [left.number for left in row.left(0, 2 * MOST_REMEMBERED)] == list(
        range(MOST_REMEMBERED, MOST_REMEMBERED + 10)
    )


def test_a_leg_that_is_gone_leaves_nothing(rig: Rig) -> None:
    row = rig.plane.number(rig.leg(1))
    row.take(7)
    rig.plane.close(rig.leg(1))
    if rig.native is not None:
        assert row.left(0, 5) == []
    assert isinstance(row.take(7), int)


def test_numbered_packets_of_a_picture_still_leave_as_one_datagram() -> None:
    rig = Rig(native=True)
    targets = Targets([rig.target(1, extensions=ROOM, numbering=rig.plane.number(rig.leg(1)))])
    for number in range(5):
        rig.plane.forward(media(number, b"same size"), targets)
    assert numbers(rig.got(1)) == [0, 1, 2, 3, 4]
    assert [len(datagram.packets) for datagram in rig.wire.datagrams] == ([5] if has_gso() else [1] * 5)
