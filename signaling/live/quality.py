"""Takes in what workers and clients say of media, and keeps it beside the room, in rows of a few samples each.

Nothing waits for it and nothing depends on it: what is too much is dropped and counted.
"""

import asyncio
from functools import partial

from prometheus_client import CollectorRegistry
from sqlalchemy.exc import SQLAlchemyError

from contract.client import ReportFigures
from contract.errors import ErrorCode, Rejection
from contract.ids import PersonId, RoomId, SessionId
from contract.nodes import LegFigures
from contract.rooms import RoomKind
from contract.server import Seen
from runtime import clock
from runtime.bucket import Bucket
from runtime.logs import get_logger
from signaling.auth.access import access_room
from signaling.domain.callquality import Sampled, values
from signaling.domain.draft import find, seated
from signaling.live.quality_meters import QualityMeters
from signaling.live.room import LiveRoom
from signaling.live.rooms import Rooms
from signaling.live.sessions import ClientSession, ClientSessions
from signaling.store import quality as rows
from signaling.store.engine import Database

log = get_logger(__name__)

KEEP_S = 10.0
"""Samples are written so often: a crash of this process loses no more of them."""
MAX_WAITING = 20_000
"""Samples that are not written yet, of all rooms."""
MAX_OF_PERSON = 40_000
"""Samples of one person in one room: a day and more."""
PER_S, BURST = 0.4, 3
"""Reports of one session: twice as often as they are due."""
MAX_BUCKETS = 10_000

Key = tuple[RoomId, PersonId]


class LiveQuality:
    """`run` writes as long as the process lives; `keep` writes what is left."""

    def __init__(self, rooms: Rooms, sessions: ClientSessions, database: Database, registry: CollectorRegistry) -> None:
        self._rooms = rooms
        self._sessions = sessions
        self._database = database
        self._meters = QualityMeters(registry)
        self._waiting: dict[Key, list[Sampled]] = {}
        self._waits = 0
        self._taken: dict[Key, int] = {}
        self._buckets: dict[SessionId, Bucket] = {}

    # --- what comes in --------------------------------------------------------------------------------------------

    def leg(self, figures: LegFigures) -> None:
        """A worker's sample; of a room that is not open (any more), or somebody strange to it, nothing is kept."""
        room = self._rooms.get(figures.room)
        if room is None or room.state.closed_at is not None or find(room.state, figures.participant) is None:
            return
        self._take(room, figures.participant, Sampled(at=clock.wall_ms(), leg=figures.sample))

    def client(self, session: ClientSession, report: ReportFigures) -> None:
        """A client's sample. Raises Rejection if this session holds no seat there."""
        room = access_room(session.who, self._rooms.get(report.room))
        if room.state.closed_at is not None:
            raise Rejection(ErrorCode.OVER, "the room is closed")
        seated(room.state, session.who.id, session.id)
        if len(self._buckets) >= MAX_BUCKETS:
            self._buckets.clear()
        if not self._buckets.setdefault(session.id, Bucket(PER_S, burst=BURST)).take(clock.now()):
            self._meters.dropped("too_often")
            return
        self._take(room, session.who.id, Sampled(at=clock.wall_ms(), client=report.sample))
        if room.state.kind is RoomKind.CALL:
            self._tell(room, session.who.id, report)

    def _tell(self, room: LiveRoom, by: PersonId, report: ReportFigures) -> None:
        """Who is seen and heard, how: only the two of a call are told, a crowd would be told all the time."""
        for member in room.state.members:
            who = member.person.id
            tracks = [track for track in report.sample.seen if track.of == who]
            if tracks and who != by and member.session is not None:
                there = self._sessions.find(member.session)
                if there is not None:
                    there.tell(Seen(room=room.id, by=by, tracks=tracks))

    def _take(self, room: LiveRoom, person: PersonId, sample: Sampled) -> None:
        self._meters.saw(values(sample), sample)
        key = room.id, person
        taken = self._taken.get(key, 0)
        if taken >= MAX_OF_PERSON or self._waits >= MAX_WAITING:
            self._meters.dropped("too_many")
            return
        self._taken[key] = taken + 1
        self._waits += 1
        self._waiting.setdefault(key, []).append(sample)

    # --- what is kept ---------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Write every few seconds."""
        while True:
            await asyncio.sleep(KEEP_S)
            await self.keep()

    async def keep(self) -> None:
        """Write what came since the last time; what cannot be written is lost, which is logged."""
        waiting, self._waiting, self._waits = self._waiting, {}, 0
        self._taken = {key: taken for key, taken in self._taken.items() if self._rooms.get(key[0]) is not None}
        if not waiting:
            return
        try:
            await self._database.write(partial(rows.keep, series=waiting))
        except SQLAlchemyError as error:
            log.warning("samples of media are lost", people=len(waiting), cause=type(error).__name__)
