"""Who may open a media leg in which room, and the offer's way to the worker."""

from contract.errors import ErrorCode, Rejection
from contract.http import PeerAnswer, PeerOffer
from contract.ids import LegId, PersonId, RoomId
from contract.media import Grants
from contract.nodes import OpenLeg, SetGrants
from contract.rooms import Member
from runtime import ids
from signaling.auth.access import access_room
from signaling.auth.principal import Principal
from signaling.domain.access import at_store
from signaling.domain.draft import NO_GRANTS, SEATED, find, grants_of
from signaling.live.pace import Pace
from signaling.live.room import LiveRoom
from signaling.live.rooms import Rooms
from signaling.live.sessions import ClientSessions
from signaling.nodes.workers import Workers

BURST, PER_S = 10, 1.0
"""PeerConnections of one person: a new one after each reload or network switch is normal, a flood is not."""


class Peers:
    """Opens legs."""

    def __init__(self, rooms: Rooms, sessions: ClientSessions, workers: Workers) -> None:
        self._rooms = rooms
        self._sessions = sessions
        self._workers = workers
        self._pace: Pace[PersonId] = Pace("PeerConnections", per_s=PER_S, burst=BURST)

    async def open(self, who: Principal, room_id: RoomId, offer: PeerOffer) -> PeerAnswer:
        """Raises Rejection, ProtocolViolation or Unavailable."""
        room, member = self._admit(who, room_id, offer)
        grants = grants_of(room.state, member)
        if grants is None:
            raise Rejection(ErrorCode.FORBIDDEN, "not in the room")
        recording = room.state.recording
        leg = LegId(ids.uuid7())
        answer = await self._workers.open_leg(
            OpenLeg(
                request=0,
                room=room.id,
                leg=leg,
                participant=who.id,
                session=offer.session,
                pc_gen=offer.pc_gen,
                sdp=offer.sdp,
                layout=offer.layout,
                grants=grants,
                host=member.host,
                low_delay=room.state.call is not None and at_store(who.person),
            ),
            recording.id if recording is not None and recording.running else None,
        )
        self._check_again(room, member, grants, who)
        return PeerAnswer(leg=leg, pc_gen=offer.pc_gen, sdp=answer)

    def _admit(self, who: Principal, room_id: RoomId, offer: PeerOffer) -> tuple[LiveRoom, Member]:
        room = access_room(who, self._rooms.get(room_id))
        member = find(room.state, who.id)
        assert member is not None  # whom a room concerns is a member
        if room.state.closed_at is not None:
            raise Rejection(ErrorCode.OVER, "the room is closed")
        session = self._sessions.find(offer.session)
        if session is None or session.who.id != who.id or session.who.sign_in != who.sign_in:
            raise Rejection(ErrorCode.STALE, "no such session")
        if member.state in SEATED and member.session != offer.session:
            raise Rejection(ErrorCode.STALE, "another session holds the seat")
        self._pace.take(who.id)
        return room, member

    def _check_again(self, room: LiveRoom, before: Member, given: Grants, who: Principal) -> None:
        """The room may have changed while the worker answered; its newest word counts."""
        after = find(room.state, who.id)
        if after is None:
            return
        grants = grants_of(room.state, after) or NO_GRANTS
        if after == before and grants == given:
            return
        self._workers.perform(
            SetGrants(
                room=room.id,
                participant=who.id,
                grants=grants,
                host=after.host,
                only_session=after.session if after.state in SEATED else None,
            )
        )
