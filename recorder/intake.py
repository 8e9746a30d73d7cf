"""The listening end of the tap: workers connect, their records are read in gulps and handed on.

Frames of a room come some eighty times a second per person; waking for each would cost more than writing them. So
while data flows a connection is not watched but read every `REST_S`; the kernel, and the worker's bounded buffer, hold
what comes meanwhile. The worker never waits for us: what it cannot hand over it drops by whole frames and says so
(contract.tap.TapGap).
"""

import asyncio
import itertools
import socket
from pathlib import Path
from typing import Protocol

from contract.errors import ProtocolViolation
from contract.tap import MAX_TAP_BYTES, TapFrame, TapMessage, unpack
from runtime.logs import get_logger

log = get_logger(__name__)

REST_S, SHORT_REST_S = 0.15, 0.02
GULP_BYTES = 256 * 1024
BUSY_BYTES = 32 * 1024
"""After a gulp of this much the rest is short, or the kernel's buffer would run full and the worker's fill."""
IDLE_GULPS = 5
"""So many empty ones in a row, and the connection is watched again instead."""
MAX_CONNECTIONS = 256


class Consumer(Protocol):
    """Who gets the records; `connection` tells the workers' connections apart."""

    def tap_message(self, connection: int, message: TapMessage) -> None: ...
    def tap_frame(self, connection: int, frame: TapFrame) -> None: ...
    def tap_lost(self, connection: int) -> None: ...


class RecordReader:
    """Cuts a byte stream into records. Raises ProtocolViolation or ValueError for one that cannot be."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The records completed by `data`, without their length."""
        self._buffer += data
        records: list[bytes] = []
        at = 0
        while len(self._buffer) - at >= 4:
            length = int.from_bytes(self._buffer[at : at + 4], "big")
            if not 0 < length <= MAX_TAP_BYTES:
                raise ValueError(f"tap record of {length} bytes")
            if len(self._buffer) - at - 4 < length:
                break
            records.append(bytes(self._buffer[at + 4 : at + 4 + length]))
            at += 4 + length
        del self._buffer[:at]
        return records


class _Connection:
    """One worker's connection: watched while idle, read in gulps while data flows."""

    def __init__(self, intake: "Intake", number: int, sock: socket.socket) -> None:
        self._intake = intake
        self._number = number
        self._socket = sock
        self._reader = RecordReader()
        self._loop = asyncio.get_running_loop()
        self._wake: asyncio.TimerHandle | None = None
        self._empty = 0
        self._watch()

    def close(self) -> None:
        """Once; the intake forgets it."""
        if self._wake is None:
            self._loop.remove_reader(self._socket)
        else:
            self._wake.cancel()
        self._socket.close()
        self._intake.remove(self._number)

    def _watch(self) -> None:
        self._wake = None
        self._loop.add_reader(self._socket, self._stirred)

    def _stirred(self) -> None:
        self._loop.remove_reader(self._socket)
        self._empty = 0
        self._wake = self._loop.call_later(0, self._gulp)

    def _gulp(self) -> None:
        try:
            data = self._socket.recv(GULP_BYTES)
        except BlockingIOError:
            self._empty += 1
            if self._empty >= IDLE_GULPS:
                self._watch()
            else:
                self._wake = self._loop.call_later(REST_S, self._gulp)
            return
        except OSError:
            data = b""
        if not data:
            self.close()
            return
        self._empty = 0
        self._wake = self._loop.call_later(SHORT_REST_S if len(data) >= BUSY_BYTES else REST_S, self._gulp)
        try:
            for record in self._reader.feed(data):
                self._intake.take(self._number, record)
        except (ProtocolViolation, ValueError) as error:
            log.warning("tap closed: bad record", connection=self._number, error=str(error)[:200])
            self.close()


class Intake:
    """The listening socket and its connections."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer
        self._numbers = itertools.count(1)
        self._connections: dict[int, _Connection] = {}
        self._listener: socket.socket | None = None
        self._closing = False

    def listen(self, path: Path) -> None:
        """Listen on `path` (0600); an old socket is replaced."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.setblocking(False)
        self._listener.bind(str(path))
        path.chmod(0o600)
        self._listener.listen(64)
        asyncio.get_running_loop().add_reader(self._listener, self._accept)

    def _accept(self) -> None:
        assert self._listener is not None
        try:
            sock, _ = self._listener.accept()
        except OSError:
            # Gone again, or out of file descriptors: the worker tries again.
            return
        sock.setblocking(False)
        if len(self._connections) >= MAX_CONNECTIONS:
            sock.close()
            return
        number = next(self._numbers)
        self._connections[number] = _Connection(self, number, sock)

    def take(self, number: int, record: bytes) -> None:
        """Hand one record on."""
        message = unpack(record)
        if isinstance(message, TapFrame):
            self._consumer.tap_frame(number, message)
        else:
            self._consumer.tap_message(number, message)

    def remove(self, number: int) -> None:
        if self._connections.pop(number, None) is not None and not self._closing:
            self._consumer.tap_lost(number)

    def close(self) -> None:
        """Stop listening and cut the connections; workers come back to the next process."""
        self._closing = True
        if self._listener is not None:
            asyncio.get_running_loop().remove_reader(self._listener)
            self._listener.close()
        for connection in list(self._connections.values()):
            connection.close()
