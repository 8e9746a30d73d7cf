"""One peer's side of the port: its ICE-lite credentials, the ways on which it can be reached, who takes its datagrams.

A source address can be forged, so a check alone does not say that its sender reads what we send there. Each way is
asked back once with a check of ours, and media goes only where that was answered (RFC 7675 §5.1): nobody can point a
call at a third party. Until then a way gets a few datagrams, for the handshake.
"""

import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from media.peer import stun
from media.peer.rates import CHECKS_PER_S, DTLS_PER_S
from media.plane.base import Address, Plane
from runtime import clock
from runtime.bucket import Bucket

MAX_ASKED = 20
"""Our checks to one address; a browser answers the first."""
ASK_AGAIN_S = 0.05
FOLLOW_S = 0.5
"""The nominated way has been silent for so long, and the peer's media comes another way: then ours goes there. Chromium
nominates the way that it sends on only with its next check of it, up to 2.5 s later."""
MAX_UNPROVED = 16
"""Datagrams of handshakes to addresses that did not answer yet: two flights, each sent some times."""

Datagram = Callable[[bytes, float], None]


class Door(Protocol):
    """Where datagrams of several peers come in, e.g. the socket of one local address."""

    by_address: dict[Address, "Endpoint"]
    """The peers that were validated through it."""
    sendto: Callable[[bytes, Address], int]
    """Never waits. Raises BlockingIOError if there is no room now, OSError if there is no way."""

    def release(self, address: Address) -> None:
        """A peer does not use this way any more."""

    @property
    def fd(self) -> int | None:
        """The socket by which a plane may send for itself; None if only `sendto` can."""


@dataclass(slots=True)
class Credentials:
    """What both sides know each other by in checks, until a restart of ICE."""

    remote_ufrag: str = ""
    """Once the offer is read; checks with another one are not ours."""
    remote_pwd: str = ""
    ufrag: str = field(default_factory=lambda: secrets.token_hex(4))
    pwd: str = field(default_factory=lambda: secrets.token_hex(16))


@dataclass(slots=True)
class Way:
    """One address of a peer, through one door."""

    door: Door
    address: Address
    credentials: Credentials
    """Of the last check that came this way."""
    transaction: bytes = field(default_factory=lambda: secrets.token_bytes(12))
    """Of our check; the same in its repeats."""
    asked: int = 0
    asked_at: float = float("-inf")
    proved: bool = False
    """Our check was answered: the peer reads what we send there."""

    def checked(self, credentials: Credentials) -> None:
        """A check came with these; if they are others than before, our own begins anew."""
        if credentials is not self.credentials:
            self.credentials = credentials
            self.transaction = secrets.token_bytes(12)
            self.asked, self.asked_at = 0, float("-inf")


class Port(Protocol):
    """What an endpoint needs of the port that it is on."""

    plane: Plane
    dropped: Counter[str]

    def send(self, way: Way, data: bytes) -> None:
        """Send one datagram now or not at all (counted)."""

    def forget(self, endpoint: "Endpoint") -> None:
        """It is closed: nothing more comes to it."""


class Endpoint:
    """Made by `Mux.open`, gone after `close`."""

    def __init__(self, port: Port, *, on_rtp: Datagram, on_rtcp: Datagram) -> None:
        self.credentials = Credentials()
        self.restarting: Credentials | None = None
        """Of a restart of ICE, until the peer nominates a way with them: then they replace the others."""
        self.on_rtp = on_rtp
        """Takes SRTP as it came, and `now`."""
        self.on_rtcp = on_rtcp
        self.on_dtls: Callable[[bytes], None] = _unheard
        """Takes DTLS as it came."""
        self.on_reachable: Callable[[], None] = _nothing
        """Told when the first check passed: from then on there is a `path`."""
        self._heard = clock.now()
        self.path: Way | None = None
        """What the peer nominated last."""
        self.address: Address | None = None
        """Where media goes: nominated, and our check from there was answered."""
        self.sendto: Callable[[bytes, Address], int] | None = None
        """Of the door that belongs to `address`."""
        self.handle = 0
        """The plane's for this peer; 0 before its keys, after its end, or if the plane has no need of one."""
        self.ways: dict[tuple[Door, Address], Way] = {}
        self.coming: tuple[Door, Address] | None = None
        """Which way the datagram came that is being taken."""
        self._path_heard = float("-inf")
        """When media came by `path` last."""
        self.checks = Bucket(CHECKS_PER_S)
        self._port = port
        self._dtls_rate = Bucket(DTLS_PER_S)
        self._unproved = 0
        self._fd: int | None = None
        self._closed = False

    @property
    def heard(self) -> float:
        """When the peer last sent anything that we accept."""
        return max(self._heard, self._port.plane.heard(self.handle)) if self.handle else self._heard

    @heard.setter
    def heard(self, now: float) -> None:
        self._heard = now

    def known_by(self, ufrag: str) -> Credentials | None:
        """The credentials with this ufrag of ours."""
        return next((one for one in (self.credentials, self.restarting) if one and one.ufrag == ufrag), None)

    def heard_media(self, now: float) -> None:
        """What is being taken was made with the peer's keys: ours may follow it."""
        self._heard = now
        path, coming = self.path, self.coming
        if path is None or coming is None or coming == (path.door, path.address):
            self._path_heard = now
            return
        passed = self._port.plane.heard(self.handle) if self.handle else 0.0
        way = self.ways.get(coming)
        if way is not None and way.proved and now - max(self._path_heard, passed) >= FOLLOW_S:
            self.nominate(way)
            self._path_heard = now

    def nominate(self, way: Way) -> None:
        """The peer wants to be reached this way."""
        if way is not self.path:
            self._path_heard = clock.now()
        self.path = way
        if way.proved:
            self._aim(way)
        told, self.on_reachable = self.on_reachable, _nothing
        told()

    def prove(self, way: Way) -> None:
        """The peer reads what we send this way."""
        way.proved = True
        if way is self.path:
            self._aim(way)

    def lose(self, way: Way) -> None:
        """Another peer has the address now, or there are too many."""
        del self.ways[way.door, way.address]
        if way.address == self.address and way.door.sendto is self.sendto:
            self._aim(None)
        if way is self.path:
            self.path = None

    def _aim(self, way: Way | None) -> None:
        """Media goes this way from now on, or nowhere."""
        self.address, self.sendto = (None, None) if way is None else (way.address, way.door.sendto)
        self._fd = None if way is None else way.door.fd
        if self.handle:
            self._port.plane.aim(self.handle, self._fd, self.address)

    def arm(self, session: int, reading: int = 0) -> None:
        """There are keys: the plane may send to this peer by itself, and with `reading` take what comes from it. Both
        SRTP sessions must live until `disarm` or `close`."""
        self.handle = self._port.plane.open(session, reading)
        if self.handle:
            self._port.plane.aim(self.handle, self._fd, self.address)

    def disarm(self) -> None:
        """The plane forgets the peer, and its keys may go."""
        if self.handle:
            self._heard = self.heard
            self._port.plane.close(self.handle)
            self.handle = 0

    def ask(self, way: Way, now: float) -> None:
        """Send our check, unless it was sent just now or too often."""
        if way.proved or way.asked >= MAX_ASKED or now - way.asked_at < ASK_AGAIN_S:
            return
        way.asked += 1
        way.asked_at = now
        as_ = way.credentials
        username = f"{as_.remote_ufrag}:{as_.ufrag}"
        self._port.send(way, stun.controlled_request(way.transaction, username, as_.remote_pwd))

    def send(self, data: bytes) -> None:
        """Send one datagram now or not at all (counted)."""
        way = self.path
        if way is None or self._closed:
            self._port.dropped["unreachable"] += 1
            return
        if not way.proved:
            self.ask(way, clock.now())
            self._unproved += 1
            if self._unproved > MAX_UNPROVED:
                self._port.dropped["unproved"] += 1
                return
        self._port.send(way, data)

    def put_dtls(self, data: bytes, now: float) -> None:
        if not self._dtls_rate.take(now):
            self._port.dropped["dtls_rate"] += 1
            return
        self.on_dtls(data)

    def close(self) -> None:
        """Take the peer off the port."""
        if self._closed:
            return
        self._closed = True
        self.disarm()
        self._port.forget(self)
        self.on_rtp = self.on_rtcp = _nobody
        self.on_dtls, self.on_reachable = _unheard, _nothing


def _nobody(_data: bytes, _now: float) -> None:
    """Takes what comes for a peer that is gone, and keeps nothing of it alive."""


def _unheard(_data: bytes) -> None:
    """Before there is a transport, and after the end."""


def _nothing() -> None: ...
