"""A room with simulated clients over seeded lossy links, in virtual time."""

import heapq
import socket
from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from typing import cast

from contract.ids import LegId, PersonId, RoomId
from contract.media import Codec, Grants, Source
from media.forward.room import MediaRoom
from media.forward.sections import Sections
from media.plane.base import OnPacket
from media.plane.native import NativePlane
from media.plane.python import PythonPlane
from tests.media.forward.client import ALL, Client, sections
from tests.support.wire import Socket, Wire

WALL_NS = 1_790_000_000_000_000_000


class Events:
    def __init__(self) -> None:
        self.live: set[tuple[str, Source]] = set()
        self.seen: list[tuple[str, str, Source]] = []

    def publication_live(self, participant: PersonId, source: Source) -> None:
        assert (participant, source) not in self.live
        self.live.add((participant, source))
        self.seen.append(("live", participant, source))

    def publication_ended(self, participant: PersonId, source: Source) -> None:
        self.live.remove((participant, source))
        self.seen.append(("ended", participant, source))


class World:
    """Run it by `run(seconds)`; everybody who `publishes` sends 30 frames and 50 sounds a second."""

    native = False
    """Whether rooms forward by the native plane; tests that hold for both set it."""

    def __init__(self, *, video_codecs: Sequence[Codec] = (Codec.VP8,)) -> None:
        self.now = 100.0
        self.events = Events()
        self._ports: dict[int, Client] = {}
        self._fds = count(10)
        self._fd_of: dict[LegId, int] = {}
        self._wire = Wire(lambda fd, packet: self._ports[fd].send_rtp(packet))
        self.plane = (
            NativePlane(
                self._wire.protect,
                self._wire.unprotect,
                unprotect_rtcp=self._wire.unprotect,
                send=self._wire.send,
                read=self._wire.read,
                now=lambda: self.now,
                wall_ns=lambda: self.wall_ns,
            )
            if self.native
            else PythonPlane(now=lambda: self.now)
        )
        self.room = MediaRoom(RoomId("room-1"), events=self.events, seed=1, video_codecs=video_codecs, plane=self.plane)
        self.clients: dict[str, Client] = {}
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self.every(0.05, self._tick)

    @property
    def wall_ns(self) -> int:
        return WALL_NS + int(self.now * 1e9)

    def _tick(self) -> None:
        """As media.rooms."""
        self.plane.report()
        self.room.tick(self.now, self.wall_ns)

    def open_handle(self, client: Client) -> int:
        """The plane's for a new client, which it reaches by a socket of its own."""
        fd = next(self._fds)
        self._ports[fd] = client
        handle = self.plane.open(fd, fd)
        self.plane.aim(handle, fd, ("127.0.0.1", 9))
        self.plane.allow(handle, 2**40, 2**40)
        room = self.room
        self.plane.hear(handle, partial(room.on_report, client.id), partial(self._rtcp, client.id))
        self._fd_of[client.id] = fd
        return handle

    def deliver(self, client: Client, packet: bytes) -> None:
        """A packet of a client comes in, as the mux would have it."""
        if not client.handle:
            self.room.on_rtp(client.id, packet, self.now, self.wall_ns)
        else:
            self._arrive(client, packet, partial(self.room.on_rtp, client.id))

    def deliver_rtcp(self, client: Client, data: bytes) -> None:
        """Likewise, of RTCP."""
        if not client.handle:
            self.room.on_rtcp(client.id, data, self.now, self.wall_ns)
        else:
            self._arrive(client, data, partial(self._rtcp, client.id))

    def _arrive(self, client: Client, data: bytes, take: OnPacket) -> None:
        fd = self._fd_of[client.id]
        self._wire.arrive(fd, data)
        self.plane.receive(
            cast(socket.socket, Socket(fd)),
            1,
            self.now,
            lambda data, _address, now: take(data, now, self.wall_ns),
            lambda on_packet, data, now, wall_ns: on_packet(data, now, wall_ns),
        )

    def _rtcp(self, leg: LegId, data: bytes, now: float, wall_ns: int) -> None:
        """As media.peer.leg.Leg: what came before it is told first."""
        self.plane.report()
        self.room.on_rtcp(leg, data, now, wall_ns)

    def post(self, at: float | None, what: Callable[[], None]) -> None:
        if at is not None:
            heapq.heappush(self._heap, (at, next(self._order), what))

    def every(self, seconds: float, what: Callable[[], None]) -> None:
        def again() -> None:
            what()
            self.post(self.now + seconds, again)

        self.post(self.now + seconds, again)

    def join(
        self,
        name: str,
        *,
        leg: str | None = None,
        kind: type[Client] = Client,
        parts: Sections | None = None,
        grants: Grants = ALL,
        host: bool = False,
        low_delay: bool = False,
        publishes: bool = True,
        ready: bool = True,
        loss: float = 0.0,
        jitter_s: float = 0.0,
    ) -> Client:
        first = 1000 * (len(self.clients) + 1)
        leg_id = LegId(leg or f"leg-{name}")
        client = kind(self, name, leg_id, parts or sections(first_ssrc=first), loss=loss, jitter_s=jitter_s)
        client.publishes = publishes
        self.clients[name] = client
        self.room.add_leg(client, client.sections, grants, host=host, now=self.now, low_delay=low_delay)
        if ready:
            self.room.leg_ready(client.id, self.now, self.wall_ns)

        def pictures() -> None:
            for source in (Source.CAMERA, Source.SCREEN):
                if client.publishes and client.sent[source].on:
                    client.picture(source)
                else:
                    client.sent[source].ticks += 3000  # the capture clock runs on

        def sounds() -> None:
            if client.publishes and client.sent[Source.MICROPHONE].on:
                client.sound()

        def reports() -> None:
            for source, track in client.sent.items():
                if client.publishes and client.reports and track.on and source is not None:
                    client.report(source)

        self.every(1 / 30, pictures)
        self.every(0.02, sounds)
        self.every(1.0, reports)
        self.every(0.02, client.ask_again)
        self.every(0.05, client.tell_arrivals)
        return client

    def grant(self, name: str, grants: Grants, *, host: bool = False) -> None:
        self.room.set_grants(PersonId(name), grants, host=host, now=self.now, wall_ns=self.wall_ns)

    def leave(self, name: str) -> None:
        client = self.clients.pop(name)
        client.publishes = False
        self.plane.close(client.handle)
        self._ports = {fd: other for fd, other in self._ports.items() if other is not client}
        self.room.remove_leg(client.id, self.wall_ns)

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        while self._heap and self._heap[0][0] <= end:
            self.now, _, what = heapq.heappop(self._heap)
            what()
            self.plane.flush()
        self.now = end
