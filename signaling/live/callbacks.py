"""Tells who owes a call back, as soon as a store called in vain, and again when it is late.

The database is the truth and outlives every restart; `run` looks at it when somebody says `wake` and when the next
callback becomes more urgent, and tells whatever is not as it was told before. While a booking waits for somebody to be
there it looks again and again.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from contract.callbacks import Callback
from contract.errors import Unavailable
from contract.ids import RoomId
from contract.rooms import CallChanged
from contract.server import CallbacksChanged
from runtime import clock
from runtime.logs import get_logger
from signaling.auth.principal import Principal
from signaling.domain import bookings, callbacks
from signaling.domain.draft import Decision
from signaling.domain.routing import Expert
from signaling.live.sessions import ClientSessions
from signaling.store import callbacks as rows
from signaling.store.engine import Database

log = get_logger(__name__)

AGAIN_S = 1.0
"""After the database failed."""
SEEK_S = 5.0
"""While nobody is there for what is booked: somebody may come, or a shift begin."""
IN_ONE = 50
"""Callbacks in one message, which stays well below the largest frame."""


class Callbacks:
    """`keep` goes with every decision about a room; `run` tells."""

    def __init__(self, database: Database, sessions: ClientSessions, *, within_ms: int) -> None:
        self._database = database
        self._sessions = sessions
        self._within_ms = within_ms
        self._known: dict[RoomId, Callback] = {}
        self._touched = asyncio.Event()

    async def keep(self, session: AsyncSession, decision: Decision, now_ms: int) -> None:
        """What a decision means for callbacks, in the transaction that commits it."""
        if any(isinstance(event, CallChanged) for event in decision.events):
            await rows.follow(session, decision.state, now_ms, within_ms=self._within_ms)

    def wake(self) -> None:
        """Something may have changed."""
        self._touched.set()

    @property
    def unfinished(self) -> list[Callback]:
        """Everything that is not done, as it was told last."""
        return list(self._known.values())

    def snapshot(self, viewer: Principal) -> list[CallbacksChanged]:
        """Everything that is not done and that `viewer` may see, as it was told last."""
        seen = [item for item in self._known.values() if callbacks.may_see(viewer, item)]
        parts = [seen[at : at + IN_ONE] for at in range(0, len(seen), IN_ONE)] or [[]]
        return [CallbacksChanged(items=part, all=at == 0) for at, part in enumerate(parts)]

    async def run(self, experts: Callable[[], Sequence[Expert]]) -> None:
        """Tell changes as they come, and who is late; what is booked is given to one of `experts`."""
        while True:
            self._touched.clear()
            try:
                await self.look(experts)
                due_s = self._next_s()
            except (SQLAlchemyError, Unavailable):
                log.exception("callbacks could not be read")
                due_s = AGAIN_S
            try:
                async with asyncio.timeout(due_s):
                    await self._touched.wait()
            except TimeoutError:
                pass

    def _next_s(self) -> float | None:
        now_ms = clock.wall_ms()
        times = [at for item in self._known.values() if (at := callbacks.next_ms(item, now_ms)) is not None]
        if any(item.unattended for item in self._known.values()):
            times.append(now_ms + round(SEEK_S * 1000))
        return max(0, min(times) - now_ms) / 1000 if times else None

    async def look(self, experts: Callable[[], Sequence[Expert]]) -> None:
        """Take over what the database says, and tell what is new."""
        items = await self._database.fetch(rows.unfinished)
        now_ms = clock.wall_ms()
        there = experts() if any(item.at is not None for item in items) else None  # it takes a while to find out
        if bookings.moved_on(items, there or [], now_ms):
            there = experts() if there is None else there  # one may be booked by then
            if late := await self._database.write(partial(rows.escalate, now_ms=now_ms, experts=there)):
                log.warning("callbacks are late", callbacks=late)
            items = await self._database.fetch(rows.unfinished)
        current = {item.room: item for item in items}
        changed = [item for item in items if self._known.get(item.room) != item]
        for room in self._known.keys() - current.keys():
            if (item := await self._database.fetch(partial(rows.find, room=room))) is not None:
                changed.append(item)
        self._known = current
        self._tell(changed)

    def _tell(self, changed: Sequence[Callback]) -> None:
        if not changed:
            return
        for session in self._sessions.everyone():
            seen = [item for item in changed if callbacks.may_see(session.who, item)]
            for at in range(0, len(seen), IN_ONE):
                session.tell(CallbacksChanged(items=seen[at : at + IN_ONE]))
