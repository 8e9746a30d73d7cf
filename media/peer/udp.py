"""The UDP socket of one local address, so that an answer always leaves from the address that was asked."""

import socket
from collections.abc import Callable

from media.peer.endpoint import Endpoint
from media.plane.base import Address

SOCKET_BUFFER_BYTES = 4 * 1024 * 1024
_SO_SNDBUFFORCE, _SO_RCVBUFFORCE = 32, 33
"""Linux socket(7); the socket module has no names for them."""


class UdpDoor:
    """The socket of one local address. Raises OSError if it cannot be had."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.by_address: dict[Address, Endpoint] = {}
        """The peers that were validated through it."""
        six = ":" in host
        self.socket = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM)
        try:
            if six:
                self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            self.socket.setblocking(False)
            _enlarge(self.socket)
            self.socket.bind((host, port))
        except OSError:
            self.socket.close()
            raise
        self.sendto: Callable[[bytes, Address], int] = self.socket.sendto
        self.fd: int = self.socket.fileno()

    def release(self, address: Address) -> None:
        """Other peers go on using it."""
        del self.by_address[address]


def _enlarge(open_socket: socket.socket) -> None:
    """Large buffers: past the system's limit if we may (CAP_NET_ADMIN), else up to it."""
    for option, forced in ((socket.SO_RCVBUF, _SO_RCVBUFFORCE), (socket.SO_SNDBUF, _SO_SNDBUFFORCE)):
        try:
            open_socket.setsockopt(socket.SOL_SOCKET, forced, SOCKET_BUFFER_BYTES)
        except OSError:
            open_socket.setsockopt(socket.SOL_SOCKET, option, SOCKET_BUFFER_BYTES)
