"""The listening end of the tap: workers connect, their records are read in gulps and handed on.

Frames of a room come some eighty times a second per person; waking for each would cost more than writing them. So
after a small read the socket rests `REST_S`, while the kernel and the worker's bounded buffer hold what comes. The
worker never waits for us: what it cannot hand over it drops by whole frames and says so (contract.tap.TapGap).
"""

import asyncio
import itertools
from pathlib import Path
from typing import Protocol

from contract.errors import ProtocolViolation
from contract.tap import MAX_TAP_BYTES, TapFrame, TapMessage, unpack
from runtime.logs import get_logger

log = get_logger(__name__)

REST_S = 0.05
GULP_BYTES = 64 * 1024
"""A read of this much means that more is waiting: go on at once."""
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


class _Connection(asyncio.Protocol):
    def __init__(self, intake: "Intake", number: int) -> None:
        self._intake = intake
        self._number = number
        self._reader = RecordReader()
        self._transport: asyncio.Transport | None = None
        self._wake: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if not self._intake.add(self._number, transport):
            transport.abort()

    def data_received(self, data: bytes) -> None:
        transport = self._transport
        assert transport is not None
        try:
            for record in self._reader.feed(data):
                self._intake.take(self._number, record)
        except (ProtocolViolation, ValueError) as error:
            log.warning("tap closed: bad record", connection=self._number, error=str(error)[:200])
            transport.abort()
            return
        if len(data) < GULP_BYTES and not transport.is_closing():
            transport.pause_reading()
            self._wake = asyncio.get_running_loop().call_later(REST_S, transport.resume_reading)

    def connection_lost(self, _exc: Exception | None) -> None:
        if self._wake is not None:
            self._wake.cancel()
        self._intake.remove(self._number)


class Intake:
    """The listening socket and its connections."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer
        self._numbers = itertools.count(1)
        self._transports: dict[int, asyncio.Transport] = {}
        self._server: asyncio.Server | None = None
        self._closing = False

    async def listen(self, path: Path) -> None:
        """Listen on `path` (0600); an old socket is replaced."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(lambda: _Connection(self, next(self._numbers)), str(path))
        path.chmod(0o600)

    def add(self, number: int, transport: asyncio.Transport) -> bool:
        if self._closing or len(self._transports) >= MAX_CONNECTIONS:
            return False
        self._transports[number] = transport
        return True

    def take(self, number: int, record: bytes) -> None:
        """Hand one record on."""
        message = unpack(record)
        if isinstance(message, TapFrame):
            self._consumer.tap_frame(number, message)
        else:
            self._consumer.tap_message(number, message)

    def remove(self, number: int) -> None:
        if self._transports.pop(number, None) is not None and not self._closing:
            self._consumer.tap_lost(number)

    def close(self) -> None:
        """Stop listening and cut the connections; workers come back to the next process."""
        self._closing = True
        if self._server is not None:
            self._server.close()
        for transport in list(self._transports.values()):
            transport.abort()
