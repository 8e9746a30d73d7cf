"""Tablets say how they are; who answers for the store reads it, has one look again, and nobody else hears of it."""

from contextlib import ExitStack
from typing import Any

import pytest
from sqlalchemy import func, select, update

from contract.audit import Action
from contract.errors import ErrorCode, Rejection
from contract.http import Me
from contract.ids import PersonId
from contract.organisation import Enrolment
from contract.selftest import MAX_UPLOAD_BYTES, ChainHealth, OwnSelfTest, SelfTest, SelfTestWindow, TabletFate
from contract.server import SelfTested, SelfTestWanted
from signaling.domain.selftest import KEPT_MS
from signaling.http import selftests as routes
from signaling.live import selftests as live
from signaling.store import selftests
from signaling.store.tables.audit import AuditRow
from signaling.store.tables.devices import SelfTestRow
from tests.signaling.service.world import World, ring
from tests.support.clients import Tab
from tests.support.server import Answer, Client

pytestmark = pytest.mark.flow

BLOCKED = {"name": "camera", "state": "bad", "words": "error.device_denied_camera"}
FINE = {"name": "link", "state": "good", "words": "doctor.link_good", "figure": 12.5}
BYTES = {"Content-Type": "application/octet-stream"}


async def say(tablet: Client, *checks: dict[str, Any], **more: Any) -> Answer:
    return await tablet.post("/api/self-tests", json={"why": "night", "version": "1", "checks": checks, **more})


async def read(client: Client, query: str = "") -> ChainHealth:
    return (await client.get(f"/api/self-tests{query}")).read(ChainHealth)


def fates(page: ChainHealth) -> dict[str, TabletFate]:
    return {one.store.number: one.fate for one in page.stores}


def told(tab: Tab, kind: type[SelfTested | SelfTestWanted]) -> list[SelfTested | SelfTestWanted]:
    return [message for message in tab.heard if isinstance(message, kind)]


async def test_what_a_tablet_says_is_read_by_those_who_answer_for_its_store_and_their_pages_hear_of_it(
    world: World,
) -> None:
    store = await world.server.sign_in("store-0117")
    boss, wu, chen = await world.tab("admin"), await world.tab("wu"), await world.tab("chen")
    north = await world.server.sign_in("store-0201")
    assert (await say(store, FINE, BLOCKED)).status == 204
    assert (await say(north, FINE)).status == 204
    for tab in (boss, wu):
        await tab.until(lambda tab=tab: told(tab, SelfTested), "word of it")  # type: ignore[misc]
    page = await read(boss.browser)
    assert page.stores[0].store.number == "0117"
    line = page.stores[0].tablets[0]
    assert line.fate is TabletFate.FAILS
    assert line.test is not None
    assert [check.words for check in line.test.checks] == ["error.device_denied_camera"]
    assert "0201" not in fates(page), "what passed is no finding"
    assert fates(await read(boss.browser, "?all=true"))["0201"] is TabletFate.PASSES
    assert page.passed == 1
    assert (page.failing, page.untested) == (1, len(page.stores) - 1), "the others never said anything"
    counted = await read(wu.browser, "?count=true")
    assert (counted.stores, counted.failing) == ([], 1)
    theirs = await read(wu.browser, "?all=true")
    assert "0201" not in fates(theirs), "of another region"
    assert [region.id for region in theirs.regions] == ["r-east"]
    tang = await read(await world.server.sign_in("tang"), "?all=true")
    assert list(fates(tang)) == ["0117"]
    await boss.until(lambda: len(told(boss, SelfTested)) == 2, "both were told to the chain's")
    assert len(told(wu, SelfTested)) == 1
    assert told(chen, SelfTested) == []
    assert (await store.get("/api/self-tests/own")).read(OwnSelfTest).last is not None


async def test_looking_at_the_list_is_written_down_once_and_counting_is_not(world: World) -> None:
    wu = await world.server.sign_in("wu")
    await read(wu, "?count=true")
    for query in ("", "?all=true"):
        await read(wu, query)
    async with world.server.house.database.read() as session:
        opened = select(AuditRow.person_id, AuditRow.object).where(AuditRow.action == Action.SELF_TESTS_OPENED)
        assert [tuple(row) for row in await session.execute(opened)] == [("p-wu", "self-tests")]


BAD_BODIES: list[dict[str, Any]] = [
    {"checks": []},
    {"checks": [FINE, FINE]},
    {"checks": [{**FINE, "words": "Call 555-0100 now"}]},
    {"checks": [{**FINE, "words": "admin.people"}]},
    {"checks": [{**FINE, "words": "doctor." + "x" * 60}]},
    {"checks": [{**FINE, "where": ", ".join(["x" * 99] * 3)}]},
    {"checks": [{**FINE, "where": "call 555-0100 now"}]},
    {"checks": [{**FINE, "where": "<b>192.0.2.1:7880</b>"}]},
    {"checks": [{**FINE, "figure": 1e12}]},
    {"checks": [{**FINE, "name": "teapot"}]},
    {"checks": [FINE], "why": "because"},
    {"checks": [FINE], "version": "x" * 41},
    {"checks": [FINE], "version": "call us"},
    {"checks": [FINE] * 200},
]


async def test_what_is_no_report_is_refused_and_nothing_of_it_is_kept(world: World) -> None:
    store = await world.server.sign_in("store-0117")
    for body in BAD_BODIES:
        answer = await store.post("/api/self-tests", json={"why": "night", "version": "1", **body})
        assert (answer.status, answer.code) == (400, ErrorCode.BAD_MESSAGE), body
    async with world.server.house.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(SelfTestRow)) == 0


async def test_a_tablet_that_reports_again_and_again_is_held_back_alone(world: World, no_time: None) -> None:
    eager, other = await world.server.sign_in("store-0117"), await world.server.sign_in("store-0108")
    statuses = [(await say(eager, FINE)).status for _ in range(live.BURST + 3)]
    assert statuses[: live.BURST] == [204] * live.BURST
    assert 429 in statuses
    assert (await say(other, FINE)).status == 204


async def test_an_upload_is_measured_up_to_its_size_and_only_so_many_at_once(world: World) -> None:
    store = await world.server.sign_in("store-0117")
    for size, status in ((0, 400), (1, 204), (MAX_UPLOAD_BYTES, 204), (MAX_UPLOAD_BYTES + 1, 413)):
        answer = await store.post("/api/self-tests/upload", data=bytes(size), headers=BYTES)
        assert answer.status == status, size
    tests = world.server.house.self_tests
    with ExitStack() as under_way:
        for n in range(live.UPLOADS_AT_ONCE):
            under_way.enter_context(tests.uploading(PersonId(f"p-{n}")))
        answer = await store.post("/api/self-tests/upload", data=b"x", headers=BYTES)
        assert (answer.status, answer.code) == (503, ErrorCode.BUSY)
    assert (await store.post("/api/self-tests/upload", data=b"x", headers=BYTES)).status == 204


async def test_one_tablet_alone_cannot_keep_the_others_from_measuring(world: World) -> None:
    store, other = await world.server.sign_in("store-0117"), await world.server.sign_in("store-0108")
    tests = world.server.house.self_tests
    assert store.person is not None
    with ExitStack() as under_way:
        for _ in range(live.UPLOADS_OF_ONE):
            under_way.enter_context(tests.uploading(store.person.id))
        answer = await store.post("/api/self-tests/upload", data=b"x", headers=BYTES)
        assert (answer.status, answer.code) == (429, ErrorCode.TOO_MANY)
        assert (await other.post("/api/self-tests/upload", data=b"x", headers=BYTES)).status == 204
    assert (await store.post("/api/self-tests/upload", data=b"x", headers=BYTES)).status == 204


async def test_an_order_reaches_an_idle_tablet_is_written_down_and_its_answer_comes_back(world: World) -> None:
    store, wu = await world.tab("store-0117"), await world.tab("wu")
    assert (await wu.browser.post(f"/api/devices/{store.person}/self-test")).status == 204
    await store.until(lambda: told(store, SelfTestWanted), "the order")
    assert (await say(store.browser, why="order", abandoned=True)).status == 204
    await wu.until(lambda: [one.abandoned for one in told(wu, SelfTested) if isinstance(one, SelfTested)], "in use")
    assert (await store.browser.get("/api/self-tests/own")).read(OwnSelfTest).last is None, "it said nothing"
    assert (await say(store.browser, FINE, why="order")).status == 204
    await wu.until(lambda: len(told(wu, SelfTested)) == 2, "the answer")
    async with world.server.house.database.read() as session:
        rows = await session.execute(
            select(AuditRow.person_id, AuditRow.object).where(AuditRow.action == Action.SELF_TEST_ORDERED)
        )
        assert [tuple(row) for row in rows] == [("p-wu", store.person)]


async def test_no_order_goes_out_that_was_not_written_down(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    store, wu = await world.tab("store-0117"), await world.tab("wu")

    async def full(*_: object, **__: object) -> None:
        raise Rejection(ErrorCode.CONFLICT, "nothing is written")

    with monkeypatch.context() as patch:
        patch.setattr(routes, "_ordered", full)
        assert (await wu.browser.post(f"/api/devices/{store.person}/self-test")).status == 409
    assert (await wu.browser.post(f"/api/devices/{store.person}/self-test")).status == 204
    assert (await say(store.browser, FINE)).status == 204
    await wu.until(lambda: told(wu, SelfTested), "a report after both")
    await store.until(lambda: told(store, SelfTestWanted), "the order")
    assert len(told(store, SelfTestWanted)) == 1


async def test_what_another_version_kept_counts_as_nothing_said(world: World) -> None:
    store, boss = await world.server.sign_in("store-0117"), await world.server.sign_in("admin")
    north = await world.server.sign_in("store-0201")
    assert (await say(store, FINE)).status == (await say(north, FINE)).status == 204
    broken = update(SelfTestRow).where(SelfTestRow.store_id == "s-0117").values(body='{"at": "soon"}')
    await world.server.house.database.write(lambda session: session.execute(broken))
    seen = fates(await read(boss, "?all=true"))
    assert (seen["0117"], seen["0201"]) == (TabletFate.UNTESTED, TabletFate.PASSES)
    assert (await store.get("/api/self-tests/own")).read(OwnSelfTest).last is None


async def is_free(tablet: Client) -> bool:
    """What a tablet is told of itself, by whichever of its pages it asks."""
    return (await tablet.get("/api/self-tests/own")).read(OwnSelfTest).free


async def test_no_order_goes_to_a_tablet_in_a_call_or_away_or_of_another_region(world: World) -> None:
    store, chen, wu = await world.tab("store-0117"), await world.tab("chen"), await world.tab("wu")
    foreign = await wu.browser.post("/api/devices/p-store-0201/self-test")
    absent = await wu.browser.post("/api/devices/p-nobody/self-test")
    assert (foreign.status, foreign.body) == (absent.status, absent.body) == (404, absent.body)
    assert (await wu.browser.post("/api/devices/p-chen/self-test")).status == 404, "no tablet"
    north = await world.server.sign_in("store-0201")
    assert not await is_free(north), "it is not connected"
    assert await is_free(store.browser)
    away = await wu.browser.post("/api/devices/p-store-0108/self-test")
    assert (away.status, away.code) == (409, ErrorCode.CONFLICT)
    await ring(store, chen)
    busy = await wu.browser.post(f"/api/devices/{store.person}/self-test")
    assert (busy.status, busy.code) == (409, ErrorCode.CONFLICT)
    assert not await is_free(store.browser)
    assert told(store, SelfTestWanted) == []


async def test_a_tablet_that_was_taken_back_or_whose_store_is_closed_is_nobodys_finding(world: World) -> None:
    admin = await world.server.sign_in("admin")
    made = (await admin.post("/api/stores/s-0117/devices", json={"name": "后厨"})).read(Enrolment)
    device = await world.server.stranger()
    person = (await device.post("/api/enrol", json={"code": made.code})).read(Me).person
    lines = {line.name: line.fate for one in (await read(admin, "?all=true")).stores for line in one.tablets}
    assert lines["后厨"] is TabletFate.NEW, "it may say something tonight"
    assert (await say(device, BLOCKED)).status == 204
    assert (await read(admin)).stores[0].tablets[0].tablet == person.id

    assert (await admin.ask("DELETE", f"/api/devices/{person.id}")).status == 204
    page = await read(admin)
    assert person.id not in {line.tablet for one in page.stores for line in one.tablets}
    assert (await say(device, FINE)).status == 401
    assert (await admin.post(f"/api/devices/{person.id}/self-test")).status == 404

    assert (await admin.put("/api/stores/s-0117/closed", json={"closed": True})).status == 204
    assert "0117" not in fates(await read(admin, "?all=true"))


async def test_a_month_is_kept_and_of_one_tablet_no_more_than_fits(world: World) -> None:
    database = world.server.house.database
    store = await world.server.sign_in("store-0117")
    assert store.person is not None
    assert store.person.store is not None
    tablet, place = store.person.id, store.person.store.id
    assert (await say(store, FINE)).status == 204
    async with database.read() as session:
        kept = await selftests.last(session, tablet)
    assert kept is not None

    async def add(session: Any) -> None:
        for n in range(selftests.MOST_KEPT + 5):
            await selftests.keep(session, tablet, place, kept.model_copy(update={"version": f"v{n}"}))

    await database.write(add)
    async with database.read() as session:
        rows = [SelfTest.model_validate_json(body) for body in await session.scalars(select(SelfTestRow.body))]
        newest = await selftests.last(session, tablet)
    assert len(rows) == selftests.MOST_KEPT
    assert newest is not None
    assert newest.version == f"v{selftests.MOST_KEPT + 4}"
    await database.write(lambda session: selftests.forget(session, kept.at + KEPT_MS))
    assert (await store.get("/api/self-tests/own")).read(OwnSelfTest).last is not None, "a month to the day"
    await database.write(lambda session: selftests.forget(session, kept.at + KEPT_MS + 1))
    assert (await store.get("/api/self-tests/own")).read(OwnSelfTest).last is None


async def test_the_window_is_the_chains_and_every_tablet_learns_it(world: World) -> None:
    admin, store = await world.server.sign_in("admin"), await world.server.sign_in("store-0117")
    assert (await store.get("/api/self-tests/own")).read(OwnSelfTest).window == SelfTestWindow()
    for body in ({"from_min": 0, "to_min": 10}, {"from_min": 0, "to_min": 1440}, {}):
        assert (await admin.put("/api/self-tests/window", json=body)).status == 400
    night = {"from_min": 1410, "to_min": 60}
    assert (await admin.put("/api/self-tests/window", json=night)).status == 204
    assert (await store.get("/api/self-tests/own")).read(OwnSelfTest).window == SelfTestWindow(**night)
    assert (await read(admin)).window == SelfTestWindow(**night)
    async with world.server.house.database.read() as session:
        rows = await session.scalars(select(AuditRow.detail).where(AuditRow.action == Action.SELF_TEST_WINDOW_SET))
        assert list(rows) == ["23:30-01:00"]
