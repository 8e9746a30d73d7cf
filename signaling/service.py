"""The live side in one piece: sessions, rooms, chat, presence, peers and nodes, and what happens between them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from contract.client import AcceptCall, Admit, Attend, ComeIn, HandOver, Hello, Rung, SendAway
from contract.errors import ByeCode, ErrorCode, PasslineError, Rejection
from contract.http import PeerAnswer, PeerOffer
from contract.ids import PersonId, RecordingId, RoomId, SessionId, room_channel
from contract.nodes import WantKeyframes
from contract.rooms import RoomState, Still
from contract.server import Done, Error, Room, RoomGone, Welcome
from runtime import clock, ids
from runtime.address import own_address
from runtime.health import Health
from runtime.logs import get_logger
from runtime.settings import Settings
from runtime.supervise import TaskScope
from signaling.auth.media_tokens import MediaTokens
from signaling.auth.principal import Principal
from signaling.auth.sign_ins import SignIns, digest
from signaling.auth.visits import Visits
from signaling.domain.chat import may_read
from signaling.domain.commands import Asked, Facts, Wish
from signaling.domain.draft import concerns, find
from signaling.domain.presence import OFFLINE_AFTER_S
from signaling.domain.rooms import decide
from signaling.domain.visitors import as_seen_by, check_inviting
from signaling.keep.keeper import Keeper
from signaling.live import figures
from signaling.live.bots import LiveBots
from signaling.live.call_figures import CallFigures
from signaling.live.callbacks import Callbacks
from signaling.live.chat import Chat
from signaling.live.departure import Departures
from signaling.live.directory import DirectoryWatch
from signaling.live.guests import Guests
from signaling.live.own_clients import LiveOwnClients
from signaling.live.peers import Peers
from signaling.live.policies import LivePolicies
from signaling.live.presence import LivePresence
from signaling.live.probes import Probes
from signaling.live.push import LivePush
from signaling.live.quality import LiveQuality
from signaling.live.queue import LiveQueue
from signaling.live.reconcile import Reconciler
from signaling.live.revocation import Revocation
from signaling.live.rings import LiveRings
from signaling.live.rooms import Rooms
from signaling.live.routing import LiveRouting
from signaling.live.selftests import SelfTests
from signaling.live.sessions import ClientSession, ClientSessions, Connection
from signaling.live.stills import Stills
from signaling.live.take_overs import LiveTakeOvers
from signaling.live.visitors import Visitors
from signaling.nodes.hub import Hub
from signaling.store import rooms as room_rows
from signaling.store import sessions as session_rows
from signaling.store.engine import Database
from signaling.store.sessions import TTL_MS, KeptSession

log = get_logger(__name__)

REMEMBER_MS = 30 * 24 * 3600 * 1000
"""A command repeated within this time is answered, not repeated."""


class Service:
    """Everything that is alive. Use `run` as a context; the doors call the methods below it."""

    def __init__(self, settings: Settings, database: Database, health: Health, sign_ins: SignIns) -> None:
        self._settings = settings
        self._database = database
        self._boot = ids.uuid7()
        self._scope = TaskScope("live")
        self._hub = Hub()
        self.sessions = ClientSessions(keep_s=TTL_MS / 1000)
        self.queue = LiveQueue(
            self.sessions, most_ms=round(settings.queue_s * 1000), break_ms=round(settings.urgent_s * 1000)
        )
        self.presence = LivePresence(self.sessions, self.queue.wake)
        self.callbacks = Callbacks(database, self.sessions, within_ms=round(settings.callback_s * 1000))
        self.policies = LivePolicies(self.sessions)
        self.visitors = Visitors(Visits(database), self.sessions)
        self._own_clients = LiveOwnClients(self.sessions, database)
        self.rings = LiveRings(database, self.sessions)
        self.push = LivePush(
            database,
            self.sessions,
            self.rings,
            enabled=settings.push,
            contact=settings.push_contact or _contact(settings),
            servers=settings.push_servers,
        )
        routing = LiveRouting(ring_ms=round(settings.ring_s * 1000))
        self.rooms = Rooms(
            database,
            self.sessions,
            self.presence,
            self._scope,
            self._hub.perform,
            CallFigures(health.registry),
            routing,
            self.callbacks,
            self.queue,
            self.policies,
            self.visitors,
            self.rings,
            self.push,
            hold_ms=round(settings.hold_s * 1000),
        )
        self.chat = Chat(self.rooms, self.sessions, database)
        self._peers = Peers(self.rooms, self.sessions, self._hub.workers)
        self.guests = Guests(self.rooms, self._hub.workers, MediaTokens(database))
        self._stills = Stills(self.rooms, settings.data, reserve_bytes=settings.disk_reserve_mb * 1_000_000)
        self.probes = Probes(self._hub.workers, health.registry)
        self.self_tests = SelfTests(self.sessions, self.presence)
        self.quality = LiveQuality(self.rooms, self.sessions, database, health.registry)
        self._reconciler = Reconciler(
            self.rooms, self.sessions, self.presence, self._hub, self.probes, self.quality, health
        )
        self.departures = Departures(self.sessions, self.rooms)
        self._revocation = Revocation(self.sessions, sign_ins, self.departures)
        self.take_overs = LiveTakeOvers(database, sign_ins, self.sessions, self.presence, self.rooms, self.policies)
        self._directory = DirectoryWatch(
            database, self.presence, routing, self._revocation, self.callbacks, self.policies, self.take_overs
        )
        self.bots = LiveBots(
            database,
            lambda: [room.state for room in self.rooms.all()],
            lambda: self.callbacks.unfinished,
            url=settings.origins[0] if settings.origins else None,
        )
        self.keeper = Keeper(
            database,
            settings.data,
            self.rooms,
            health.alarms,
            keep_days=settings.keep_recordings_days,
            keep_rings_days=settings.keep_rings_days,
        )
        figures.register(health.registry, self.sessions, self.rooms, self._hub, database, settings.data)

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Take up what was open, listen for nodes, work; on the way out stop all of it."""
        lately_ms = round(OFFLINE_AFTER_S * 1000)
        were_here = await self._database.write(
            partial(session_rows.start_over, now_ms=clock.wall_ms(), lately_ms=lately_ms)
        )
        await self._database.write(partial(room_rows.forget_done, before_ms=clock.wall_ms() - REMEMBER_MS))
        await self._directory.look()
        await self.push.start()
        self.presence.expect(were_here)
        async with self._scope:
            await self.rooms.load()
            await self.callbacks.look(self.rooms.everybody)
            self._scope.spawn(self.guests.run(), name="guests")
            self._scope.spawn(self.presence.run(), name="presence")
            self._scope.spawn(self.presence.teller.run(), name="presence teller")
            self._scope.spawn(self.callbacks.run(self.rooms.everybody), name="callbacks")
            self._scope.spawn(self.take_overs.run(), name="take-overs")
            self._scope.spawn(self.queue.run(self.rooms), name="queue")
            self._scope.spawn(self.bots.run(), name="bots")
            self._scope.spawn(self.chat.run_messages(), name="messages")
            self._scope.spawn(self.chat.run_cursors(), name="cursors")
            self._scope.spawn(self._revocation.run(), name="revocation")
            self._scope.spawn(self._directory.run(), name="directory")
            self._scope.spawn(self.quality.run(), name="quality")
            self._scope.spawn(self.rings.run(), name="rings")
            self._scope.spawn(self.push.run(lambda: [room.state for room in self.rooms.all()]), name="push")
            self._scope.spawn(self.keeper.watch(), name="alarms")
            self._scope.spawn(self.keeper.nights(), name="nights")
            async with self._hub.listen(self._settings.data, self._reconciler):
                yield
            await self.quality.keep()
            await self.rings.keep(clock.wall_ms())

    # --- clients --------------------------------------------------------------------------------------------------

    async def connect(self, who: Principal, hello: Hello, connection: Connection, *, agent: str = "") -> ClientSession:
        """Welcome a client: its session, then everything that concerns it. `agent` is its User-Agent."""
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
        self.presence.connected(who.person, kept.id, here=hello.here)
        session = self.sessions.attach(kept.id, who, hello.device, connection, clock.now(), agent=agent)
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
        self.rings.connected(session, [room.state for room in rooms])
        for room in rooms:
            session.tell(Room(room=as_seen_by(room.state, who.id)))
            room.observe()
        session.say(self.presence.snapshot(who))
        for part in self.callbacks.snapshot(who):
            session.tell(part)
        session.tell(self.queue.snapshot(who))
        self.policies.tell(session)
        self._own_clients.came(session)
        log.info("client connected", session=session.id, person=who.id, resumed=resumed, rooms=len(rooms))
        await self.take_overs.connected(session)
        for receipt in await self.chat.receipts(who.id, list(heads)):
            session.tell(receipt)
        return session

    async def disconnect(self, session: ClientSession, connection: Connection, *, left: bool) -> None:
        """A connection ended, closed by the client if `left`; the session waits to be taken up again."""
        if not self.sessions.detach(session, connection, clock.now(), left=left):
            return
        log.info("client disconnected", session=session.id, person=session.who.id)
        self.presence.disconnected(session.who.id, session.id)
        self._own_clients.went(session)
        for room in self.rooms.of(session.who.id):
            room.observe()
        self.push.left(session.who.id, [room.state for room in self.rooms.of(session.who.id)])
        await self._database.write(partial(session_rows.disconnect, gone=session.id, now_ms=clock.wall_ms()))

    def attend(self, session: ClientSession, wish: Attend) -> None:
        """A client says whether somebody sits before it. Raises Rejection(`too_many`)."""
        self.presence.attends(session.who.id, session.id, here=wish.here)

    async def end_sign_in(self, sign_in: bytes) -> None:
        """A browser signed out: its sockets and media end, its sessions cannot be taken up again."""
        await self._database.write(partial(session_rows.end, sign_in=sign_in))
        for session in self.sessions.everyone():
            if session.who.sign_in == sign_in:
                self.departures.end(session, ByeCode.SIGNED_OUT)
        await self.push.look()

    async def tell_room(self, session: ClientSession, room: RoomId) -> None:
        """Answer `get_room`."""
        state = await self._state(room)
        if state is not None and concerns(state, session.who.id):
            session.tell(Room(room=as_seen_by(state, session.who.id)))
        else:
            session.tell(RoomGone(room=room))

    async def wish(self, session: ClientSession, wish: Wish) -> None:
        """Put a wish to its room; `done` or `error` follows. Raises Rejection."""
        asked = Asked(by=session.who.id, session=session.id, wish=wish, operator=session.who.person.operator)
        if isinstance(wish, Rung):
            self.rings.shown(session, wish)
        room = self.rooms.get(wish.room)
        if isinstance(wish, Admit | SendAway) and room is not None and concerns(room.state, asked.by):
            check_inviting(room.state, asked.by, session.who.grants)

        def answer(error: PasslineError | None) -> None:
            session.tell(
                Done(cid=wish.cid, room=wish.room)
                if error is None
                else Error(code=error.code, cid=wish.cid, detail=error.detail, retry_after_s=error.retry_after_s)
            )

        if room is not None:
            if isinstance(wish, AcceptCall) and find(room.state, asked.by) is not None:
                # While this is decided and written down, the keyframe is already on its way.
                self._hub.workers.perform(WantKeyframes(room=room.id))
            room.put(asked, cid=wish.cid, answer=answer)
            return
        # Over and out of memory: repeating what ended it is done, anything else is refused.
        state = await self._state(wish.room)
        if state is None:
            raise Rejection(ErrorCode.NOT_FOUND, "no such room")
        decide(state, asked, clock.wall_ms(), Facts(fresh_recording=RecordingId("")))
        answer(None)

    async def come_in(self, session: ClientSession, wish: ComeIn) -> None:
        """A visitor waits to be let in, or takes its seat again. Raises Rejection."""
        await self.visitors.come_in(session, wish, self.rooms.get(wish.room))

    async def hand_over(self, session: ClientSession, wish: HandOver) -> None:
        """Somebody goes on with another of their own clients, if that one takes the seat. Raises Rejection."""
        await self._own_clients.hand_over(session, wish, self.rooms.get(wish.room))

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


def _contact(settings: Settings) -> str | None:
    """Whom a push service may write to if nobody is named: where this is, if that is known."""
    addresses = [*settings.origins, own_address(settings)]
    return next((address for address in addresses if address.startswith("https://")), None)
