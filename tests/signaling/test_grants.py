"""Several grants at once, at the real doors: each reaches its place, and nothing beyond it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import Action, AuditPage
from contract.http import ArchivePage, Directory
from contract.ids import PersonId, StoreId
from contract.organisation import Stores
from contract.people import Grant, Role
from signaling.store import audit, grants
from signaling.store.tables.calls import CallbackRow
from signaling.store.tables.people import PersonRow
from tests.support import chain
from tests.support.server import Client, SignalingServer

pytestmark = pytest.mark.flow

NAME = {"zh": "名", "en": "Name"}


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[SignalingServer]:
    async with SignalingServer(tmp_path, rooms=[chain.finished_call()]) as started:
        yield started


async def give(server: SignalingServer, login: str, *further: Grant) -> None:
    async def work(session: AsyncSession) -> None:
        await grants.replace(session, PersonId(f"p-{login}"), further)

    await server.house.database.write(work)


async def confine(server: SignalingServer, login: str, region: str) -> None:
    """The main role counts in one region only."""

    async def work(session: AsyncSession) -> None:
        await session.execute(update(PersonRow).where(PersonRow.id == f"p-{login}").values(region_id=region))

    await server.house.database.write(work)


async def numbers(client: Client) -> list[str]:
    return [store.number for store in (await client.get("/api/stores")).read(Stores).stores]


async def replays(client: Client) -> list[str]:
    return [entry.room for entry in (await client.get("/api/archive")).read(ArchivePage).entries]


async def test_a_second_grant_adds_its_place_and_leaves_the_first_as_it_is(server: SignalingServer) -> None:
    await give(server, "he", Grant(role=Role.MANAGER, store=StoreId("s-0117")))
    await give(server, "wu", Grant(role=Role.MANAGER, region=chain.NORTH))
    he, wu = await server.sign_in("he"), await server.sign_in("wu")
    assert await numbers(he) == ["0117"]
    assert await replays(he) == [chain.ROOM]
    assert (await he.get(f"/api/archive/{chain.ROOM}/files/{chain.FILE}")).status == 200
    seen = (await he.get("/api/directory")).read(Directory)
    assert len(seen.stores) == 3, "a trainer of the chain still invites any store"
    assert await numbers(wu) == ["0108", "0117", "0201"]
    await give(server, "he")
    assert (await he.get("/api/stores")).status == 403
    assert (await he.get(f"/api/archive/{chain.ROOM}/files/{chain.FILE}")).status == 404, "in force at once"
    assert await replays(he) == []


async def test_a_grant_for_a_store_does_not_reach_the_store_beside_it(server: SignalingServer) -> None:
    await give(server, "he", Grant(role=Role.MANAGER, store=StoreId("s-0108")))
    he = await server.sign_in("he")
    assert await numbers(he) == ["0108"]
    absent = await he.get("/api/archive/01900000-0000-7000-8000-00000000ffff")
    for path in ("", f"/files/{chain.FILE}", "/quality"):
        foreign = await he.get(f"/api/archive/{chain.ROOM}{path}")
        assert (foreign.status, foreign.body) == (404, absent.body), path


async def test_an_administrator_of_a_region_changes_its_stores_and_nothing_of_the_chain(
    server: SignalingServer,
) -> None:
    await give(server, "wu", Grant(role=Role.ADMIN, region=chain.EAST))
    wu = await server.sign_in("wu")
    change = {"name": NAME, "region": chain.EAST}
    assert (await wu.ask("PUT", "/api/stores/s-0108", json=change)).status == 204
    assert (await wu.ask("PUT", "/api/stores/s-0201", json=change)).status == 404
    assert (await wu.ask("PUT", "/api/stores/s-0108", json=change | {"region": chain.NORTH})).status == 404
    assert (await wu.ask("PUT", f"/api/regions/{chain.NORTH}", json={"name": NAME})).status == 404
    assert (await wu.post("/api/stores/s-0108/devices", json={"name": "前台"})).status == 201
    assert (await wu.post("/api/stores/s-0201/devices", json={"name": "前台"})).status == 404
    for path in ("/api/people", "/api/routing", "/api/tokens"):
        assert (await wu.get(path)).status == 403, path
    assert (await wu.post("/api/regions", json={"name": NAME})).status == 403
    assert (await wu.ask("PUT", "/api/people/p-liu", json={"name": NAME})).status == 404
    assert (await wu.ask("PUT", "/api/people/p-store-0201/disabled", json={"disabled": True})).status == 404
    assert (await wu.ask("PUT", "/api/people/p-store-0108/disabled", json={"disabled": True})).status == 204


async def test_an_auditor_of_a_region_reads_what_happened_in_it(server: SignalingServer) -> None:
    async def acts(session: AsyncSession) -> None:
        for booked, store in (("booked-east", "s-0117"), ("booked-north", "s-0201")):
            session.add(CallbackRow(room_id=booked, store_id=store, state="open", body="{}"))
        for action, person, object_id in (
            (Action.STORE_CHANGED, "p-admin", "s-0117"),
            (Action.STORE_CHANGED, "p-admin", "s-0201"),
            (Action.CALL_STARTED, "p-store-0108", "01900000-0000-7000-8000-00000000aaaa"),
            (Action.REPLAY_OPENED, "p-liu", chain.ROOM),
            (Action.PERSON_CHANGED, "p-admin", "p-liu"),
            (Action.PERSON_ENABLED, "p-admin", "p-store-0117"),
            (Action.PERSON_ENABLED, "p-admin", "p-store-0201"),
            (Action.REGION_RENAMED, "p-admin", chain.NORTH),
            (Action.CALLBACK_TAKEN, "p-liu", "booked-east"),
            (Action.CALLBACK_TAKEN, "p-liu", "booked-north"),
        ):
            await audit.record(session, action, PersonId(person), object_id=object_id)

    await server.house.database.write(acts)
    await confine(server, "qian", chain.EAST)
    qian = await server.sign_in("qian")
    lines = (await qian.get("/api/audit")).read(AuditPage).lines
    assert [(line.action, line.object) for line in reversed(lines)] == [
        (Action.STORE_CHANGED, "s-0117"),
        (Action.CALL_STARTED, "01900000-0000-7000-8000-00000000aaaa"),
        (Action.REPLAY_OPENED, chain.ROOM),
        (Action.PERSON_ENABLED, "p-store-0117"),
        (Action.CALLBACK_TAKEN, "booked-east"),
    ]
    exported = (await qian.get("/api/audit/export")).body.splitlines()
    assert len(exported) == len(lines)


async def test_whoever_may_administer_by_a_second_grant_counts_as_an_administrator(server: SignalingServer) -> None:
    admin = await server.sign_in("admin")
    out = {"disabled": True}
    assert (await admin.ask("PUT", "/api/people/p-admin/disabled", json=out)).status == 409
    await give(server, "he", Grant(role=Role.ADMIN, region=chain.EAST))
    assert (await admin.ask("PUT", "/api/people/p-admin/disabled", json=out)).status == 409, "only of a region"
    await give(server, "he", Grant(role=Role.ADMIN))
    he = await server.sign_in("he")
    assert (await he.ask("PUT", "/api/people/p-admin/disabled", json=out)).status == 204
    assert (await he.ask("PUT", "/api/people/p-he/disabled", json=out)).status == 409
