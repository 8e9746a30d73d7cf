"""An administrator changes what somebody may do: in force at once, told to whoever is here, and written down."""

import pytest
from sqlalchemy import select

from contract.client import OpenSession
from contract.errors import ByeCode, ErrorCode
from contract.http import Me
from contract.ids import RoomId
from contract.organisation import People
from contract.people import Grant, Name, Role
from contract.rooms import MemberState
from contract.server import Done, Error, Reconnect
from signaling.store.tables.audit import AuditRow
from tests.signaling.service.world import World, answered, ring
from tests.support import chain
from tests.support.clients import Tab, new_cid
from tests.support.server import Client

pytestmark = pytest.mark.flow

TRAINER_OF_EAST = {"role": "trainer", "region": chain.EAST, "also": [{"role": "manager", "region": chain.NORTH}]}


async def give(admin: Client, login: str, roles: object) -> None:
    assert (await admin.put(f"/api/people/p-{login}/roles", json=roles)).status == 204


async def renewed(tab: Tab) -> None:
    """It was told, closed, and may come again at once."""
    await tab.until(lambda: tab.bye, "goodbye")
    assert tab.bye is not None
    assert (tab.bye.code, tab.bye.reconnect) == (ByeCode.ROLES_CHANGED, Reconnect.NOW)


async def test_whoever_is_here_is_told_and_comes_back_as_what_they_are_now(world: World) -> None:
    admin, chen = await world.server.sign_in("admin"), await world.tab("chen")
    await give(admin, "chen", TRAINER_OF_EAST)
    await renewed(chen)
    me = (await chen.browser.get("/api/me")).read(Me)
    assert (me.person.role, me.also, me.person.skills) == (Role.TRAINER, [Role.MANAGER], [])
    assert me.partly == [Role.TRAINER, Role.MANAGER], "screens offer nothing of the whole chain"
    again = await world.tab("chen", chen.browser)
    for store, outcome in (("store-0201", Error), ("store-0117", Done)):
        wish = OpenSession(cid=new_cid(), title=Name(zh="课", en="Class"), invite=[chain.PEOPLE[store].id])
        assert isinstance(await again.do(wish), outcome), store


async def test_a_role_that_counts_everywhere_too_is_not_partial(world: World) -> None:
    roles = {
        "role": "admin",
        "region": chain.EAST,
        "also": [{"role": "admin"}, {"role": "manager", "region": chain.EAST}],
    }
    await give(await world.server.sign_in("admin"), "chen", roles)
    me = (await (await world.server.sign_in("chen")).get("/api/me")).read(Me)
    assert (me.also, me.partly) == ([Role.MANAGER], [Role.MANAGER])


async def test_who_becomes_an_expert_is_rung(world: World) -> None:
    admin, before = await world.server.sign_in("admin"), await world.tab("fang")
    await give(admin, "fang", {"role": "expert"})
    await renewed(before)
    fang, store = await world.tab("fang", before.browser), await world.tab("store-0117")
    assert await ring(store, fang)


async def test_who_may_not_take_part_any_more_has_left_the_call(world: World) -> None:
    store, chen = await world.tab("store-0117"), await world.tab("chen")
    room: RoomId = await answered(store, chen)
    await give(await world.server.sign_in("admin"), "chen", {"role": "auditor"})
    await renewed(chen)
    await store.until(lambda: room in store.gone or _left(store, room), "chen has left")


def _left(store: Tab, room: RoomId) -> bool:
    members = store.rooms[room].members if room in store.rooms else []
    return any(one.person.id == "p-chen" and one.state is MemberState.LEFT for one in members)


async def test_it_is_written_down_once_and_listed(world: World) -> None:
    admin = await world.server.sign_in("admin")
    for _ in range(2):
        await give(admin, "chen", TRAINER_OF_EAST)
    async with world.server.house.database.read() as session:
        query = select(AuditRow.person_id, AuditRow.object, AuditRow.detail).where(AuditRow.action == "roles_changed")
        rows = [tuple(row) for row in await session.execute(query)]
    assert rows == [("p-admin", "p-chen", f"trainer@{chain.EAST},manager@{chain.NORTH}")]
    [kept] = [one for one in (await admin.get("/api/people")).read(People).people if one.login == "chen"]
    assert (kept.person.role, kept.region) == (Role.TRAINER, chain.EAST)
    assert kept.also == [Grant(role=Role.MANAGER, region=chain.NORTH)]


async def test_a_tablet_stays_one_and_somebody_can_always_administer(world: World) -> None:
    admin = await world.server.sign_in("admin")
    refused = await admin.put("/api/people/p-store-0117/roles", json={"role": "expert"})
    assert (refused.status, refused.code) == (400, ErrorCode.BAD_MESSAGE)
    for roles in ({"role": "auditor"}, {"role": "admin", "region": chain.EAST}):
        last = await admin.put("/api/people/p-admin/roles", json=roles)
        assert (last.status, last.code) == (409, ErrorCode.CONFLICT)
    assert (await admin.get("/api/people")).status == 200, "nothing was changed"
    await give(admin, "admin", {"role": "auditor", "also": [{"role": "admin"}]})
    assert (await admin.get("/api/people")).status == 200, "an administrator by a further grant"
    assert (await admin.put("/api/people/p-admin/roles", json={"role": "auditor"})).status == 409
