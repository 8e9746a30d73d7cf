"""One port for every peer of a worker: tells STUN, DTLS and SRTP apart, lets only validated addresses through.

The worker is ICE-lite (RFC 8445 §2.5): it answers checks and never nominates. A client's address counts once a check
from it carried a MESSAGE-INTEGRITY made with our password; until then nothing but STUN from there is read (the DTLS
ClientHello race, and the empty or oversize datagram that ends a stock aiortc connection).

The port is one of UDP, and of TCP with the same number for clients whose network lets no UDP through.
"""

import asyncio
import errno
from collections import Counter
from functools import partial

from media.peer import stun
from media.peer.endpoint import Credentials, Datagram, Door, Endpoint, Way
from media.peer.listener import TcpListener
from media.peer.rates import MAX_DATAGRAM_BYTES
from media.peer.udp import UdpDoor
from media.plane.base import Address, OnPacket, Plane
from media.plane.python import PythonPlane
from runtime import clock
from runtime.address import media_hosts
from runtime.logs import get_logger

log = get_logger(__name__)

BATCH = 128
"""Datagrams read per wake-up and socket before other work gets its turn."""
MAX_ADDRESSES = 16
"""Validated addresses of one peer; the oldest is forgotten, never the nominated one."""
TAKEOVER_S = 5.0
"""An address that a peer used within this time is not given to another one."""
LOOPBACK = "127.0.0.1"
LOOK_S = 1.0
"""How old what an answer says of this machine's addresses may be: to look costs a good part of what a join may."""


class Mux:
    """All doors of a worker. Lives on the running event loop; `close` gives the port back."""

    def __init__(self, port: int, *, offered: list[str] | None = None, plane: Plane | None = None) -> None:
        """Bind `port` (0: one the system has free) on every address of this machine, IPv4 and IPv6, UDP and TCP.

        `offered` are the addresses told to clients, e.g. the public one behind a NAT; empty means all local ones.
        `plane` is what rooms on this port forward by. Raises OSError if the port is taken.
        """
        self.plane: Plane = plane or PythonPlane()
        self.dropped: Counter[str] = Counter()
        self._offered = list(offered or [])
        self._by_ufrag: dict[str, Endpoint] = {}
        self._doors: dict[str, UdpDoor] = {}
        self._loop = asyncio.get_running_loop()
        self._bugs = 0
        self._listener: TcpListener | None = None
        self._present: list[str] = []
        self._looked_at = float("-inf")
        self.port = self._bind(port)
        self.refresh()

    def _bind(self, port: int) -> int:
        """Loopback first; a free port must be free on all addresses, and for TCP."""
        attempts_left = 0 if port else 20
        while True:
            self._add(LOOPBACK, port)
            found: int = self._doors[LOOPBACK].socket.getsockname()[1]
            try:
                self._listener = TcpListener(found, self.dropped, take=self._take, taken=self.plane.flush)
                for host in () if port else media_hosts():
                    self._add(host, found)
            except OSError as error:
                if error.errno == errno.EADDRNOTAVAIL:  # an address that is still checked for doubles; see `refresh`
                    return found
                self._close_doors()
                if not attempts_left:
                    raise
                attempts_left -= 1
            else:
                return found

    def _add(self, host: str, port: int) -> None:
        door = UdpDoor(host, port)
        self._doors[host] = door
        self._loop.add_reader(door.fd, self._readable, door)
        self.plane.watch(door.socket)

    def keep_fresh(self, now: float) -> None:
        """Before an answer: `refresh`, unless that was LOOK_S ago at most."""
        if now - self._looked_at >= LOOK_S:
            self._looked_at = now
            self.refresh()

    def refresh(self) -> None:
        """Follow the addresses of this machine: a network that was down at start, IPv6 addresses that change each
        day."""
        self._present = media_hosts()
        for host in self._doors.keys() - {LOOPBACK, *self._present}:
            if not self._doors[host].by_address:
                self._close_door(host)
        for host in self._present:
            if host not in self._doors:
                try:
                    self._add(host, self.port)
                except OSError as error:
                    log.warning("cannot listen for media on an address", errno=error.errno)

    @property
    def doors(self) -> set[str]:
        """The addresses of this machine that are listened on."""
        return set(self._doors)

    @property
    def addresses(self) -> tuple[tuple[str, int], ...]:
        """What an answer offers: other machines' ways first, 127.0.0.1 last."""
        hosts = self._offered or [*(host for host in self._present if host in self._doors), LOOPBACK]
        return tuple((host, self.port) for host in hosts)

    def open(self, *, on_rtp: Datagram, on_rtcp: Datagram) -> Endpoint:
        """A new peer, reachable by its ufrag at once."""
        endpoint = Endpoint(self, on_rtp=on_rtp, on_rtcp=on_rtcp)
        self._by_ufrag[endpoint.credentials.ufrag] = endpoint
        return endpoint

    def restart(self, endpoint: Endpoint, remote_ufrag: str, remote_pwd: str) -> Credentials:
        """The peer begins ICE anew with these (RFC 8445 §9); the ones it will know us by. An unused restart is void.

        Keys and media stay as they are, and the old credentials hold until the peer nominates a way with the new ones.
        """
        if endpoint.restarting is not None:
            self._by_ufrag.pop(endpoint.restarting.ufrag, None)
        fresh = endpoint.restarting = Credentials(remote_ufrag, remote_pwd)
        self._by_ufrag[fresh.ufrag] = endpoint
        return fresh

    def forget(self, endpoint: Endpoint) -> None:
        """Called by Endpoint.close."""
        for known in (endpoint.credentials, endpoint.restarting):
            if known is not None:
                self._by_ufrag.pop(known.ufrag, None)
        for door, address in endpoint.ways:
            if door.by_address.get(address) is endpoint:
                door.release(address)
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
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        for host in list(self._doors):
            self._close_door(host)

    def _close_door(self, host: str) -> None:
        door = self._doors.pop(host)
        self._loop.remove_reader(door.fd)
        self.plane.unwatch(door.socket)
        door.socket.close()

    def _readable(self, door: UdpDoor) -> None:
        """Read what is there, then send what came of it; and what came while that was sent, up to BATCH in all."""
        left, take = BATCH, partial(self._take, door)
        while True:
            taken = self.plane.receive(door.socket, left, clock.now(), take, self._plaintext)
            left -= taken
            if not self.plane.flush() or not taken or not left:
                return

    def _plaintext(self, on_packet: OnPacket, data: bytes, now: float, wall_ns: int) -> None:
        """What the plane had decrypted. Never raises, as `_take`."""
        try:
            on_packet(data, now, wall_ns)
        except Exception:
            if self.is_new_bug():
                log.exception("a datagram met a bug")

    def _take(self, door: Door, data: bytes, address: Address, now: float) -> None:
        """Never raises: one bad datagram must not cost the others theirs."""
        try:
            size = len(data)
            if not 0 < size <= MAX_DATAGRAM_BYTES:
                self.dropped["oversize" if size else "empty"] += 1
                return
            first = data[0]
            if first < 4:
                self._check(door, data, address, now)
                return
            endpoint = door.by_address.get(address)
            if endpoint is None:
                self.dropped["stranger"] += 1
            elif 127 < first < 192:
                endpoint.coming = door, address
                # RFC 5761 §4: RTCP packet types 192–223 where RTP has marker and payload type.
                if size > 1 and 191 < data[1] < 224:
                    endpoint.on_rtcp(data, now)
                else:
                    endpoint.on_rtp(data, now)
            elif 19 < first < 64:
                self.plane.flush()  # media of others must not wait for a handshake
                endpoint.put_dtls(data, now)
            else:
                self.dropped["unknown"] += 1
        except Exception:
            if self.is_new_bug():
                log.exception("a datagram met a bug")

    def is_new_bug(self) -> bool:
        """Count it; after ten it is only counted."""
        self.dropped["bug"] += 1
        self._bugs += 1
        return self._bugs <= 10

    def _check(self, door: Door, data: bytes, address: Address, now: float) -> None:
        """Answer a connectivity check and learn the address it came from; or take the answer to ours."""
        request = stun.parse(data)
        if request is None:
            self._answered(door, data, address, now)
            return
        endpoint = self._by_ufrag.get(request.local_ufrag)
        credentials = None if endpoint is None else endpoint.known_by(request.local_ufrag)
        if endpoint is None or credentials is None or request.remote_ufrag != credentials.remote_ufrag:
            self.dropped["stun_unknown"] += 1
            return
        if not endpoint.checks.open(now):
            self.dropped["stun_rate"] += 1
            return
        if not stun.authentic(request, credentials.pwd):
            self.dropped["stun_integrity"] += 1
            return
        endpoint.checks.charge()
        holder = door.by_address.get(address)
        if holder is not endpoint:
            if holder is not None and now - holder.heard < TAKEOVER_S:
                self.dropped["stun_taken"] += 1
                return
            self._validate(Way(door, address, credentials), endpoint)
        endpoint.heard = now
        way = endpoint.ways[door, address]
        way.checked(credentials)
        if request.use_candidate and credentials is endpoint.restarting:
            del self._by_ufrag[endpoint.credentials.ufrag]
            endpoint.credentials, endpoint.restarting = credentials, None
        if request.use_candidate or endpoint.path is None:
            endpoint.nominate(way)
        self.send(way, stun.success(request.transaction, address, credentials.pwd))
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
        elif not stun.authentic(answer, way.credentials.remote_pwd):
            self.dropped["stun_integrity"] += 1
        else:
            endpoint.heard = now
            endpoint.prove(way)

    def _validate(self, way: Way, endpoint: Endpoint) -> None:
        door, address = way.door, way.address
        holder = door.by_address.get(address)
        if holder is not None:
            holder.lose(holder.ways[door, address])
        door.by_address[address] = endpoint
        endpoint.ways[door, address] = way
        if len(endpoint.ways) > MAX_ADDRESSES:
            # By door too: a machine with many addresses validates one client address through each of them.
            in_use = endpoint.sendto, endpoint.address
            oldest = next(
                way
                for way in endpoint.ways.values()
                if way is not endpoint.path and (way.door.sendto, way.address) != in_use
            )
            endpoint.lose(oldest)
            oldest.door.release(oldest.address)
