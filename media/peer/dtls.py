"""DTLS-SRTP of one peer, by OpenSSL: each datagram is dealt with as it comes; server unless the peer is one.

OpenSSL does the cryptography, aiortc makes its certificate and context; what is ours is the order of ciphers, the
resend (OpenSSL waits a whole second for a lost flight), and that nothing here waits in a queue or a task: a join has a
dozen datagrams, and each hop costs as much as a good part of a signature (decision 0030). RFC 5764, RFC 6347.

Whatever of a handshake is lost, one of two timers sees it: the peer repeats what it said (a browser after 50 ms), and
so do we. A repeated hello says that our answer to it was lost, and is answered at once (RFC 6347 §4.2.4), though no
more often than we would repeat it ourselves: an answer is many times as long as a hello.
"""

import asyncio
from collections.abc import Callable
from enum import Enum, auto

from aiortc import RTCCertificate
from aiortc.rtcdtlstransport import SRTP_AEAD_AES_128_GCM, SRTP_AES128_CM_SHA1_80, SRTPProtectionProfile
from OpenSSL import SSL

from media.peer.endpoint import Endpoint
from media.peer.openssl import READ_BYTES, Association, Step, accept_any
from media.peer.srtp import Keys, SrtpError
from runtime import clock
from runtime.logs import get_logger

__all__ = ["DtlsTransport", "Identity", "SrtpError"]

log = get_logger(__name__)

RESEND_S = 0.05
"""First wait for an answer to our flight; doubled each time up to RESEND_MAX_S. On a longer way the peer gets some
hundred bytes twice, and drops them."""
HELLO_AGAIN_S = 0.1
"""The same where the peer is the server: ffmpeg's WHIP muxer takes some 150 ms until it listens, and falls silent if
it was greeted twice meanwhile."""
RESEND_MAX_S = 0.8
MOST_MESSAGES = 8
"""In one datagram; a browser sends one. Each costs a decryption, and the mux counts only datagrams."""
_HANDSHAKE, _CLIENT_HELLO = 22, 1
_HANDSHAKE_AT = 13
"""Length of the head of a record: what follows begins with the type of the message."""
_LABEL = b"EXTRACTOR-dtls_srtp"
# As server we choose: AES-GCM costs 20–40 % less CPU, and left to itself Chromium takes CM_SHA1_80.
_PROFILES = [SRTP_AEAD_AES_128_GCM, SRTP_AES128_CM_SHA1_80]


class _State(Enum):
    NEW = auto()
    CONNECTING = auto()
    CONNECTED = auto()
    ENDED = auto()


class _Certificate(RTCCertificate):
    """A certificate whose context of OpenSSL is made once: aiortc makes one for each peer, which costs as much as the
    handshake itself."""

    _context: SSL.Context | None = None

    def _create_ssl_context(self, srtp_profiles: list[SRTPProtectionProfile]) -> SSL.Context:
        if self._context is None:
            self._context = super()._create_ssl_context(srtp_profiles)
            accept_any(self._context)  # aiortc does too, by a callback that makes objects of what it does not look at
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

    def association(self, *, client: bool) -> Association:
        """For one peer, which is asked for its certificate; `client` if we are one."""
        return Association(self.certificate._create_ssl_context(_PROFILES), client=client)


class DtlsTransport:
    """Give every DTLS datagram of the peer to `receive`; a client says `hello` once the peer can be reached.

    `on_up` is told when the handshake has ended well: from then on there are `keys`, and `send` sends what
    `on_data` of the other side gets. `on_end` is told once, by what comes or by a timer, that nothing more comes: the
    peer said close_notify, or the handshake failed (wrong certificate, no common cipher). `stop` says close_notify
    itself, and tells nobody.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        identity: Identity,
        fingerprint: str,
        *,
        on_up: Callable[[], None],
        on_end: Callable[[], None],
        client: bool = False,
    ) -> None:
        """`fingerprint` is the SHA-256 that the peer's certificate must have, as in SDP."""
        self.server = not client
        self.on_data: Callable[[bytes], None] = _nobody
        """What the peer sent by `send`."""
        self.resent = 0
        """Datagrams of flights that were sent again."""
        self.said_goodbye = False
        """The peer ended it, as it should."""
        self._endpoint = endpoint
        self._identity = identity
        self._fingerprint = bytes.fromhex(fingerprint.replace(":", ""))
        self._on_up, self._on_end = on_up, on_end
        self._state = _State.NEW
        self._ssl: Association | None = None
        self._flight: list[bytes] = []
        self._wait_s = 0.0
        self._resent_at = float("-inf")
        self._again: asyncio.TimerHandle | None = None

    @property
    def connected(self) -> bool:
        """Whether `send` sends."""
        return self._state is _State.CONNECTED

    def hello(self) -> None:
        """As client: begin."""
        if self._state is _State.NEW:
            self._shake_hands(self._begin())

    def receive(self, datagram: bytes) -> None:
        """Never waits. A bug of ours in what is called from here ends this peer, and is raised."""
        try:
            self._receive(datagram)
        except Exception:
            self._end()
            raise

    def send(self, data: bytes) -> None:
        """Raises ConnectionError if there is no handshake, or no peer any more."""
        if self._ssl is None or self._state is not _State.CONNECTED:
            raise ConnectionError("not connected")
        self._ssl.write(data)
        self._write(self._ssl)

    def keys(self) -> Keys:
        """SRTP in both directions, after the handshake. Raises ConnectionError if none was agreed on."""
        ssl = self._ssl
        assert ssl is not None
        agreed = ssl.srtp_profile()
        profile = next((profile for profile in _PROFILES if profile.openssl_profile == agreed), None)
        if profile is None:
            raise ConnectionError("no SRTP profile")
        secret = ssl.exported(_LABEL, 2 * (profile.key_length + profile.salt_length))
        client, server = (profile.get_key_and_salt(secret, side) for side in (0, 1))
        tx, rx = (server, client) if self.server else (client, server)
        return Keys.of(profile.libsrtp_profile, tx, rx)

    def stop(self) -> None:
        """Say close_notify; give OpenSSL's memory back now, not when the collector comes by: it sees a few small
        objects in a ring and not the tens of kilobytes behind them. Idempotent."""
        ssl, self._ssl = self._ssl, None
        self._on_up = self._on_end = _tell_nobody
        self.on_data = _nobody
        if ssl is not None and self._state is not _State.ENDED:
            ssl.close()
            self._write(ssl)
        self._end()

    # --- inside ----------------------------------------------------------------------------------------------------

    def _begin(self) -> Association:
        ssl = self._ssl = self._identity.association(client=not self.server)
        self._state = _State.CONNECTING
        return ssl

    def _receive(self, datagram: bytes) -> None:
        match self._state:
            case _State.NEW if self.server:
                ssl = self._begin()
                ssl.put(datagram)
                self._shake_hands(ssl)
            case _State.CONNECTING:
                assert self._ssl is not None
                if self._flight and _is_hello(datagram) and clock.now() - self._resent_at >= RESEND_S:
                    self._resend()
                    self._wait()
                self._ssl.put(datagram)
                self._shake_hands(self._ssl)
            case _State.CONNECTED:
                assert self._ssl is not None
                self._read(self._ssl, datagram)
            case _:
                pass  # a server that greets first, or what comes after the end

    def _shake_hands(self, ssl: Association) -> None:
        step = ssl.shake_hands()
        sent = self._write(ssl)  # of a failure the alert that tells the peer
        if step is Step.WAITS:
            if sent:
                self._flight = sent
                self._wait_s = RESEND_S if self.server else HELLO_AGAIN_S
                self._wait()
            return
        self._forget_flight()
        if step is not Step.DONE or ssl.certificate_sha256() != self._fingerprint:
            self._end()
            return
        self._state = _State.CONNECTED
        self._on_up()

    def _read(self, ssl: Association, datagram: bytes) -> None:
        """All that is in it: what stayed would come before what the next datagram brings."""
        ssl.put(datagram)
        messages = 0
        while self._state is _State.CONNECTED:
            data = ssl.read()
            if isinstance(data, bytes):
                messages += 1
                if messages > MOST_MESSAGES:
                    log.warning("peer packs too many messages into one datagram", most=MOST_MESSAGES)
                    self._end()
                    return
                self.on_data(data)
                continue
            self._write(ssl)  # a flight that was repeated, which may have an answer; or an alert
            if data is not Step.WAITS:
                self.said_goodbye = data is Step.CLOSED
                self._end()
            return

    def _write(self, ssl: Association) -> list[bytes]:
        """Send everything that OpenSSL has for the peer; the datagrams."""
        sent: list[bytes] = []
        while datagram := ssl.take():
            self._endpoint.send(datagram)
            sent.append(datagram)
            if len(datagram) < READ_BYTES:
                break
        return sent

    def _wait(self) -> None:
        """For an answer to our flight, from now on."""
        if self._again is not None:
            self._again.cancel()
        self._again = asyncio.get_running_loop().call_later(self._wait_s, self._unanswered)

    def _unanswered(self) -> None:
        self._wait_s = min(2 * self._wait_s, RESEND_MAX_S)
        self._resend()
        self._wait()

    def _resend(self) -> None:
        self._resent_at = clock.now()
        self.resent += len(self._flight)
        for datagram in self._flight:
            self._endpoint.send(datagram)

    def _forget_flight(self) -> None:
        self._flight = []
        if self._again is not None:
            self._again.cancel()
            self._again = None

    def _end(self) -> None:
        self._forget_flight()
        if self._state is not _State.ENDED:
            self._state = _State.ENDED
            self._on_end()


def _is_hello(datagram: bytes) -> bool:
    """Whether it begins with a ClientHello (RFC 6347 §4.1, §4.3.2)."""
    return len(datagram) > _HANDSHAKE_AT and datagram[0] == _HANDSHAKE and datagram[_HANDSHAKE_AT] == _CLIENT_HELLO


def _nobody(_data: bytes) -> None: ...


def _tell_nobody() -> None: ...
