"""The listening end of the tap: workers connect, their records are read in gulps and handed on.

Frames of a room come some eighty times a second per person; waking for each would cost more than writing them. So
while data flows a connection is not watched but read at each beat of the owner (recorder.app); the kernel, and the
worker's bounded buffer, hold what comes meanwhile. The worker never waits for us: what it cannot hand over it drops by
whole frames and says so (contract.tap.TapGap).
"""

import asyncio
import itertools
import socket
import struct
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from contract.errors import ProtocolViolation
from contract.tap import MAX_TAP_BYTES, TapFrame, TapMessage, pack_message, unpack_between
from runtime.logs import get_logger

log = get_logger(__name__)

GULP_BYTES = 256 * 1024
IDLE_GULPS = 3
"""So many empty ones in a row, and the connection is watched again instead."""
LAST_GULPS = 40
"""At the exit: all that a worker may have waiting."""
MAX_CONNECTIONS = 256
_LENGTH = struct.Struct(">I")


class Consumer(Protocol):
    """Who gets the records; `connection` tells the workers' connections apart."""

    def tap_message(self, connection: int, message: TapMessage) -> None: ...
    def tap_frame(self, connection: int, frame: TapFrame) -> None: ...
    def tap_lost(self, connection: int) -> None: ...


class RecordReader:
    """Cuts a byte stream into records. Raises ProtocolViolation or ValueError for one that cannot be."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[TapMessage | TapFrame]:
        """The records completed by `data`; the bytes of a frame are copied once."""
        if self._rest:
            data = self._rest + data
        records: list[TapMessage | TapFrame] = []
        at, end = 0, len(data)
        while end - at >= 4:
            (length,) = _LENGTH.unpack_from(data, at)
            if not 0 < length <= MAX_TAP_BYTES:
                raise ValueError(f"tap record of {length} bytes")
            following = at + 4 + length
            if following > end:
                break
            records.append(unpack_between(data, at + 4, following))
            at = following
        self._rest = data[at:]
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
        self.ended = False
        self.watched = False
        self._watch()

    def gulp(self) -> tuple[list[TapMessage | TapFrame], int]:
        """Whole records and how many bytes were read. Raises as RecordReader does.

        `ended` is seen together with the last of them: a worker that comes back on another connection is a new one.
        """
        records: list[TapMessage | TapFrame] = []
        size = 0
        while size < GULP_BYTES and not self.ended:
            try:
                data = self._socket.recv(GULP_BYTES)
            except BlockingIOError:
                break
            except OSError:
                data = b""
            records += self._reader.feed(data)
            size += len(data)
            self.ended = not data
        self._empty = 0 if size else self._empty + 1
        if self._empty >= IDLE_GULPS and not self.ended:
            self._watch()
        return records, size

    def say(self, record: bytes) -> None:
        """Send a whole record, or nothing."""
        with suppress(OSError):
            self._socket.send(record)

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

    def read(self) -> int:
        """One gulp from each connection that is not idle; the bytes of the largest."""
        self.stirred.clear()
        largest = 0
        for connection in [one for one in self._connections.values() if not one.watched]:
            try:
                records, size = connection.gulp()
                for record in records:
                    if isinstance(record, TapFrame):
                        self._consumer.tap_frame(connection.number, record)
                    else:
                        self._consumer.tap_message(connection.number, record)
            except (ProtocolViolation, ValueError) as error:
                log.warning("tap closed: bad record", connection=connection.number, error=str(error)[:200])
                connection.ended = True
            except Exception:
                # A bug of ours: it ends this connection, the worker comes back on another.
                log.exception("tap closed", connection=connection.number)
                connection.ended = True
            else:
                largest = max(largest, size)
            if connection.ended:
                self._remove(connection)
        return largest

    def say(self, connection: int, message: TapMessage) -> None:
        """Tell a worker something; lost if it does not listen."""
        if (found := self._connections.get(connection)) is not None:
            found.say(pack_message(message))

    def close(self) -> None:
        """Take what is here already, stop listening and cut the connections; workers come back to the next process."""
        for _ in range(LAST_GULPS):
            if not self.read():
                break
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

    def _remove(self, connection: _Connection) -> None:
        connection.close()
        del self._connections[connection.number]
        self._consumer.tap_lost(connection.number)
