"""Tablets are enrolled once by a code, stay signed in, and are out at once when they are taken back."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from contract.audit import Action
from contract.errors import ByeCode, ErrorCode, Rejection
from contract.http import Me
from contract.ids import PersonId, StoreId
from contract.organisation import DeviceRecord, Enrolment, StoreRecord, Stores
from contract.people import Role
from runtime import clock
from signaling.auth.devices import LIFE_MS, Devices
from signaling.auth.limits import WRONG_PER_ADDRESS
from signaling.auth.sign_ins import TABLET_LIFE_MS
from signaling.store.organisation import By
from signaling.store.tables.accounts import SignInRow
from signaling.store.tables.audit import AuditRow
from signaling.store.tables.devices import EnrolmentRow
from signaling.store.tables.people import PersonRow
from tests.signaling.test_revocation import goodbye, look, welcome
from tests.support import chain
from tests.support.server import Answer, Client, SignalingServer

pytestmark = pytest.mark.flow


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[SignalingServer]:
    async with SignalingServer(tmp_path, rooms=[]) as started:
        yield started


async def offered(admin: Client, store: str = "s-0117") -> Enrolment:
    answer = await admin.post(f"/api/stores/{store}/devices", json={"name": "后厨"})
    assert answer.status == 201
    return answer.read(Enrolment)


async def enrol(client: Client, code: str) -> Answer:
    return await client.post("/api/enrol", json={"code": code})


async def store(admin: Client) -> StoreRecord:
    [found] = [one for one in (await admin.get("/api/stores")).read(Stores).stores if one.number == "0117"]
    return found


async def device(admin: Client) -> DeviceRecord:
    [found] = (await store(admin)).devices
    return found


async def test_a_code_makes_one_browser_a_tablet_of_its_store_and_is_then_used_up(server: SignalingServer) -> None:
    admin, tablet = await server.sign_in("admin"), await server.stranger()
    made = await offered(admin)
    assert made.address.endswith(f"/enrol#{made.code}")
    assert {len(row) for row in made.picture} == {len(made.picture)}
    me = (await enrol(tablet, f" {made.code[:4]}-{made.code[4:].lower()}")).read(Me).person
    assert (me.role, me.store, me.name) == (Role.STORE, chain.STORES["0117"], chain.STORES["0117"].name)
    assert (await tablet.get("/api/me")).read(Me).person == me
    again = await enrol(await server.stranger(), made.code)
    assert (again.status, again.code) == (404, ErrorCode.NOT_FOUND)

    kept = await device(admin)
    assert (kept.id, kept.name, kept.enrolled_by.en, kept.revoked_at) == (me.id, "后厨", "Zhao Min", None)
    assert kept.seen_at is not None
    assert [one.login for one in (await store(admin)).tablets] == ["store-0117"], "it has no password to sign in with"
    async with server.house.database.read() as session:
        [sign_in] = await session.scalars(select(SignInRow).where(SignInRow.person_id == me.id))
        acts = [(row.action, row.person_id, row.object) for row in await session.scalars(select(AuditRow))]
        assert list(await session.scalars(select(EnrolmentRow))) == []
    assert sign_in.expires_ms - sign_in.created_ms == TABLET_LIFE_MS
    assert (Action.DEVICE_INVITED, "p-admin", "s-0117") in acts
    assert (Action.DEVICE_ENROLLED, me.id, "s-0117") in acts
    assert (Action.SIGNED_IN, me.id, None) in acts


async def test_a_device_that_is_taken_back_is_out_at_once_and_for_good(server: SignalingServer) -> None:
    admin, tablet = await server.sign_in("admin"), await server.stranger()
    me = (await enrol(tablet, (await offered(admin)).code)).read(Me).person
    socket = await welcome(tablet)
    assert (await admin.ask("DELETE", f"/api/devices/{me.id}")).status == 204
    await look(server)
    assert (await goodbye(socket)).code is ByeCode.REVOKED
    assert (await tablet.get("/api/me")).status == 401
    kept = await device(admin)
    assert kept.revoked_at is not None
    assert kept.seen_at is None
    assert (await admin.ask("DELETE", f"/api/devices/{me.id}")).status == 404
    assert (await admin.ask("DELETE", "/api/devices/p-store-0117")).status == 404, "a tablet with a password is none"
    async with server.house.database.read() as session:
        acts = list(await session.scalars(select(AuditRow.action).where(AuditRow.object == me.id)))
    assert Action.DEVICE_REVOKED in acts


async def test_a_store_that_closes_loses_its_tablets_and_they_do_not_come_back_by_themselves(
    server: SignalingServer,
) -> None:
    admin, tablet, old = await server.sign_in("admin"), await server.stranger(), await server.sign_in("store-0117")
    me = (await enrol(tablet, (await offered(admin)).code)).read(Me).person
    unused = (await offered(admin)).code
    others = await server.sign_in("store-0108")
    for _ in range(2):
        assert (await admin.put("/api/stores/s-0117/closed", json={"closed": True})).status == 204
    assert [(await client.get("/api/me")).status for client in (tablet, old, others)] == [401, 401, 200]
    assert (await enrol(await server.stranger(), unused)).status == 404
    more = await admin.post("/api/stores/s-0117/devices", json={"name": "后厨"})
    assert (more.status, more.code) == (409, ErrorCode.CONFLICT)
    assert (await admin.put("/api/people/p-store-0117/disabled", json={"disabled": False})).code is ErrorCode.CONFLICT
    kept = await store(admin)
    assert (kept.closed, kept.tablets[0].disabled, kept.devices[0].revoked_at is None) == (True, True, False)

    assert (await admin.put("/api/stores/s-0117/closed", json={"closed": False})).status == 204
    assert not (await store(admin)).closed
    assert (await old.get("/api/me")).status == 401
    assert (await admin.put(f"/api/people/{me.id}/disabled", json={"disabled": False})).code is ErrorCode.CONFLICT
    assert (await admin.put("/api/people/p-store-0117/disabled", json={"disabled": False})).status == 204
    assert (await server.sign_in("store-0117")).person is not None
    assert (await enrol(await server.stranger(), (await offered(admin)).code)).status == 200
    async with server.house.database.read() as session:
        acts = list(await session.scalars(select(AuditRow.action).where(AuditRow.object == "s-0117")))
    assert (acts.count(Action.STORE_CLOSED), acts.count(Action.STORE_OPENED)) == (1, 1)


async def test_a_code_works_for_a_day_and_there_are_only_so_many(server: SignalingServer) -> None:
    now_ms = [clock.wall_ms()]
    devices = Devices(server.house.database, lambda: now_ms[0])
    by = By((await server.sign_in("admin")).person.id)  # type: ignore[union-attr]  # signed in
    codes = []
    for _ in range(6):
        now_ms[0] += 1
        codes.append((await devices.offer(StoreId("s-0117"), "后厨", by))[0])
    with pytest.raises(Rejection) as oldest:
        await devices.enrol(codes[0], "")
    assert oldest.value.code is ErrorCode.NOT_FOUND
    await devices.enrol(codes[1], "")
    now_ms[0] += LIFE_MS - 1
    await devices.enrol(codes[5], "")
    now_ms[0] += 1
    with pytest.raises(Rejection) as late:
        await devices.enrol(codes[4], "")
    assert late.value.code is ErrorCode.NOT_FOUND


async def test_a_code_ends_with_whoever_made_it(server: SignalingServer) -> None:
    admin = await server.sign_in("admin")
    other = {"login": "qing", "role": "admin", "name": {"zh": "庆", "en": "Qing"}}
    added = await admin.post("/api/people", json=other)
    assert added.status == 201, added.body
    async with server.house.database.read() as session:
        [qing] = await session.scalars(select(PersonRow.id).where(PersonRow.login == "qing"))
    devices = Devices(server.house.database)
    code, _ = await devices.offer(StoreId("s-0117"), "后厨", By(PersonId(qing)))
    assert (await admin.put(f"/api/people/{qing}/disabled", json={"disabled": True})).status == 204
    assert (await enrol(await server.stranger(), code)).status == 404


async def test_a_code_is_kept_as_a_hash_and_outlives_a_restart_as_the_device_does(tmp_path: Path) -> None:
    async with SignalingServer(tmp_path, rooms=[]) as first:
        admin, tablet = await first.sign_in("admin"), await first.stranger()
        assert (await enrol(tablet, (await offered(admin)).code)).status == 200
        [cookie] = [cookie.value for cookie in tablet.http.cookie_jar]
        later = (await offered(admin)).code
        async with first.house.database.read() as session:
            [row] = await session.scalars(select(EnrolmentRow))
        assert later.encode() not in row.code_hash
    async with SignalingServer(tmp_path, rooms=[]) as second:
        kept = await second.stranger()
        assert (await kept.get("/api/me", headers={"Cookie": f"passline={cookie}"})).status == 200
        assert (await enrol(await second.stranger(), later)).status == 200


async def test_whoever_guesses_is_stopped_and_whatever_is_typed_is_only_a_wrong_code(server: SignalingServer) -> None:
    client = await server.stranger()
    strange = ["'; DROP TABLE device; --", "\u0000" * 8, "店" * 8, "k7mw3xqp", "<b>K7MW3XQ", "K" * 64]
    answers = [await enrol(client, strange[at % len(strange)]) for at in range(WRONG_PER_ADDRESS)]
    assert {(one.status, one.code) for one in answers} == {(404, ErrorCode.NOT_FOUND)}
    code = (await offered(await server.sign_in("admin"))).code
    locked = await enrol(client, code)
    assert (locked.status, locked.code) == (429, ErrorCode.LOCKED), "a right one too"
    wrong: list[object] = [{"code": ""}, {"code": "K" * 65}, {"code": 12345678}, {}, []]
    assert [(await client.post("/api/enrol", json=body)).status for body in wrong] == [400] * len(wrong)
