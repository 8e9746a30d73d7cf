"""One client's TCP connection as a door: where a network lets no UDP through, datagrams go in frames (RFC 6544, 4571).

Nobody waits for such a connection. What it does not take at once is kept within bounds, pictures give way before sound
and reports, and the rest is dropped as a full socket would drop it. It is closed with a reason (`TcpEnd`) when its peer
is gone, when nobody proves to be a peer, and when it is idle, slow or malformed.
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from enum import StrEnum

from media.peer.endpoint import Endpoint
from media.peer.frames import FrameReader, frame
from media.plane.base import Address
from runtime import clock
from runtime.bucket import Bucket

FIRST_S = 5.0
"""Until its first valid check; a browser sends it with the connection."""
MAX_STRANGE = 4
"""Frames before that: checks of a leg that has just ended, or that came a moment too early."""
IDLE_S = 60.0
"""Without a frame; browsers check a way that they keep in reserve each 25 s."""
SLOW_S = 10.0
"""Something waits, and so long nothing of it left."""
PICTURES_WAITING_BYTES = 64 * 1024
"""Large datagrams are dropped beyond this: room for a keyframe, or for half a second at 1 Mbit/s."""
MAX_WAITING_BYTES = 80 * 1024
"""All are: what is left for sound, reports, checks and handshakes."""
LARGE_BYTES = 400
"""Of a datagram; sound and reports stay below."""
UNSENT_BYTES = 16 * 1024
"""What the system may keep that it has not sent yet: the rest waits here, where pictures can give way."""
READ_BYTES = 16 * 1024
"""Read per wake-up before others get their turn."""
FRAMES_PER_S = 5_000
"""From one connection, whatever is in them; above the rate of its RTP (media.peer.rates) and what comes beside it."""
_NOTSENT_LOWAT = 25
"""Linux tcp(7); the socket module has no name for it."""


class TcpEnd(StrEnum):
    """Why a connection ended."""

    CLOSED = "closed"
    """By the client, or its network."""
    RELEASED = "released"
    """Its peer is gone."""
    STRANGER = "stranger"
    """No valid check came in time, or too much else."""
    CROWDED = "crowded"
    """Too many connections; it was the oldest of the address with most of them."""
    IDLE = "idle"
    SLOW = "slow"
    MALFORMED = "malformed"
    FLOOD = "flood"

    @property
    def polite(self) -> bool:
        """What was sent is still delivered; the others are reset, and nothing of them is kept."""
        return self in (TcpEnd.CLOSED, TcpEnd.RELEASED)


class TcpDoor:
    """Through it comes one address, its own. Owned by the TcpListener; `close` gives everything back, once."""

    fd = None
    """Frames are made here: no plane sends by itself."""

    def __init__(
        self,
        connection: socket.socket,
        address: Address,
        *,
        take: Callable[["TcpDoor", bytes, Address, float], None],
        taken: Callable[[], object],
        ended: Callable[["TcpDoor", TcpEnd], None],
    ) -> None:
        """`take` gets each datagram and must not raise, `taken` is called after the last of a wake-up."""
        self.address = address
        self.by_address: dict[Address, Endpoint] = {}
        self.sendto: Callable[[bytes, Address], int] = self._sendto
        self._socket = connection
        self._take, self._taken, self._ended = take, taken, ended
        self._frames = FrameReader()
        self._rate = Bucket(FRAMES_PER_S)
        self._waiting = bytearray()
        self._left_at = 0.0
        """When bytes left last, or began to wait."""
        self._heard_at = clock.now()
        self._strange = 0
        self._closed = False
        self._loop = asyncio.get_running_loop()
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.IPPROTO_TCP, _NOTSENT_LOWAT, UNSENT_BYTES)
        self._loop.add_reader(connection.fileno(), self._readable)
        self._timer = self._loop.call_later(FIRST_S, self._look)

    def release(self, address: Address) -> None:
        """The peer is gone, or does not need this way any more."""
        self.by_address.pop(address, None)
        self.close(TcpEnd.RELEASED)

    def close(self, reason: TcpEnd) -> None:
        """A peer that was reached this way must be reached otherwise from now on."""
        if self._closed:
            return
        self._closed = True
        self._timer.cancel()
        self._loop.remove_reader(self._socket.fileno())
        self._loop.remove_writer(self._socket.fileno())
        if not reason.polite:
            with contextlib.suppress(OSError):
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()
        self._waiting.clear()
        for endpoint in self.by_address.values():
            endpoint.lose(endpoint.ways[self, self.address])
        self.by_address.clear()
        self.sendto = _gone
        self._ended(self, reason)

    def _sendto(self, data: bytes, _address: Address) -> int:
        """Raises BlockingIOError if it gives way, OSError if the connection is broken."""
        if self._closed:
            raise ConnectionError("connection is closed")
        if self._waiting:
            most = PICTURES_WAITING_BYTES if len(data) > LARGE_BYTES else MAX_WAITING_BYTES
            if len(self._waiting) + len(data) > most:
                raise BlockingIOError
            self._waiting += frame(data)
            return len(data)
        whole = frame(data)
        try:
            sent = self._socket.send(whole)
        except BlockingIOError:
            sent = 0
        if sent < len(whole):
            self._waiting += whole[sent:]
            self._left_at = clock.now()
            self._loop.add_writer(self._socket.fileno(), self._writable)
        return len(data)

    def _writable(self) -> None:
        try:
            sent = self._socket.send(self._waiting)
        except BlockingIOError:
            return
        except OSError:
            self.close(TcpEnd.CLOSED)
            return
        del self._waiting[:sent]
        self._left_at = clock.now()
        if not self._waiting:
            self._loop.remove_writer(self._socket.fileno())

    def _readable(self) -> None:
        now = clock.now()
        try:
            data = self._socket.recv(READ_BYTES)
            datagrams = self._frames.feed(data)
        except BlockingIOError:
            return
        except OSError:
            data, datagrams = b"", []
        except ValueError:
            self.close(TcpEnd.MALFORMED)
            return
        if not data:
            self.close(TcpEnd.CLOSED)
            return
        self._heard_at = now
        for datagram in datagrams:
            if not self._rate.take(now):
                self.close(TcpEnd.FLOOD)
            elif datagram:  # an empty one means nothing (RFC 4571 §2)
                self._take(self, datagram, self.address, now)
                if not self.by_address:
                    self._strange += 1
                    if self._strange == MAX_STRANGE:
                        self.close(TcpEnd.STRANGER)
            if self._closed:
                break
        self._taken()

    def _look(self) -> None:
        """Deadlines: the first check, silence, a reader that does not read."""
        now = clock.now()
        if not self.by_address:
            self.close(TcpEnd.STRANGER)
        elif now - self._heard_at >= IDLE_S:
            self.close(TcpEnd.IDLE)
        elif self._waiting and now - self._left_at >= SLOW_S:
            self.close(TcpEnd.SLOW)
        else:
            self._timer = self._loop.call_later(FIRST_S, self._look)


def _gone(_data: bytes, _address: Address) -> int:
    raise ConnectionError("connection is closed")
