"""Datagrams on a byte stream: each after its length in two bytes (RFC 4571). Pure."""

import struct

from media.peer.rates import MAX_DATAGRAM_BYTES

_LENGTH = struct.Struct("!H")


def frame(datagram: bytes) -> bytes:
    """The datagram as it goes on the stream; at most 65,535 bytes."""
    return _LENGTH.pack(len(datagram)) + datagram


class FrameReader:
    """Cuts what comes into datagrams; keeps at most one unfinished. After an error it is of no use any more."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The datagrams that are whole now, empty ones included. Raises ValueError if one would be too long."""
        data = self._rest + data
        found = []
        at = 0
        while len(data) - at >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(data, at)
            if length > MAX_DATAGRAM_BYTES:
                raise ValueError(f"frame of {length} bytes, at most {MAX_DATAGRAM_BYTES}")
            end = at + _LENGTH.size + length
            if end > len(data):
                break
            found.append(data[at + _LENGTH.size : end])
            at = end
        self._rest = data[at:]
        return found
