"""The rooms and legs of one worker: who may open, replace and close what, and what a bug may cost."""

import asyncio
import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from contract.data import PointAt, SlotSize
from contract.errors import ErrorCode, Rejection, Unavailable
from contract.ids import LegId, PersonId, RecordingId, RoomId, SessionId
from contract.media import Codec, Grants, Source
from contract.nodes import FromWorker, LegEnd, LegFigures, LegState, OpenLeg, PublicationReport, SetGrants
from contract.recording import GapReason
from media.admission import Admission
from media.forward.ports import TapSink
from media.forward.room import MediaRoom
from media.peer.dtls import Identity
from media.peer.leg import Leg
from media.peer.mux import Mux
from runtime import clock
from runtime.logs import get_logger
from runtime.supervise import TaskScope

log = get_logger(__name__)

LOST = {
    LegEnd.RESTARTING: GapReason.WORKER,
    LegEnd.FAILED: GapReason.NETWORK,
    LegEnd.TIMEOUT: GapReason.NETWORK,
}
"""Ends of a leg that nobody wished, and what its recording lacks from then on."""
BUSY_RETRY_S = 2.0
"""Where the number of legs is the limit."""
MAX_SESSIONS = 1024
"""Remembered for each room: every reload of a page is a new session."""
EMPTY_ROOM_S = 120.0
"""A room without legs or recording is forgotten; signaling may have closed it while we could not hear."""


@dataclass
class HeldRoom:
    """One room on this worker."""

    media: MediaRoom
    epoch: int = 0
    """Since when it is ours, as signaling counts."""
    legs: dict[LegId, Leg] = field(default_factory=dict)
    newest: dict[tuple[PersonId, SessionId], int] = field(default_factory=dict)
    """Highest `pc_gen` seen of the newest MAX_SESSIONS sessions; a closed leg's number is not given again."""
    grants: dict[PersonId, tuple[Grants, bool]] = field(default_factory=dict)
    """Grants and whether host; the newest word counts for legs that come up later."""
    live: set[tuple[PersonId, Source]] = field(default_factory=set)
    empty_since: float | None = None
    recording: RecordingId | None = None

    def legs_of(self, participant: PersonId) -> list[Leg]:
        return [leg for leg in self.legs.values() if leg.participant == participant]


class Rooms:
    """Implements media.peer.leg.LegOwner. Every call comes from the event loop and returns at once.

    `say` tells signaling; what it cannot deliver is in the next hello. Legs run in `scope`.
    """

    def __init__(
        self,
        mux: Mux,
        scope: TaskScope,
        say: Callable[[FromWorker], None],
        *,
        max_legs: int,
        video_codecs: Sequence[Codec],
        most_load: float = 0.0,
    ) -> None:
        """`most_load` is the share of a core at which nobody new is let in; 0 leaves it at `max_legs`."""
        self.admission = Admission(most_load)
        self.legs: dict[LegId, Leg] = {}
        self.held: dict[RoomId, HeldRoom] = {}
        self._mux = mux
        self._scope = scope
        self._say = say
        self._max_legs = max_legs
        self._video_codecs = video_codecs
        self._identity = Identity()
        self._tap: TapSink | None = None
        self._past: Counter[str] = Counter()
        """Counters of rooms that are gone."""
        self._running: set[asyncio.Task[None]] = set()
        self._closing = False

    # --- commands --------------------------------------------------------------------------------------------------

    def open(self, request: OpenLeg) -> Leg:
        """Answer an offer; bring the leg up with `run`. Raises Rejection, ProtocolViolation or Unavailable."""
        if self._closing:
            raise Unavailable(ErrorCode.BUSY, "the worker is stopping", retry_after_s=BUSY_RETRY_S)
        if request.leg in self.legs:
            raise Rejection(ErrorCode.CONFLICT, "this leg exists")
        known = self.held.get(request.room)
        key = request.participant, request.session
        if known is not None and request.pc_gen <= known.newest.get(key, 0):
            raise Rejection(ErrorCode.STALE, "a newer PeerConnection exists")
        if len(self.legs) >= self._max_legs:
            raise Unavailable(ErrorCode.BUSY, "no legs left on this worker", retry_after_s=BUSY_RETRY_S)
        now = clock.now()
        self._admit(request, known, now)
        self._mux.keep_fresh(now)
        leg = Leg(
            request,
            mux=self._mux,
            identity=self._identity,
            owner=self,
            video_codecs=self._video_codecs,
            dropped=self._mux.dropped,
        )
        room = self._room(request.room)
        room.epoch = max(room.epoch, request.epoch)
        room.newest.pop(key, None)
        room.newest[key] = request.pc_gen
        if len(room.newest) > MAX_SESSIONS:
            del room.newest[next(iter(room.newest))]
        room.grants[request.participant] = request.grants, request.host
        room.legs[leg.id] = leg
        self.legs[leg.id] = leg
        return leg

    def _admit(self, request: OpenLeg, room: HeldRoom | None, now: float) -> None:
        """Raises Unavailable for somebody new while we are busy; a new connection of a running call is let in."""
        if request.moved or (room is not None and any(who == request.participant for who, _ in room.newest)):
            return
        wait_s = self.admission.refuse(now, len(self.legs))
        if wait_s is not None:
            raise Unavailable(ErrorCode.BUSY, "the worker uses all it may of its core", retry_after_s=wait_s)

    def run(self, leg: Leg) -> None:
        """Let an opened leg live."""
        task = self._scope.spawn(leg.run(), name=f"leg {leg.id}")
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def set_grants(self, message: SetGrants) -> None:
        """New grants for a participant; without the room there is nothing to change, an OpenLeg brings its own."""
        room = self.held.get(message.room)
        if room is None:
            return
        room.grants[message.participant] = message.grants, message.host
        with self._guard(message.room):
            room.media.set_grants(
                message.participant, message.grants, host=message.host, now=clock.now(), wall_ns=clock.wall_ns()
            )
        if message.only_session is not None:
            for leg in room.legs_of(message.participant):
                if leg.session != message.only_session:
                    leg.close(LegEnd.REMOVED)

    def close_leg(self, leg_id: LegId, reason: LegEnd) -> None:
        leg = self.legs.get(leg_id)
        if leg is not None:
            leg.close(reason)

    def drop(self, name: RoomId, participant: PersonId, reason: LegEnd) -> None:
        """Close all legs of a participant."""
        room = self.held.get(name)
        for leg in [] if room is None else room.legs_of(participant):
            leg.close(reason)

    def close_room(self, name: RoomId) -> None:
        room = self.held.get(name)
        if room is None:
            return
        for leg in list(room.legs.values()):
            leg.close(LegEnd.ROOM_CLOSED)
        room.recording = None
        with self._guard(name):
            room.media.record(None, clock.now(), clock.wall_ns())
        self.held.pop(name, None)
        self._past.update(room.media.counters)

    def record(self, name: RoomId, recording: RecordingId | None, epoch: int = 0) -> None:
        """Start or stop tapping a room, also one whose first leg is still to come; said twice is done once."""
        if recording is None and name not in self.held:
            return
        room = self._room(name)
        room.epoch = max(room.epoch, epoch)
        room.recording = recording
        with self._guard(name):
            room.media.record(recording, clock.now(), clock.wall_ns(), epoch=room.epoch)

    def want_keyframes(self, name: RoomId) -> None:
        """Somebody will watch in a moment."""
        room = self.held.get(name)
        if room is not None:
            with self._guard(name):
                room.media.want_keyframes(clock.now())

    def let_go(self) -> None:
        """Nobody has told us for too long who may see whom: every room ends, its clients offer anew."""
        for leg in list(self.legs.values()):
            leg.close(LegEnd.RESTARTING)
        for name in list(self.held):
            self.close_room(name)

    async def close_all(self, *, timeout_s: float) -> None:
        """Tell every client `moved restarting`; wait until all legs have said close_notify. No new ones are taken."""
        self._closing = True
        for leg in list(self.legs.values()):
            leg.close(LegEnd.RESTARTING)
        if self._running:
            await asyncio.wait(self._running, timeout=timeout_s)

    # --- the recorder's tap ----------------------------------------------------------------------------------------

    def tap_connected(self, sink: TapSink) -> None:
        self._tap = sink
        for name, room in list(self.held.items()):
            with self._guard(name):
                room.media.tap_connected(sink, clock.now(), clock.wall_ns())

    def tap_wants(self, recording: RecordingId) -> None:
        """The recorder waits for keyframes."""
        for name, room in list(self.held.items()):
            if room.recording == recording:
                with self._guard(name):
                    room.media.want_recorded(clock.now())

    def tap_lost(self) -> None:
        self._tap = None
        for name, room in list(self.held.items()):
            with self._guard(name):
                room.media.tap_lost()

    # --- time ------------------------------------------------------------------------------------------------------

    def tick(self, now: float, wall_ns: int) -> None:
        """About every 50 ms."""
        self._mux.plane.report()
        for name, room in list(self.held.items()):
            with self._guard(name):
                room.media.tick(now, wall_ns)
                for leg, participant, sample in room.media.figures(now):
                    self._say(LegFigures(room=name, leg=leg, participant=participant, sample=sample))
            if room.legs or room.recording is not None:
                room.empty_since = None
            elif room.empty_since is None:
                room.empty_since = now
            elif now - room.empty_since > EMPTY_ROOM_S:
                self.close_room(name)

    def check_legs(self, now: float) -> None:
        """A few times a second: the deadlines of every leg."""
        for leg in list(self.legs.values()):
            leg.check(now)

    @property
    def counters(self) -> Counter[str]:
        """Since the worker began: `packets_in`, `packets_out`, else what was dropped or repaired."""
        counters = self._past + self._mux.dropped + self._mux.plane.dropped
        for room in self.held.values():
            counters.update(room.media.counters)
        return counters

    # --- LegOwner --------------------------------------------------------------------------------------------------

    def leg_up(self, leg: Leg) -> None:
        room = self.held.get(leg.room)
        if room is None or leg.id not in room.legs:
            leg.close(LegEnd.ROOM_CLOSED)
            return
        grants, host = room.grants[leg.participant]
        with self._guard(leg.room):
            room.media.add_leg(leg, leg.sections, grants, host=host, now=clock.now(), low_delay=leg.low_delay)
            leg.on_rtp, leg.on_rtcp = room.media.on_rtp, room.media.on_rtcp
            leg.on_report = room.media.on_report

    def leg_ready(self, leg: Leg) -> None:
        """The new one is connected: the one it replaces goes only now (make before break)."""
        room = self.held[leg.room]
        with self._guard(leg.room):
            room.media.leg_ready(leg.id, clock.now(), clock.wall_ns())
        for other in room.legs_of(leg.participant):
            if other.session == leg.session and other.pc_gen < leg.pc_gen:
                other.close(LegEnd.REPLACED)

    def leg_point(self, leg: Leg, point: PointAt) -> None:
        with self._guard(leg.room):
            self.held[leg.room].media.on_point(leg.id, point, clock.now(), clock.wall_ns())

    def leg_slot_size(self, leg: Leg, size: SlotSize) -> None:
        with self._guard(leg.room):
            self.held[leg.room].media.on_slot_size(leg.id, size)

    def leg_changed(self, leg: Leg) -> None:
        if leg.state is LegState.CLOSED:
            self.legs.pop(leg.id, None)
            room = self.held.get(leg.room)
            if room is not None and room.legs.pop(leg.id, None) is not None:
                with self._guard(leg.room):
                    lost = LOST.get(leg.reason) if leg.reason is not None else None
                    room.media.remove_leg(leg.id, clock.wall_ns(), lost=lost)
            log.info("leg is closed", leg=leg.id, room=leg.room, reason=leg.reason)
        self._say(leg.report())

    # --- inside ----------------------------------------------------------------------------------------------------

    def publication(self, name: RoomId, participant: PersonId, source: Source, *, live: bool) -> None:
        """A source began or ended to arrive."""
        room = self.held.get(name)
        if room is not None:
            (room.live.add if live else room.live.discard)((participant, source))
        self._say(PublicationReport(room=name, participant=participant, source=source, live=live))

    def _room(self, name: RoomId) -> HeldRoom:
        room = self.held.get(name)
        if room is None:
            media = MediaRoom(
                name,
                events=_RoomEvents(self, name),
                video_codecs=self._video_codecs,
                seed=secrets.randbits(64),
                plane=self._mux.plane,
            )
            room = self.held[name] = HeldRoom(media)
            if self._tap is not None:
                media.tap_connected(self._tap, clock.now(), clock.wall_ns())
        return room

    @contextmanager
    def _guard(self, name: RoomId) -> Iterator[None]:
        """A bug ends its room's legs, not the worker: the clients come back with new ones into a fresh room."""
        try:
            yield
        except Exception:
            log.exception("room failed", room=name)
            failed = self.held.pop(name, None)
            if failed is None:
                return
            self._past.update(failed.media.counters)
            for leg in list(failed.legs.values()):
                leg.close(LegEnd.FAILED)
            if failed.recording is not None:
                fresh = self._room(name)
                fresh.recording, fresh.epoch = failed.recording, failed.epoch
                fresh.media.record(failed.recording, clock.now(), clock.wall_ns(), epoch=failed.epoch)


class _RoomEvents:
    """What one MediaRoom tells us."""

    def __init__(self, rooms: Rooms, name: RoomId) -> None:
        self._rooms = rooms
        self._name = name

    def publication_live(self, participant: PersonId, source: Source) -> None:
        self._rooms.publication(self._name, participant, source, live=True)

    def publication_ended(self, participant: PersonId, source: Source) -> None:
        self._rooms.publication(self._name, participant, source, live=False)
