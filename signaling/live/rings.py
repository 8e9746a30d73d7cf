"""Writes down what becomes of each ring, device by device, in batches; nothing waits for it.

A ring that goes on is in memory only: a crash of this process loses it, and the room that still rings begins a new one
with each device that connects again.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from contract.client import Rung
from contract.ids import PersonId, RoomId, SessionId
from contract.rings import Ring, RingEnd, RingWay
from contract.rooms import RoomState
from runtime import clock
from runtime.logs import get_logger
from runtime.repeated import Repeated
from signaling.domain import rings
from signaling.domain.draft import find
from signaling.domain.rings import Key
from signaling.live.sessions import ClientSession, ClientSessions
from signaling.store import rings as rows
from signaling.store.engine import Database

log = get_logger(__name__)

KEEP_S = 10.0
LATE_MS = 10_000
"""A device may say so long after the end that it rang: then it rang late. Longer than that is no ring any more."""
MAX_RINGS = 20_000
"""In memory, going on or not written yet. Policy: one more is not followed, which is logged."""


@dataclass(frozen=True, slots=True)
class Over:
    """A ring that waits to be written."""

    ring: Ring
    at_ms: int


class LiveRings:
    """Told by signaling.live.rooms what changes, by the service what devices say; `run` writes."""

    def __init__(self, database: Database, sessions: ClientSessions) -> None:
        self._database = database
        self._sessions = sessions
        self._going: dict[RoomId, dict[Key, Ring]] = {}
        self._over: dict[Key, Over] = {}
        self._ready: list[tuple[RoomId, Ring]] = []
        """Over, and nothing can change them any more."""
        self._repeated = Repeated()

    # --- what comes to pass ---------------------------------------------------------------------------------------

    def saw(self, before: RoomState | None, after: RoomState) -> None:
        """A room changed; `before` is None for one that has just opened."""
        was, now_ms = rings.rung(before), clock.wall_ms()
        for person in rings.rung(after):
            if person not in was:
                self._begin(after.id, person, now_ms)
        going = list(self._going.get(after.id, {}).items())
        rung = Counter(key[1] for key, _ in going)
        for key, ring in going:
            end = rings.ended(after, key[1], now_ms, here=self._is_here(after, key))
            if end is not None:
                self._end(key, rings.fate(ring, end, only=rung[key[1]] == 1), now_ms)

    def connected(self, session: ClientSession, states: Iterable[RoomState]) -> None:
        """A device connects, and rings in those of these rooms that ring for its person."""
        for state in states:
            if session.who.id in rings.rung(state):
                self._going.get(state.id, {}).pop((state.id, session.who.id, ""), None)  # somebody is reached after all
                self._ring((state.id, session.who.id, session.device), clock.wall_ms())

    def pushed(self, room: RoomId, person: PersonId, device: str) -> None:
        """A push is sent to this browser, of a ring that goes on."""
        self._going.get(room, {}).pop((room, person, ""), None)  # there is somewhere to ring after all
        self._ring((room, person, device), clock.wall_ms(), RingWay.PUSH)

    def shown(self, session: ClientSession, rung: Rung) -> None:
        """A device says that it rings."""
        self.seen((rung.room, session.who.id, session.device), hidden=rung.hidden, silent=rung.silent)

    def seen(self, key: Key, *, hidden: bool, silent: bool) -> None:
        """The same, by whichever way it says so."""
        now_ms = clock.wall_ms()
        going = self._going.get(key[0], {})
        if (ring := going.get(key)) is not None:
            going[key] = rings.shown(ring, now_ms, hidden=hidden, silent=silent)
        elif (over := self._over.get(key)) is not None:
            self._over[key] = Over(rings.shown(over.ring, now_ms, hidden=hidden, silent=silent), over.at_ms)

    def _begin(self, room: RoomId, person: PersonId, now_ms: int) -> None:
        devices = {one.device for one in self._sessions.of(person) if one.connection is not None}
        for device in devices or {""}:
            self._ring((room, person, device), now_ms)

    def _ring(self, key: Key, now_ms: int, way: RingWay = RingWay.PAGE) -> None:
        going = self._going.setdefault(key[0], {})
        if key in going:
            return
        if len(self._ready) + len(self._over) + sum(map(len, self._going.values())) >= MAX_RINGS:
            self._repeated.say("full", log.warning, "a ring is not followed", rings=MAX_RINGS)
            return
        if (before := self._over.pop(key, None)) is not None:  # rung once more by the same call
            self._ready.append((key[0], before.ring))
        going[key] = Ring(person=key[1], device=key[2], way=way, sent_at=now_ms, end=RingEnd.NOT_REACHED)

    def _end(self, key: Key, ring: Ring, now_ms: int) -> None:
        going = self._going[key[0]]
        del going[key]
        if not going:
            del self._going[key[0]]
        self._over[key] = Over(ring, now_ms)

    def _is_here(self, state: RoomState, key: Key) -> bool:
        member = find(state, key[1])
        session: SessionId | None = member.session if member is not None else None
        found = self._sessions.find(session) if session is not None else None
        return found is not None and found.device == key[2]

    # --- what is kept ---------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Write every few seconds."""
        while True:
            await asyncio.sleep(KEEP_S)
            await self.keep(clock.wall_ms() - LATE_MS)

    async def keep(self, until_ms: int) -> None:
        """Write what was over by then; what cannot be written is lost, which is logged."""
        for key, over in list(self._over.items()):
            if over.at_ms <= until_ms:
                del self._over[key]
                self._ready.append((key[0], over.ring))
        ready, self._ready = self._ready, []
        if not ready:
            return
        try:
            await self._database.write(partial(rows.keep, found=ready))
        except SQLAlchemyError as error:
            log.warning("rings are lost", rings=len(ready), cause=type(error).__name__)
