"""The listening end of the tap: workers connect, their records are read in gulps and handed on.

Frames of a room come some eighty times a second per person; waking for each would cost more than writing them. So
while data flows a connection is not watched but read at each beat of the owner (recorder.app); the kernel, and the
worker's bounded buffer, hold what comes meanwhile. The worker never waits for us: what it cannot hand over it drops by
whole frames and says so (contract.tap.TapGap).
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

GULP_BYTES = 256 * 1024
BUSY_BYTES = 32 * 1024
"""After a gulp of this much the next must come soon, or the kernel's buffer runs full and then the worker's."""
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

    def __init__(self, number: int, sock: socket.socket, stirred: asyncio.Event) -> None:
        self.number = number
        self._socket = sock
        self._stirred = stirred
        self._reader = RecordReader()
        self._loop = asyncio.get_running_loop()
        self._empty = 0
        self.watched = False
        self._watch()

    def gulp(self) -> tuple[list[bytes], int] | None:
        """Whole records and how many bytes were read; None at the end. Raises ValueError for an impossible length."""
        try:
            data = self._socket.recv(GULP_BYTES)
        except BlockingIOError:
            self._empty += 1
            if self._empty >= IDLE_GULPS:
                self._watch()
            return [], 0
        except OSError:
            return None
        self._empty = 0
        return (self._reader.feed(data), len(data)) if data else None

    def close(self) -> None:
        if self.watched:
            self._loop.remove_reader(self._socket)
        self._socket.close()

    def _watch(self) -> None:
        self.watched = True
        self._loop.add_reader(self._socket, self._stir)

    def _stir(self) -> None:
        self._loop.remove_reader(self._socket)
        self.watched = False
        self._empty = 0
        self._stirred.set()


class Intake:
    """The listening socket and its connections. `stirred` is set when there is something to `read` after a pause."""

    def __init__(self, consumer: Consumer) -> None:
        self.stirred = asyncio.Event()
        self._consumer = consumer
        self._numbers = itertools.count(1)
        self._connections: dict[int, _Connection] = {}
        self._listener: socket.socket | None = None

    @property
    def idle(self) -> bool:
        """All connections are watched; wait for `stirred`."""
        return all(connection.watched for connection in self._connections.values())

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

    def read(self) -> bool:
        """One gulp from each connection that is not idle; True if the next should come soon."""
        self.stirred.clear()
        busy = False
        for connection in [one for one in self._connections.values() if not one.watched]:
            try:
                gulp = connection.gulp()
                for record in gulp[0] if gulp else ():
                    self._take(connection.number, record)
            except (ProtocolViolation, ValueError) as error:
                log.warning("tap closed: bad record", connection=connection.number, error=str(error)[:200])
                gulp = None
            except Exception:
                # A bug of ours: it ends this connection, the worker comes back on another.
                log.exception("tap closed", connection=connection.number)
                gulp = None
            if gulp is None:
                self._remove(connection)
            elif gulp[1] >= BUSY_BYTES:
                busy = True
        return busy

    def close(self) -> None:
        """Stop listening and cut the connections; workers come back to the next process."""
        if self._listener is not None:
            asyncio.get_running_loop().remove_reader(self._listener)
            self._listener.close()
        for connection in self._connections.values():
            connection.close()
        self._connections.clear()

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
        self._connections[number] = _Connection(number, sock, self.stirred)

    def _take(self, number: int, record: bytes) -> None:
        message = unpack(record)
        if isinstance(message, TapFrame):
            self._consumer.tap_frame(number, message)
        else:
            self._consumer.tap_message(number, message)

    def _remove(self, connection: _Connection) -> None:
        connection.close()
        del self._connections[connection.number]
        self._consumer.tap_lost(connection.number)
