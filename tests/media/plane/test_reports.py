"""What receivers report waits in the native plane until it is asked for; any other RTCP comes to Python at once."""

import socket
from functools import partial
from typing import cast

import pytest

from media.plane.base import Plane
from media.plane.python import PythonPlane
from media.rtp.rtcp import Bye, Nack, Pli, ReceiverReport, Remb, ReportBlock, Rtcp, SenderReport, pack_rtcp, parse_rtcp
from tests.fuzz.corpus import seeds
from tests.fuzz.mangle import malformed
from tests.media.plane.rig import Rig
from tests.support.wire import Socket

pytestmark = pytest.mark.unit

FD, PORT = 5, 9
BLOCK = ReportBlock(77, 12, -3, 2**32 - 1, 90, 0xFFFF0000, 65536)
REPORT, LIMIT = ReceiverReport(0, (BLOCK,)), Remb(0, 700_000, ())
SDES = bytes.fromhex("81ca0003 00000001 0103616263 000000")
EXTENDED = bytes.fromhex("80cf0002 00000001 04000000")
TOLD_AT_ONCE, AGAIN_S = 25, 0.0625
"""Blocks of one leg, and datagrams without any; and after how long, at the latest, as many again."""


class Street:
    """A leg at PORT and one that nobody hears at the next: what came of the first, as it was told."""

    def __init__(self) -> None:
        self.rig = Rig(native=True)
        self.plane: Plane = self.rig.plane
        self.told: list[tuple[Rtcp, float]] = []
        self.plain: list[bytes] = []
        self.came: list[bytes] = []
        self.handle = self._open(PORT)
        self._open(PORT + 1)
        self.hear(self.handle)

    def _open(self, port: int) -> int:
        handle = self.plane.open(port, port)
        self.plane.aim(handle, FD, ("127.0.0.1", port))
        return handle

    def hear(self, handle: int) -> None:
        self.plane.hear(
            handle,
            lambda report, now, _wall_ns: self.told.append((report, now)),
            lambda data, _now, _wall_ns: self.plain.append(data),
        )

    def come(self, *datagrams: bytes, port: int = PORT, fd: int = FD, host: str = "127.0.0.1") -> None:
        """One after the other."""
        for data in datagrams:
            self.rig.wire.arrive(fd, data, (host, port))
            self.plane.receive(
                cast(socket.socket, Socket(fd)),
                1,
                self.rig.now,
                lambda data, _address, _now: self.came.append(data),
                lambda on_packet, data, now, wall_ns: on_packet(data, now, wall_ns),
            )

    def reports(self) -> list[Rtcp]:
        self.plane.report()
        return [report for report, _ in self.told]


@pytest.fixture
def street() -> Street:
    return Street()


def report(*blocks: ReportBlock) -> bytes:
    return pack_rtcp(ReceiverReport(1, blocks))


REMB = pack_rtcp(Remb(1, 700_000, (5, 6)))


def test_reports_wait_until_they_are_asked_for_and_are_told_once_as_they_came(street: Street) -> None:
    street.come(report(BLOCK))
    street.rig.now += 0.5
    street.come(REMB)
    assert (street.told, street.plain, street.came) == ([], [], [])
    street.rig.now += 0.5
    assert street.reports() == [REPORT, LIMIT]
    assert [at for _, at in street.told] == [street.rig.now - 1, street.rig.now - 0.5], "when it came, not when asked"
    assert street.plane.heard(street.handle) == street.rig.now - 0.5
    assert len(street.reports()) == 2, "once"


def test_all_blocks_of_a_datagram_are_told_and_what_nobody_asks_for_is_passed_over(street: Street) -> None:
    blocks = [BLOCK._replace(ssrc=ssrc) for ssrc in range(40)]
    street.come(report(*blocks[:31]) + SDES + report(*blocks[31:]) + EXTENDED + REMB)
    assert street.reports() == [*(ReceiverReport(0, (block,)) for block in blocks), LIMIT]
    assert not street.plain + street.came


@pytest.mark.parametrize(
    "more",
    [
        pack_rtcp(Nack(1, 77, (5,))),
        pack_rtcp(Pli(1, 77)),
        pack_rtcp(Bye((1,))),
        pack_rtcp(SenderReport(1, 2, 3, 4, 5)),
        bytes.fromhex("80cc0002 00000001 00000000"),
        pack_rtcp(Remb(1, 1 << 62, ())),
        REMB[:12] + b"LMNT" + REMB[16:],
        REMB[:16] + b"\x09" + REMB[17:],
        report(BLOCK)[:-4],
        b"\xa0" + report(BLOCK)[1:],
        b"\x40" + report(BLOCK)[1:],
        b"\x9f" + report(BLOCK)[1:],
        report(BLOCK)[:3] + b"\0" + report(BLOCK)[4:],
        b"\x80\xc9",
    ],
    ids=[
        "nack",
        "pli",
        "bye",
        "sender report",
        "app",
        "too much",
        "no remb",
        "ssrcs missing",
        "cut",
        "padded",
        "version",
        "blocks missing",
        "empty",
        "short",
    ],
)
def test_what_says_more_comes_to_python_whole_and_as_plaintext(street: Street, more: bytes) -> None:
    street.come(report(BLOCK) + more)
    assert (street.plain, street.came) == ([report(BLOCK) + more], [])
    assert street.reports() == [], "nothing is told twice"


@pytest.mark.parametrize(
    "data",
    [pack_rtcp(Nack(1, 77, (5,))), pack_rtcp(Pli(1, 77)), b"\x40" + report()[1:], report()[:8], bytes(1501), b""],
)
def test_what_is_no_report_by_its_head_comes_as_it_came(street: Street, data: bytes) -> None:
    street.come(data)
    assert (street.plain, street.came, street.reports()) == ([], [data], [])


def test_only_who_is_heard_is_taken_and_only_from_where_it_is_sent_to(street: Street) -> None:
    data = report(BLOCK)
    street.come(data, port=PORT + 1)
    street.come(data, port=PORT + 2)
    street.come(data, fd=FD + 1)
    assert (street.came, street.reports()) == ([data] * 3, [])
    street.plane.aim(street.handle, FD, ("127.0.0.1", PORT + 2))
    street.come(data)
    street.come(data, port=PORT + 2)
    assert (len(street.came), street.reports()) == (4, [REPORT])
    street.plane.aim(street.handle, FD, None)
    street.come(data, port=PORT + 2)
    assert len(street.came) == 5


def test_of_two_at_one_address_each_goes_on_when_the_other_is_gone(street: Street) -> None:
    """A client that connects anew from the same port, before the old leg is closed."""
    again = street.plane.open(PORT, PORT)
    street.plane.aim(again, FD, ("127.0.0.1", PORT))
    street.hear(again)
    street.plane.close(again)
    street.come(report(BLOCK))
    assert street.reports() == [REPORT]


def test_of_a_closed_leg_nothing_is_told(street: Street) -> None:
    street.come(report(BLOCK))
    street.plane.close(street.handle)
    assert street.reports() == []
    street.come(report(BLOCK))
    assert len(street.came) == 1
    assert street.plane.open(PORT, PORT) != street.handle
    street.come(report(BLOCK))
    assert len(street.came) == 2, "its place is another's"


def test_what_cannot_be_decrypted_is_counted_and_dropped(street: Street) -> None:
    street.rig.wire.broken_sessions.add(PORT)
    street.come(report(BLOCK))
    assert (street.came, street.plain, street.reports()) == ([], [], [])
    assert street.plane.dropped == {"srtp_receive": 1}


def test_one_leg_that_reports_too_much_is_left_to_python_for_a_while_however_often_that_asks(street: Street) -> None:
    street.come(*[report(BLOCK)] * (TOLD_AT_ONCE + 2))
    assert len(street.came) == 2
    assert len(street.reports()) == TOLD_AT_ONCE
    street.come(report(BLOCK))
    assert len(street.came) == 3
    street.rig.now += AGAIN_S
    street.come(report(BLOCK))
    assert len(street.came) == 3
    assert len(street.reports()) == TOLD_AT_ONCE + 1


@pytest.mark.parametrize("data", [report(*[BLOCK] * TOLD_AT_ONCE), report(*[BLOCK] * 31) + report(*[BLOCK] * 29)])
def test_every_block_counts(street: Street, data: bytes) -> None:
    street.come(data, report(BLOCK))
    assert street.came == [report(BLOCK)]
    street.rig.now += AGAIN_S
    street.come(report(BLOCK), data, report(BLOCK))
    assert street.came == 2 * [report(BLOCK)], "the last one may be more than is left"


def test_what_says_nothing_or_more_counts_too(street: Street) -> None:
    more = report(BLOCK) + pack_rtcp(Pli(1, 77))
    street.come(report() + EXTENDED, more, *[report(BLOCK)] * (TOLD_AT_ONCE - 1))
    assert (street.plain, street.came) == ([more], [report(BLOCK)])


def test_when_there_is_no_more_room_all_comes_to_python(street: Street) -> None:
    for _ in range(16):
        street.come(report(*[BLOCK] * 31))
        street.rig.now += AGAIN_S
    street.come(report(*[BLOCK] * 17))
    assert (len(street.plain), len(street.came)) == (1, 0)
    street.come(report(*[BLOCK] * 16))
    street.rig.now += AGAIN_S
    street.come(report(BLOCK))
    assert (len(street.plain), len(street.came)) == (1, 1)
    assert len(street.reports()) == 16 * 31 + 16


@pytest.mark.parametrize("host", ["127.0.0.1", "2001:db8::1"])
def test_more_legs_than_rows_are_told_apart(street: Street, host: str) -> None:
    told: list[tuple[int, Rtcp]] = []
    ports = range(1000, 3000)
    for port in ports:
        handle = street.plane.open(port, port)
        street.plane.aim(handle, FD, (host, port) if "." in host else (host, port, 0, 0))
        street.plane.hear(handle, partial(_remember, told, port), _nothing)
    for port in ports:
        street.come(pack_rtcp(Remb(1, port, ())), port=port, host=host)
        street.plane.report()
    assert told == [(port, Remb(0, port, ())) for port in ports]
    assert not street.came


def test_whatever_comes_is_read_as_python_reads_it(street: Street) -> None:
    valid = [*seeds("rtcp"), report(BLOCK) + SDES + REMB]
    taken = 0
    for data in [*valid, *malformed(valid, 1500, 7)]:
        street.told.clear()
        street.plain.clear()
        street.came.clear()
        street.rig.now += AGAIN_S
        street.come(data)
        if street.plain or street.came:
            assert [*street.plain, *street.came] == [data]
            assert street.reports() == []
            continue
        taken += 1
        assert street.reports() == [one for packet in parse_rtcp(data) for one in _apart(packet)]
    assert taken > 50, "or it says nothing"


def test_the_plane_in_python_takes_none() -> None:
    plane = PythonPlane()
    plane.hear(0, lambda *_: pytest.fail("a report"), lambda *_: pytest.fail("a datagram"))
    plane.report()


def _apart(packet: Rtcp) -> list[Rtcp]:
    """As the plane tells it."""
    match packet:
        case ReceiverReport(_, blocks):
            return [ReceiverReport(0, (block,)) for block in blocks]
        case Remb(_, bps, _):
            return [Remb(0, bps, ())]
        case _:
            return [packet]


def _remember(told: list[tuple[int, Rtcp]], port: int, report: Rtcp, _now: float, _wall_ns: int) -> None:
    told.append((port, report))


def _nothing(data: bytes, _now: float, _wall_ns: int) -> None:
    pytest.fail(f"left to Python: {data!r}")
