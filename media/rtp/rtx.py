"""Retransmissions in their own stream (RFC 4588)."""

import struct

_OSN = struct.Struct("!H")


def unwrap_rtx(payload: bytes) -> tuple[int, bytes]:
    """Original sequence number and payload. Raises ValueError if there is no room for the number."""
    if len(payload) < 2:
        raise ValueError(f"RTX original sequence number: {len(payload)} bytes, need 2")
    return payload[0] << 8 | payload[1], payload[2:]


def wrap_rtx(sequence: int, payload: bytes) -> bytes:
    """The payload of a retransmission."""
    return _OSN.pack(sequence) + payload
