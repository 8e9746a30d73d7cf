"""One UDP port for every peer of a worker: tells STUN, DTLS and SRTP apart, lets only validated addresses through.

One socket per local address, all on the same port, so that an answer always leaves from the address that was asked.
The worker is ICE-lite (RFC 8445 §2.5): it answers checks and never nominates. A client's address counts once a check
from it carried a MESSAGE-INTEGRITY made with our password; until then nothing but STUN from there is read (the DTLS
ClientHello race, and the empty or oversize datagram that ends a stock aiortc connection).

A source address can be forged, so a check alone does not say that its sender reads what we send there. Each address is
asked back once with a check of ours, and media goes only where that was answered (RFC 7675 §5.1): nobody can point a
call at a third party. Until then an address gets a few datagrams, for the handshake.
"""

import asyncio
import secrets
import socket
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from aioice.ice import get_host_addresses

from media.peer import stun
from media.peer.rates import CHECKS_PER_S, DTLS_PER_S
from media.plane.base import Plane
from media.plane.python import PythonPlane
from runtime import clock
from runtime.bucket import Bucket
from runtime.logs import get_logger

log = get_logger(__name__)

MAX_DATAGRAM_BYTES = 1500
"""Nothing larger is WebRTC on a network of ours; pylibsrtp cannot take more."""
BATCH = 128
"""Datagrams read per wake-up and socket before other work gets its turn."""
SOCKET_BUFFER_BYTES = 4 * 1024 * 1024
DTLS_QUEUE = 64
"""Datagrams waiting for one DTLS transport; the newest are dropped, both sides repeat."""
MAX_ADDRESSES = 16
"""Validated addresses of one peer; the oldest is forgotten, never the nominated one."""
MAX_ASKED = 20
"""Our checks to one address; a browser answers the first."""
ASK_AGAIN_S = 0.05
MAX_UNPROVED = 16
"""Datagrams of handshakes to addresses that did not answer yet: two flights, each sent some times."""
TAKEOVER_S = 5.0
"""An address that a peer used within this time is not given to another one."""
LOOPBACK = "127.0.0.1"
_SO_SNDBUFFORCE, _SO_RCVBUFFORCE = 32, 33
"""Linux socket(7); the socket module has no names for them."""

Address = tuple[str, int]
Datagram = Callable[[bytes, float], None]


@dataclass(slots=True)
class Way:
    """One address of a peer, through one door."""

    door: "Door"
    address: Address
    transaction: bytes = field(default_factory=lambda: secrets.token_bytes(12))
    """Of our check; the same in its repeats."""
    asked: int = 0
    asked_at: float = float("-inf")
    proved: bool = False
    """Our check was answered: the peer reads what we send there."""


class Endpoint:
    """One peer's side of the port: ICE-lite credentials, where it can be reached, and who takes its datagrams.

    Duck-types what RTCDtlsTransport needs of an ICE transport: `_recv`, `_send`, `role`, `state`.
    """

    role = "controlled"

    def __init__(self, mux: "Mux", *, on_rtp: Datagram, on_rtcp: Datagram) -> None:
        self.ufrag = secrets.token_hex(4)
        self.pwd = secrets.token_hex(16)
        self.remote_ufrag = self.remote_pwd = ""
        """Once the offer is read; checks with another ufrag are not ours."""
        self.on_rtp = on_rtp
        """Takes SRTP as it came, and `now`."""
        self.on_rtcp = on_rtcp
        self.validated = asyncio.Event()
        """Set when the first check passed: from then on there is a `path`."""
        self.heard = clock.now()
        """When the peer last sent anything that we accept."""
        self.path: Way | None = None
        """What the peer nominated last."""
        self.address: Address | None = None
        """Where media goes: nominated, and our check from there was answered."""
        self.sendto: Callable[[bytes, Address], int] | None = None
        """`socket.sendto` of the local address that belongs to `address`."""
        self.handle = 0
        """The plane's for this peer; 0 before its keys, after its end, or if the plane has no need of one."""
        self.ways: dict[tuple[Door, Address], Way] = {}
        self.checks = Bucket(CHECKS_PER_S)
        self._mux = mux
        self._dtls: asyncio.Queue[bytes | None] = asyncio.Queue(DTLS_QUEUE)
        self._dtls_rate = Bucket(DTLS_PER_S)
        self._unproved = 0
        self._fd = -1
        self._closed = False

    @property
    def state(self) -> str:
        return "closed" if self._closed else "completed" if self.path is not None else "new"

    def nominate(self, way: Way) -> None:
        """The peer wants to be reached this way."""
        self.path = way
        self.validated.set()
        if way.proved:
            self._aim(way)

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
        self._fd = -1 if way is None else way.door.socket.fileno()
        if self.handle:
            self._mux.plane.aim(self.handle, self._fd, self.address)

    def arm(self, session: int) -> None:
        """There are keys: the plane may send to this peer by itself. `session` must live until `disarm` or `close`."""
        self.handle = self._mux.plane.open(session)
        if self.handle:
            self._mux.plane.aim(self.handle, self._fd, self.address)

    def disarm(self) -> None:
        """The plane forgets the peer, and its keys may go."""
        if self.handle:
            self._mux.plane.close(self.handle)
            self.handle = 0

    def ask(self, way: Way, now: float) -> None:
        """Send our check, unless it was sent just now or too often."""
        if way.proved or way.asked >= MAX_ASKED or now - way.asked_at < ASK_AGAIN_S:
            return
        way.asked += 1
        way.asked_at = now
        username = f"{self.remote_ufrag}:{self.ufrag}"
        self._mux.send(way, stun.controlled_request(way.transaction, username, self.remote_pwd))

    def send(self, data: bytes) -> None:
        """Send one datagram now or not at all (counted)."""
        way = self.path
        if way is None or self._closed:
            self._mux.dropped["unreachable"] += 1
            return
        if not way.proved:
            self.ask(way, clock.now())
            self._unproved += 1
            if self._unproved > MAX_UNPROVED:
                self._mux.dropped["unproved"] += 1
                return
        self._mux.send(way, data)

    def put_dtls(self, data: bytes, now: float) -> None:
        if not self._dtls_rate.take(now):
            self._mux.dropped["dtls_rate"] += 1
            return
        try:
            self._dtls.put_nowait(data)
        except asyncio.QueueFull:
            self._mux.dropped["dtls_queue"] += 1

    def close(self) -> None:
        """Take the peer off the port; a waiting `_recv` raises ConnectionError."""
        if self._closed:
            return
        self._closed = True
        self.disarm()
        self._mux.forget(self)
        self.on_rtp = self.on_rtcp = _nobody
        if self._dtls.full():
            self._dtls.get_nowait()
        self._dtls.put_nowait(None)

    async def _recv(self) -> bytes:
        if self._closed:
            raise ConnectionError("endpoint is closed")
        data = await self._dtls.get()
        if data is None:
            raise ConnectionError("endpoint is closed")
        return data

    async def _send(self, data: bytes) -> None:
        self.send(data)


class Door:
    """The socket of one local address, and the peers validated through it."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.by_address: dict[Address, Endpoint] = {}
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self.socket.setblocking(False)
            _enlarge(self.socket)
            self.socket.bind((host, port))
        except OSError:
            self.socket.close()
            raise
        self.sendto: Callable[[bytes, Address], int] = self.socket.sendto


class Mux:
    """All doors of a worker. Lives on the running event loop; `close` gives the port back."""

    def __init__(self, port: int, *, offered: list[str] | None = None, plane: Plane | None = None) -> None:
        """Bind UDP `port` (0: one the system has free) on every IPv4 address of this machine.

        `offered` are the addresses told to clients, e.g. the public one behind a NAT; empty means all local ones.
        `plane` is what rooms on this port forward by. Raises OSError if the port is taken.
        """
        self.plane: Plane = plane or PythonPlane()
        self.dropped: Counter[str] = Counter()
        self._offered = list(offered or [])
        self._by_ufrag: dict[str, Endpoint] = {}
        self._doors: dict[str, Door] = {}
        self._loop = asyncio.get_running_loop()
        self._bugs = 0
        self._present: list[str] = []
        self.port = self._bind(port)
        self.refresh()

    def _bind(self, port: int) -> int:
        """Loopback first; a free port must be free on all addresses."""
        if port:
            self._add(LOOPBACK, port)
            return port
        for _attempt in range(20):
            self._add(LOOPBACK, 0)
            found: int = self._doors[LOOPBACK].socket.getsockname()[1]
            try:
                for host in _hosts():
                    self._add(host, found)
            except OSError:
                self._close_doors()
                continue
            return found
        raise OSError("no UDP port is free on every address")

    def _add(self, host: str, port: int) -> None:
        door = Door(host, port)
        self._doors[host] = door
        self._loop.add_reader(door.socket.fileno(), self._readable, door)

    def refresh(self) -> None:
        """Bind addresses that came since (a network that was down at start); cheap enough for every answer."""
        self._present = _hosts()
        for host in self._present:
            if host not in self._doors:
                try:
                    self._add(host, self.port)
                except OSError as error:
                    log.warning("cannot listen for media on an address", errno=error.errno)

    @property
    def addresses(self) -> tuple[tuple[str, int], ...]:
        """What an answer offers: other machines' ways first, 127.0.0.1 last."""
        hosts = self._offered or [*(host for host in self._present if host in self._doors), LOOPBACK]
        return tuple((host, self.port) for host in hosts)

    def open(self, *, on_rtp: Datagram, on_rtcp: Datagram) -> Endpoint:
        """A new peer, reachable by its ufrag at once."""
        endpoint = Endpoint(self, on_rtp=on_rtp, on_rtcp=on_rtcp)
        self._by_ufrag[endpoint.ufrag] = endpoint
        return endpoint

    def forget(self, endpoint: Endpoint) -> None:
        """Called by Endpoint.close."""
        self._by_ufrag.pop(endpoint.ufrag, None)
        for door, address in endpoint.ways:
            if door.by_address.get(address) is endpoint:
                del door.by_address[address]
        endpoint.ways.clear()

    def send(self, way: Way, data: bytes) -> None:
        """Send one datagram now or not at all (counted)."""
        try:
            way.door.sendto(data, way.address)
        except BlockingIOError:
            self.dropped["send_full"] += 1
        except OSError:
            # The network of this address is gone; the peer will nominate another.
            self.dropped["send_failed"] += 1

    def close(self) -> None:
        """Close every peer and give the port back."""
        for endpoint in list(self._by_ufrag.values()):
            endpoint.close()
        self._close_doors()

    def _close_doors(self) -> None:
        for door in self._doors.values():
            self._loop.remove_reader(door.socket.fileno())
            door.socket.close()
        self._doors.clear()

    def _readable(self, door: Door) -> None:
        """Read what is there, then send what came of it; and what came while that was sent, up to BATCH in all."""
        left = BATCH
        while True:
            taken = self._read(door, left)
            left -= taken
            if not self.plane.flush() or not taken or not left:
                return

    def _read(self, door: Door, most: int) -> int:
        """How many datagrams there were. Never raises: one bad datagram must not cost the others theirs."""
        now = clock.now()
        receive = door.socket.recvfrom
        by_address = door.by_address
        for taken in range(most):
            try:
                data, address = receive(MAX_DATAGRAM_BYTES + 1)
            except BlockingIOError:
                return taken
            except OSError:
                self.dropped["receive_failed"] += 1
                return taken
            try:
                size = len(data)
                if not 0 < size <= MAX_DATAGRAM_BYTES:
                    self.dropped["oversize" if size else "empty"] += 1
                    continue
                first = data[0]
                if first < 4:
                    self._check(door, data, address, now)
                    continue
                endpoint = by_address.get(address)
                if endpoint is None:
                    self.dropped["stranger"] += 1
                elif 127 < first < 192:
                    # RFC 5761 §4: RTCP packet types 192–223 where RTP has marker and payload type.
                    if size > 1 and 191 < data[1] < 224:
                        endpoint.on_rtcp(data, now)
                    else:
                        endpoint.on_rtp(data, now)
                elif 19 < first < 64:
                    endpoint.put_dtls(data, now)
                else:
                    self.dropped["unknown"] += 1
            except Exception:
                self.dropped["bug"] += 1
                self._bugs += 1
                if self._bugs <= 10:
                    log.exception("a datagram met a bug")
        return most

    def _check(self, door: Door, data: bytes, address: Address, now: float) -> None:
        """Answer a connectivity check and learn the address it came from; or take the answer to ours."""
        request = stun.parse(data)
        if request is None:
            self._answered(door, data, address, now)
            return
        endpoint = self._by_ufrag.get(request.local_ufrag)
        if endpoint is None or request.remote_ufrag != endpoint.remote_ufrag:
            self.dropped["stun_unknown"] += 1
            return
        if not endpoint.checks.open(now):
            self.dropped["stun_rate"] += 1
            return
        if not stun.authentic(request, endpoint.pwd):
            self.dropped["stun_integrity"] += 1
            return
        endpoint.checks.charge()
        holder = door.by_address.get(address)
        if holder is not endpoint:
            if holder is not None and now - holder.heard < TAKEOVER_S:
                self.dropped["stun_taken"] += 1
                return
            self._validate(door, address, endpoint)
        endpoint.heard = now
        way = endpoint.ways[door, address]
        if request.use_candidate or endpoint.path is None:
            endpoint.nominate(way)
        self.send(way, stun.success(request.transaction, address, endpoint.pwd))
        endpoint.ask(way, now)

    def _answered(self, door: Door, data: bytes, address: Address, now: float) -> None:
        """Perhaps the answer to a check of ours: then what we send there is read by the peer."""
        answer = stun.parse_success(data)
        if answer is None:
            self.dropped["stun_malformed"] += 1
            return
        endpoint = door.by_address.get(address)
        way = None if endpoint is None else endpoint.ways[door, address]
        if endpoint is None or way is None or not way.asked or answer.transaction != way.transaction:
            self.dropped["stun_unknown"] += 1
        elif not stun.authentic(answer, endpoint.remote_pwd):
            self.dropped["stun_integrity"] += 1
        else:
            endpoint.heard = now
            endpoint.prove(way)

    def _validate(self, door: Door, address: Address, endpoint: Endpoint) -> None:
        holder = door.by_address.get(address)
        if holder is not None:
            holder.lose(holder.ways[door, address])
        door.by_address[address] = endpoint
        endpoint.ways[door, address] = Way(door, address)
        if len(endpoint.ways) > MAX_ADDRESSES:
            # By door too: a machine with many addresses validates one client address through each of them.
            in_use = endpoint.sendto, endpoint.address
            oldest = next(
                way
                for way in endpoint.ways.values()
                if way is not endpoint.path and (way.door.sendto, way.address) != in_use
            )
            endpoint.lose(oldest)
            del oldest.door.by_address[oldest.address]


def _nobody(_data: bytes, _now: float) -> None:
    """Takes what comes for a peer that is gone, and keeps nothing of it alive."""


def _enlarge(open_socket: socket.socket) -> None:
    """Large buffers: past the system's limit if we may (CAP_NET_ADMIN), else up to it."""
    for option, forced in ((socket.SO_RCVBUF, _SO_RCVBUFFORCE), (socket.SO_SNDBUF, _SO_SNDBUFFORCE)):
        try:
            open_socket.setsockopt(socket.SOL_SOCKET, forced, SOCKET_BUFFER_BYTES)
        except OSError:
            open_socket.setsockopt(socket.SOL_SOCKET, option, SOCKET_BUFFER_BYTES)


def _hosts() -> list[str]:
    """IPv4 addresses of this machine but for loopback."""
    return [host for host in get_host_addresses(use_ipv4=True, use_ipv6=False) if not host.startswith("127.")]
