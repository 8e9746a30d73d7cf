"""STUN binding checks (RFC 8489, RFC 8445): a client's requests, our responses, and our own request and its response.

Everything a stranger may send comes through `parse` and `parse_success`: they read with bounds, return None for what is
not well-formed, and raise nothing.
"""

import hmac
import socket
import struct
import zlib
from typing import NamedTuple

from media.plane.base import Address

MAGIC = b"\x21\x12\xa4\x42"
HEADER_BYTES = 20

_BINDING_REQUEST = 0x0001
_BINDING_SUCCESS = 0x0101
_USERNAME = 0x0006
_MESSAGE_INTEGRITY = 0x0008
_PRIORITY = 0x0024
_XOR_MAPPED_ADDRESS = 0x0020
_USE_CANDIDATE = 0x0025
_FINGERPRINT = 0x8028
_ICE_CONTROLLED = 0x8029
_FINGERPRINT_XOR = 0x5354554E
_INTEGRITY_BYTES = 20
_MAX_USERNAME_BYTES = 513
_MAX_ATTRIBUTES = 32
"""A browser sends some ten; a stranger's datagram is not worth more reading."""

_HEAD = struct.Struct("!HH")


class BindingRequest(NamedTuple):
    """A well-formed request whose integrity is not yet checked."""

    transaction: bytes
    """12 bytes, repeated in the response."""
    local_ufrag: str
    """Ours: the part of USERNAME before the colon."""
    remote_ufrag: str
    use_candidate: bool
    signed: bytes
    """What MESSAGE-INTEGRITY covers, with the length field already adjusted."""
    integrity: bytes


class BindingSuccess(NamedTuple):
    """A well-formed answer to a request of ours, whose integrity is not yet checked."""

    transaction: bytes
    signed: bytes
    integrity: bytes


def parse(data: bytes) -> BindingRequest | None:
    """Read a binding request with USERNAME and MESSAGE-INTEGRITY; None if `data` is anything else."""
    found = _attributes(data, _BINDING_REQUEST)
    if found is None or _USERNAME not in found.values:
        return None
    username = found.values[_USERNAME]
    local, colon, remote = username.partition(b":")
    if len(username) > _MAX_USERNAME_BYTES or not colon or not (local + remote).isascii():
        return None
    return BindingRequest(
        data[8:20],
        local.decode("ascii"),
        remote.decode("ascii"),
        _USE_CANDIDATE in found.values,
        found.signed,
        found.integrity,
    )


def parse_success(data: bytes) -> BindingSuccess | None:
    """Read a binding success response with MESSAGE-INTEGRITY; None if `data` is anything else."""
    found = _attributes(data, _BINDING_SUCCESS)
    return None if found is None else BindingSuccess(data[8:20], found.signed, found.integrity)


class _Found(NamedTuple):
    values: dict[int, bytes]
    """What MESSAGE-INTEGRITY covers; of attributes that are repeated the first (RFC 8489 §14)."""
    signed: bytes
    integrity: bytes


def _attributes(data: bytes, wanted: int) -> _Found | None:
    """The attributes of a message of this type, up to its MESSAGE-INTEGRITY; None if malformed, or without integrity
    or FINGERPRINT."""
    if len(data) < HEADER_BYTES or data[4:8] != MAGIC:
        return None
    kind, length = _HEAD.unpack_from(data)
    if kind != wanted or length % 4 or HEADER_BYTES + length != len(data):
        return None
    # RFC 8445 §7.1 has every check carry it, last (RFC 8489 §14.7): junk is known at once, by a function in C.
    printed = struct.pack("!I", zlib.crc32(data[:-8]) ^ _FINGERPRINT_XOR)
    if data[-8:] != _HEAD.pack(_FINGERPRINT, 4) + printed:
        return None
    values: dict[int, bytes] = {}
    position = HEADER_BYTES
    while position + 4 <= len(data):
        attribute, size = _HEAD.unpack_from(data, position)
        start = position + 4
        if start + size > len(data):
            return None
        if attribute == _MESSAGE_INTEGRITY:
            if size != _INTEGRITY_BYTES:
                return None
            # RFC 8489 §14.5: the length counts up to and with this attribute; what follows is not covered.
            covered = struct.pack("!H", position + 4 + _INTEGRITY_BYTES - HEADER_BYTES)
            return _Found(values, data[:2] + covered + data[4:position], data[start : start + size])
        if len(values) == _MAX_ATTRIBUTES:
            return None
        values.setdefault(attribute, data[start : start + size])
        position = start + size + (-size % 4)
    return None


def authentic(message: BindingRequest | BindingSuccess, pwd: str) -> bool:
    """Whether the sender knows `pwd`: ours in a request, its own in a response (RFC 8445 §7.2.2)."""
    expected = hmac.digest(pwd.encode(), message.signed, "sha1")
    return hmac.compare_digest(expected, message.integrity)


def success(transaction: bytes, address: Address, pwd: str) -> bytes:
    """A binding success response with XOR-MAPPED-ADDRESS."""
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    host = socket.inet_pton(family, address[0].partition("%")[0])
    mask = MAGIC + transaction
    mapped = int.from_bytes(host) ^ int.from_bytes(mask[: len(host)])
    value = _HEAD.pack(2 if family is socket.AF_INET6 else 1, address[1] ^ int.from_bytes(mask[:2]))
    value += mapped.to_bytes(len(host))
    return _signed(_BINDING_SUCCESS, transaction, _attribute(_XOR_MAPPED_ADDRESS, value), pwd)


def request(transaction: bytes, username: str, pwd: str, *, use_candidate: bool = False) -> bytes:
    """A binding request as a controlling client sends it; the worker never nominates, tests do."""
    body = _attribute(_USERNAME, username.encode())
    if use_candidate:
        body += _attribute(_USE_CANDIDATE, b"")
    return _signed(_BINDING_REQUEST, transaction, body, pwd)


def controlled_request(transaction: bytes, username: str, pwd: str) -> bytes:
    """A binding request as the controlled side sends it: who answers can read what is sent to its address."""
    body = _attribute(_USERNAME, username.encode())
    body += _attribute(_PRIORITY, struct.pack("!I", 110 << 24 | 0xFFFF00 | 0xFF))  # peer reflexive, RFC 8445 §5.1.2
    body += _attribute(_ICE_CONTROLLED, bytes(8))
    return _signed(_BINDING_REQUEST, transaction, body, pwd)


def _attribute(kind: int, value: bytes) -> bytes:
    return _HEAD.pack(kind, len(value)) + value + bytes(-len(value) % 4)


def _signed(kind: int, transaction: bytes, body: bytes, pwd: str) -> bytes:
    """The message with MESSAGE-INTEGRITY and FINGERPRINT, without which a browser does not take it for STUN."""
    covered = _message(kind, transaction, body, len(body) + 4 + _INTEGRITY_BYTES)
    body += _attribute(_MESSAGE_INTEGRITY, hmac.digest(pwd.encode(), covered, "sha1"))
    printed = zlib.crc32(_message(kind, transaction, body, len(body) + 8)) ^ _FINGERPRINT_XOR
    body += _attribute(_FINGERPRINT, struct.pack("!I", printed))
    return _message(kind, transaction, body, len(body))


def _message(kind: int, transaction: bytes, body: bytes, length: int) -> bytes:
    return _HEAD.pack(kind, length) + MAGIC + transaction + body
