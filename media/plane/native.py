"""The fan-out in C (kernel.c): a few calls per wake-up, whatever the number of targets."""

import socket
import struct
import time
from collections import Counter
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Any

from media.plane.base import MOST_DATAGRAM_BYTES, Address, OnPacket, OnReport, Plaintext, Take, Target, Targets
from media.plane.lane import KernelLane
from media.plane.python import PythonPlane
from media.rtp.cache import MediaPacket
from media.rtp.numbering import Left, Numbering, Row
from media.rtp.rtcp import ReceiverReport, Remb, ReportBlock
from runtime import clock

try:
    from media.plane import _kernel
except ImportError as error:
    _missing: ImportError | None = error
else:
    _missing = None

HAS_KERNEL = _missing is None
UDP_SEGMENT = 103
"""Linux udp(7), since 4.18; the socket module has no name for it."""
MOST_ADDRESSES = 4096
"""Known by their names; more are of no honest client, and all are named anew."""
DROPS = ("unproved", "send_full", "send_failed", "srtp_send", "srtp_receive", "leg_gone")
"""Fields of the kernel's counts; `leg_gone` can only be a bug of ours."""
_SAID = struct.Struct("=QdqqIIiIIII4x")
"""A said_t: unpacked many at once, where a field by cffi costs more than what is done with it."""


class NoKernel(Exception):
    """The C kernel was not built with this installation; the message says what the loader says."""


class _Prepared:
    """What the kernel needs of some Targets, and those that it cannot serve."""

    __slots__ = ("array", "count", "moves", "others", "sorting")

    def __init__(self, targets: Targets, by_send: AbstractSet[int], sorting: int) -> None:
        native: list[Target] = []
        others: list[Target] = []
        for target in targets:
            (native if _is_native(target) and target.handle not in by_send else others).append(target)
        self.others = Targets(others)
        self.sorting = sorting
        self.count = len(native)
        self.moves = any(target.moved is not None for target in native)
        self.array = _kernel.ffi.new("target_t[]", self.count)
        for number, target in enumerate(native):
            moved = target.moved
            self.array[number] = {
                "handle": target.handle,
                "first": target.first,
                "sequence": target.sequence,
                "timestamp_ticks": target.timestamp_ticks & 0xFFFFFFFF,
                "ssrc": target.ssrc,
                "picture_id": 0 if moved is None else moved.picture_id & 0x7FFF,
                "tl0": 0 if moved is None else moved.tl0 & 0xFF,
                "moved": moved is not None,
                "first_byte": target.first_byte,
                "payload_type": target.payload_type,
                "extension_bytes": len(target.extensions),
                "numbered_at": target.numbered_at,
                "extensions": target.extensions,
            }


class _KernelNumbering:
    """The numbers of a leg whose packets the kernel sends; those that Python sends for it are of the same row."""

    def __init__(self, plane: Any, handle: int, now_ns: Callable[[], int], room: Any) -> None:  # cffi has no types
        """`room` is for MOST_REMEMBERED left_t, used within one call."""
        self._plane = plane
        self._handle = handle
        self._now_ns = now_ns
        self._left = room

    def take(self, size_bytes: int) -> int:
        return _kernel.lib.plane_take_number(self._plane, self._handle, size_bytes, self._now_ns()) & 0xFFFF

    def left(self, first: int, count: int) -> list[Left]:
        found = _kernel.lib.plane_left(self._plane, self._handle, first, count, self._left)
        return [Left(left.number, left.at_ns / 1e9, left.bytes) for left in self._left[0:found]]


class NativePlane:
    """Packets wait until `flush`, or until MOST_QUEUED of them do; see kernel.c for what happens then."""

    name = "native"

    def __init__(
        self,
        protect: int,
        unprotect: int,
        *,
        gso: bool = True,
        unprotect_rtcp: int = 0,
        send: int = 0,
        read: int = 0,
        now: Callable[[], float] = clock.now,
        wall_ns: Callable[[], int] = clock.wall_ns,
    ) -> None:
        """Addresses of C functions: `protect`, `unprotect` and `unprotect_rtcp` are libsrtp's srtp_protect and so on
        (without the last all RTCP comes to Python), `send` is sendmmsg and `read` recvmmsg if 0 (tests put others).

        Without `gso` no datagrams are sent that the system must cut. `now` is the time by which packets leave,
        monotonic s; `wall_ns` that by which they came, UTC. Raises NoKernel.
        """
        if _missing is not None:
            raise NoKernel(str(_missing)) from _missing
        self.dropped: Counter[str] = Counter()
        self._now = now
        self._python = PythonPlane(now=now)
        self._push, self._flush = _kernel.lib.plane_push, _kernel.lib.plane_flush
        self._most_bytes = _kernel.lib.MOST_PAYLOAD_BYTES
        self._wall_ns = wall_ns
        made = _kernel.lib.plane_new(protect, unprotect, unprotect_rtcp, send, read, gso and has_gso())
        if made == _kernel.ffi.NULL:
            raise MemoryError
        self._plane = _kernel.ffi.gc(made, _kernel.lib.plane_free)
        self._counts = _kernel.ffi.new("counts_t *")
        self._packet = _kernel.ffi.new("packet_t *")
        self._left = _kernel.ffi.new("left_t[]", _kernel.lib.MOST_REMEMBERED)
        self._received = _kernel.ffi.new("received_t *")
        self._waited = _kernel.ffi.new("waited_t *")
        self._left_fd = -1
        """The socket of which `wait` has read something that waits for `receive`."""
        self._intake = _kernel.ffi.new("intake_t *")
        self._lanes: dict[int, tuple[KernelLane, OnPacket]] = {}
        self._hearers: dict[int, tuple[OnReport, OnPacket]] = {}
        self._said = _kernel.ffi.new("said_t[]", _kernel.lib.MOST_SAID)
        assert _SAID.size == _kernel.ffi.sizeof("said_t")
        self._addresses: dict[tuple[bytes, int, int, int], Address] = {}
        assert MOST_DATAGRAM_BYTES == _kernel.lib.MOST_DATAGRAM_BYTES
        self._by_send: set[int] = set()
        """Legs that no datagram socket reaches (ICE over TCP): their targets' `send` does."""
        self._sortings = 0
        """How often that changed: what was prepared before is prepared anew."""
        self._held: list[_Prepared] = []
        """What the queued packets go to: keeps the arrays alive that the kernel points at."""

    def forward(self, packet: MediaPacket, targets: Targets) -> None:
        """Queues a copy. Packets too large for the kernel, and targets it cannot serve, are sent at once in Python."""
        prepared = self._prepare(targets)
        payload = packet.payload
        if len(payload) > self._most_bytes:
            self.flush()  # it must not overtake what waits
            self._python.forward(packet, targets)
            return
        if prepared.others:
            self._python.forward(packet, prepared.others)
        if not prepared.count:
            return
        told, descriptor = self._packet, packet.descriptor
        told.sequence = packet.sequence
        told.timestamp_ticks = packet.timestamp_ticks
        told.marker_bit = packet.marker_bit
        if not prepared.moves or descriptor is None:
            told.picture_id_bits = told.tl0_at = 0
        else:
            told.picture_id_at = descriptor.picture_id_at
            told.picture_id_bits = descriptor.picture_id_bits
            told.picture_id = descriptor.picture_id
            told.tl0_at = descriptor.tl0_at
            told.tl0 = descriptor.tl0
        self._held.append(prepared)
        if self._push(self._plane, prepared.array, prepared.count, told, payload, len(payload)):
            self.flush()

    def _prepare(self, targets: Targets) -> _Prepared:
        prepared = targets.prepared
        if not isinstance(prepared, _Prepared) or prepared.sorting != self._sortings:
            targets.prepared = prepared = _Prepared(targets, self._by_send, self._sortings)
        return prepared

    def receive(self, source: socket.socket, most: int, now: float, take: Take, plaintext: Plaintext) -> int:
        """What lanes take is on its way to their targets when this returns. Nothing is read while what `wait` has
        read of another socket was not asked for: that is kept where the next would come to."""
        received, wall_ns, fd = self._received, self._wall_ns(), source.fileno()
        if self._left_fd >= 0:
            if fd != self._left_fd:
                return 0
            received, self._left_fd = self._waited.received, -1
        else:
            _kernel.lib.plane_receive(self._plane, self._counts, fd, most, now, wall_ns, received)
            if received.dropped:
                self._note()
        if received.failed:
            self.dropped["receive_failed"] += 1
        for number in range(received.over):
            datagram = _kernel.lib.plane_over(self._plane, number)
            data = bytes(_kernel.ffi.buffer(datagram.data, datagram.bytes))
            if datagram.lane:
                if datagram.lane in self._lanes:
                    plaintext(self._lanes[datagram.lane][1], data, now, wall_ns)
            elif datagram.leg:
                if datagram.leg in self._hearers:
                    plaintext(self._hearers[datagram.leg][1], data, now, wall_ns)
            else:
                take(data, self._address(datagram), now)
        return int(received.read)

    def watch(self, source: socket.socket) -> None:
        """With too many it is for the caller alone to read."""
        _kernel.lib.plane_watch(self._plane, source.fileno())

    def unwatch(self, source: socket.socket) -> None:
        """What was read of it is lost with it."""
        fd = source.fileno()
        _kernel.lib.plane_unwatch(self._plane, fd)
        if fd == self._left_fd:
            self._left_fd = -1

    def wait(self, poll: int, timeout_ms: int) -> tuple[int, bool]:
        """Sleep on this epoll instance, at most so long (-1: for ever), and pass what lanes take of watched sockets.

        Ends when there is something for Python: the socket, if any (else -1), of which something waits for `receive`,
        and whether other descriptors may be ready.
        """
        waited = self._waited
        if self._left_fd >= 0:
            return self._left_fd, True
        ahead_ns = self._wall_ns() - time.monotonic_ns()
        _kernel.lib.plane_wait(self._plane, self._counts, poll, timeout_ms, ahead_ns, waited)
        if waited.dropped:
            self._note()
        self._left_fd = waited.fd
        return self._left_fd, bool(waited.others)

    def _address(self, datagram: Any) -> Address:  # cffi has no types for a datagram_t
        """As the socket module says it, which peers are known by."""
        host = bytes(_kernel.ffi.buffer(datagram.address, datagram.address_bytes))
        key = host, datagram.port, datagram.flow, datagram.scope
        found = self._addresses.get(key)
        if found is None:
            if len(self._addresses) >= MOST_ADDRESSES:
                self._addresses.clear()
            found = self._addresses[key] = _address_of(*key)
        return found

    def flush(self) -> bool:
        """Never raises: what cannot go is counted."""
        if not self._held:
            return False
        if self._flush(self._plane, self._counts, self._now_ns()):
            self._note()
        self._held.clear()
        return True

    def _note(self) -> None:
        for name in DROPS:
            dropped: int = getattr(self._counts, name)
            if dropped:
                self.dropped[name] += dropped
                setattr(self._counts, name, 0)

    @property
    def counts(self) -> dict[str, int]:
        """Since the beginning: packets `sent`, system `calls`, and addresses that refused GSO."""
        counts = self._counts
        return {"sent": counts.sent, "calls": counts.calls, "gso_refused": counts.gso_refused}

    def _now_ns(self) -> int:
        return int(self._now() * 1e9)

    def number(self, handle: int) -> Numbering:
        """Without a handle its packets leave in Python, and are numbered there. Raises MemoryError."""
        if not handle:
            return Row(self._now)
        if _kernel.lib.plane_number(self._plane, handle):
            raise MemoryError
        return _KernelNumbering(self._plane, handle, self._now_ns, self._left)

    def open(self, session: int, reading: int = 0) -> int:
        """The sessions must live until `close`."""
        return int(_kernel.lib.plane_open(self._plane, session, reading))

    def lane(self, handle: int, ssrc: int, on_packet: OnPacket) -> KernelLane | None:
        """Raises MemoryError."""
        if not handle:
            return None
        told = _kernel.lib.plane_lane(self._plane, handle, ssrc)
        if told == _kernel.ffi.NULL:
            raise MemoryError
        lane = KernelLane(told, self._array, self._close_lane)
        self._lanes[lane.id] = lane, on_packet
        return lane

    def _array(self, targets: Targets) -> tuple[object, int] | None:
        prepared = self._prepare(targets)
        return None if prepared.others else (prepared.array, prepared.count)

    def _close_lane(self, number: int, told: object) -> None:
        del self._lanes[number]
        _kernel.lib.plane_close_lane(self._plane, told)

    def hear(self, handle: int, on_report: OnReport, on_rtcp: OnPacket) -> None:
        """Without a handle there is nothing to hear."""
        if handle:
            self._hearers[handle] = on_report, on_rtcp
            _kernel.lib.plane_hear(self._plane, handle)

    def report(self) -> None:
        count = _kernel.lib.plane_said(self._plane, self._said)
        if not count:
            return
        hearers = self._hearers
        for leg, at, wall_ns, bps, *block in _SAID.iter_unpack(_kernel.ffi.buffer(self._said, count * _SAID.size)[:]):
            if leg in hearers:  # it may have been closed meanwhile
                told = Remb(0, bps, ()) if bps >= 0 else ReceiverReport(0, (ReportBlock(*block),))
                hearers[leg][0](told, at, wall_ns)

    def taken(self, handle: int) -> tuple[int, int]:
        intake = self._intake
        intake.packets = intake.bytes = 0
        _kernel.lib.plane_intake(self._plane, handle, intake)
        return intake.packets, intake.bytes

    def allow(self, handle: int, packets: int, size_bytes: int) -> None:
        _kernel.lib.plane_allow(self._plane, handle, packets, size_bytes)

    def heard(self, handle: int) -> float:
        return _kernel.lib.plane_heard(self._plane, handle)

    def aim(self, handle: int, fd: int | None, address: Address | None) -> None:
        """What waits still goes to the address before."""
        self.flush()
        by_send = fd is None and address is not None
        if by_send != (handle in self._by_send):
            self._by_send ^= {handle}
            self._sortings += 1
            for lane, _ in self._lanes.values():
                lane.shut()  # its targets may be among those to be sorted anew
        if fd is None or address is None:
            _kernel.lib.plane_aim(self._plane, handle, -1, b"", 0, 0)
        else:
            host = socket.inet_pton(
                socket.AF_INET6 if ":" in address[0] else socket.AF_INET, address[0].partition("%")[0]
            )
            _kernel.lib.plane_aim(self._plane, handle, fd, host, len(host), address[1])

    def close(self, handle: int) -> None:
        """What waits goes first: after this the leg's sessions are not touched."""
        self.flush()
        self._by_send.discard(handle)
        self._hearers.pop(handle, None)
        _kernel.lib.plane_close(self._plane, handle)


def _is_native(target: Target) -> bool:
    return target.handle != 0 and len(target.extensions) <= _kernel.lib.MOST_EXTENSION_BYTES


def _address_of(host: bytes, port: int, flow: int, scope: int) -> Address:
    if len(host) == 4:
        return socket.inet_ntop(socket.AF_INET, host), port
    name = socket.inet_ntop(socket.AF_INET6, host)
    return f"{name}%{socket.if_indextoname(scope)}" if scope else name, port, flow, scope


def has_gso() -> bool:
    """Whether the system can cut one large datagram into many."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.getsockopt(socket.IPPROTO_UDP, UDP_SEGMENT)
        except OSError:
            return False
        return True
