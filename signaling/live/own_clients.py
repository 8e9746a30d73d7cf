"""Tells somebody's clients of one another, and lets a call go on at another one of them.

The seat moves when the other client takes it (`join_room`), not before: one that has no microphone, sleeps, or is in a
drawer costs nobody the call.
"""

from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import Action
from contract.client import HandOver
from contract.errors import ErrorCode, Rejection
from contract.ids import PersonId, SessionId
from contract.own_clients import OwnClient
from contract.server import Done, OwnClients, SeatOffered
from runtime import clock
from signaling.auth.principal import Principal
from signaling.domain.access import visits
from signaling.domain.clients import described
from signaling.domain.draft import find, seated
from signaling.live.room import LiveRoom, check_same
from signaling.live.sessions import ClientSession, ClientSessions
from signaling.store import audit, rooms
from signaling.store.engine import Database

MOST = 8
"""Connected clients of one person. Policy: with more each is told of none, as nobody has so many devices."""


class LiveOwnClients:
    """Call `came` and `went` after a client was attached or detached; `hand_over` is what one of them wishes."""

    def __init__(self, sessions: ClientSessions, database: Database) -> None:
        self._sessions = sessions
        self._database = database
        self._told: dict[SessionId, list[OwnClient]] = {}
        """Last, of those that are connected; nobody without any."""

    def came(self, session: ClientSession) -> None:
        """The others hear of it, and it of the others; what it knew before counts no more."""
        self._told.pop(session.id, None)
        self._tell(session.who)

    def went(self, session: ClientSession) -> None:
        """Those that are left hear that it is gone."""
        self._told.pop(session.id, None)
        self._tell(session.who)

    async def hand_over(self, session: ClientSession, wish: HandOver, room: LiveRoom | None) -> None:
        """Ask the other client to take the seat that `session` holds; again if that is said again, as it may never have
        heard of it, unless the seat has moved by then. Raises as `seated`, or Rejection(`not_found` or `conflict`)."""
        before = await self._database.fetch(partial(rooms.done, person=session.who.id, cid=wish.cid))
        if before is not None:
            check_same(wish.room, before[0])
        if before is None or (room is not None and _holds_seat(session, room)):
            other = self._other(session, wish, room)
            if before is None:
                await self._keep(wish, session.who.id)
            other.tell(SeatOffered(room=wish.room))
        session.tell(Done(cid=wish.cid, room=wish.room))

    def _other(self, session: ClientSession, wish: HandOver, room: LiveRoom | None) -> ClientSession:
        """Who is to take the seat."""
        if room is None:
            raise Rejection(ErrorCode.NOT_FOUND, "no such room")
        seated(room.state, session.who.id, session.id)
        other = next((one for one in self._others(session) if one.id == wish.to), None)
        if other is None:
            raise Rejection(ErrorCode.NOT_FOUND, "no such client of this person")
        return other

    async def _keep(self, wish: HandOver, by: PersonId) -> None:
        try:
            await self._database.write(partial(_offered, wish=wish, by=by))
        except rooms.AlreadyDone as done:  # by another connection of this client, a moment ago
            check_same(wish.room, done.room)

    def _connected(self, who: Principal) -> list[ClientSession]:
        """Visitors have no other place, and of too many clients there is none."""
        if visits(who.person):
            return []
        there = [one for one in self._sessions.of(who.id) if one.connection is not None]
        return sorted(there, key=lambda one: one.id) if len(there) <= MOST else []

    def _others(self, session: ClientSession) -> list[ClientSession]:
        """This person's other clients that are connected, but for tabs of the same browser."""
        return [one for one in self._connected(session.who) if one.device != session.device]

    def _tell(self, who: Principal) -> None:
        """Everybody whose list is another one than they were told."""
        for session in self._sessions.of(who.id):
            clients = [self._client(other) for other in self._others(session)]
            if session.connection is None or clients == self._told.get(session.id, []):
                continue
            session.tell(OwnClients(clients=clients))
            self._told[session.id] = clients

    def _client(self, session: ClientSession) -> OwnClient:
        kind, name = described(session.agent)
        return OwnClient(session=session.id, kind=kind, name=name)


def _holds_seat(session: ClientSession, room: LiveRoom) -> bool:
    member = find(room.state, session.who.id)
    return room.state.closed_at is None and member is not None and member.session == session.id


async def _offered(session: AsyncSession, *, wish: HandOver, by: PersonId) -> None:
    await rooms.mark_done(session, by, wish.cid, wish.room, clock.wall_ms())
    await audit.record(session, Action.SEAT_OFFERED, by, object_id=wish.room, detail=wish.to)
