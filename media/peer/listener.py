"""Takes TCP connections on the port of a worker, and keeps their number within bounds.

Whoever proved to be a peer stays. Of the others the oldest goes when there are too many, of the network that has most
of them: a crowd from one place costs clients from elsewhere nothing.
"""

import asyncio
import errno
import socket
from collections import Counter
from collections.abc import Callable

from media.peer.tcp import TcpDoor, TcpEnd
from media.plane.base import Address

MAX_CONNECTIONS = 1024
MAX_STRANGERS = 128
"""Of them without a valid check so far."""
ACCEPTED_AT_ONCE = 32
REST_S = 1.0
"""Without accepting, when the system has no more room for connections."""
_BACKLOG = 128


class TcpListener:
    """Listens from the beginning until `close`, which ends every connection too."""

    def __init__(
        self,
        port: int,
        dropped: Counter[str],
        *,
        take: Callable[[TcpDoor, bytes, Address, float], None],
        taken: Callable[[], object],
    ) -> None:
        """`take` and `taken` are as TcpDoor's; rude ends count in `dropped`. Raises OSError if the port is taken."""
        self._dropped = dropped
        self._take, self._taken = take, taken
        self._doors: dict[TcpDoor, None] = {}
        self._strangers: dict[TcpDoor, None] = {}
        """Oldest first; some may have proved to be peers since."""
        self._listening: list[socket.socket] = []
        self._loop = asyncio.get_running_loop()
        self._rest: asyncio.TimerHandle | None = None
        try:
            self._listening.append(_listen(socket.AF_INET, port))
            try:
                self._listening.append(_listen(socket.AF_INET6, port))
            except OSError as error:
                if error.errno == errno.EADDRINUSE:  # else this system has no IPv6
                    raise
        except OSError:
            self.close()
            raise
        self._resume()

    @property
    def connections(self) -> int:
        """How many there are."""
        return len(self._doors)

    def close(self) -> None:
        """Idempotent."""
        if self._rest is not None:
            self._rest.cancel()
        for listening in self._listening:
            self._loop.remove_reader(listening.fileno())
            listening.close()
        self._listening.clear()
        for door in list(self._doors):
            door.close(TcpEnd.RELEASED)

    def _resume(self) -> None:
        self._rest = None
        for listening in self._listening:
            self._loop.add_reader(listening.fileno(), self._accept, listening)

    def _accept(self, listening: socket.socket) -> None:
        for _ in range(ACCEPTED_AT_ONCE):
            try:
                connection, address = listening.accept()
            except (BlockingIOError, ConnectionError):
                return
            except OSError:
                # No descriptors or memory: the connection stays in the queue, so that we would be called without end.
                self._dropped["tcp_no_room"] += 1
                for each in self._listening:
                    self._loop.remove_reader(each.fileno())
                self._rest = self._loop.call_later(REST_S, self._resume)
                return
            if self._has_room():
                self._open(connection, address)
            else:
                connection.close()
                self._dropped[f"tcp_{TcpEnd.CROWDED}"] += 1

    def _open(self, connection: socket.socket, address: Address) -> None:
        try:
            door = TcpDoor(connection, address, take=self._take, taken=self._taken, ended=self._end)
        except OSError:  # reset meanwhile
            connection.close()
            return
        self._doors[door] = self._strangers[door] = None

    def _has_room(self) -> bool:
        """Whether one more may come, perhaps instead of a stranger."""
        if len(self._strangers) < MAX_STRANGERS and len(self._doors) < MAX_CONNECTIONS:
            return True
        self._strangers = {door: None for door in self._strangers if not door.by_address}
        if len(self._strangers) == MAX_STRANGERS or (self._strangers and len(self._doors) == MAX_CONNECTIONS):
            crowd = Counter(_network(door.address) for door in self._strangers).most_common(1)[0][0]
            next(door for door in self._strangers if _network(door.address) == crowd).close(TcpEnd.CROWDED)
        return len(self._doors) < MAX_CONNECTIONS

    def _end(self, door: TcpDoor, reason: TcpEnd) -> None:
        self._doors.pop(door, None)
        self._strangers.pop(door, None)
        if not reason.polite:
            self._dropped[f"tcp_{reason}"] += 1


def _listen(family: socket.AddressFamily, port: int) -> socket.socket:
    """On every address. Raises OSError."""
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setblocking(False)
        # Connections of a worker that died may still be in TIME_WAIT.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family is socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind(("", port))
        listening.listen(_BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


def _network(address: Address) -> str:
    """What is one person's: an IPv4 address, or the first 64 bits of one of IPv6."""
    host = address[0]
    return host if ":" not in host else socket.inet_pton(socket.AF_INET6, host.partition("%")[0])[:8].hex()
