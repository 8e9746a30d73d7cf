"""coturn with the shipped configuration, and a small TURN client that may ask for what no honest client would."""

import asyncio
import contextlib
import hashlib
import hmac
import ipaddress
import os
import secrets
import struct
import zlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Self

import ifaddr

from tests.support.ports import free_port

COTURN = Path(__file__).parents[2] / "docker" / "coturn"
SECRET = "a secret of tests, 32 characters"
REALM = "passline"

ALLOCATE, REFRESH, CREATE_PERMISSION, CONNECT = 0x0003, 0x0004, 0x0008, 0x000A
_COOKIE = 0x2112A442
_USERNAME, _INTEGRITY, _ERROR, _REALM, _NONCE = 0x0006, 0x0008, 0x0009, 0x0014, 0x0015
_LIFETIME, _PEER, _FAMILY, _TRANSPORT, _FINGERPRINT = 0x000D, 0x0012, 0x0017, 0x0019, 0x8028
_IPV4, _IPV6 = 0x01, 0x02


@contextlib.asynccontextmanager
async def coturn(
    log: Path,
    *,
    peers: Sequence[str],
    secret: str = SECRET,
    host: str = "127.0.0.1",
    options: Sequence[str] = (),
    cert: Path | None = None,
) -> AsyncIterator[int]:
    """A coturn of its own on a free port of `host`, which may relay to `peers`; yields the port.

    `options` are those of the command line that a test needs besides the shipped configuration; `cert` (PEM, key and
    chain) turns TLS on.
    """
    port = free_port()
    environ = {**os.environ, "TURN_SECRET": secret, "TURN_PEERS": " ".join(peers), "TMPDIR": str(log.parent)}
    if cert is not None:
        environ["TURN_CERT"] = str(cert)
    command = [str(COTURN / "start.sh"), f"--listening-ip={host}", f"--listening-port={port}", f"--relay-ip={host}"]
    command += ["--pidfile", str(log.with_suffix(".pid")), *options]
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *command, env=environ, cwd=log.parent, stdout=out, stderr=asyncio.subprocess.STDOUT
        )
    try:
        async with asyncio.timeout(60):
            while True:
                assert process.returncode is None, log.read_text()
                try:
                    _, writer = await asyncio.open_connection(host, port)
                except OSError:
                    await asyncio.sleep(0.05)
                    continue
                writer.close()
                break
        yield port
    finally:
        process.terminate()
        await process.wait()


def media_host() -> str:
    """An address of this machine that a relay may send to: coturn takes loopback for an attack."""
    for adapter in ifaddr.get_adapters():
        for bound in adapter.ips:
            if isinstance(bound.ip, str) and _lasts(ipaddress.ip_address(bound.ip)):
                return bound.ip
    raise AssertionError("this machine has no address but loopback")


def _lasts(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """No loopback, and not of a test's own network (tests/support/network.py), which may be gone in a moment."""
    return not address.is_loopback and address not in ipaddress.ip_network("198.18.0.0/15")


class TurnClient:
    """One 5-tuple towards a TURN server (RFC 8656, over UDP); every request returns 0, or the error code."""

    def __init__(self, name: str, password: str) -> None:
        self._name = name
        self._key = hashlib.md5(f"{name}:{REALM}:{password}".encode()).digest()
        self._nonce = b""
        self._answers: asyncio.Queue[bytes] = asyncio.Queue(16)  # drop the newest: only one request is under way
        self._transport: asyncio.DatagramTransport | None = None

    @classmethod
    async def to(cls, host: str, port: int, name: str, password: str) -> Self:
        client = cls(name, password)
        loop = asyncio.get_running_loop()
        client._transport, _ = await loop.create_datagram_endpoint(
            lambda: _Answers(client._answers), remote_addr=(host, port)
        )
        return client

    def close(self) -> None:
        assert self._transport is not None
        self._transport.close()

    async def allocate(self, *, ipv6: bool = False, tcp: bool = False) -> int:
        """A relayed address. `ipv6` asks for one of that family, `tcp` for one of RFC 6062."""
        attributes = [(_TRANSPORT, bytes([6 if tcp else 17, 0, 0, 0]))]
        if ipv6:
            attributes.append((_FAMILY, bytes([_IPV6, 0, 0, 0])))
        return await self._ask(ALLOCATE, attributes)

    async def refresh(self) -> int:
        return await self._ask(REFRESH, [(_LIFETIME, struct.pack("!I", 600))])

    async def permit(self, peer: str) -> int:
        """Permission to exchange datagrams with `peer`, an address as it is to be written on the wire."""
        return await self._ask(CREATE_PERMISSION, [(_PEER, b"")], peer=peer)

    async def _ask(self, method: int, attributes: list[tuple[int, bytes]], peer: str | None = None) -> int:
        for _ in range(3):
            transaction = secrets.token_bytes(12)
            filled = [(kind, _xored(peer, transaction) if kind == _PEER and peer else v) for kind, v in attributes]
            code, nonce = _read(await self._exchange(self._request(method, transaction, filled), transaction))
            if nonce and code in (401, 438) and nonce != self._nonce:
                self._nonce = nonce  # the first time, or it has become stale
                continue
            return code
        return code

    async def _exchange(self, request: bytes, transaction: bytes) -> bytes:
        """The answer to this request: one to an earlier request that was sent again may come first."""
        assert self._transport is not None
        for _ in range(20):
            self._transport.sendto(request)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    while (answer := await self._answers.get())[8:20] != transaction:
                        continue
                    return answer
        raise AssertionError("the TURN server does not answer")

    def _request(self, method: int, transaction: bytes, attributes: list[tuple[int, bytes]]) -> bytes:
        signed = list(attributes)
        if self._nonce:
            signed += [(_USERNAME, self._name.encode()), (_REALM, REALM.encode()), (_NONCE, self._nonce)]
        body = b"".join(_attribute(kind, value) for kind, value in signed)
        if self._nonce:
            body += _attribute(
                _INTEGRITY, hmac.digest(self._key, _head(method, len(body) + 24, transaction) + body, "sha1")
            )
        crc = zlib.crc32(_head(method, len(body) + 8, transaction) + body) ^ 0x5354554E
        body += _attribute(_FINGERPRINT, struct.pack("!I", crc))
        return _head(method, len(body), transaction) + body


class _Answers(asyncio.DatagramProtocol):
    def __init__(self, queue: "asyncio.Queue[bytes]") -> None:
        self._queue = queue

    def datagram_received(self, data: bytes, addr: object) -> None:
        with contextlib.suppress(asyncio.QueueFull):
            self._queue.put_nowait(data)


def _head(method: int, length: int, transaction: bytes) -> bytes:
    return struct.pack("!HHI", method, length, _COOKIE) + transaction


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


def _xored(address: str, transaction: bytes) -> bytes:
    """XOR-PEER-ADDRESS (RFC 8489 §14.2), port 9."""
    packed = ipaddress.ip_address(address).packed
    mask = struct.pack("!I", _COOKIE) + transaction
    family = _IPV4 if len(packed) == 4 else _IPV6
    port = 9 ^ (_COOKIE >> 16)
    return struct.pack("!BBH", 0, family, port) + bytes(a ^ b for a, b in zip(packed, mask, strict=False))


def _read(message: bytes) -> tuple[int, bytes]:
    """The error code, 0 for success, and the nonce if there is one."""
    code, nonce, at = 0, b"", 20
    while at + 4 <= len(message):
        kind, length = struct.unpack_from("!HH", message, at)
        value = message[at + 4 : at + 4 + length]
        if kind == _ERROR:
            code = value[2] * 100 + value[3]
        elif kind == _NONCE:
            nonce = value
        at += 4 + length + -length % 4
    return code, nonce
