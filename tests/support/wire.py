"""A network card for the native plane, in Python: what the C kernel sends arrives here, answered as the test wishes;
what it reads was put here before."""

import ctypes
import errno
import socket
import sys
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

PLANES = ("python", "native")
"""What a test that holds for every plane is parametrized with."""

IPPROTO_UDP, UDP_SEGMENT = 17, 103


class _Part(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("bytes", ctypes.c_size_t)]


class _Message(ctypes.Structure):
    """struct mmsghdr of Linux on 64 bits, padding included."""

    _fields_ = [
        ("name", ctypes.c_void_p),
        ("name_bytes", ctypes.c_uint32),
        ("parts", ctypes.POINTER(_Part)),
        ("part_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_bytes", ctypes.c_size_t),
        ("flags", ctypes.c_int64),
        ("whole_bytes", ctypes.c_int64),
    ]


_SEND = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_int, ctypes.POINTER(_Message), ctypes.c_uint, ctypes.c_int, use_errno=True
)
_READ = ctypes.CFUNCTYPE(
    ctypes.c_int,
    ctypes.c_int,
    ctypes.POINTER(_Message),
    ctypes.c_uint,
    ctypes.c_int,
    ctypes.c_void_p,
    use_errno=True,
)
_PROTECT = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(ctypes.c_int))


class Datagram(NamedTuple):
    """One message to the system, of one packet or more."""

    fd: int
    port: int
    packets: list[bytes]


class Arriving(NamedTuple):
    """One datagram that waits to be read."""

    data: bytes
    address: tuple[str, int]


class Socket:
    """As much of one as a plane reads by."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def fileno(self) -> int:
        return self._fd


class Wire:
    """`send`, `read`, `protect` and `unprotect` are addresses for NativePlane; it must outlive the plane.

    `answers` are what the next calls get: how many messages are taken, or a negative errno; without one all are taken.
    Whoever cannot cut (`refuses` holds its port) answers `refusal` to a message of more than one packet.
    """

    def __init__(self, deliver: Callable[[int, bytes], None] | None = None) -> None:
        """`deliver` gets the socket and each packet; otherwise they are kept in `datagrams`."""
        self.datagrams: list[Datagram] = []
        self.answers: deque[int] = deque()
        self.refuses: set[int] = set()
        self.refusal = errno.EINVAL
        self.sessions: list[int] = []
        """Which SRTP session each packet was protected with."""
        self.broken_sessions: set[int] = set()
        self.arriving: dict[int, deque[Arriving]] = {}
        """By socket."""
        self._deliver = deliver
        self._functions = _SEND(self._take), _READ(self._give), _PROTECT(self._protect), _PROTECT(self._unprotect)
        self.send, self.read, self.protect, self.unprotect = (
            ctypes.cast(function, ctypes.c_void_p).value or 0 for function in self._functions
        )

    def arrive(self, fd: int, data: bytes, address: tuple[str, int] = ("127.0.0.1", 9)) -> None:
        """`data` can be read from the socket `fd`."""
        self.arriving.setdefault(fd, deque()).append(Arriving(data, address))

    def packets(self, port: int) -> list[bytes]:
        """What went to one address, in order."""
        return [packet for datagram in self.datagrams if datagram.port == port for packet in datagram.packets]

    def _protect(self, session: int, _packet: int, _size: object) -> int:
        self.sessions.append(session)
        return 1 if session in self.broken_sessions else 0

    def _unprotect(self, session: int, _packet: int, _size: object) -> int:
        return 1 if session in self.broken_sessions else 0

    def _give(self, fd: int, messages: "ctypes._Pointer[_Message]", count: int, _flags: int, _timeout: int) -> int:
        waiting = self.arriving.get(fd, deque())
        if not waiting:
            ctypes.set_errno(errno.EAGAIN)
            return -1
        given = min(count, len(waiting))
        for number in range(given):
            data, (host, port) = waiting.popleft()
            message, room = messages[number], messages[number].parts[0].bytes
            ctypes.memmove(message.parts[0].base, data, min(len(data), room))
            messages[number].whole_bytes = min(len(data), room)
            if ":" in host:
                family, rest = socket.AF_INET6, bytes(4) + socket.inet_pton(socket.AF_INET6, host) + bytes(4)
            else:
                family, rest = socket.AF_INET, socket.inet_aton(host)
            name = family.to_bytes(2, sys.byteorder) + port.to_bytes(2) + rest
            ctypes.memmove(message.name, name, len(name))
        return given

    def _take(self, fd: int, messages: "ctypes._Pointer[_Message]", count: int, _flags: int) -> int:
        answer = self.answers.popleft() if self.answers else count
        if answer < 0:
            ctypes.set_errno(-answer)
            return -1
        for number in range(min(answer, count)):
            datagram = _read(fd, messages[number])
            if len(datagram.packets) > 1 and datagram.port in self.refuses:
                ctypes.set_errno(self.refusal)
                return number or -1
            if self._deliver is None:
                self.datagrams.append(datagram)
            else:
                for packet in datagram.packets:
                    self._deliver(fd, packet)
        return answer


def _read(fd: int, message: _Message) -> Datagram:
    """What the kernel would make of it. Raises AssertionError if it is not what udp(7) demands."""
    port = int.from_bytes(ctypes.string_at(message.name + 2, 2))
    sizes = [message.parts[number].bytes for number in range(message.part_count)]
    whole = b"".join(ctypes.string_at(message.parts[number].base, size) for number, size in enumerate(sizes))
    if len(sizes) > 1:
        control = ctypes.string_at(message.control, message.control_bytes)
        level, kind = (int.from_bytes(control[at : at + 4], "little") for at in (8, 12))
        assert (level, kind) == (IPPROTO_UDP, UDP_SEGMENT)
        segment = int.from_bytes(control[16:18], "little")
        assert sizes == [segment] * (len(sizes) - 1) + [sizes[-1]]
        assert 0 < sizes[-1] <= segment
        assert len(whole) <= 65_507
        return Datagram(fd, port, [whole[at : at + segment] for at in range(0, len(whole), segment)])
    assert not message.control_bytes
    return Datagram(fd, port, [whole])
