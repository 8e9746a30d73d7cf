"""Somebody leaves: out at once, and what they owed and may replay is their successor's."""

from pathlib import Path

import pytest
from sqlalchemy import select

from contract.callbacks import CallbackState
from contract.client import DeclineCall
from contract.errors import ByeCode
from contract.ids import PersonId
from contract.routing import Routing
from contract.server import Done
from signaling.store.tables.audit import AuditRow
from tests.signaling.service.test_callbacks import call, sees
from tests.signaling.service.world import World, ring
from tests.support import chain
from tests.support.clients import new_cid
from tests.support.server import Answer, Client, SignalingServer

pytestmark = pytest.mark.flow


async def leave(admin: Client, login: str, successor: str) -> Answer:
    return await admin.put(f"/api/people/p-{login}/disabled", json={"disabled": True, "successor": f"p-{successor}"})


async def handed(server: SignalingServer) -> list[tuple[str | None, str | None, str]]:
    async with server.house.database.read() as session:
        query = select(AuditRow.person_id, AuditRow.object, AuditRow.detail).where(AuditRow.action == "handed_over")
        return [
            (person, about, detail) for person, about, detail in await session.execute(query.order_by(AuditRow.seq))
        ]


async def test_open_callbacks_go_to_the_successor_and_the_history_names_both(world: World) -> None:
    store, admin = await world.tab("store-0117"), await world.server.sign_in("admin")
    room = await call(store)
    chen, zhang = await world.tab("chen"), await world.tab("zhang")
    assert (await chen.browser.post(f"/api/callbacks/{room}/take")).status == 200
    assert (await leave(admin, "chen", "zhang")).status == 204
    await chen.until(lambda: chen.bye, "goodbye")
    assert chen.bye is not None
    assert chen.bye.code is ByeCode.REVOKED
    for who in (store, zhang):
        item = await sees(who, room, lambda one: one.owner is not None and one.owner.id == zhang.person, "handed over")
        assert item.state is CallbackState.TAKEN
    both = "from=p-chen,to=p-zhang"
    assert await handed(world.server) == [("p-admin", "p-chen", both), ("p-admin", room, both)]
    assert (await zhang.browser.post(f"/api/callbacks/{room}/done")).status == 200


async def test_what_a_successor_may_not_work_off_goes_back_to_the_group(world: World) -> None:
    store, admin = await world.tab("store-0117"), await world.server.sign_in("admin")
    room = await call(store)
    chen = await world.tab("chen")
    assert (await chen.browser.post(f"/api/callbacks/{room}/take")).status == 200
    await sees(store, room, lambda one: one.state is CallbackState.TAKEN, "taken")
    assert (await leave(admin, "chen", "he")).status == 204
    item = await sees(store, room, lambda one: one.state is CallbackState.OPEN, "anybody's")
    assert item.owner is None


async def reopened(server: SignalingServer) -> list[tuple[str | None, str | None]]:
    async with server.house.database.read() as session:
        query = select(AuditRow.person_id, AuditRow.object).where(AuditRow.action == "callback_reopened")
        return [(person, about) for person, about in await session.execute(query.order_by(AuditRow.seq))]


@pytest.mark.parametrize(
    ("what", "wish"),
    [
        ("disabled", {"disabled": True}),
        ("roles", {"role": "trainer"}),
        ("roles", {"role": "expert", "region": chain.NORTH}),
    ],
)
async def test_what_somebody_may_not_work_off_any_more_goes_back_to_the_group(
    world: World, what: str, wish: dict[str, object]
) -> None:
    store, admin = await world.tab("store-0117"), await world.server.sign_in("admin")
    room = await call(store)
    zhang = await world.server.sign_in("zhang")
    assert (await zhang.post(f"/api/callbacks/{room}/take")).status == 200
    await sees(store, room, lambda one: one.state is CallbackState.TAKEN, "taken")
    assert (await admin.put("/api/people/p-zhang/roles", json={"role": "expert", "region": chain.EAST})).status == 204
    assert await reopened(world.server) == [], "of this region still"
    assert (await admin.put(f"/api/people/p-zhang/{what}", json=wish)).status == 204
    item = await sees(store, room, lambda one: one.state is CallbackState.OPEN, "anybody's")
    assert item.owner is None
    assert await reopened(world.server) == [("p-admin", room)]


async def test_a_promise_of_somebody_who_is_out_since_is_not_made_theirs(world: World) -> None:
    store, chen, zhang = [await world.tab(login) for login in ("store-0117", "chen", "zhang")]
    room = await ring(store, chen, zhang)
    assert isinstance(await chen.do(DeclineCall(cid=new_cid(), room=room, back_in_s=60)), Done)
    admin = await world.server.sign_in("admin")
    assert (await admin.put("/api/people/p-chen/disabled", json={"disabled": True})).status == 204
    assert isinstance(await zhang.do(DeclineCall(cid=new_cid(), room=room)), Done)
    item = await sees(store, room, lambda _: True, "owed")
    assert (item.state, item.owner, item.due_at) == (CallbackState.OPEN, None, item.rung_at + 900_000)


async def test_a_successor_replays_and_publishes_what_the_leaver_led_until_they_are_back(tmp_path: Path) -> None:
    path = f"/api/archive/{chain.ROOM}"
    async with SignalingServer(tmp_path, rooms=[chain.finished_call()]) as server:
        admin, liu, zhang = [await server.sign_in(login) for login in ("admin", "liu", "zhang")]
        assert (await liu.get(path)).status == 404
        assert (await leave(admin, "chen", "liu")).status == 204
        assert (await liu.get(path)).status == 200
        assert (await liu.get(f"{path}/files/{chain.FILE}")).status == 200
        assert (await liu.get(f"/api/rooms/{chain.ROOM}/stills/{chain.STILL}")).status == 200
        assert (await liu.put(f"{path}/publish", json={"roles": ["learner"]})).status == 200
        assert (await zhang.get(path)).status == 404, "nobody else"
        assert (await leave(admin, "liu", "zhang")).status == 204
        assert (await zhang.get(path)).status == 200, "the successor's successor"
        assert (await admin.put("/api/people/p-chen/disabled", json={"disabled": False})).status == 204
        assert (await zhang.get(path)).status == 404
        assert (await (await server.sign_in("chen")).get(path)).status == 200


async def test_whoever_was_on_call_leaves_the_successor_on_call(world: World) -> None:
    admin = await world.server.sign_in("admin")
    assert (await admin.put("/api/routing/experts/p-chen", json={"on_call": True})).status == 204
    assert (await leave(admin, "chen", "zhang")).status == 204
    lines = (await admin.get("/api/routing")).read(Routing).experts
    assert {line.person.id: line.profile.on_call for line in lines}[PersonId("p-zhang")]


async def test_nobody_else_can_take_over(world: World) -> None:
    admin = await world.server.sign_in("admin")
    assert (await admin.put("/api/people/p-liu/disabled", json={"disabled": True})).status == 204
    for successor, status in (("store-0117", 400), ("chen", 400), ("liu", 400), ("nobody", 404)):
        assert (await leave(admin, "chen", successor)).status == status, successor
    assert (await leave(admin, "store-0117", "zhang")).status == 400
    assert await world.server.sign_in("chen"), "nothing was changed"
    assert await handed(world.server) == []
