"""What signaling does about recordings and the audit without being asked: alarms within seconds, a round through both
at night."""

import asyncio
from functools import partial
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from contract.alarms import Alarm
from runtime import clock
from runtime.alarms import Alarms
from runtime.logs import get_logger
from signaling.domain.keeping import late
from signaling.domain.timings import KEPT_DAYS
from signaling.keep import integrity, retention
from signaling.live.rooms import Rooms
from signaling.store import audit_lines, recordings, rings, selftests, timings
from signaling.store.engine import Database

log = get_logger(__name__)

WATCH_S = 5.0
NIGHT_HOUR = 3
"""By the machine's clock."""
AFTER_START_S = 600.0
"""The first round, for a machine that is switched off at night."""
DAY_MS = 24 * 3600 * 1000
AGAIN_MS = 20 * 3600 * 1000
"""What was checked within this time is not read again."""
READ_BYTES_PER_S = 50_000_000.0


class Keeper:
    """`watch` and `nights` run as long as the process lives."""

    def __init__(
        self,
        database: Database,
        data: Path,
        rooms: Rooms,
        alarms: Alarms,
        *,
        keep_days: float,
        keep_rings_days: float,
    ) -> None:
        self._database = database
        self._data = data
        self._rooms = rooms
        self._alarms = alarms
        self._keep_days = keep_days
        self._keep_rings_ms = round(keep_rings_days * DAY_MS)

    async def watch(self) -> None:
        """Raise and clear the alarms of recordings, every few seconds."""
        while True:
            try:
                await self.look()
            except SQLAlchemyError as error:
                log.warning("the database does not answer", error=type(error).__name__)
            await asyncio.sleep(WATCH_S)

    async def look(self) -> None:
        """Set the alarms to what is so now."""
        now_ms = clock.wall_ms()
        waiting = sum(late(room.state, now_ms) for room in self._rooms.all())
        self._alarms.set(Alarm.SAFE_LATE, on=waiting > 0, recordings=waiting)
        async with self._database.read() as session:
            damaged = await recordings.damaged(session)
        self._alarms.set(Alarm.INTEGRITY, on=damaged > 0, recordings=damaged)

    async def nights(self) -> None:
        """A round soon after the start, then every night."""
        await asyncio.sleep(AFTER_START_S)
        while True:
            try:
                await self.round()
            except SQLAlchemyError as error:
                log.error("the nightly round failed, the next one tries again", error=type(error).__name__)
            await asyncio.sleep(clock.until_hour_s(NIGHT_HOUR))

    async def round(self) -> None:
        """Delete what is to go, then check what is kept, and the audit."""
        for one in await retention.due(self._database, self._data, self._keep_days):
            await retention.delete(self._database, self._data, one)
        await self._database.write(partial(rings.forget, before_ms=clock.wall_ms() - self._keep_rings_ms))
        await self._database.write(partial(timings.forget, before_ms=clock.wall_ms() - KEPT_DAYS * DAY_MS))
        await self._database.write(partial(selftests.forget, now_ms=clock.wall_ms()))
        checked = damaged = 0
        before_ms = clock.wall_ms() - AGAIN_MS
        async for _, bad in integrity.verify(
            self._database, self._data, checked_before_ms=before_ms, bytes_per_s=READ_BYTES_PER_S
        ):
            checked, damaged = checked + 1, damaged + bool(bad)
        log.info("went through the archive", checked=checked, damaged=damaged)
        await self._read_audit()

    async def _read_audit(self) -> None:
        """A tampered row raises an alarm until a night finds none. The head in the log, which most chains keep on
        another machine, vouches for everything up to it (`passline audit verify --head`)."""
        head, faults = await audit_lines.verify(self._database)
        self._alarms.set(Alarm.AUDIT, on=bool(faults), faults=len(faults))
        log.info("read the audit", head=str(head), faults=len(faults))
