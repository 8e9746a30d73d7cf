"""STUN binding checks as an ICE-lite agent needs them (RFC 8489, RFC 8445): requests in, responses out.

Everything a stranger may send comes through `parse`: it reads with bounds, returns None for what is no well-formed
binding request, and raises nothing.
"""

import hashlib
import hmac
import ipaddress
import struct
import zlib
from typing import NamedTuple

MAGIC = b"\x21\x12\xa4\x42"
HEADER_BYTES = 20

_BINDING_REQUEST = 0x0001
_BINDING_SUCCESS = 0x0101
_USERNAME = 0x0006
_MESSAGE_INTEGRITY = 0x0008
_XOR_MAPPED_ADDRESS = 0x0020
_USE_CANDIDATE = 0x0025
_FINGERPRINT = 0x8028
_FINGERPRINT_XOR = 0x5354554E
_INTEGRITY_BYTES = 20
_MAX_USERNAME_BYTES = 513

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


def parse(data: bytes) -> BindingRequest | None:
    """Read a binding request with USERNAME and MESSAGE-INTEGRITY; None if `data` is anything else."""
    if len(data) < HEADER_BYTES or data[4:8] != MAGIC:
        return None
    kind, length = _HEAD.unpack_from(data)
    if kind != _BINDING_REQUEST or length % 4 or HEADER_BYTES + length != len(data):
        return None
    username: bytes | None = None
    use_candidate = False
    position = HEADER_BYTES
    while position + 4 <= len(data):
        attribute, size = _HEAD.unpack_from(data, position)
        start = position + 4
        if start + size > len(data):
            return None
        if attribute == _USERNAME:
            if size > _MAX_USERNAME_BYTES:
                return None
            username = data[start : start + size]
        elif attribute == _USE_CANDIDATE:
            use_candidate = True
        elif attribute == _MESSAGE_INTEGRITY:
            if size != _INTEGRITY_BYTES or username is None:
                return None
            local, colon, remote = username.partition(b":")
            if not colon or not (local + remote).isascii():
                return None
            # RFC 8489 §14.5: the length counts up to and with this attribute; what follows is not covered.
            covered = struct.pack("!H", position + 4 + _INTEGRITY_BYTES - HEADER_BYTES)
            return BindingRequest(
                data[8:20],
                local.decode("ascii"),
                remote.decode("ascii"),
                use_candidate,
                data[:2] + covered + data[4:position],
                data[start : start + size],
            )
        position = start + size + (-size % 4)
    return None


def authentic(request: BindingRequest, pwd: str) -> bool:
    """Whether the sender knows our password (RFC 8445 §7.1.2)."""
    expected = hmac.new(pwd.encode(), request.signed, hashlib.sha1).digest()
    return hmac.compare_digest(expected, request.integrity)


def success(transaction: bytes, address: tuple[str, int], pwd: str) -> bytes:
    """A binding success response with XOR-MAPPED-ADDRESS, MESSAGE-INTEGRITY and FINGERPRINT."""
    host = ipaddress.ip_address(address[0])
    mask = MAGIC + transaction
    port = bytes(a ^ b for a, b in zip(struct.pack("!H", address[1]), mask, strict=False))
    mapped = bytes(a ^ b for a, b in zip(host.packed, mask, strict=False))
    value = bytes((0, 1 if host.version == 4 else 2)) + port + mapped
    body = _HEAD.pack(_XOR_MAPPED_ADDRESS, len(value)) + value
    signed = _message(transaction, body, len(body) + 4 + _INTEGRITY_BYTES)
    body += _HEAD.pack(_MESSAGE_INTEGRITY, _INTEGRITY_BYTES) + hmac.new(pwd.encode(), signed, hashlib.sha1).digest()
    printed = zlib.crc32(_message(transaction, body, len(body) + 8)) ^ _FINGERPRINT_XOR
    body += _HEAD.pack(_FINGERPRINT, 4) + struct.pack("!I", printed)
    return _message(transaction, body, len(body))


def request(transaction: bytes, username: str, pwd: str, *, use_candidate: bool = False) -> bytes:
    """A binding request as a controlling client sends it; the worker itself never asks (ICE-lite), tests do."""
    name = username.encode()
    body = _HEAD.pack(_USERNAME, len(name)) + name + bytes(-len(name) % 4)
    if use_candidate:
        body += _HEAD.pack(_USE_CANDIDATE, 0)
    signed = _message(transaction, body, len(body) + 4 + _INTEGRITY_BYTES, kind=_BINDING_REQUEST)
    body += _HEAD.pack(_MESSAGE_INTEGRITY, _INTEGRITY_BYTES) + hmac.new(pwd.encode(), signed, hashlib.sha1).digest()
    return _message(transaction, body, len(body), kind=_BINDING_REQUEST)


def _message(transaction: bytes, body: bytes, length: int, *, kind: int = _BINDING_SUCCESS) -> bytes:
    return _HEAD.pack(kind, length) + MAGIC + transaction + body
