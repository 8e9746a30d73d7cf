"""Unix-socket links between the processes: length-prefixed records, reconnecting on the node's side."""

import asyncio
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path

from runtime.logs import get_logger

log = get_logger(__name__)

_LENGTH = struct.Struct(">I")
RECONNECT_S = 0.2


class LinkClosed(Exception):
    """The other process is gone, or sent a record that is too long."""


class Link:
    """One open connection. One reader, any number of writers; a record is written whole or not at all."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, max_record_bytes: int) -> None:
        self._reader = reader
        self._writer = writer
        self._max = max_record_bytes

    async def receive(self) -> bytes:
        """The next record. Raises LinkClosed."""
        try:
            (length,) = _LENGTH.unpack(await self._reader.readexactly(4))
            if length > self._max:
                raise LinkClosed(f"record of {length} bytes, limit {self._max}")
            return await self._reader.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError, OSError) as error:
            raise LinkClosed("closed by the other side") from error

    def send(self, *records: bytes) -> None:
        """Queue these, to leave together. Raises LinkClosed if the connection is gone."""
        if self._writer.is_closing():
            raise LinkClosed("closing")
        self._writer.write(b"".join(part for record in records for part in (_LENGTH.pack(len(record)), record)))

    def send_framed(self, data: bytes) -> None:
        """Queue bytes that already carry their length (contract.tap)."""
        if self._writer.is_closing():
            raise LinkClosed("closing")
        self._writer.write(data)

    @property
    def waiting_bytes(self) -> int:
        """Bytes queued and not yet taken by the kernel: what a bounded sender looks at before it sends."""
        return self._writer.transport.get_write_buffer_size()

    async def drain(self) -> None:
        try:
            await self._writer.drain()
        except (ConnectionError, OSError) as error:
            raise LinkClosed("closed by the other side") from error

    def abort(self) -> None:
        """Cut it now: the other side does not read any more, so nothing queued is waited for."""
        self._writer.transport.abort()

    async def aclose(self) -> None:
        self._writer.close()
        try:
            # Not wait_for: before Python 3.12 it swallows a cancellation that meets the end of what it waits for.
            async with asyncio.timeout(1.0):
                await self._writer.wait_closed()
        except (TimeoutError, ConnectionError, OSError):
            self._writer.transport.abort()


Handler = Callable[[Link], Awaitable[None]]


async def serve(path: Path, handler: Handler, *, max_record_bytes: int) -> asyncio.Server:
    """Listen on `path` (0600, an old socket is replaced); each connection runs `handler` until it returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = Link(reader, writer, max_record_bytes=max_record_bytes)
        try:
            await handler(link)
        except LinkClosed:
            pass
        except asyncio.CancelledError:
            pass  # the task ends here; Python 3.11's streams would report its cancellation as a failed callback
        except Exception:
            log.exception("link handler failed", socket=path.name)
        finally:
            await link.aclose()

    server = await asyncio.start_unix_server(connected, path=str(path))
    path.chmod(0o600)
    return server


async def keep_connected(path: Path, handler: Handler, *, max_record_bytes: int) -> None:
    """Connect to `path` and run `handler`, again and again until cancelled."""
    failing = False
    while True:
        try:
            reader, writer = await asyncio.open_unix_connection(str(path))
        except (FileNotFoundError, ConnectionError, OSError):
            if not failing:
                log.info("link is down, trying again", socket=path.name)
            failing = True
            await asyncio.sleep(RECONNECT_S)
            continue
        failing = False
        link = Link(reader, writer, max_record_bytes=max_record_bytes)
        try:
            await handler(link)
        except LinkClosed as error:
            log.info("link closed", socket=path.name, cause=str(error))
        finally:
            await link.aclose()
        await asyncio.sleep(RECONNECT_S)
