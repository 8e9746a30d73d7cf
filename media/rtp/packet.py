"""The RTP header and its extensions (RFC 3550 §5.1, RFC 8285)."""

import struct
from typing import NamedTuple

FIXED_BYTES = 12
_FIXED = struct.Struct("!BBHII")
_EXTENSION = struct.Struct("!HH")
PLAYOUT_AT_ONCE = b"\x00\x00\x00"
"""Playout delay extension: 12 bits each of least and most, in 10 ms; with 0 and 0 a frame is shown once decoded."""
PLAYOUT_FREE = b"\x00\x03\xe8"
"""0 to 10 s, a browser's own limits: takes the former back, since a browser keeps to what it was told last."""
FIRST_VALUE_AT = 5
_ONE_BYTE = 0xBEDE
_TWO_BYTE = 0x1000


class RtpHeader(NamedTuple):
    """Where things are in one packet; offsets count from its first byte."""

    marker: bool
    payload_type: int
    sequence: int
    timestamp_ticks: int
    ssrc: int
    payload_at: int
    payload_end: int
    """Without padding; equal to `payload_at` in a padding-only packet."""
    extension_at: int
    """Start of the extension's own header, 0 if there is none."""


def parse_header(packet: bytes) -> RtpHeader:
    """Read one packet's header. Raises ValueError naming the field and the length."""
    length = len(packet)
    if length < FIXED_BYTES:
        raise ValueError(f"RTP header: {length} bytes, need {FIXED_BYTES}")
    first, second, sequence, timestamp, ssrc = _FIXED.unpack_from(packet)
    if first >> 6 != 2:
        raise ValueError(f"RTP version: {first >> 6}, need 2")
    at = FIXED_BYTES + 4 * (first & 0x0F)
    extension_at = 0
    if first & 0x10:
        if length < at + 4:
            raise ValueError(f"RTP extension header: {length} bytes, need {at + 4}")
        extension_at = at
        at += 4 + 4 * int.from_bytes(packet[at + 2 : at + 4])
    if at > length:
        raise ValueError(f"RTP CSRC list or extension: {length} bytes, need {at}")
    end = length
    if first & 0x20:
        padding = packet[-1]
        if not 0 < padding <= length - at:
            raise ValueError(f"RTP padding: {padding} bytes of {length - at}")
        end -= padding
    return RtpHeader(bool(second & 0x80), second & 0x7F, sequence, timestamp, ssrc, at, end, extension_at)


def extension(packet: bytes, header: RtpHeader, wanted: int) -> bytes | None:
    """The value of extension id `wanted`, in either form of RFC 8285; None if absent or damaged."""
    if not header.extension_at or not wanted:
        return None
    profile, _words = _EXTENSION.unpack_from(packet, header.extension_at)
    at, end = header.extension_at + 4, header.payload_at
    two_byte = profile & 0xFFF0 == _TWO_BYTE
    if profile != _ONE_BYTE and not two_byte:
        return None
    while at < end:
        if packet[at] == 0:
            at += 1
            continue
        if two_byte:
            if at + 2 > end:
                return None
            number, size, at = packet[at], packet[at + 1], at + 2
        else:
            number, size, at = packet[at] >> 4, (packet[at] & 0x0F) + 1, at + 1
            if number == 15:
                return None
        if at + size > end:
            return None
        if number == wanted:
            return packet[at : at + size]
        at += size
    return None


def build_extensions(values: dict[int, bytes]) -> bytes:
    """The extension block with its header, ready to follow the fixed header; empty if there are no values.

    One-byte form if every id is 1–14 and every value 1–16 bytes, two-byte form otherwise. The values keep their order;
    in one-byte form the first begins at FIRST_VALUE_AT.
    """
    if not values:
        return b""
    short = all(1 <= number <= 14 and 1 <= len(value) <= 16 for number, value in values.items())
    body = b"".join(
        (bytes([number << 4 | len(value) - 1]) if short else bytes([number, len(value)])) + value
        for number, value in values.items()
    )
    body += bytes(-len(body) % 4)
    return _EXTENSION.pack(_ONE_BYTE if short else _TWO_BYTE, len(body) // 4) + body
