"""Waiting in the native plane: what lanes take does not wake the loop up, everything else does, in order and once."""

import os
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from selectors import EVENT_READ
from typing import NamedTuple

import pytest

from contract.media import Codec
from media.plane import _kernel
from media.plane.base import PLAIN, Address, Ordinary, Plane, Target, Targets
from media.plane.native import NativePlane
from media.plane.python import PythonPlane
from media.plane.selector import PlaneSelector
from tests.support.wire import Wire

pytestmark = pytest.mark.flow

SSRC, PATIENCE_S = 77, 30.0
MEDIA, KEYFRAME = b"\x90\xc0\x80\x05\x09\x01", b"\x90\xc0\x80\x05\x09\x00"
STRANGE = b"\x00 a check"


class Came(NamedTuple):
    """To Python."""

    datagrams: list[bytes]
    plain: list[bytes]


class Yard:
    """A door with a publisher and one who watches, on real sockets; whoever sleeps there sleeps by `selector`."""

    def __init__(self, stack: ExitStack, *, finds_nothing: bool = False) -> None:
        """If it `finds_nothing` what comes to a door stays there."""
        self.came = Came([], [])
        self.wire = Wire()
        self.plane = NativePlane(self.wire.protect, self.wire.unprotect, read=self.wire.read if finds_nothing else 0)
        self.selector = PlaneSelector()
        stack.callback(self.selector.close)
        self.door, self.other, self.publisher, self.watcher = (
            stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) for _ in range(4)
        )
        for one in (self.door, self.other, self.publisher, self.watcher):
            one.bind(("127.0.0.1", 0))
        for one in (self.door, self.other):
            one.setblocking(False)
            self.selector.register(one, EVENT_READ)
            self.plane.watch(one)
        self.watcher.settimeout(PATIENCE_S)
        self._bell, self._rope = os.pipe()
        stack.callback(os.close, self._bell)
        stack.callback(os.close, self._rope)
        self.selector.register(self._bell, EVENT_READ)
        self.selector.let(self.plane)
        self.legs = [
            self._leg(session, self.door, client) for session, client in ((1, self.publisher), (2, self.watcher))
        ]
        self.plane.allow(self.legs[0], 2**40, 2**40)
        lane = self.plane.lane(self.legs[0], SSRC, lambda data, _now, _wall_ns: self.came.plain.append(data))
        assert lane is not None
        self.lane = lane
        stack.callback(lane.close)
        target = Target(lambda _: None, PLAIN, 96, 1, b"", 0, 0, 0, None, self.legs[1])
        assert lane.open(Ordinary(0, 96, Codec.VP8, 90_000, 0, 0.0, 0, 0), Targets([target]))

    def _leg(self, session: int, door: socket.socket, client: socket.socket) -> int:
        handle = self.plane.open(session, session)
        self.plane.aim(handle, door.fileno(), client.getsockname())
        return handle

    def send(self, data: bytes, *, to: socket.socket | None = None) -> None:
        self.publisher.sendto(data, (to or self.door).getsockname())

    def ring(self) -> None:
        """What another thread, a timer's pipe or a signal does."""
        os.write(self._rope, b"!")

    def awake(self, timeout: float | None = PATIENCE_S) -> set[int]:
        """Sleep; the descriptors for which that ended."""
        return {key.fd for key, _ in self.selector.select(timeout)}

    @property
    def bell(self) -> int:
        return self._bell

    def read(self, source: socket.socket) -> int:
        def take(data: bytes, _address: Address, _now: float) -> None:
            self.came.datagrams.append(data)

        return self.plane.receive(source, 64, 1.0, take, lambda on_packet, data, now, wall: on_packet(data, now, wall))


@pytest.fixture
def yard() -> Iterator[Yard]:
    with ExitStack() as stack:
        yield Yard(stack)


def rtp(sequence: int, payload: bytes = MEDIA) -> bytes:
    return b"\x80\x60" + sequence.to_bytes(2) + bytes(4) + SSRC.to_bytes(4) + payload


def test_ordinary_packets_pass_while_the_loop_sleeps(yard: Yard) -> None:
    woken: list[set[int]] = []
    sleeper = threading.Thread(target=lambda: woken.append(yard.awake(None)))
    sleeper.start()
    for sequence in range(3):
        yard.send(rtp(sequence))
        assert yard.watcher.recv(2048)[12:] == MEDIA
    yard.ring()
    sleeper.join()
    assert woken == [{yard.bell}], "three packets woke nobody up"
    passed = yard.lane.take_up()
    assert passed is not None
    assert (passed.packets, passed.sequence) == (3, 2)


def test_what_is_not_for_a_lane_wakes_the_loop_up_until_it_is_taken(yard: Yard) -> None:
    yard.send(STRANGE)
    assert yard.awake() == yard.awake() == {yard.door.fileno()}
    assert yard.read(yard.door) == 1
    assert yard.came.datagrams == [STRANGE]
    assert yard.awake(0) == set()


def test_of_one_socket_nothing_is_read_before_what_was_read_of_another_is_taken(yard: Yard) -> None:
    yard.send(STRANGE)
    assert yard.awake() == {yard.door.fileno()}
    yard.send(b"\x01", to=yard.other)
    assert yard.read(yard.other) == 0
    yard.read(yard.door)
    assert yard.awake() == {yard.other.fileno()}
    yard.read(yard.other)
    assert yard.came.datagrams == [STRANGE, b"\x01"]


def test_a_keyframe_comes_to_python_as_plaintext(yard: Yard) -> None:
    yard.send(rtp(0, KEYFRAME))
    assert yard.awake() == {yard.door.fileno()}
    assert not yard.lane.is_open
    yard.read(yard.door)
    assert yard.came == Came([], [rtp(0, KEYFRAME)])


def test_the_plaintext_of_a_lane_that_is_gone_meanwhile_is_nobodys(yard: Yard) -> None:
    yard.send(rtp(0, KEYFRAME))
    yard.awake()
    yard.lane.close()
    assert yard.read(yard.door) == 1
    assert yard.came == Came([], [])


def test_what_was_read_of_a_socket_goes_with_it(yard: Yard) -> None:
    yard.send(STRANGE)
    assert yard.awake() == {yard.door.fileno()}
    yard.selector.unregister(yard.door)
    yard.plane.unwatch(yard.door)
    assert yard.awake(0) == set()
    yard.send(STRANGE, to=yard.other)
    assert yard.awake() == {yard.other.fileno()}
    assert yard.read(yard.other) == 1


def test_a_socket_that_is_always_ready_keeps_neither_timers_nor_others_waiting() -> None:
    with ExitStack() as stack:
        yard = Yard(stack, finds_nothing=True)
        yard.send(STRANGE)
        select.select([yard.door], [], [], PATIENCE_S)
        assert yard.awake(0.01) == set()
        yard.ring()
        assert yard.bell in yard.awake(None)


def test_sockets_that_are_not_watched_are_for_the_loop(yard: Yard) -> None:
    yard.plane.unwatch(yard.door)
    for _ in range(_kernel.lib.MOST_WATCHED):
        yard.plane.watch(yard.other)
    yard.plane.watch(yard.door)
    yard.send(STRANGE)
    assert yard.awake() == {yard.door.fileno()}
    assert yard.came.datagrams == []
    yard.read(yard.door)
    assert yard.came.datagrams == [STRANGE]


@pytest.mark.parametrize("plane", [None, PythonPlane()])
def test_without_a_plane_that_waits_it_is_an_ordinary_selector(yard: Yard, plane: Plane | None) -> None:
    with PlaneSelector() as selector:
        if plane is not None:
            selector.let(plane)
        selector.register(yard.door, EVENT_READ)
        yard.send(STRANGE)
        ((key, events),) = selector.select()
        assert (key.fileobj, events) == (yard.door, EVENT_READ)
        assert yard.door.recv(2048) == STRANGE
