"""A client's way to the server that dies in silence: nobody is told, and neither of the two notices by itself.

async with Way(server.url) as way:
    client = Client(way.url, http)
    way.cut()       # nothing passes any more
    way.deafen()    # what the client says arrives, and no answer comes back
    way.mend()      # the client notices that its connections are dead; new ones pass

The server keeps what was cut until it misses something by its own clock. For browsers and media: support.network.
"""

import asyncio
import contextlib
from asyncio import StreamReader, StreamWriter
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from runtime.supervise import TaskScope

CHUNK_BYTES = 65_536


@dataclass
class _Direction:
    """One of the two of a connection: `passes` ends and never comes back."""

    passes: bool

    async def carry(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Until the near end closes; the far one hears of that, too, if this still passes."""
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(CHUNK_BYTES):
                if self.passes:
                    writer.write(data)
        if self.passes:
            writer.close()


@dataclass
class _Connection:
    client: StreamWriter
    up: _Direction
    down: _Direction
    ends: list[StreamWriter] = field(default_factory=list)


class Way:
    """A TCP port of its own that leads to the server at `url`."""

    def __init__(self, url: str) -> None:
        self._to = urlsplit(url)
        self._up = self._down = True
        self._connections: list[_Connection] = []
        self._scope = TaskScope("way")
        self._listener: asyncio.Server | None = None

    @property
    def url(self) -> str:
        assert self._listener is not None
        return f"http://127.0.0.1:{self._listener.sockets[0].getsockname()[1]}"

    async def __aenter__(self) -> Self:
        self._listener = await asyncio.start_server(self._accepted, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._listener is not None
        self._listener.close()
        for one in self._connections:
            for end in one.ends:
                end.transport.abort()
        await self._scope.aclose()

    def cut(self) -> None:
        self._narrow(up=False, down=False)

    def deafen(self) -> None:
        self._narrow(up=True, down=False)

    def mend(self) -> None:
        self._up = self._down = True
        for one in self._connections:
            if not one.down.passes:
                one.up.passes = False  # its end is not told to the server
                one.client.transport.abort()

    def _narrow(self, *, up: bool, down: bool) -> None:
        self._up, self._down = up, down
        for one in self._connections:
            one.up.passes &= up
            one.down.passes &= down

    def _accepted(self, reader: StreamReader, writer: StreamWriter) -> None:
        connection = _Connection(writer, _Direction(self._up), _Direction(self._down), [writer])
        self._connections.append(connection)
        self._scope.spawn(self._serve(connection, reader), name="connection")

    async def _serve(self, connection: _Connection, reader: StreamReader) -> None:
        try:
            from_server, to_server = await asyncio.open_connection(self._to.hostname, self._to.port)
        except OSError:
            connection.client.transport.abort()  # nobody is there
            return
        connection.ends.append(to_server)
        async with asyncio.TaskGroup() as both:
            both.create_task(connection.up.carry(reader, to_server))
            both.create_task(connection.down.carry(from_server, connection.client))
