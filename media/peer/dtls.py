"""DTLS-SRTP of one peer: aiortc's transport with a flight that is resent soon; server unless the peer is one.

aiortc and OpenSSL do the cryptography; what is ours is the order of ciphers, the resend (OpenSSL waits a whole second
for a lost flight) and that nothing here goes through an RTCPeerConnection. RFC 5764, RFC 6347.

Whatever of a handshake is lost, one of two timers sees it: the peer repeats what it said (a browser after 50 ms), and
so do we. A repeated hello says that our answer to it was lost, and is answered at once (RFC 6347 §4.2.4).
"""

import asyncio
from typing import cast

from aiortc import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCIceTransport
from aiortc.rtcdtlstransport import (
    SRTP_AEAD_AES_128_GCM,
    SRTP_AES128_CM_SHA1_80,
    RTCDtlsTransport,
    SRTPProtectionProfile,
    State,
)
from OpenSSL import SSL

from media.peer.endpoint import Endpoint
from media.peer.srtp import Keys, SrtpError

__all__ = ["DtlsFailed", "DtlsTransport", "Identity", "SrtpError"]

RESEND_S = 0.05
"""First wait for an answer to our flight; doubled each time up to RESEND_MAX_S. On a longer way the peer gets some
hundred bytes twice, and drops them."""
HELLO_AGAIN_S = 0.1
"""The same where the peer is the server: ffmpeg's WHIP muxer takes some 150 ms until it listens, and falls silent if
it was greeted twice meanwhile."""
RESEND_MAX_S = 0.8
_READ_BYTES = 1500
_HANDSHAKE, _CLIENT_HELLO = 22, 1
_HANDSHAKE_AT = 13
"""Length of the head of a record: what follows begins with the type of the message."""


class DtlsFailed(Exception):
    """The handshake ended without keys: wrong certificate, no common cipher, or the peer gave up."""


class _Certificate(RTCCertificate):
    """A certificate whose context of OpenSSL is made once: aiortc makes one for each peer, which costs as much as the
    handshake itself."""

    _context: SSL.Context | None = None

    def _create_ssl_context(self, srtp_profiles: list[SRTPProtectionProfile]) -> SSL.Context:
        if self._context is None:
            self._context = super()._create_ssl_context(srtp_profiles)
            # A session that is resumed would be one of another peer's keys; and each would be kept.
            self._context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        return self._context


class Identity:
    """The certificate of this process, fresh at every start and valid for 30 days; all its peers share it."""

    def __init__(self) -> None:
        self.certificate = _Certificate.generateCertificate()
        self.fingerprint = next(
            found.value for found in self.certificate.getFingerprints() if found.algorithm == "sha-256"
        )
        """SHA-256 in the form SDP wants it."""


class DtlsTransport(RTCDtlsTransport):
    """Run `handshake` once; then `keys` are there, and SCTP may start on top.

    `stop` says close_notify. A close_notify from the peer sets `ended`.
    """

    def __init__(self, endpoint: Endpoint, identity: Identity, *, client: bool = False) -> None:
        # The endpoint has what RTCDtlsTransport uses of an ICE transport: _recv, _send, role, state.
        super().__init__(cast(RTCIceTransport, endpoint), [identity.certificate])
        self.ended = asyncio.Event()
        self.resent = 0
        """Datagrams of flights that were sent again."""
        self._flight: list[bytes] = []
        # As server we choose: AES-GCM costs 20–40 % less CPU, and left to itself Chromium takes CM_SHA1_80.
        self._srtp_profiles = [SRTP_AEAD_AES_128_GCM, SRTP_AES128_CM_SHA1_80]
        self._set_role("client" if client else "server")
        self._peer_role = "server" if client else "client"
        self.on("statechange", self._state_changed)

    async def handshake(self, remote_fingerprint: str) -> None:
        """Say hello, or wait for the peer's, and finish. Raises DtlsFailed."""
        await self.start(RTCDtlsParameters([RTCDtlsFingerprint("sha-256", remote_fingerprint)], role=self._peer_role))
        if self._state is not State.CONNECTED:
            raise DtlsFailed

    def keys(self) -> Keys:
        """SRTP in both directions, after the handshake."""
        return Keys(self._tx_srtp, self._rx_srtp)

    def let_go(self) -> None:
        """After `stop`: give OpenSSL's and libsrtp's memory back now, not when the collector comes by.

        It sees a few small objects in a ring and not the tens of kilobytes behind them.
        """
        self.remove_all_listeners()
        self._ssl = self._rx_srtp = self._tx_srtp = None  # type: ignore[assignment]  # as aiortc's own constructor
        self._flight = []

    def _state_changed(self) -> None:
        if self._state in (State.CLOSED, State.FAILED):
            self.ended.set()

    async def _do_handshake(self) -> None:
        """As aiortc's, but an unanswered flight is sent again long before OpenSSL's timer of one second."""
        assert self._ssl is not None
        loop = asyncio.get_running_loop()
        first_s = RESEND_S if self._role == "server" else HELLO_AGAIN_S
        wait_s, due = first_s, 0.0
        try:
            while not self.encrypted:
                before = self._flight
                try:
                    self._ssl.do_handshake()
                except SSL.WantReadError:
                    await self._write_ssl()
                except SSL.Error:
                    # The alert that tells the peer is waiting in the BIO.
                    await self._write_ssl()
                    self._set_state(State.FAILED)
                    return
                else:
                    await self._write_ssl()
                    self.encrypted = True
                    return
                if self._flight is not before:
                    wait_s, due = first_s, loop.time() + first_s
                try:
                    # Not wait_for: before Python 3.12 it may swallow a cancellation. And until a time, not for a time:
                    # what comes in and is no answer must not put it off.
                    async with asyncio.timeout_at(due if self._flight else None):
                        data = await self.transport._recv()
                except TimeoutError:
                    wait_s = min(2 * wait_s, RESEND_MAX_S)
                    await self._resend()
                    due = loop.time() + wait_s
                else:
                    if self._flight and _is_hello(data):
                        await self._resend()
                        due = loop.time() + wait_s
                    self._ssl.bio_write(data)
        except ConnectionError:
            self._set_state(State.FAILED)

    async def _resend(self) -> None:
        self.resent += len(self._flight)
        for datagram in self._flight:
            await self.transport._send(datagram)

    async def _write_ssl(self) -> None:
        """Send everything that OpenSSL has for the peer, and remember it as our last flight."""
        assert self._ssl is not None
        flight = []
        while True:
            try:
                data = self._ssl.bio_read(_READ_BYTES)
            except SSL.Error:
                break
            if not data:
                break
            flight.append(data)
        if flight and not self.encrypted:
            self._flight = flight
        for datagram in flight:
            await self.transport._send(datagram)


def _is_hello(datagram: bytes) -> bool:
    """Whether it begins with a ClientHello (RFC 6347 §4.1, §4.3.2)."""
    return len(datagram) > _HANDSHAKE_AT and datagram[0] == _HANDSHAKE and datagram[_HANDSHAKE_AT] == _CLIENT_HELLO
