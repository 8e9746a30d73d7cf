"""A client that joins, one stage after the other: ICE check, DTLS, data channel, `ready`, first packet.

It has a socket of its own and does all that a browser does; only what it gets is not decrypted.
"""

import asyncio
import contextlib
import re
import secrets
import struct
from typing import cast

from aiortc import (
    RTCCertificate,
    RTCDataChannel,
    RTCDataChannelParameters,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCIceTransport,
    RTCSctpCapabilities,
    RTCSctpTransport,
)
from aiortc.rtcdtlstransport import SRTP_AEAD_AES_128_GCM, RTCDtlsTransport

from contract.base import encode
from contract.data import Ready
from contract.media import Layout
from media.peer import stun
from media.peer.srtp import Keys
from passline.bench.join_offer import VP8, offer
from runtime import clock

HOST = "127.0.0.1"
STAGE_S = 20.0
"""A worker gives nobody longer."""
AGAIN_S = 0.05
"""A check that is not answered is repeated."""
_CERTIFICATE = RTCCertificate.generateCertificate()
_FINGERPRINT = next(found.value for found in _CERTIFICATE.getFingerprints() if found.algorithm == "sha-256")
_KEYFRAME = bytes.fromhex("10" + "100200" + "9d012a" + "4001b400") + bytes(800)
"""Start of a partition (RFC 7741 §4.2), and the head of a keyframe of 320x180 (RFC 6386 §9.1)."""


class JoinClient(asyncio.DatagramProtocol):
    """`offer`, then `take` the answer, then `check`, `handshake`, `open_channel`, `see`; or `join` for all four.

    Implements what RTCDtlsTransport uses of an ICE transport.
    """

    role, state = "controlling", "completed"

    def __init__(self, *, loses_flight: bool = False) -> None:
        """With `loses_flight` the first DTLS datagram of the worker does not reach it."""
        self.first_at = 0.0
        """When the first packet of media came."""
        self._loses = loses_flight
        self._ssrc = secrets.randbits(31)
        self._ufrag, self._pwd = secrets.token_hex(4), secrets.token_hex(12)
        self._remote = HOST, 0
        self._username = self._remote_pwd = self._fingerprint = ""
        self._checked, self._seen = asyncio.Event(), asyncio.Event()
        self._dtls_in: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._transport: asyncio.DatagramTransport | None = None
        self._dtls = RTCDtlsTransport(cast(RTCIceTransport, self), [_CERTIFICATE])
        self._dtls._srtp_profiles = [SRTP_AEAD_AES_128_GCM]
        self._dtls._set_role("client")
        self._sctp: RTCSctpTransport | None = None
        self._channel: RTCDataChannel | None = None
        self._filmed = 0

    def offer(self, layout: Layout) -> str:
        return offer(layout, ufrag=self._ufrag, pwd=self._pwd, fingerprint=_FINGERPRINT, ssrc=self._ssrc)

    async def take(self, answer: str) -> None:
        """Read the answer and open the socket."""
        self._username = _find(r"a=ice-ufrag:(\S+)", answer) + f":{self._ufrag}"
        self._remote_pwd = _find(r"a=ice-pwd:(\S+)", answer)
        self._fingerprint = _find(r"a=fingerprint:sha-256 (\S+)", answer)
        self._remote = HOST, int(_find(rf"a=candidate:\d+ 1 udp \d+ {re.escape(HOST)} (\d+) ", answer))
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(HOST, 0))

    async def join(self, answer: str) -> None:
        """Everything up to the first packet. Raises TimeoutError."""
        await self.take(answer)
        for stage in (self.check, self.handshake, self.open_channel, self.see):
            await stage()

    async def check(self) -> None:
        request = stun.request(secrets.token_bytes(12), self._username, self._remote_pwd, use_candidate=True)
        async with asyncio.timeout(STAGE_S):
            while not self._checked.is_set():
                self._put(request)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(AGAIN_S):
                        await self._checked.wait()

    async def handshake(self) -> None:
        async with asyncio.timeout(STAGE_S):
            await self._dtls.start(RTCDtlsParameters([RTCDtlsFingerprint("sha-256", self._fingerprint)], "server"))

    async def open_channel(self) -> None:
        opened = asyncio.Event()
        async with asyncio.timeout(STAGE_S):
            self._sctp = RTCSctpTransport(self._dtls, 5000)
            await self._sctp.start(RTCSctpCapabilities(maxMessageSize=65536), 5000)
            self._channel = RTCDataChannel(self._sctp, RTCDataChannelParameters(label="passline"))
            self._channel.on("open", opened.set)
            await opened.wait()

    async def see(self) -> None:
        """Say `ready`, and wait for the first packet."""
        assert self._channel is not None
        self._channel.send(encode(Ready()).decode())
        await self.first_packet()

    async def first_packet(self) -> None:
        """Wait for it. Raises TimeoutError."""
        async with asyncio.timeout(STAGE_S):
            await self._seen.wait()

    def film(self) -> None:
        """Send a picture, a whole one in one packet."""
        self._filmed += 1
        ticks = self._filmed * 3000 & 0xFFFFFFFF
        head = struct.pack("!BBHLL", 0x80, 0x80 | VP8, self._filmed & 0xFFFF, ticks, self._ssrc + 1)
        self._put(self._protect(head + _KEYFRAME))

    async def appear(self) -> None:
        """Say `ready`, and wait for nothing: nobody films yet. From now on it may `film`."""
        assert self._channel is not None
        self._channel.send(encode(Ready()).decode())
        self._protect = Keys(self._dtls._tx_srtp, self._dtls._rx_srtp).protect

    async def aclose(self) -> None:
        if self._sctp is not None:
            await self._sctp.stop()
        await self._dtls.stop()
        self._dtls_in.put_nowait(None)
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if data[0] < 4:
            self._stun(data, addr)
        elif data[0] < 64:
            if self._loses:
                self._loses = False
            else:
                self._dtls_in.put_nowait(data)
        elif not self.first_at and not 64 <= data[1] & 127 < 96:  # RTP, not RTCP (RFC 5761 §4)
            self.first_at = clock.now()
            self._seen.set()

    def _stun(self, data: bytes, addr: tuple[str, int]) -> None:
        request = stun.parse(data)
        if request is None:
            self._checked.set()
        elif stun.authentic(request, self._pwd):
            self._put(stun.success(request.transaction, addr, self._pwd))

    def _put(self, data: bytes) -> None:
        assert self._transport is not None
        self._transport.sendto(data, self._remote)

    async def _recv(self) -> bytes:
        data = await self._dtls_in.get()
        if data is None:
            raise ConnectionError
        return data

    async def _send(self, data: bytes) -> None:
        self._put(data)


def _find(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    if match is None:
        raise RuntimeError(f"the answer has no {pattern}")
    return match[1]
