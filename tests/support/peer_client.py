"""A small client of the media worker: one UDP socket, real ICE checks, DTLS, SRTP and a data channel.

It sends a captured browser offer with its own credentials, so that tests see and shape every datagram.
"""

import asyncio
import contextlib
import re
import secrets
import socket
from collections import deque
from collections.abc import Callable
from pathlib import Path
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
from aiortc.rtcdtlstransport import RTCDtlsTransport

from contract.base import decode, encode
from contract.data import SERVER_DATA, ClientData, Ready, ServerData
from media.peer import stun
from media.peer.frames import FrameReader, frame
from runtime import clock

OFFER = Path(__file__).parents[1] / "media" / "peer" / "offers" / "chromium-tablet-media.sdp"

Lose = Callable[[bytes], bool]
PATIENCE_S = 15.0
"""For a busy machine; a worker gives a client no longer to connect."""
AGAIN_S = 0.1


class _Ice:
    """What RTCDtlsTransport needs of an ICE transport, over the client's socket."""

    role = "controlling"
    state = "completed"

    def __init__(self, client: "PeerClient") -> None:
        self._client = client

    async def _recv(self) -> bytes:
        data = await self._client.incoming.get()
        if data is None:
            raise ConnectionError
        return data

    async def _send(self, data: bytes) -> None:
        self._client.send(data)


class _Stream(asyncio.Protocol):
    """A TCP connection that carries datagrams as a UDP socket does (RFC 4571)."""

    def __init__(self, client: "PeerClient", piece_bytes: int) -> None:
        self._client = client
        self._frames = FrameReader()
        self._piece_bytes = piece_bytes
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        for datagram in self._frames.feed(data):
            self._client.took(datagram, ("127.0.0.1", 9), self)

    def sendto(self, data: bytes, _address: tuple[str, int]) -> None:
        assert self.transport is not None
        whole = frame(data)
        for at in range(0, len(whole), self._piece_bytes):
            self.transport.write(whole[at : at + self._piece_bytes])

    def close(self) -> None:
        assert self.transport is not None
        self.transport.abort()


class _Deaf:
    """A UDP socket that sends and is not read any more: the kernel drops what comes once its buffer is full."""

    def __init__(self, transport: asyncio.DatagramTransport) -> None:
        self._socket: socket.socket = transport.get_extra_info("socket").dup()
        transport.abort()

    def sendto(self, data: bytes, address: tuple[str, int]) -> None:
        self._socket.sendto(data, address)

    def close(self) -> None:
        self._socket.close()


class PeerClient(asyncio.DatagramProtocol):
    """`offer()` → server's answer → `connect(answer)`; then `rtp`, `rtcp` and `said` fill up."""

    def __init__(self, *, lose: Lose = lambda _data: False) -> None:
        """`lose(datagram)` says which received datagrams get lost."""
        self.lose = lose
        self.answers_checks = True
        self.lose_sent: Lose = lambda _data: False
        """The same of what it sends."""
        self.certificate = RTCCertificate.generateCertificate()
        self.ufrag, self.pwd = secrets.token_hex(4), secrets.token_hex(12)
        self.incoming: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.rtp: deque[bytes] = deque(maxlen=1000)
        self.rtcp: deque[bytes] = deque(maxlen=1000)
        self.media_at: deque[float] = deque(maxlen=100_000)
        """When each SRTP datagram came to the socket, also after `hang_up`."""
        self.said: list[ServerData] = []
        self.channel: RTCDataChannel | None = None
        self.remote_ufrag = self.remote_pwd = ""
        self._answers: asyncio.Queue[bytes] = asyncio.Queue()
        self._transports: list[asyncio.DatagramTransport | _Stream | _Deaf] = []
        self._remote: tuple[str, int] = ("127.0.0.1", 0)
        self.dtls = RTCDtlsTransport(cast(RTCIceTransport, _Ice(self)), [self.certificate])
        self.dtls._set_role("client")
        self.dtls._handle_rtp_data = self._got_rtp  # type: ignore[method-assign]
        self.dtls._handle_rtcp_data = self._got_rtcp  # type: ignore[method-assign]
        self._sctp: RTCSctpTransport | None = None

    def offer(self, text: str | None = None, *, fingerprint: str | None = None) -> str:
        """A browser's offer with our credentials."""
        own = next(f.value for f in self.certificate.getFingerprints() if f.algorithm == "sha-256")
        text = OFFER.read_bytes().decode() if text is None else text
        text = re.sub(r"a=ice-ufrag:\S+", f"a=ice-ufrag:{self.ufrag}", text)
        text = re.sub(r"a=ice-pwd:\S+", f"a=ice-pwd:{self.pwd}", text)
        return re.sub(r"a=fingerprint:\S+ \S+", f"a=fingerprint:sha-256 {fingerprint or own}", text)

    async def bind(self, host: str = "127.0.0.1") -> None:
        """Open a socket; a second call moves the client to another address."""
        loop = asyncio.get_running_loop()
        transport, _protocol = await loop.create_datagram_endpoint(
            lambda: self, local_addr=(host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        )
        self._transports.append(transport)

    async def bind_tcp(self, host: str = "127.0.0.1", *, piece_bytes: int = 65_536) -> None:
        """Open a TCP connection to the server's port, after `take`; what is sent goes in pieces of this size."""
        loop = asyncio.get_running_loop()
        _transport, stream = await loop.create_connection(lambda: _Stream(self, piece_bytes), host, self._remote[1])
        self._transports.append(stream)

    async def adopt_tcp(self, connection: socket.socket) -> None:
        """The same with a connection that is there."""
        loop = asyncio.get_running_loop()
        _transport, stream = await loop.create_connection(lambda: _Stream(self, 65_536), sock=connection)
        self._transports.append(stream)

    def write(self, data: bytes) -> None:
        """Put bytes on the TCP connection as they are."""
        self._stream.write(data)

    def pause(self) -> None:
        """Read no more of the TCP connection."""
        self._stream.pause_reading()

    @property
    def _stream(self) -> asyncio.Transport:
        stream = self._transports[-1]
        assert isinstance(stream, _Stream)
        assert stream.transport is not None
        return stream.transport

    def read_no_more(self) -> None:
        """Only make load from now on: what comes to the UDP socket in use costs this process nothing."""
        transport = self._transports[-1]
        assert not isinstance(transport, _Stream | _Deaf)
        self._transports[-1] = _Deaf(transport)

    def drop_transport(self) -> None:
        """Close the socket in use; the one before is used again."""
        self._transports.pop().close()

    def take(self, answer: str, *, host: str = "127.0.0.1") -> None:
        """Read the server's credentials and the candidate of `host`."""
        self.remote_ufrag = _find(r"a=ice-ufrag:(\S+)", answer)
        self.remote_pwd = _find(r"a=ice-pwd:(\S+)", answer)
        self.remote_fingerprint = _find(r"a=fingerprint:sha-256 (\S+)", answer)
        self._remote = host, int(_find(rf"a=candidate:\d+ 1 udp \d+ {re.escape(host)} (\d+) ", answer))

    def renew(self) -> tuple[str, str]:
        """New ICE credentials, for a restart; `take_restart` its answer."""
        self.ufrag, self.pwd = secrets.token_hex(4), secrets.token_hex(12)
        return self.ufrag, self.pwd

    def take_restart(self, fragment: str) -> None:
        """From now on checks are the ones of the restart."""
        self.remote_ufrag = _find(r"a=ice-ufrag:(\S+)", fragment)
        self.remote_pwd = _find(r"a=ice-pwd:(\S+)", fragment)

    async def check(
        self, *, use_candidate: bool = True, pwd: str | None = None, timeout_s: float = PATIENCE_S
    ) -> bytes:
        """One connectivity check; repeated until answered. Raises TimeoutError."""
        transaction = secrets.token_bytes(12)
        request = self._request(transaction, use_candidate=use_candidate, pwd=pwd)
        async with asyncio.timeout(timeout_s):
            while True:
                self.send(request)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(AGAIN_S):
                        # What was sent twice is answered twice: the second answer to an earlier check proves nothing.
                        while (answer := await self._answers.get())[8:20] != transaction:
                            continue
                        return answer

    def say_hello(self) -> None:
        """A check whose answer nobody waits for: we are still here."""
        self.send(self._request(secrets.token_bytes(12), use_candidate=False, pwd=None))

    def _request(self, transaction: bytes, *, use_candidate: bool, pwd: str | None) -> bytes:
        return stun.request(
            transaction,
            f"{self.remote_ufrag}:{self.ufrag}",
            self.remote_pwd if pwd is None else pwd,
            use_candidate=use_candidate,
        )

    async def handshake(self) -> None:
        await self.dtls.start(RTCDtlsParameters([RTCDtlsFingerprint("sha-256", self.remote_fingerprint)], "server"))

    @property
    def sctp(self) -> RTCSctpTransport:
        """The association, once a channel was opened."""
        assert self._sctp is not None
        return self._sctp

    async def open_channel(self, label: str = "passline") -> RTCDataChannel:
        """SCTP and one channel, open."""
        if self._sctp is None:
            self._sctp = RTCSctpTransport(self.dtls, 5000)
            await self._sctp.start(RTCSctpCapabilities(maxMessageSize=65536), 5000)
        channel = RTCDataChannel(self._sctp, RTCDataChannelParameters(label=label))
        opened = asyncio.Event()
        channel.on("open", opened.set)
        channel.on("message", lambda text: self.said.append(decode(SERVER_DATA, text)))
        await asyncio.wait_for(opened.wait(), PATIENCE_S)
        return channel

    async def connect(self, answer: str) -> None:
        """Everything up to and with `ready`."""
        self.take(answer)
        if not self._transports:
            await self.bind()
        await self.check()
        await self.handshake()
        self.channel = await self.open_channel()
        self.say(Ready())

    def say(self, message: ClientData | str) -> None:
        assert self.channel is not None
        self.channel.send(message if isinstance(message, str) else encode(message).decode())

    def send(self, data: bytes) -> None:
        if not self.lose_sent(data):
            self._transports[-1].sendto(data, self._remote)

    async def send_rtp(self, packet: bytes) -> None:
        await self.dtls._send_rtp(packet)

    async def hang_up(self) -> None:
        """Close the connection; what still comes to the socket is counted."""
        if self._sctp is not None:
            await self._sctp.stop()
        await self.dtls.stop()
        self.incoming.put_nowait(None)

    async def aclose(self) -> None:
        await self.hang_up()
        for transport in self._transports:
            transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        through = self._transports[-1]
        if not isinstance(through, _Deaf):  # what was read before, and comes after
            self.took(data, addr, through)

    def took(self, data: bytes, addr: tuple[str, int], through: "asyncio.DatagramTransport | _Stream") -> None:
        """A datagram came; checks are answered where they came from."""
        if not data or self.lose(data):
            return
        if data[0] >= 128 and not 64 <= data[1] & 127 < 96:  # RTP, not RTCP (RFC 5761 §4)
            self.media_at.append(clock.now())
        if data[0] < 4:
            request = stun.parse(data)
            if request is None:
                self._answers.put_nowait(data)
            elif self.answers_checks and stun.authentic(request, self.pwd):
                through.sendto(stun.success(request.transaction, addr, self.pwd), addr)
        else:
            self.incoming.put_nowait(data)

    async def _got_rtp(self, data: bytes, arrival_time_ms: int) -> None:
        self.rtp.append(data)

    async def _got_rtcp(self, data: bytes) -> None:
        self.rtcp.append(data)


def _find(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match is not None, pattern
    return match[1]
