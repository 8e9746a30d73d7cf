"""A handshake that loses datagrams goes on without a second's wait, and what ends a peer is told once."""

import contextlib
import hmac
from collections.abc import Callable
from random import Random
from typing import cast

import pytest
from aiortc import RTCCertificate
from aiortc.rtcdtlstransport import SRTP_AEAD_AES_128_GCM, SRTP_AES128_CM_SHA1_80, SRTPProtectionProfile
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from OpenSSL import SSL

from media.peer import dtls
from media.peer.dtls import MOST_MESSAGES, DtlsTransport, Identity
from media.peer.endpoint import Endpoint
from media.peer.srtp import Keys
from tests.support.until import until

pytestmark = pytest.mark.link

NEVER_S = 3600.0
JUNK = bytes((22, 254, 253)) + bytes(20)
ALERT, HANDSHAKE, DATA = 21, 22, 23
WARNING, FATAL = 1, 2
CLOSE_NOTIFY, INTERNAL_ERROR, USER_CANCELED = 0, 80, 90


class Way:
    """Stands for an endpoint: what is sent stays in `sent`."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def send(self, data: bytes) -> None:
        self.sent.append(data)

    def take(self) -> list[bytes]:
        sent, self.sent = self.sent, []
        return sent


class Client:
    """OpenSSL's own side of a handshake, one flight at a time."""

    def __init__(self, profile: SRTPProtectionProfile = SRTP_AEAD_AES_128_GCM) -> None:
        certificate = RTCCertificate.generateCertificate()
        self.fingerprint = certificate.getFingerprints()[0].value
        self.ssl = SSL.Connection(certificate._create_ssl_context([profile]))
        self.ssl.set_connect_state()

    def answer(self, flight: list[bytes]) -> list[bytes]:
        """Read a flight; what is said to that."""
        for datagram in flight:
            self.ssl.bio_write(datagram)
        with contextlib.suppress(SSL.WantReadError):
            self.ssl.do_handshake()
        return self.said()

    def said(self) -> list[bytes]:
        said: list[bytes] = []
        while True:
            try:
                said.append(self.ssl.bio_read(1500))
            except SSL.WantReadError:
                return said

    def sends(self, data: bytes) -> list[bytes]:
        self.ssl.send(data)
        return self.said()


class Pair:
    """A server and its client; `events` says what the server told."""

    def __init__(self, *, fingerprint: str | None = None, up: Callable[[], None] = lambda: None) -> None:
        self.client = Client()
        self.way = Way()
        self.events: list[str] = []
        self.server = DtlsTransport(
            cast(Endpoint, self.way),
            Identity(),
            fingerprint or self.client.fingerprint,
            on_up=self._up,
            on_end=lambda: self.events.append("end"),
        )
        self.hello = self.client.answer([])
        self._then = up

    def _up(self) -> None:
        self.events.append("up")
        self._then()

    def receive(self, datagrams: list[bytes]) -> list[bytes]:
        """What the server answers."""
        for datagram in datagrams:
            self.server.receive(datagram)
        return self.way.take()

    def shake_hands(self) -> None:
        self.client.answer(self.receive(self.client.answer(self.receive(self.hello))))


async def test_a_hello_that_comes_again_is_answered_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dtls, "RESEND_S", NEVER_S)
    pair = Pair()
    flight = pair.receive(pair.hello)
    assert flight
    assert pair.receive(pair.hello) == flight
    assert pair.server.resent == len(flight)
    assert not pair.receive(pair.hello), "not more often than we would repeat it ourselves"
    monkeypatch.setattr(dtls, "RESEND_S", 0.0)
    assert pair.receive(pair.hello) == flight
    pair.server.stop()


async def test_a_hello_that_comes_again_before_it_was_answered_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dtls, "RESEND_S", NEVER_S)
    pair = Pair()
    assert not pair.receive([JUNK])
    assert pair.receive(pair.hello)
    assert not pair.server.resent
    assert not pair.receive([JUNK])
    assert not pair.server.resent, "what is no hello says nothing of our flight"
    pair.server.stop()


async def test_what_comes_and_is_no_answer_does_not_put_our_repeat_off() -> None:
    pair = Pair()
    flight = pair.receive(pair.hello)

    def resent() -> int:
        pair.server.receive(JUNK)
        return pair.server.resent

    await until(resent)
    assert pair.way.take()[: len(flight)] == flight
    pair.server.stop()


async def test_nothing_is_repeated_after_the_handshake_or_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dtls, "RESEND_S", 0.0)
    done, stopped = Pair(), Pair()
    done.shake_hands()
    stopped.receive(stopped.hello)
    stopped.server.stop()
    before = done.server.resent, stopped.server.resent
    other = Pair()
    other.receive(other.hello)
    await until(lambda: other.server.resent > 2)
    assert (done.server.resent, stopped.server.resent) == before
    other.server.stop()
    done.server.stop()


async def test_both_sides_have_the_same_keys_and_hear_each_other() -> None:
    pair = Pair()
    pair.shake_hands()
    assert pair.events == ["up"]
    assert pair.server.connected
    heard: list[bytes] = []
    pair.server.on_data = heard.append
    pair.receive(pair.client.sends(b"up"))
    assert heard == [b"up"]
    pair.server.send(b"down")
    for datagram in pair.way.take():
        pair.client.ssl.bio_write(datagram)
    assert pair.client.ssl.recv(100) == b"down"
    keys = pair.server.keys()
    rtp = b"\x80\x6f\x00\x01" + bytes(8) + b"payload"
    with pytest.raises(dtls.SrtpError):
        keys.unprotect(keys.protect(rtp))  # each direction has its own
    pair.server.stop()


@pytest.mark.parametrize("profile", [SRTP_AEAD_AES_128_GCM, SRTP_AES128_CM_SHA1_80])
async def test_the_keys_are_those_of_rfc_5764(profile: SRTPProtectionProfile) -> None:
    client, way = Client(profile), Way()
    server = DtlsTransport(cast(Endpoint, way), Identity(), client.fingerprint, on_up=lambda: None, on_end=lambda: None)
    flight = client.answer([])
    while flight:
        for datagram in flight:
            server.receive(datagram)
        flight = client.answer(way.take())
    length = profile.key_length + profile.salt_length
    secret = client.ssl.export_keying_material(b"EXTRACTOR-dtls_srtp", 2 * length)
    tx, rx = profile.get_key_and_salt(secret, 0), profile.get_key_and_salt(secret, 1)
    theirs, ours = Keys.of(profile.libsrtp_profile, tx, rx), server.keys()
    rtp = b"\x80\x6f\x00\x01" + bytes(8) + b"payload"
    assert ours.unprotect(theirs.protect(rtp)) == rtp
    assert theirs.unprotect(ours.protect(rtp)) == rtp
    server.stop()


async def test_another_certificate_than_that_of_the_offer_ends_the_peer() -> None:
    pair = Pair(fingerprint=":".join(["00"] * 32))
    pair.shake_hands()
    assert pair.events == ["end"]
    assert not pair.server.connected
    with pytest.raises(ConnectionError):
        pair.server.send(b"x")
    assert not pair.receive(pair.client.sends(b"x"))


def together(pair: Pair, count: int) -> bytes:
    """So many messages of the client in one datagram."""
    return b"".join(part for number in range(count) for part in pair.client.sends(b"%d" % number))


async def test_all_messages_of_a_datagram_are_told_with_it() -> None:
    pair = Pair()
    pair.shake_hands()
    heard: list[bytes] = []
    pair.server.on_data = heard.append
    for _ in range(3):
        pair.receive([together(pair, MOST_MESSAGES)])
    assert heard == 3 * [b"%d" % number for number in range(MOST_MESSAGES)]
    pair.receive([together(pair, 1) + JUNK])
    assert len(heard) == 3 * MOST_MESSAGES + 1
    assert pair.events == ["up"]
    pair.server.stop()


async def test_who_packs_too_many_messages_into_a_datagram_is_ended() -> None:
    pair = Pair()
    pair.shake_hands()
    heard: list[bytes] = []
    pair.server.on_data = heard.append
    pair.receive([together(pair, MOST_MESSAGES + 1)])
    assert len(heard) == MOST_MESSAGES
    assert pair.events == ["up", "end"]
    assert not pair.server.said_goodbye
    pair.receive([together(pair, 1)])
    assert len(heard) == MOST_MESSAGES


async def test_nothing_is_told_of_a_datagram_after_the_end() -> None:
    pair = Pair()
    pair.shake_hands()
    heard: list[bytes] = []

    def stop(data: bytes) -> None:
        heard.append(data)
        pair.server.stop()

    pair.server.on_data = stop
    pair.receive([together(pair, 2)])
    assert heard == [b"0"]


async def test_the_peers_goodbye_is_told_once() -> None:
    pair = Pair()
    pair.shake_hands()
    pair.client.ssl.shutdown()
    goodbye = pair.client.said()
    pair.receive(goodbye)
    pair.receive(goodbye)
    assert pair.server.said_goodbye
    pair.server.stop()
    assert pair.events == ["up", "end"]


def record(kind: int, content: bytes, *, epoch: int, number: int) -> bytes:
    """RFC 6347 §4.1."""
    return bytes((kind, 254, 253)) + epoch.to_bytes(2) + number.to_bytes(6) + len(content).to_bytes(2) + content


def sealed(client: Client, kind: int, content: bytes) -> bytes:
    """As a record that the client made itself, with its keys (RFC 5246 §6.3, RFC 5288 §3)."""
    secret, server, own = client.ssl.master_key(), client.ssl.server_random(), client.ssl.client_random()
    assert secret is not None
    assert server is not None
    assert own is not None
    seed = label = b"key expansion" + server + own
    keys = b""
    while len(keys) < 40:
        label = hmac.digest(secret, label, "sha256")
        keys += hmac.digest(secret, label + seed, "sha256")
    at = (1).to_bytes(2) + (1000).to_bytes(6)
    nonce = at
    told = at + bytes((kind, 254, 253)) + len(content).to_bytes(2)
    hidden = AESGCM(keys[:16]).encrypt(keys[32:36] + nonce, content, told)
    return record(kind, nonce + hidden, epoch=1, number=1000)


async def test_a_fatal_alert_of_the_peer_ends_it() -> None:
    pair = Pair()
    pair.shake_hands()
    assert not pair.receive([sealed(pair.client, ALERT, bytes((WARNING, USER_CANCELED)))])
    assert pair.events == ["up"]
    other = Pair()
    other.shake_hands()
    other.receive([sealed(other.client, ALERT, bytes((FATAL, INTERNAL_ERROR)))])
    assert other.events == ["up", "end"]
    assert not other.server.said_goodbye
    with pytest.raises(ConnectionError):
        other.server.send(b"x")
    assert not other.receive(other.client.sends(b"late"))
    pair.server.stop()


def forged(pair: Pair) -> list[bytes]:
    """What somebody sends who knows no keys, and perhaps has seen records of the peer."""
    random, real = Random(6347), pair.client.sends(b"real")[0]
    pair.receive([real])
    alerts = [bytes((level, what)) for level in (WARNING, FATAL) for what in (CLOSE_NOTIFY, INTERNAL_ERROR)]
    contents = [*alerts, b"", b"\x01", bytes(24), random.randbytes(40), pair.hello[0][13:]]
    made = [
        record(kind, content, epoch=epoch, number=number)
        for kind in (20, ALERT, HANDSHAKE, DATA, 24, 99)
        for content in contents
        for epoch in (0, 1, 2)
        for number in (0, 2000)
    ]
    for _ in range(400):
        cut = bytearray(real[: random.randrange(1, len(real) + 1)])
        cut[random.randrange(len(cut))] ^= 1 << random.randrange(8)
        made.append(bytes(cut))
    return [real, *pair.hello, b"", *made, real + made[0]]


async def test_nobody_ends_a_peer_without_its_keys() -> None:
    """Records that are not the peer's are discarded (RFC 6347 §4.1.2.7)."""
    pair = Pair()
    pair.shake_hands()
    heard: list[bytes] = []
    pair.server.on_data = heard.append
    datagrams = forged(pair)
    for number, datagram in enumerate(datagrams):
        pair.receive([datagram])
        assert pair.events == ["up"], datagram.hex()
        pair.receive(pair.client.sends(b"%d" % number))
    assert heard == [b"real", *(b"%d" % number for number in range(len(datagrams)))]
    pair.server.stop()


async def test_our_goodbye_is_said_once_and_told_to_nobody_here() -> None:
    pair = Pair()
    pair.shake_hands()
    pair.server.stop()
    pair.server.stop()
    for datagram in pair.way.take():
        pair.client.ssl.bio_write(datagram)
    with pytest.raises(SSL.ZeroReturnError):
        pair.client.ssl.recv(100)
    assert pair.events == ["up"]
    assert not pair.receive(pair.client.sends(b"late"))


@pytest.mark.parametrize("client", [False, True])
async def test_nothing_begins_after_the_end(client: bool) -> None:
    way, peer = Way(), Client()
    transport = DtlsTransport(
        cast(Endpoint, way), Identity(), peer.fingerprint, on_up=lambda: None, on_end=lambda: None, client=client
    )
    transport.stop()
    transport.hello()
    for datagram in peer.answer([]):
        transport.receive(datagram)
    assert not way.sent


async def test_a_client_greets_and_greets_again_and_ends_well() -> None:
    way, events = Way(), list[str]()
    server = Client()
    server.ssl.set_accept_state()
    transport = DtlsTransport(
        cast(Endpoint, way),
        Identity(),
        server.fingerprint,
        on_up=lambda: events.append("up"),
        on_end=lambda: events.append("end"),
        client=True,
    )
    transport.receive(JUNK)
    assert not way.sent
    transport.hello()
    hello = list(way.sent)
    transport.hello()
    assert way.sent == hello, "one greeting is enough"
    await until(lambda: transport.resent)
    flight = server.answer(way.take()[: len(hello)])
    while flight:
        for datagram in flight:
            transport.receive(datagram)
        flight = server.answer(way.take())
    assert events == ["up"]
    transport.stop()


async def test_a_bug_in_what_is_told_ends_this_peer_and_is_seen() -> None:
    def up() -> None:
        raise RuntimeError("a bug")

    pair = Pair(up=up)
    with pytest.raises(RuntimeError, match="a bug"):
        pair.shake_hands()
    assert pair.events == ["up", "end"]
    assert not pair.server.connected


async def test_a_peer_without_a_common_cipher_gets_an_alert_and_ends() -> None:
    context = SSL.Context(SSL.DTLS_METHOD)
    context.set_cipher_list(b"ECDHE-RSA-AES128-GCM-SHA256")
    stranger = SSL.Connection(context)
    stranger.set_connect_state()
    with pytest.raises(SSL.WantReadError):
        stranger.do_handshake()
    pair = Pair()
    (alert,) = pair.receive([stranger.bio_read(1500)])
    assert alert[0] == 21
    assert pair.events == ["end"]
