"""The live side in one piece: sessions, rooms, chat, presence, peers and nodes, and what happens between them."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from functools import partial

from contract.client import Hello
from contract.errors import ByeCode, ErrorCode, PasslineError, Rejection
from contract.http import PeerAnswer, PeerOffer
from contract.ids import PersonId, RecordingId, RoomId, SessionId, room_channel
from contract.nodes import (
    CloseLeg,
    CloseMediaRoom,
    DropParticipant,
    LegEnd,
    LegReport,
    LegState,
    Record,
    RecorderHello,
    RecordingReport,
    SetGrants,
    StartRecording,
    StopRecording,
    WorkerHello,
)
from contract.rooms import RecordingState, RoomState, Still
from contract.server import Done, Error, Reconnect, Room, RoomGone, Welcome
from runtime import clock, ids
from runtime.health import Health
from runtime.logs import get_logger
from runtime.settings import Settings
from runtime.supervise import TaskScope
from signaling.auth.principal import Principal
from signaling.auth.sign_ins import SignIns, digest
from signaling.domain.chat import may_read
from signaling.domain.commands import Asked, Facts, RecordingReported, Wish
from signaling.domain.draft import SEATED, concerns, find, grants_of
from signaling.domain.rooms import FINAL, decide
from signaling.live import figures
from signaling.live.chat import Chat
from signaling.live.peers import Peers
from signaling.live.presence import LivePresence
from signaling.live.revocation import Revocation
from signaling.live.rooms import Rooms
from signaling.live.sessions import ClientSession, ClientSessions, Connection
from signaling.live.stills import Stills
from signaling.nodes.hub import Hub
from signaling.nodes.workers import legs_by_room
from signaling.store import people
from signaling.store import rooms as room_rows
from signaling.store import sessions as session_rows
from signaling.store.engine import Database
from signaling.store.sessions import TTL_MS, KeptSession

log = get_logger(__name__)

MEDIA, RECORDER = NODES = ("media worker", "recorder")
"""What this process waits for before it is ready."""


class Service:
    """Everything that is alive. Use `run` as a context; the doors call the methods below it."""

    def __init__(self, settings: Settings, database: Database, health: Health, sign_ins: SignIns) -> None:
        self._settings = settings
        self._database = database
        self._health = health
        self._boot = ids.uuid7()
        self._scope = TaskScope("live")
        self._hub = Hub(self)
        self.sessions = ClientSessions(keep_s=TTL_MS / 1000)
        self.presence = LivePresence(self.sessions)
        self.rooms = Rooms(
            database,
            self.sessions,
            self.presence,
            self._scope,
            self._hub.perform,
            ring_ms=round(settings.ring_s * 1000),
        )
        self.chat = Chat(self.rooms, self.sessions, database)
        self._peers = Peers(self.rooms, self.sessions, self._hub.workers)
        self._stills = Stills(self.rooms, settings.data)
        self._revocation = Revocation(self.sessions, sign_ins)
        figures.register(health.registry, self.sessions, self.rooms, self._hub)
        for node in NODES:
            health.wait_for(node)

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Take up what was open, listen for nodes, work; on the way out stop all of it."""
        were_here = await self._database.write(partial(session_rows.start_over, now_ms=clock.wall_ms()))
        async with self._database.read() as session:
            self.presence.load(await people.everybody(session), were_here)
        async with self._scope:
            await self.rooms.load()
            self._scope.spawn(self.presence.run(), name="presence")
            self._scope.spawn(self.chat.run_messages(), name="messages")
            self._scope.spawn(self.chat.run_cursors(), name="cursors")
            self._scope.spawn(self._revocation.run(), name="revocation")
            async with self._hub.listen(self._settings.data):
                yield

    # --- clients --------------------------------------------------------------------------------------------------

    async def connect(self, who: Principal, hello: Hello, connection: Connection) -> ClientSession:
        """Welcome a client: its session, then everything that concerns it."""
        token = ids.secret()
        fresh = KeptSession(SessionId(ids.uuid7()), who.id, hello.device, who.sign_in)
        kept, resumed = await self._database.write(
            partial(
                session_rows.connect,
                token=digest(hello.resume) if hello.resume is not None else None,
                fresh=fresh,
                new_token=digest(token),
                now_ms=clock.wall_ms(),
            )
        )
        heads = await self.chat.heads(who.id, list(hello.cursors))
        # Nothing waits from here to the last snapshot: no event can fall between subscribing and them.
        if not self.sessions.connected(kept.id):
            self.presence.connected(who.person)
        session = self.sessions.attach(kept.id, who, hello.device, connection)
        rooms = self.rooms.of(who.id)
        heads.update({room_channel(room.id): room.head for room in rooms if may_read(room.state, who.id)})
        session.tell(
            Welcome(
                session=session.id,
                resumed=resumed,
                resume=token,
                resume_ttl_s=TTL_MS // 1000,
                heads=heads,
                now=clock.wall_ms(),
                boot=self._boot,
            )
        )
        for room in rooms:
            session.tell(Room(room=room.state))
            room.observe()
        session.tell(self.presence.snapshot(who))
        log.info("client connected", session=session.id, person=who.id, resumed=resumed, rooms=len(rooms))
        for receipt in await self.chat.receipts(who.id, list(heads)):
            session.tell(receipt)
        return session

    async def disconnect(self, session: ClientSession, connection: Connection) -> None:
        """A connection ended; the session waits to be taken up again."""
        if not self.sessions.detach(session, connection, clock.now()):
            return
        log.info("client disconnected", session=session.id, person=session.who.id)
        self.presence.disconnected(session.who.id)
        for room in self.rooms.of(session.who.id):
            room.observe()
        await self._database.write(partial(session_rows.disconnect, gone=session.id, now_ms=clock.wall_ms()))

    async def end_sign_in(self, sign_in: bytes) -> None:
        """A browser signed out: its sockets end, its sessions cannot be taken up again."""
        await self._database.write(partial(session_rows.end, sign_in=sign_in))
        for session in self.sessions.everyone():
            if session.who.sign_in == sign_in:
                self.sessions.end(session, ByeCode.SIGNED_OUT, Reconnect.NEVER)

    async def tell_room(self, session: ClientSession, room: RoomId) -> None:
        """Answer `get_room`."""
        state = await self._state(room)
        if state is not None and concerns(state, session.who.id):
            session.tell(Room(room=state))
        else:
            session.tell(RoomGone(room=room))

    async def wish(self, session: ClientSession, wish: Wish) -> None:
        """Put a wish to its room; `done` or `error` follows. Raises Rejection."""
        asked = Asked(by=session.who.id, session=session.id, wish=wish)
        room = self.rooms.get(wish.room)

        def answer(error: PasslineError | None) -> None:
            session.tell(
                Done(cid=wish.cid, room=wish.room)
                if error is None
                else Error(code=error.code, cid=wish.cid, detail=error.detail, retry_after_s=error.retry_after_s)
            )

        if room is not None:
            room.put(asked, cid=wish.cid, answer=answer)
            return
        # Over and out of memory: repeating what ended it is done, anything else is refused.
        state = await self._state(wish.room)
        if state is None:
            raise Rejection(ErrorCode.NOT_FOUND, "no such room")
        decide(state, asked, clock.wall_ms(), Facts(fresh_recording=RecordingId("")))
        answer(None)

    async def _state(self, room: RoomId) -> RoomState | None:
        live = self.rooms.get(room)
        if live is not None:
            return live.state
        async with self._database.read() as session:
            return await room_rows.find(session, room)

    # --- the HTTP doors -------------------------------------------------------------------------------------------

    def state(self, room: RoomId) -> RoomState | None:
        """The newest state of a room that is open, or was closed a moment ago."""
        live = self.rooms.get(room)
        return live.state if live is not None else None

    async def open_peer(self, who: Principal, room: RoomId, offer: PeerOffer) -> PeerAnswer:
        """Answer the one offer of a new PeerConnection. Raises Rejection, ProtocolViolation or Unavailable."""
        return await self._peers.open(who, room, offer)

    async def add_still(self, who: Principal, room: RoomId, asked_by: PersonId | None, jpeg: bytes) -> Still:
        """Keep a photo and tell the room. Raises Rejection(`bad_picture`) for anything but a JPEG picture."""
        return await self._stills.add(who, room, asked_by, jpeg)

    # --- nodes ----------------------------------------------------------------------------------------------------

    def worker_came(self, hello: WorkerHello) -> None:
        """Compare what the worker holds with what should be, and tell it the difference."""
        self._health.reached(MEDIA)
        workers = self._hub.workers
        legs = legs_by_room(hello.legs)
        for name in legs.keys() | hello.recordings.keys():
            room = self.rooms.get(name)
            if room is None or room.state.closed_at is not None:
                workers.tell(hello.worker, CloseMediaRoom(room=name))
                continue
            if workers.worker_of(name) not in (None, hello.worker):
                for leg in legs.get(name, []):
                    workers.tell(hello.worker, CloseLeg(leg=leg.leg, reason=LegEnd.RESTARTING))
                workers.tell(hello.worker, Record(room=name, recording=None))
                continue
            workers.pin(name, hello.worker)
            recording = room.state.recording
            running = recording is not None and recording.state is RecordingState.RECORDING
            workers.tell(hello.worker, Record(room=name, recording=recording.id if recording and running else None))
            for leg in legs.get(name, []):
                room.leg_changed(leg)
            for participant in {leg.participant for leg in legs.get(name, [])}:
                workers.tell(hello.worker, _rights(room.state, participant))

    def worker_lost(self, legs: Iterable[LegReport]) -> None:
        if self._hub.workers.count == 0:
            self._health.wait_for(MEDIA)
        for leg in legs:
            room = self.rooms.get(leg.room)
            if room is not None:
                room.leg_changed(leg.model_copy(update={"state": LegState.CLOSED}))

    def leg_changed(self, report: LegReport) -> None:
        room = self.rooms.get(report.room)
        if room is not None:
            room.leg_changed(report)
        elif report.state is not LegState.CLOSED:
            self._hub.perform(CloseLeg(leg=report.leg, reason=LegEnd.ROOM_CLOSED))

    def recorder_came(self, hello: RecorderHello) -> None:
        """Say again what it should do: start what runs, stop what is over."""
        self._health.reached(RECORDER)
        told = {report.recording for report in hello.recordings if report.state in FINAL}
        wanted = set()
        for report in hello.recordings:
            self.recording_changed(report)
        for room in self.rooms.all():
            recording = room.state.recording
            if recording is None:
                continue
            if recording.state is RecordingState.RECORDING:
                wanted.add(recording.id)
                self._hub.recorder.tell(StartRecording(recording=recording.id, room=room.id))
            elif recording.state is RecordingState.SAVING and recording.id not in told:
                wanted.add(recording.id)
                self._hub.recorder.tell(StopRecording(recording=recording.id))
        for report in hello.recordings:
            if report.recording not in wanted and report.state not in FINAL:
                self._hub.recorder.tell(StopRecording(recording=report.recording))

    def recording_changed(self, report: RecordingReport) -> None:
        for room in self.rooms.all():
            if room.state.recording is not None and room.state.recording.id == report.recording:
                room.put(RecordingReported(report))


def _rights(state: RoomState, participant: PersonId) -> SetGrants | DropParticipant:
    """What a worker must know of somebody it holds legs of."""
    member = find(state, participant)
    grants = grants_of(state, member) if member is not None else None
    if member is None or grants is None:
        return DropParticipant(room=state.id, participant=participant, reason=LegEnd.REMOVED)
    return SetGrants(
        room=state.id,
        participant=participant,
        grants=grants,
        host=member.host,
        only_session=member.session if member.state in SEATED else None,
    )
