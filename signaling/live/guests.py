"""Guests of WHIP and WHEP: opens the one connection of each, and ends it when its token is good no more."""

import asyncio
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from contract.errors import ErrorCode, Rejection, Unavailable
from contract.ids import LegId, PersonId, RoomId, SessionId
from contract.nodes import DropParticipant, LegEnd, LegReport, LegState, OpenLeg, RestartIce
from runtime import clock, ids
from runtime.logs import get_logger
from signaling.auth.media_tokens import MediaTokens
from signaling.domain import trickle
from signaling.domain.commands import GuestCame, GuestGone
from signaling.domain.draft import GUEST_GRANTS
from signaling.domain.guests import check_open, seated_guests
from signaling.live.pace import Pace
from signaling.live.room import LiveRoom
from signaling.live.rooms import Rooms
from signaling.nodes.workers import Workers
from signaling.store.media_tokens import Pass

log = get_logger(__name__)

BURST, PER_S = 5, 0.2
"""Offers of one guest: a device that lost its connection comes back every few seconds."""
LOOK_S = 1.0
"""Between two looks at the tokens of those who are here: they expire, and another process may have revoked one."""


@dataclass(frozen=True, slots=True)
class Entered:
    """The answer to an offer, and where the session is from now on."""

    session: SessionId
    sdp: str
    etag: str


@dataclass(frozen=True, slots=True)
class Restarted:
    """The answer to a restart of ICE."""

    fragment: str
    etag: str


@dataclass(frozen=True, slots=True)
class _Ice:
    """The ICE session that a guest's session is in."""

    etag: str
    theirs: frozenset[str]
    """Username fragments of the guest."""


class Guests:
    """`run` looks after those who are here; the doors call the rest."""

    def __init__(self, rooms: Rooms, workers: Workers, tokens: MediaTokens) -> None:
        self._rooms = rooms
        self._workers = workers
        self._tokens = tokens
        self._pace: Pace[PersonId] = Pace("offers", per_s=PER_S, burst=BURST)
        self._ice: dict[SessionId, _Ice] = {}
        """Of those who are here; of one from before our own start nothing is known."""

    # --- the doors ------------------------------------------------------------------------------------------------

    async def enter(self, who: Pass, sdp: str) -> Entered:
        """Answer an offer and give the guest its seat. Raises Rejection, ProtocolViolation or Unavailable."""
        room = self._room(who)
        check_open(room.state)
        self._pace.take(who.guest.id)
        session = SessionId(ids.uuid7())
        opened = LegReport(
            room=room.id,
            leg=LegId(session),
            participant=who.guest.id,
            session=session,
            pc_gen=1,
            state=LegState.CONNECTING,
        )
        came = GuestCame(who.guest, session, who.use)
        room.leg_changed(opened)  # before the worker can say more of it
        try:
            answer = await self._open(room, came, sdp, opened.leg)
            try:
                await room.ask(came)
            except BaseException:
                self._workers.perform(DropParticipant(room=room.id, participant=who.guest.id, reason=LegEnd.REMOVED))
                raise
        except BaseException:
            room.leg_changed(opened.model_copy(update={"state": LegState.CLOSED}))
            raise
        here = {guest.session for other in self._rooms.all() for guest in seated_guests(other.state)}
        self._ice = {known: found for known, found in self._ice.items() if known in here}
        self._ice[session] = _Ice(etag(answer), trickle.ufrags(sdp))
        log.info("guest came", guest=who.guest.id, room=room.id, use=who.use)
        return Entered(session, answer, etag(answer))

    async def patch(self, who: Pass, session: SessionId, fragment: str, *, if_match: str | None) -> Restarted | None:
        """More candidates are taken note of, or ICE begins anew if that is wished (`*`); media goes on meanwhile.

        Raises Rejection as RFC 9725 §4.3 says, ProtocolViolation(`bad_sdp`) or Unavailable; the session stays.
        """
        self._seated(who, session)
        if if_match is None:
            raise Rejection(ErrorCode.NO_PRECONDITION, "If-Match is missing")
        trickle.check(fragment)
        if if_match == "*":
            return await self._restart(who.guest.id, session, trickle.credentials(fragment))
        ice = self._ice.get(session)
        if ice is not None and if_match != ice.etag:
            raise Rejection(ErrorCode.PRECONDITION, "another ICE session")
        if ice is not None and trickle.restarts(fragment, ice.theirs):
            raise Rejection(ErrorCode.UNSUPPORTED, "new credentials are for a restart of ICE: If-Match: *")
        return None

    async def _restart(self, guest: PersonId, session: SessionId, theirs: trickle.Credentials) -> Restarted:
        self._pace.take(guest)
        restart = RestartIce(request=0, leg=LegId(session), ufrag=theirs.ufrag, pwd=theirs.pwd)
        fragment = await self._workers.restart_ice(restart)
        ice = self._ice[session] = _Ice(etag(fragment), frozenset({theirs.ufrag}))
        log.info("guest restarts ICE", guest=guest)
        return Restarted(fragment, ice.etag)

    async def leave(self, who: Pass, session: SessionId) -> None:
        """The guest goes. Raises Rejection(`not_found`) if this session is not, or no longer, its own."""
        room = self._seated(who, session)
        await room.ask(GuestGone(session, LegEnd.LEFT))

    async def put_out(self, room: RoomId, guest: PersonId) -> None:
        """The guest goes, whether it wants or not. Raises Rejection(`not_found`) if it is not there."""
        live = self._rooms.get(room)
        for member in [] if live is None else seated_guests(live.state):
            if live is not None and member.person.id == guest and member.session is not None:
                await live.ask(GuestGone(member.session, LegEnd.REMOVED))
                return
        raise Rejection(ErrorCode.NOT_FOUND, "no such guest here")

    def _room(self, who: Pass) -> LiveRoom:
        room = self._rooms.get(who.room)
        if room is None:
            raise Rejection(ErrorCode.OVER, "the room is closed")
        return room

    def _seated(self, who: Pass, session: SessionId) -> LiveRoom:
        room = self._rooms.get(who.room)
        if room is not None and any(
            (guest.person.id, guest.session) == (who.guest.id, session) for guest in seated_guests(room.state)
        ):
            return room
        raise Rejection(ErrorCode.NOT_FOUND, "no such session")

    async def _open(self, room: LiveRoom, came: GuestCame, sdp: str, leg: LegId) -> str:
        recording = room.state.recording
        return await self._workers.open_leg(
            OpenLeg(
                request=0,
                room=room.id,
                leg=leg,
                participant=came.person.id,
                session=came.session,
                pc_gen=1,
                sdp=sdp,
                layout=came.use,
                grants=GUEST_GRANTS[came.use],
            ),
            recording.id if recording is not None and recording.running else None,
        )

    # --- time -----------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Look again and again."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await self.look(clock.wall_ms())
            except (SQLAlchemyError, Unavailable):
                log.exception("media tokens could not be read")

    async def look(self, wall_ms: int) -> None:
        """End the stay of those whose token was revoked, or is good until `wall_ms` or less."""
        here = [(room, guest) for room in self._rooms.all() for guest in seated_guests(room.state)]
        if not here:
            return
        good_ms = await self._tokens.expiries([guest.person.id for _, guest in here])
        for room, guest in here:
            if guest.session is not None and good_ms.get(guest.person.id, 0) <= wall_ms:
                log.info("token is good no more", guest=guest.person.id, room=room.id)
                room.put(GuestGone(guest.session, LegEnd.REMOVED))


def etag(answer: str) -> str:
    """Names the ICE session that begins with this answer of the worker: by what the worker is known by in it."""
    [ours] = trickle.ufrags(answer)
    return f'"{ours}"'
