"""Whoever may not be here any more goes at once: the media of its tab, its seat, its socket, in this order."""

from contract.client import LeaveRoom
from contract.errors import ByeCode
from contract.nodes import CloseLeg, LegEnd
from contract.server import Reconnect
from runtime import ids
from runtime.logs import get_logger
from signaling.domain.commands import Asked
from signaling.domain.draft import SEATED, find
from signaling.live.rooms import Rooms
from signaling.live.sessions import ClientSession, ClientSessions

log = get_logger(__name__)


class Departures:
    """Ends sessions whose sign-in is over."""

    def __init__(self, sessions: ClientSessions, rooms: Rooms) -> None:
        self._sessions = sessions
        self._rooms = rooms

    def end(self, session: ClientSession, code: ByeCode) -> None:
        """Nothing is sent to this tab from now on; a seat that it held is left as if it had hung up."""
        self.unseat(session)
        log.info("session is over", session=session.id, code=code)
        self._sessions.end(session, code, Reconnect.NEVER)

    def renew(self, session: ClientSession) -> None:
        """It comes back at once, as somebody who may do something else."""
        log.info("roles were changed", session=session.id)
        self._sessions.end(session, ByeCode.ROLES_CHANGED, Reconnect.NOW)

    def unseat(self, session: ClientSession) -> None:
        """No media to this tab, or from it, and no seat."""
        for room in self._rooms.of(session.who.id):
            for leg in room.legs.values():
                if leg.session == session.id:
                    self._rooms.perform(CloseLeg(leg=leg.leg, reason=LegEnd.REMOVED))
            member = find(room.state, session.who.id)
            if member is not None and member.state in SEATED and member.session == session.id:
                room.put(Asked(session.who.id, session.id, LeaveRoom(cid=ids.uuid7(), room=room.id)))

    def present(self, session: ClientSession) -> bool:
        """Whether it has a socket or media: also a tab without a socket is still seen and heard."""
        return session.connection is not None or any(
            leg.session == session.id for room in self._rooms.of(session.who.id) for leg in room.legs.values()
        )
