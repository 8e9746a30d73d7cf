"""Tablets that somebody has taken over, as they live: tells at once who it is, hands back what nobody touches.

The database is the truth; `look` takes over what it says, `run` waits for the next tablet whose time is over.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from contract.errors import Unavailable
from contract.ids import PersonId, RoomId
from contract.server import TabletTaken
from runtime import clock
from runtime.logs import get_logger
from signaling.auth.sign_ins import SignIns
from signaling.domain.take_over import due_ms, role_to_take_over
from signaling.live.policies import LivePolicies
from signaling.live.presence import LivePresence
from signaling.live.sessions import ClientSession, ClientSessions
from signaling.store import people, rooms, take_overs
from signaling.store.engine import Database
from signaling.store.tables.devices import TakeOverRow
from signaling.store.take_overs import Standing, Taken

log = get_logger(__name__)

IN_CALL_S = 5.0
"""A tablet whose time ran out in a call is looked at so often until the call is over."""
AGAIN_S = 1.0
"""After the database failed."""
KEEP_MS = 60 * 1000
"""A touch is written down so often: after a restart a tablet may be handed back so much earlier."""


class Seats(Protocol):
    """Who sits in a room."""

    def elsewhere(self, person: PersonId, room: RoomId | None) -> bool:
        """Whether `person` holds a seat in an open room other than `room`."""
        ...


class LiveTakeOvers:
    """One for the process; `look` at the start and whenever something may have changed."""

    def __init__(
        self,
        database: Database,
        sign_ins: SignIns,
        sessions: ClientSessions,
        presence: LivePresence,
        rooms: Seats,
        policies: LivePolicies,
        wall_ms: Callable[[], int] = clock.wall_ms,
    ) -> None:
        self._database = database
        self._sign_ins = sign_ins
        self._sessions = sessions
        self._presence = presence
        self._rooms = rooms
        self._policies = policies
        self._wall_ms = wall_ms
        self._taken: dict[PersonId, Taken] = {}
        self._in_call_ms: dict[PersonId, int] = {}
        self._kept_ms: dict[PersonId, int] = {}
        self._wake = asyncio.Event()
        self._looking = asyncio.Lock()
        """What was read earlier is taken over earlier."""

    def in_call(self, device: PersonId) -> bool:
        """Whether a tablet is in a call or session: then it changes hands afterwards."""
        return self._rooms.elsewhere(device, None)

    async def look(self) -> None:
        """Take over what the database says, and end what is not allowed any more."""
        async with self._looking:
            await self._look()

    async def _look(self) -> None:
        standing = await self._database.fetch(take_overs.everything)
        if lost := [one.taken for one in standing if not _allowed(one)]:
            await self._database.write(partial(_end, ended=lost, why="left"))
        found = [one.taken for one in standing if _allowed(one)]
        before, self._taken = self._taken, {}
        for one in found:
            known = before.get(one.device)
            same = known is not None and (known.person, known.since_ms) == (one.person, one.since_ms)
            self._taken[one.device] = known if known is not None and same else one
        for device in {*before, *self._taken}:
            if before.get(device) != self._taken.get(device):
                self._in_call_ms.pop(device, None)
                await self._renew(device)
        self._wake.set()

    async def connected(self, session: ClientSession) -> None:
        """A session that was let in under who had its tablet a moment ago speaks for who has it now."""
        taken, known = self._taken.get(session.who.id), session.who.person.operator
        if (taken.person if taken is not None else None) != (known.id if known is not None else None):
            async with self._looking:
                await self._renew(session.who.id)

    async def touched(self, device: PersonId) -> None:
        """Somebody touched this tablet."""
        taken, now_ms = self._taken.get(device), self._wall_ms()
        if taken is None:
            return
        self._taken[device] = replace(taken, touched_ms=now_ms)
        self._in_call_ms.pop(device, None)
        if now_ms - self._kept_ms.get(device, taken.since_ms) >= KEEP_MS:
            self._kept_ms[device] = now_ms
            await self._database.write(partial(take_overs.touch, touched={device: now_ms}))

    async def run(self) -> None:
        """Hand back, again and again, what nobody touched for as long as the chain's rule says."""
        while True:
            try:
                async with asyncio.timeout(await self._rest_s()):
                    await self._wake.wait()
            except TimeoutError:
                pass
            except (SQLAlchemyError, Unavailable):
                log.exception("tablets could not be handed back")
                await asyncio.sleep(AGAIN_S)
            self._wake.clear()

    async def _rest_s(self) -> float | None:
        next_ms = await self.hand_back()
        return None if next_ms is None else max(0.0, (next_ms - self._wall_ms()) / 1000)

    async def hand_back(self) -> int | None:
        """Whoever's time is over has their tablet no more, unless it is in a call. When to ask again, UTC ms."""
        now_ms, idle_ms = self._wall_ms(), self._policies.current.pin_idle_min * 60_000
        over, later = [], []
        for device, taken in self._taken.items():
            at_ms = due_ms(taken.touched_ms, idle_ms, self._in_call_ms.get(device))
            if now_ms < at_ms:
                later.append(at_ms)
            elif self.in_call(device):
                self._in_call_ms[device] = now_ms
                later.append(now_ms + round(IN_CALL_S * 1000))
            else:
                over.append(taken)
        if over:
            for device in await self._database.write(partial(_end_between_calls, over=over)):
                self._in_call_ms[device] = now_ms
                later.append(now_ms + round(IN_CALL_S * 1000))
            await self.look()
        return min(later, default=None)

    async def _renew(self, device: PersonId) -> None:
        """Whoever has this tablet now is who its sessions speak for, and whom others see."""
        for session in self._sessions.of(device):
            who = await self._sign_ins.recognise_hash(session.who.sign_in)
            if who is not None:  # else signaling.live.revocation ends it
                session.who = who
                session.tell(TabletTaken(operator=who.person.operator))
        person = await self._database.fetch(partial(people.by_id, person=device))
        if person is not None:
            self._presence.renamed(person)


def _allowed(one: Standing) -> bool:
    """Whether this person may still have this tablet, where both are today."""
    return one.store is not None and role_to_take_over(one.held, one.store) is not None


async def _end(session: AsyncSession, *, ended: list[Taken], why: str) -> None:
    for one in ended:
        same = (TakeOverRow.device_id == one.device, TakeOverRow.since_ms == one.since_ms)
        await take_overs.end(session, *same, why=why)


async def _end_between_calls(session: AsyncSession, *, over: list[Taken]) -> list[PersonId]:
    """Those that are not ended, as a call began a moment ago."""
    seated = [one.device for one in over if await rooms.seated(session, one.device)]
    await _end(session, ended=[one for one in over if one.device not in seated], why="idle")
    return seated
