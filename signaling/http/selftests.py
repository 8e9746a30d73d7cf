"""Tablets say how they are, and who answers for them reads what stores will fail tomorrow."""

from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import Action
from contract.base import Message
from contract.errors import ErrorCode, ProtocolViolation, Rejection
from contract.ids import PersonId, StoreId
from contract.selftest import (
    MAX_UPLOAD_BYTES,
    ChainHealth,
    OwnSelfTest,
    SelfTest,
    SelfTestReport,
    SelfTestWindow,
    TabletFate,
)
from runtime import clock
from signaling.auth.access import access_tablet
from signaling.auth.principal import Principal
from signaling.domain.access import Act, scope_of
from signaling.domain.selftest import by_store, is_finding, will_fail
from signaling.http.archive import audit_once
from signaling.http.route import Route, Visit
from signaling.store import audit, rings, selftests

MOST_STORES = 300
"""In one answer: who has more that fail has one trouble and not three hundred."""
BYTES = "application/octet-stream"
OBJECT = "self-tests"
"""What the audit calls the page."""


class HealthQuery(Message):
    """Which stores to tell of."""

    all: bool = False
    """Those without findings too."""
    count: bool = False
    """None of them: only how many there are."""


async def list_health(visit: Visit) -> ChainHealth:
    """Stores whose tablets will fail tomorrow, the worst first: those that the reader looks after."""
    asked = visit.query(HealthQuery)
    scope, now_ms = scope_of(Act.SEE_SELF_TESTS, visit.who.grants), clock.wall_ms()
    free = visit.house.self_tests.free()

    async def look(session: AsyncSession) -> ChainHealth:
        tablets = await selftests.tablets(session, scope)
        stores = by_store(tablets, free, now_ms)
        shown = [] if asked.count else [one for one in stores if asked.all or is_finding(one.fate)]
        return ChainHealth(
            regions=await rings.regions(session, scope),
            stores=shown[:MOST_STORES],
            failing=sum(will_fail(one.fate) for one in stores),
            untested=sum(one.fate is TabletFate.UNTESTED for one in stores),
            tablets=len(tablets),
            passed=sum(line.fate is TabletFate.PASSES for one in stores for line in one.tablets),
            left_out=len(shown[MOST_STORES:]),
            window=await selftests.window(session),
        )

    if not asked.count:
        await audit_once(visit, Action.SELF_TESTS_OPENED, OBJECT)
    return await visit.house.database.fetch(look)


async def own(visit: Visit) -> OwnSelfTest:
    """When this tablet is to test itself, and what it said last."""
    tablet, store = visit.who.id, visit.who.person.store
    free = store is not None and visit.house.self_tests.is_free(tablet, store.id)

    async def look(session: AsyncSession) -> OwnSelfTest:
        window, last = await selftests.window(session), await selftests.last(session, tablet)
        return OwnSelfTest(window=window, last=last, free=free)

    return await visit.house.database.fetch(look)


async def report(visit: Visit) -> None:
    """What this tablet found out about itself, now."""
    house, who, said = visit.house, visit.who, visit.body(SelfTestReport)
    house.self_tests.admit_report(who.id)
    store = who.person.store
    if store is None:
        raise Rejection(ErrorCode.FORBIDDEN, "a tablet belongs to a store")
    if not said.abandoned:
        test = SelfTest(at=clock.wall_ms(), why=said.why, version=said.version, checks=said.checks)
        await house.database.write(partial(selftests.keep, tablet=who.id, store=store.id, test=test))
    house.self_tests.reported(who.id, store, abandoned=said.abandoned)


async def upload(visit: Visit) -> None:
    """Take some bytes and throw them away: how long that takes is for the client to measure."""
    with visit.house.self_tests.uploading(visit.who.id):
        if not await visit.read():
            raise ProtocolViolation(ErrorCode.BAD_MESSAGE, "there is nothing to measure")


async def run_now(visit: Visit) -> None:
    """Have a tablet that is connected and idle test itself; its report comes in a moment."""
    house, who, tablet = visit.house, visit.who, PersonId(visit.param("device"))
    async with house.database.read() as session:
        row = await access_tablet(session, who, tablet)
    house.self_tests.admit_order(tablet, StoreId(row.store_id or ""))
    await house.database.write(partial(_ordered, who=who, tablet=tablet, address=visit.address))
    house.self_tests.order(tablet)


async def _ordered(session: AsyncSession, *, who: Principal, tablet: PersonId, address: str) -> None:
    await audit.record(session, Action.SELF_TEST_ORDERED, who.id, object_id=tablet, address=address)


async def set_window(visit: Visit) -> None:
    """When at night tablets test themselves, each in its own time zone."""
    await visit.house.database.write(partial(selftests.set_window, new=visit.body(SelfTestWindow), by=visit.by))


ROUTES = [
    Route(
        method="GET",
        path="/api/self-tests",
        handler=list_health,
        act=Act.SEE_SELF_TESTS,
        query=HealthQuery,
        answer=ChainHealth,
    ),
    Route(
        method="POST",
        path="/api/self-tests",
        handler=report,
        act=Act.TEST_ITSELF,
        body=SelfTestReport,
        status=204,
        errors=(ErrorCode.TOO_MANY,),
    ),
    Route(method="GET", path="/api/self-tests/own", handler=own, act=Act.TEST_ITSELF, answer=OwnSelfTest),
    Route(
        method="POST",
        path="/api/self-tests/upload",
        handler=upload,
        act=Act.BE_HERE,
        accepts=BYTES,
        max_bytes=MAX_UPLOAD_BYTES,
        status=204,
        errors=(ErrorCode.TOO_MANY, ErrorCode.BUSY, ErrorCode.BAD_MESSAGE),
    ),
    Route(
        method="PUT",
        path="/api/self-tests/window",
        handler=set_window,
        act=Act.CHANGE_STORES,
        whole=True,
        body=SelfTestWindow,
        exact=True,
        status=204,
    ),
    Route(
        method="POST",
        path="/api/devices/{device}/self-test",
        handler=run_now,
        act=Act.SEE_SELF_TESTS,
        status=204,
        errors=(ErrorCode.CONFLICT, ErrorCode.TOO_MANY),
    ),
]
