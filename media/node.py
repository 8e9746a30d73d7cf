"""A media worker as signaling sees it: the control link, and the rooms and legs it speaks of.

The worker keeps everything it was granted while signaling is away; at every connection it says all that it holds.
Only signaling opens legs and closes rooms.
"""

import asyncio
import secrets
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import assert_never

from contract.base import decode, encode
from contract.data import PointAt
from contract.errors import ErrorCode, PasslineError, ProtocolViolation, Rejection, Unavailable
from contract.ids import LegId, PersonId, RecordingId, RoomId, SessionId, WorkerId
from contract.media import Codec, Grants, Source
from contract.nodes import (
    TO_WORKER,
    Answered,
    Beat,
    CloseLeg,
    CloseMediaRoom,
    DropParticipant,
    FromWorker,
    LegEnd,
    LegState,
    OpenLeg,
    PublicationReport,
    Record,
    Refused,
    SetGrants,
    WorkerHello,
)
from media.forward.ports import TapSink
from media.forward.room import MediaRoom
from media.peer.dtls import Identity
from media.peer.leg import Leg
from media.peer.mux import Mux
from runtime import clock
from runtime.link import Link, LinkClosed
from runtime.logs import get_logger
from runtime.supervise import TaskScope

log = get_logger(__name__)

TICK_S = 0.05
CHECK_EVERY = 5
"""Ticks between two looks at every leg's deadlines."""
BEAT_S = 1.0
BUSY_RETRY_S = 2.0
EMPTY_ROOM_S = 120.0
"""A room without legs or recording is forgotten; signaling may have closed it while we could not hear."""
MAX_WAITING_BYTES = 4 * 1024 * 1024
"""Unread by signaling: then it hangs, the link is cut and begins anew with a hello."""


@dataclass
class HeldRoom:
    """One room on this worker."""

    media: MediaRoom
    legs: dict[LegId, Leg] = field(default_factory=dict)
    newest: dict[tuple[PersonId, SessionId], int] = field(default_factory=dict)
    """Highest `pc_gen` seen; a closed leg's number is not given again."""
    grants: dict[PersonId, tuple[Grants, bool]] = field(default_factory=dict)
    """Grants and whether host; the newest word counts for legs that come up later."""
    live: set[tuple[PersonId, Source]] = field(default_factory=set)
    empty_since: float | None = None
    recording: RecordingId | None = None


class _RoomEvents:
    """What one MediaRoom tells its node."""

    def __init__(self, node: "MediaNode", room: RoomId) -> None:
        self._node = node
        self._room = room

    def publication_live(self, participant: PersonId, source: Source) -> None:
        self._node.publication(self._room, participant, source, live=True)

    def publication_ended(self, participant: PersonId, source: Source) -> None:
        self._node.publication(self._room, participant, source, live=False)


class MediaNode:
    """All rooms and legs of a worker. `control` handles one connection to signaling, `run_timers` the rest.

    Legs run in `scope`, which the caller opens and closes. `shut_down` says goodbye to every client.
    """

    def __init__(self, worker: WorkerId, mux: Mux, scope: TaskScope, *, max_legs: int, video_codec: Codec) -> None:
        self.worker = worker
        self.legs: dict[LegId, Leg] = {}
        self.rooms: dict[RoomId, HeldRoom] = {}
        self._mux = mux
        self._scope = scope
        self._max_legs = max_legs
        self._video_codec = video_codec
        self._identity = Identity()
        self._link: Link | None = None
        self._tap: TapSink | None = None
        self._dropped: Counter[str] = mux.dropped
        self._past: Counter[str] = Counter()
        """Counters of rooms that are gone."""
        self._running: set[asyncio.Task[None]] = set()
        self._closing = False

    # --- control link ----------------------------------------------------------------------------------------------

    async def control(self, link: Link) -> None:
        """One connection to signaling: say everything we hold, then obey until it closes."""
        self._link = link
        try:
            self._say(
                WorkerHello(
                    worker=self.worker,
                    udp_port=self._mux.port,
                    legs=[leg.report() for leg in self.legs.values()],
                    recordings={name: room.recording for name, room in self.rooms.items() if room.recording},
                )
            )
            for name, room in self.rooms.items():
                for participant, source in room.live:
                    self._say(PublicationReport(room=name, participant=participant, source=source, live=True))
            while True:
                record = await link.receive()
                try:
                    message = decode(TO_WORKER, record)
                except ProtocolViolation as violation:
                    log.warning("signaling said what we do not understand", detail=violation.detail)
                    continue
                try:
                    self._obey(message)
                except Exception:
                    log.exception("command failed", command=message.type)
                    if isinstance(message, OpenLeg):
                        self._say(Refused(request=message.request, code=ErrorCode.INTERNAL))
        finally:
            self._link = None

    def _obey(self, message: OpenLeg | SetGrants | CloseLeg | DropParticipant | CloseMediaRoom | Record) -> None:
        match message:
            case OpenLeg():
                self._open(message)
            case SetGrants():
                self._set_grants(message)
            case CloseLeg():
                leg = self.legs.get(message.leg)
                if leg is not None:
                    leg.close(message.reason)
            case DropParticipant():
                for leg in self._legs_of(message.room, message.participant):
                    leg.close(message.reason)
            case CloseMediaRoom():
                self._close_room(message.room)
            case Record():
                room = self._room(message.room)
                if room.recording != message.recording:
                    room.recording = message.recording
                    with self._guard(message.room):
                        room.media.record(message.recording, clock.now(), clock.wall_ns())
            case _:
                assert_never(message)

    def _say(self, message: FromWorker) -> None:
        """To signaling, if it is there; what is lost is in the next hello."""
        link = self._link
        if link is None:
            return
        if link.waiting_bytes > MAX_WAITING_BYTES:
            log.warning("signaling does not read, cutting the link", waiting_bytes=link.waiting_bytes)
            self._link = None
            self._scope.spawn(link.aclose(), name="cut-link")
            return
        try:
            link.send(encode(message))
        except LinkClosed:
            self._link = None

    # --- commands --------------------------------------------------------------------------------------------------

    def _open(self, request: OpenLeg) -> None:
        try:
            leg = self._new_leg(request)
        except PasslineError as error:
            log.info("offer refused", room=request.room, leg=request.leg, code=error.code, detail=error.detail)
            self._say(
                Refused(
                    request=request.request,
                    code=error.code,
                    detail=error.detail,
                    retry_after_s=error.retry_after_s,
                )
            )
            return
        self._say(Answered(request=request.request, sdp=leg.answer_sdp))
        self._say(leg.report())
        task = self._scope.spawn(leg.run(), name=f"leg {leg.id}")
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def _new_leg(self, request: OpenLeg) -> Leg:
        """Raises Rejection, ProtocolViolation or Unavailable; nothing is held then."""
        if self._closing:
            raise Unavailable(ErrorCode.BUSY, "the worker is stopping", retry_after_s=BUSY_RETRY_S)
        if request.leg in self.legs:
            raise Rejection(ErrorCode.CONFLICT, "this leg exists")
        known = self.rooms.get(request.room)
        key = request.participant, request.session
        if known is not None and request.pc_gen <= known.newest.get(key, 0):
            raise Rejection(ErrorCode.STALE, "a newer PeerConnection exists")
        if len(self.legs) >= self._max_legs:
            raise Unavailable(ErrorCode.BUSY, "no legs left on this worker", retry_after_s=BUSY_RETRY_S)
        self._mux.refresh()
        leg = Leg(
            request,
            mux=self._mux,
            identity=self._identity,
            owner=self,
            video_codec=self._video_codec,
            dropped=self._dropped,
        )
        room = self._room(request.room)
        room.newest[key] = request.pc_gen
        room.grants[request.participant] = request.grants, request.host
        room.legs[leg.id] = leg
        self.legs[leg.id] = leg
        return leg

    def _set_grants(self, message: SetGrants) -> None:
        room = self.rooms.get(message.room)
        if room is None:
            return  # The next OpenLeg brings its own grants.
        room.grants[message.participant] = message.grants, message.host
        with self._guard(message.room):
            room.media.set_grants(
                message.participant, message.grants, host=message.host, now=clock.now(), wall_ns=clock.wall_ns()
            )
        if message.only_session is not None:
            for leg in self._legs_of(message.room, message.participant):
                if leg.session != message.only_session:
                    leg.close(LegEnd.REMOVED)

    def _close_room(self, name: RoomId) -> None:
        room = self.rooms.get(name)
        if room is None:
            return
        for leg in list(room.legs.values()):
            leg.close(LegEnd.ROOM_CLOSED)
        with self._guard(name):
            room.media.record(None, clock.now(), clock.wall_ns())
        self.rooms.pop(name, None)
        self._past.update(room.media.counters)

    def _room(self, name: RoomId) -> HeldRoom:
        room = self.rooms.get(name)
        if room is None:
            media = MediaRoom(
                name, events=_RoomEvents(self, name), video_codec=self._video_codec, seed=secrets.randbits(64)
            )
            room = self.rooms[name] = HeldRoom(media)
            if self._tap is not None:
                media.tap_connected(self._tap, clock.now(), clock.wall_ns())
        return room

    @contextmanager
    def _guard(self, name: RoomId) -> Iterator[None]:
        """A bug ends its room, not the worker: the clients come back with new legs."""
        try:
            yield
        except Exception:
            log.exception("room failed", room=name)
            room = self.rooms.pop(name, None)
            for leg in [] if room is None else list(room.legs.values()):
                leg.close(LegEnd.FAILED)

    def _legs_of(self, name: RoomId, participant: PersonId) -> list[Leg]:
        room = self.rooms.get(name)
        return [] if room is None else [leg for leg in room.legs.values() if leg.participant == participant]

    # --- LegOwner --------------------------------------------------------------------------------------------------

    def leg_up(self, leg: Leg) -> None:
        room = self.rooms.get(leg.room)
        if room is None:
            leg.close(LegEnd.ROOM_CLOSED)
            return
        grants, host = room.grants[leg.participant]
        with self._guard(leg.room):
            room.media.add_leg(leg, leg.sections, grants, host=host, now=clock.now())
            leg.on_rtp, leg.on_rtcp = room.media.on_rtp, room.media.on_rtcp

    def leg_ready(self, leg: Leg) -> None:
        """The new one is connected: the one it replaces goes only now (make before break)."""
        room = self.rooms[leg.room]
        with self._guard(leg.room):
            room.media.leg_ready(leg.id, clock.now(), clock.wall_ns())
        for other in self._legs_of(leg.room, leg.participant):
            if other.session == leg.session and other.pc_gen < leg.pc_gen:
                other.close(LegEnd.REPLACED)

    def leg_point(self, leg: Leg, point: PointAt) -> None:
        with self._guard(leg.room):
            self.rooms[leg.room].media.on_point(leg.id, point, clock.now(), clock.wall_ns())

    def leg_changed(self, leg: Leg) -> None:
        if leg.state is LegState.CLOSED:
            self.legs.pop(leg.id, None)
            room = self.rooms.get(leg.room)
            if room is not None:
                room.legs.pop(leg.id, None)
                with self._guard(leg.room):
                    room.media.remove_leg(leg.id, clock.now(), clock.wall_ns())
            log.info("leg is closed", leg=leg.id, room=leg.room, reason=leg.reason)
        self._say(leg.report())

    def publication(self, name: RoomId, participant: PersonId, source: Source, *, live: bool) -> None:
        """A source began or ended to arrive."""
        room = self.rooms.get(name)
        if room is not None:
            (room.live.add if live else room.live.discard)((participant, source))
        self._say(PublicationReport(room=name, participant=participant, source=source, live=live))

    # --- the recorder's tap ----------------------------------------------------------------------------------------

    def tap_connected(self, sink: TapSink) -> None:
        self._tap = sink
        for name, room in list(self.rooms.items()):
            with self._guard(name):
                room.media.tap_connected(sink, clock.now(), clock.wall_ns())

    def tap_lost(self) -> None:
        self._tap = None
        for name, room in list(self.rooms.items()):
            with self._guard(name):
                room.media.tap_lost()

    # --- time ------------------------------------------------------------------------------------------------------

    async def run_timers(self) -> None:
        """Ticks of the rooms, deadlines of the legs, a beat each second."""
        ticks = 0
        next_beat = clock.now()
        while True:
            await asyncio.sleep(TICK_S)
            ticks += 1
            now, wall_ns = clock.now(), clock.wall_ns()
            for name, room in list(self.rooms.items()):
                self._tick(name, room, now, wall_ns)
            if ticks % CHECK_EVERY == 0:
                for leg in list(self.legs.values()):
                    leg.check(now)
            if now >= next_beat:
                next_beat = now + BEAT_S
                self._say(self.beat())

    def _tick(self, name: RoomId, room: HeldRoom, now: float, wall_ns: int) -> None:
        with self._guard(name):
            room.media.tick(now, wall_ns)
        if room.legs or room.recording is not None:
            room.empty_since = None
        elif room.empty_since is None:
            room.empty_since = now
        elif now - room.empty_since > EMPTY_ROOM_S:
            self._close_room(name)

    def beat(self) -> Beat:
        """How busy this worker is, with counters since it began."""
        counters = self._past.copy()
        for room in self.rooms.values():
            counters.update(room.media.counters)
        counters.update(self._dropped)
        packets_in, packets_out = counters.pop("packets_in", 0), counters.pop("packets_out", 0)
        return Beat(
            legs=len(self.legs),
            rooms=len(self.rooms),
            packets_in=packets_in,
            packets_out=packets_out,
            dropped=dict(counters),
        )

    async def shut_down(self, *, timeout_s: float) -> None:
        """Tell every client `moved restarting` and wait until all legs have said close_notify."""
        self._closing = True
        for leg in list(self.legs.values()):
            leg.close(LegEnd.RESTARTING)
        if self._running:
            await asyncio.wait(self._running, timeout=timeout_s)
