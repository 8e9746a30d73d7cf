"""Tells somebody's clients of one another, and lets a call go on at another one of them.

The seat moves when the other client takes it (`join_room`), not before: one that has no microphone, sleeps, or is in a
drawer costs nobody the call.
"""

from functools import partial

from contract.audit import Action
from contract.client import HandOver
from contract.errors import ErrorCode, Rejection
from contract.own_clients import OwnClient
from contract.server import Done, OwnClients, SeatOffered
from signaling.domain.access import visits
from signaling.domain.clients import described
from signaling.domain.draft import seated
from signaling.live.room import LiveRoom
from signaling.live.sessions import ClientSession, ClientSessions
from signaling.store import audit
from signaling.store.engine import Database

MOST = 8
"""Connected clients of one person. Policy: with more nobody is told, as nobody has so many devices."""


class LiveOwnClients:
    """Call `came` and `went` after a client was attached or detached; `hand_over` is what one of them wishes."""

    def __init__(self, sessions: ClientSessions, database: Database) -> None:
        self._sessions = sessions
        self._database = database

    def came(self, session: ClientSession) -> None:
        """The others hear of it, and it of the others."""
        others = self._others(session)
        if others:
            self._tell(session)
        for other in others:
            self._tell(other)

    def went(self, session: ClientSession) -> None:
        """Those that are left hear that it is gone."""
        for other in self._others(session):
            self._tell(other)

    async def hand_over(self, session: ClientSession, wish: HandOver, room: LiveRoom | None) -> None:
        """Ask the other client to take the seat that `session` holds. Raises as `seated`, or Rejection(`not_found`)."""
        if room is None:
            raise Rejection(ErrorCode.NOT_FOUND, "no such room")
        seated(room.state, session.who.id, session.id)
        other = next((one for one in self._others(session) if one.id == wish.to), None)
        if other is None:
            raise Rejection(ErrorCode.NOT_FOUND, "no such client of this person")
        write = partial(
            audit.record, action=Action.SEAT_OFFERED, person=session.who.id, object_id=room.id, detail=other.id
        )
        await self._database.write(write)
        other.tell(SeatOffered(room=room.id))
        session.tell(Done(cid=wish.cid, room=room.id))

    def _others(self, session: ClientSession) -> list[ClientSession]:
        """This person's other clients that are connected, but for tabs of the same browser."""
        if visits(session.who.person):
            return []
        there = [one for one in self._sessions.of(session.who.id) if one.connection is not None or one is session]
        if len(there) > MOST:
            return []
        return sorted((one for one in there if one.device != session.device), key=lambda one: one.id)

    def _tell(self, session: ClientSession) -> None:
        clients = [self._client(other) for other in self._others(session)]
        session.tell(OwnClients(clients=clients))

    def _client(self, session: ClientSession) -> OwnClient:
        kind, name = described(session.agent)
        return OwnClient(session=session.id, kind=kind, name=name)
