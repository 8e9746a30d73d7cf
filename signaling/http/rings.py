"""Which devices ring and which do not, for those who answer for stores; which calls one missed."""

from functools import partial
from typing import Annotated

from pydantic import Field

from contract.audit import Action
from contract.base import Message
from contract.ids import RegionId
from contract.ringrates import MissedCalls, RingRates
from runtime import clock
from signaling.domain.access import Act, at_store, scope_of
from signaling.http.archive import audit_once
from signaling.http.route import Route, Visit
from signaling.store import rings

DAY_MS = 24 * 3600 * 1000
MAX_LINES = 500
"""The least reliable are enough to begin with."""
OBJECT = "rings"
"""What the audit calls the page."""


class RingsQuery(Message):
    days: Annotated[int, Field(ge=1, le=90)] = 7
    region: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    """Only calls of its stores."""


async def ring_rates(visit: Visit) -> RingRates:
    """How reliably each device rang, the least reliable first."""
    asked = visit.query(RingsQuery)
    scope = scope_of(Act.SEE_QUALITY, visit.who.grants)
    since_ms = clock.wall_ms() - asked.days * DAY_MS
    region = RegionId(asked.region) if asked.region is not None else None
    await audit_once(visit, Action.RINGS_OPENED, OBJECT)
    async with visit.house.database.read() as session:  # it may take long: who signs in or calls waits for `fetch`
        lines, left_out = await rings.rates(session, scope, since_ms, region, MAX_LINES)
        return RingRates(lines=lines, left_out=left_out, regions=await rings.regions(session, scope))


async def missed_calls(visit: Visit) -> MissedCalls:
    """Calls to the tablet's store, or to me by name, that were not answered in the last day, nor made good since."""
    who, since_ms = visit.who.person, clock.wall_ms() - DAY_MS
    look = partial(rings.missed_by, person=who.id)
    if at_store(who) and who.store is not None:
        look = partial(rings.missed, store=who.store.id)
    return MissedCalls(calls=await visit.house.database.fetch(partial(look, since_ms=since_ms)))


ROUTES = [
    Route(method="GET", path="/api/rings", handler=ring_rates, act=Act.SEE_QUALITY, query=RingsQuery, answer=RingRates),
    Route(method="GET", path="/api/missed", handler=missed_calls, act=Act.BE_HERE, answer=MissedCalls),
]
