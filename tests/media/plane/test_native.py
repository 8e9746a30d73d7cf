"""The native plane: what the system answers, legs that go, and the same bytes as the Python plane once decrypted."""

import errno
import gc
import socket
import subprocess
from itertools import pairwise
from pathlib import Path
from random import Random

import pylibsrtp
import pytest

from media.peer.srtp import PROTECT, UNPROTECT, Keys
from media.plane.base import PLAIN, Target, Targets
from media.plane.native import NativePlane, has_gso
from media.plane.python import packet_bytes
from tests.media.plane.rig import Rig, media
from tests.support.loopbacks import LOOPBACKS

pytestmark = pytest.mark.unit

PLANE = Path(__file__).parents[3] / "media" / "plane"
STRICT = "-std=c11 -O2 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wcast-align -Wvla -Werror"
KEY = bytes(range(28))


@pytest.fixture
def rig() -> Rig:
    return Rig(native=True)


def send(rig: Rig, targets: Targets, *payloads: bytes, first: int = 1) -> None:
    for number, payload in enumerate(payloads, first):
        rig.plane.forward(media(number, payload), targets)


def payloads(rig: Rig, port: int) -> list[bytes]:
    return [packet[12:] for packet in rig.got(port)]


# --- one datagram for the packets of a picture ------------------------------------------------------------------------


def test_packets_of_one_size_to_one_address_leave_as_one_datagram_closed_by_a_shorter_one(rig: Rig) -> None:
    targets = Targets([rig.target(1), rig.target(2)])
    send(rig, targets, b"aaaa", b"bbbb", b"cc", b"dd", b"eeee")
    for port in (1, 2):
        assert payloads(rig, port) == [b"aaaa", b"bbbb", b"cc", b"dd", b"eeee"]
    sizes = [len(datagram.packets) for datagram in rig.wire.datagrams if datagram.port == 1]
    assert sizes == ([3, 1, 1] if has_gso() else [1] * 5)
    assert [before.port <= after.port for before, after in pairwise(rig.wire.datagrams)]


@pytest.mark.parametrize("error", [errno.EINVAL, errno.EIO, errno.EMSGSIZE])
def test_an_address_that_refuses_them_gets_its_packets_one_by_one_until_it_changes(rig: Rig, error: int) -> None:
    targets = Targets([rig.target(1), rig.target(2)])
    rig.wire.refuses.add(1)
    rig.wire.refusal = error
    send(rig, targets, b"aa", b"bb")
    assert payloads(rig, 1) == payloads(rig, 2) == [b"aa", b"bb"]
    assert rig.counts["gso_refused"] == has_gso()
    send(rig, targets, b"cc", b"dd", first=3)
    assert payloads(rig, 1) == [b"aa", b"bb", b"cc", b"dd"]
    assert rig.counts["gso_refused"] == has_gso(), "it is not tried again"
    rig.wire.refuses.clear()
    rig.plane.aim(rig.leg(1), 5, ("127.0.0.1", 3))
    send(rig, targets, b"ee", b"ff", first=5)
    assert payloads(rig, 3) == [b"ee", b"ff"]
    assert len(rig.wire.datagrams[-2].packets) == (2 if has_gso() else 1)
    assert not rig.plane.dropped


def test_without_gso_every_packet_is_a_datagram() -> None:
    rig = Rig(native=True, gso=False)
    send(rig, Targets([rig.target(1)]), b"aa", b"bb")
    assert [len(datagram.packets) for datagram in rig.wire.datagrams] == []
    assert payloads(rig, 1) == [b"aa", b"bb"]
    assert [len(datagram.packets) for datagram in rig.wire.datagrams] == [1, 1]


# --- what the system answers ------------------------------------------------------------------------------------------


def test_what_the_system_took_only_in_part_goes_on_where_it_stopped(rig: Rig) -> None:
    targets = Targets(rig.target(port) for port in range(1, 6))
    rig.wire.answers.extend([2, 1])
    send(rig, targets, b"a")
    assert [payloads(rig, port) for port in range(1, 6)] == [[b"a"]] * 5
    assert rig.counts == {"sent": 5, "calls": 3, "gso_refused": 0}


@pytest.mark.parametrize(
    ("error", "kind"), [(errno.EAGAIN, "send_full"), (errno.ENOBUFS, "send_failed"), (errno.EPERM, "send_failed")]
)
def test_a_packet_that_cannot_go_now_is_lost_counted_and_holds_up_nobody(rig: Rig, error: int, kind: str) -> None:
    targets = Targets(rig.target(port) for port in range(1, 5))
    rig.wire.answers.extend([1, -error, -error])
    send(rig, targets, b"a")
    assert [payloads(rig, port) for port in range(1, 5)] == [[b"a"], [], [], [b"a"]]
    assert rig.plane.dropped == {kind: 2}


def test_an_interrupted_call_is_made_again(rig: Rig) -> None:
    rig.wire.answers.extend([-errno.EINTR, -errno.EINTR])
    send(rig, Targets([rig.target(1)]), b"a")
    assert payloads(rig, 1) == [b"a"]


def test_each_lost_packet_of_a_cut_datagram_is_counted(rig: Rig) -> None:
    rig.wire.answers.append(-errno.EAGAIN)
    send(rig, Targets([rig.target(1)]), b"aa", b"bb", b"cc")
    rig.plane.flush()
    assert rig.plane.dropped == {"send_full": 3 if has_gso() else 1}


def test_legs_behind_different_sockets_do_not_mix(rig: Rig) -> None:
    for port in range(1, 7):
        rig.leg(port, fd=port % 3)
    send(rig, Targets(rig.target(port) for port in range(1, 7)), b"a")
    rig.plane.flush()
    assert [(datagram.fd, datagram.port) for datagram in rig.wire.datagrams] == [(n % 3, n) for n in range(1, 7)]


def test_more_than_fits_one_call_or_the_queue_goes_in_several(rig: Rig) -> None:
    targets = Targets(rig.target(port) for port in range(1, 301))
    sent = [bytes([number]) * (100 + number % 3) for number in range(100)]
    send(rig, targets, *sent)
    for port in (1, 2, 150, 299, 300):
        assert payloads(rig, port) == sent


def test_one_leg_in_many_slots_of_a_publication_gets_no_datagram_above_what_udp_carries(rig: Rig) -> None:
    targets = Targets(rig.target(1, ssrc=number) for number in range(4))
    send(rig, targets, *[bytes(1400)] * 31)
    rig.plane.flush()
    assert len(rig.wire.packets(1)) == 4 * 31, "the wire refuses more than 65 507 bytes"


# --- legs that are not there ------------------------------------------------------------------------------------------


def test_what_waits_leaves_before_its_leg_and_nothing_touches_its_session_after(rig: Rig) -> None:
    targets = Targets([rig.target(1), rig.target(2)])
    send(rig, targets, b"a")
    rig.plane.close(rig.leg(1))
    assert rig.wire.sessions == [1, 2]
    send(rig, targets, b"b", first=2)
    assert (payloads(rig, 1), payloads(rig, 2)) == ([b"a"], [b"a", b"b"])
    assert rig.wire.sessions == [1, 2, 2]
    assert rig.plane.dropped == {"leg_gone": 1}


def test_an_old_handle_does_not_reach_the_leg_that_came_after(rig: Rig) -> None:
    old = rig.target(1)
    rig.plane.close(rig.leg(1))
    rig.plane.close(rig.leg(1))
    new = rig.target(2)
    assert new.handle & 0xFFFFFFFF == old.handle & 0xFFFFFFFF, "the same place in the table"
    rig.plane.aim(old.handle, 5, ("127.0.0.1", 9))
    rig.plane.close(old.handle)
    send(rig, Targets([old]), b"old")
    send(rig, Targets([new]), b"new")
    assert payloads(rig, 2) == [b"new"]
    assert (rig.got(1), rig.got(9)) == ([], [])
    assert rig.plane.dropped == {"leg_gone": 1}


@pytest.mark.parametrize("handle", [17, 2**32, 2**32 + 1, 2**64 - 1])
def test_a_handle_that_was_never_given_is_nobody(rig: Rig, handle: int) -> None:
    rig.plane.aim(handle, 5, ("127.0.0.1", 9))
    rig.plane.close(handle)
    send(rig, Targets([rig.target(2)._replace(handle=handle)]), b"a")
    rig.plane.flush()
    assert rig.wire.datagrams == []
    assert rig.plane.dropped == {"leg_gone": 1}


def test_an_address_that_did_not_answer_gets_nothing_and_a_new_one_what_comes_after(rig: Rig) -> None:
    targets = Targets([rig.target(1)])
    send(rig, targets, b"a")
    rig.plane.aim(rig.leg(1), -1, None)
    send(rig, targets, b"b", first=2)
    rig.plane.aim(rig.leg(1), 5, ("127.0.0.1", 2))
    send(rig, targets, b"c", first=3)
    assert (payloads(rig, 1), payloads(rig, 2)) == ([b"a"], [b"c"])
    assert rig.plane.dropped == {"unproved": 1}


def test_a_packet_that_cannot_be_protected_is_counted(rig: Rig) -> None:
    rig.wire.broken_sessions.add(1)
    targets = Targets([rig.target(1), rig.target(2)])
    send(rig, targets, b"a", bytes(1489), first=1)
    assert (payloads(rig, 1), payloads(rig, 2)) == ([], [b"a"])
    assert rig.plane.dropped == {"srtp_send": 3}, "1501 bytes are too long for both"


def test_what_the_kernel_has_no_room_for_goes_the_python_way(rig: Rig) -> None:
    large = Targets([rig.target(1, extensions={1: bytes(100)}), rig.target(2)])
    send(rig, large, b"a")
    assert [len(rig.got(port)) for port in (1, 2)] == [1, 1]
    sent: list[bytes] = []
    send(rig, Targets([large[1]._replace(send=sent.append)]), bytes(1501))
    assert [len(packet) for packet in sent] == [1513]


def test_targets_that_were_replaced_live_until_their_packets_left(rig: Rig) -> None:
    for number in range(5):
        send(rig, Targets([rig.target(1)]), bytes([number]), first=number)
        gc.collect()
    assert payloads(rig, 1) == [bytes([number]) for number in range(5)]


def test_a_leg_without_a_datagram_socket_is_sent_to_by_its_targets_from_when_it_is_said_to_when_it_is_not(
    rig: Rig,
) -> None:
    by_hand: list[bytes] = []
    targets = Targets([rig.target(1)._replace(send=by_hand.append), rig.target(2)])
    send(rig, targets, b"a")
    rig.plane.aim(rig.leg(1), None, ("127.0.0.1", 1))
    send(rig, targets, b"b", first=2)
    rig.plane.aim(rig.leg(1), None, ("127.0.0.1", 3))
    send(rig, targets, b"c", first=3)
    rig.plane.aim(rig.leg(1), 5, ("::1", 1))
    send(rig, targets, b"d", first=4)
    assert payloads(rig, 1) == [b"a", b"d"]
    assert [packet[12:] for packet in by_hand] == [b"b", b"c"]
    assert payloads(rig, 2) == [b"a", b"b", b"c", b"d"]
    assert not rig.plane.dropped


# --- the real thing ---------------------------------------------------------------------------------------------------


def srtp(direction: int) -> pylibsrtp.Session:
    policy = pylibsrtp.Policy(key=KEY, ssrc_type=direction, srtp_profile=pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM)
    policy.allow_repeat_tx = True
    return pylibsrtp.Session(policy)


@pytest.mark.parametrize("host", LOOPBACKS)
def test_through_real_sockets_and_srtp_comes_what_the_python_plane_would_send(host: str) -> None:
    random = Random(1)
    plane = NativePlane(PROTECT, UNPROTECT)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    receivers = [socket.socket(family, socket.SOCK_DGRAM) for _ in range(10)]
    with socket.socket(family, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        keys, targets = [], Targets()
        for number, receiver in enumerate(receivers):
            receiver.bind((host, 0))
            receiver.setblocking(False)
            leg = Keys(srtp(pylibsrtp.Policy.SSRC_ANY_OUTBOUND), srtp(pylibsrtp.Policy.SSRC_ANY_INBOUND))
            handle = plane.open(leg.session)
            plane.aim(handle, sender.fileno(), receiver.getsockname())
            keys.append(leg)
            targets.append(Target(print, PLAIN, 96, 7, b"", 0, 65_500 + number, 2**32 - 500, None, handle))
        packets = [
            media(number, random.randbytes(random.choice((700, 1100, 1100, 1100))), ticks=90 * number)
            for number in range(100)
        ]
        for start in range(0, 100, 10):
            for packet in packets[start : start + 10]:
                plane.forward(packet, targets)
            plane.flush()
            for receiver, leg, target in zip(receivers, keys, targets, strict=True):
                for packet in packets[start : start + 10]:
                    assert leg.unprotect(receiver.recv(2048)) == packet_bytes(target, packet)
        for target in targets:
            plane.close(target.handle)
    for receiver in receivers:
        receiver.close()
    assert not plane.dropped
    assert plane.counts["sent"] == 1000


@pytest.mark.parametrize("source", sorted(PLANE.glob("*.c")), ids=lambda source: source.stem)
def test_the_source_has_nothing_that_a_strict_compiler_would_say(source: Path) -> None:
    command = ["cc", *STRICT.split(), "-c", str(source), "-o", "/dev/null"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
