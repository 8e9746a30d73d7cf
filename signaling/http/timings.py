"""How quick the stages of calls were, by week, region and store, for those who answer for stores."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated
from zoneinfo import ZoneInfo

from aiohttp import web
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import Action
from contract.base import Message
from contract.errors import ErrorCode, ProtocolViolation
from contract.ids import RegionId, StoreId
from contract.organisation import Region
from contract.people import Store
from contract.routing import Zone
from contract.timings import CallTimings, TimingLine, TimingsBy
from runtime import clock
from signaling.auth.principal import Principal
from signaling.domain import timings_csv
from signaling.domain.access import Act, scope_of
from signaling.domain.timings import MAX_WEEKS, Tally, Week, last_weeks
from signaling.http.archive import audit_once
from signaling.http.route import Route, Visit
from signaling.store import audit, rings, timings
from signaling.store.timings import Sought

CSV = "text/csv"
MAX_LINES = 1000
"""The slowest are enough to begin with."""
OBJECT = "timings"
"""What the audit calls them."""

Id = Annotated[str, Field(min_length=1, max_length=64)]


class TimingsExportQuery(Message):
    """Each part narrows what is shown."""

    weeks: Annotated[int, Field(ge=1, le=MAX_WEEKS)] = 12
    """So many, the present one included."""
    region: Id | None = None
    store: Id | None = None
    zone: Zone = "Asia/Shanghai"
    """By whose clocks a week begins."""

    def all_weeks(self) -> list[Week]:
        return last_weeks(clock.wall_ms(), self.weeks, ZoneInfo(self.zone))

    def sought(self, who: Principal) -> Sought:
        """As far as `who` may look."""
        return Sought(
            scope=scope_of(Act.SEE_QUALITY, who.grants),
            region=RegionId(self.region) if self.region is not None else None,
            store=StoreId(self.store) if self.store is not None else None,
        )


class TimingsQuery(TimingsExportQuery):
    by: TimingsBy = TimingsBy.WEEK
    week: Annotated[str, Field(pattern=r"^[0-9]{4}-W[0-9]{2}$")] | None = None
    """Only this one of them."""


async def call_timings(visit: Visit) -> CallTimings:
    """How quick the stages of calls were: p50 and p95 by week, region or store."""
    asked = visit.query(TimingsQuery)
    weeks = asked.all_weeks()
    only = [week for week in weeks if asked.week in (None, week.name)]
    if not only:
        raise ProtocolViolation(ErrorCode.BAD_MESSAGE, "this week is not among them")
    await audit_once(visit, Action.TIMINGS_OPENED, OBJECT)
    async with visit.house.database.read() as session:  # no thread of `fetch`: who signs in or calls waits for those
        places = await _places(session, asked.sought(visit.who))
        lines = await _lines(session, places, only, asked.by)
        return CallTimings(
            lines=lines[:MAX_LINES],
            left_out=max(0, len(lines) - MAX_LINES),
            weeks=[week.name for week in weeks],
            regions=list(places.regions.values()),
        )


@dataclass(frozen=True, slots=True)
class _Places:
    stores: dict[StoreId, Store]
    """Whose calls count."""
    regions: dict[RegionId, Region]
    """All in reach."""


async def _places(session: AsyncSession, sought: Sought) -> _Places:
    regions = await rings.regions(session, sought.scope)
    return _Places(await timings.stores(session, sought), {region.id: region for region in regions})


async def _lines(session: AsyncSession, places: _Places, weeks: Sequence[Week], by: TimingsBy) -> list[TimingLine]:
    """Counted week by week and beside the loop: whoever calls meanwhile must not wait for a year of a chain."""
    tally = Tally()
    for week in weeks:
        keys: dict[str, str] = {id_: _key(store, week, by) for id_, store in places.stores.items()}
        await asyncio.to_thread(tally.add, await timings.of_week(session, week), keys)

    def line(key: str) -> TimingLine:
        return TimingLine(
            week=key if by is TimingsBy.WEEK else None,
            region=places.regions[RegionId(key)] if by is TimingsBy.REGION else None,
            store=places.stores[StoreId(key)] if by is TimingsBy.STORE else None,
            calls=tally.calls[key],
            stages=tally.stages(key),
        )

    found = await asyncio.to_thread(lambda: [line(key) for key in tally.calls])
    return found if by is TimingsBy.WEEK else sorted(found, key=_slowest_first)


def _key(store: Store, week: Week, by: TimingsBy) -> str:
    match by:
        case TimingsBy.WEEK:
            return week.name
        case TimingsBy.REGION:
            return store.region
        case TimingsBy.STORE:
            return store.id


def _slowest_first(line: TimingLine) -> tuple[int, int]:
    picture = line.stages.first_frame
    return -(picture.p95_ms if picture is not None else -1), -line.calls


async def export_timings(visit: Visit) -> web.StreamResponse:
    """The same as CSV, a line for each store and week, the newest week first."""
    asked = visit.query(TimingsExportQuery)
    weeks = asked.all_weeks()
    await visit.house.database.write(
        partial(
            audit.record,
            action=Action.TIMINGS_EXPORTED,
            person=visit.who.id,
            object_id=OBJECT,
            address=visit.address,
        )
    )
    response = web.StreamResponse(
        headers={
            "Content-Type": f"{CSV}; charset=utf-8",
            "Content-Disposition": f'attachment; filename="passline-timings-{weeks[0].name}.csv"',
            "Cache-Control": "private, no-store",
        }
    )
    await response.prepare(visit.raw)
    await response.write(timings_csv.head())
    async with visit.house.database.read() as session:
        places = await _places(session, asked.sought(visit.who))
    for week in weeks:
        async with visit.house.database.read() as session:  # whoever reads slowly holds none
            lines = await _lines(session, places, [week], TimingsBy.STORE)
        await response.write(await asyncio.to_thread(timings_csv.rows, week.name, lines))
    await response.write_eof()
    return response


ROUTES = [
    Route(
        method="GET",
        path="/api/timings",
        handler=call_timings,
        act=Act.SEE_QUALITY,
        query=TimingsQuery,
        answer=CallTimings,
    ),
    Route(
        method="GET",
        path="/api/timings/export",
        handler=export_timings,
        act=Act.SEE_QUALITY,
        query=TimingsExportQuery,
        gives=CSV,
    ),
]
