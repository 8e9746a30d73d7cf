"""Administrators keep stores and regions by HTTP, one by one and from a list; a manager reads the own region."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from contract.errors import ErrorCode
from contract.lists import ListFault, ListProblem
from contract.organisation import Made, Stores, StoresTaken
from contract.people import Name
from tests.support import chain
from tests.support.server import Answer, Client, SignalingServer

pytestmark = pytest.mark.flow

NAME = {"zh": "豫园店", "en": "Yu Garden"}
LIST = "门店号,店名,区域,英文店名\n0117,静安寺店,华东,Jing'an Temple\n0108,新天地店,华东,\n0400,春熙路店,西南,\n"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[SignalingServer]:
    async with SignalingServer(tmp_path, rooms=[]) as started:
        yield started


async def stores(client: Client) -> Stores:
    return (await client.get("/api/stores")).read(Stores)


async def send(client: Client, text: str, query: str = "") -> Answer:
    data = text.encode("gb18030")
    return await client.post(f"/api/lists/stores{query}", data=data, headers={"Content-Type": "text/csv"})


async def test_a_store_is_added_renamed_and_moved_and_its_tablets_are_called_like_it(server: SignalingServer) -> None:
    admin = await server.sign_in("admin")
    wish = {"number": "0300", "name": NAME, "region": chain.EAST}
    made = await admin.post("/api/stores", json=wish)
    assert made.status == 201
    assert (await admin.post("/api/stores", json=wish)).code is ErrorCode.CONFLICT
    change = {"name": NAME, "region": chain.NORTH}
    assert (await admin.put("/api/stores/s-0117", json=change)).status == 204
    found = {one.number: one for one in (await stores(admin)).stores}
    assert list(found) == ["0108", "0117", "0201", "0300"]
    assert (found["0300"].id, found["0300"].region, found["0300"].tablets) == (made.read(Made).id, chain.EAST, [])
    assert (found["0117"].name, found["0117"].region) == (Name(**NAME), chain.NORTH)
    [tablet] = found["0117"].tablets
    assert (tablet.login, tablet.person.name) == ("store-0117", Name(**NAME))


async def test_a_region_is_added_and_renamed_and_no_two_share_a_name(server: SignalingServer) -> None:
    admin = await server.sign_in("admin")
    name = {"zh": "西南", "en": "Southwest"}
    made = (await admin.post("/api/regions", json={"name": name})).read(Made)
    assert (await admin.post("/api/regions", json={"name": name})).code is ErrorCode.CONFLICT
    other = {"name": {"zh": "西部", "en": "West"}}
    assert (await admin.put(f"/api/regions/{made.id}", json=other)).status == 204
    assert [one.name.en for one in (await stores(admin)).regions] == ["West", "East", "North"]
    assert (await admin.put(f"/api/regions/{made.id}", json={"name": {"zh": "华东", "en": "W"}})).status == 409


async def test_a_manager_reads_the_own_region_and_changes_nothing(server: SignalingServer) -> None:
    manager = await server.sign_in("wu")
    seen = await stores(manager)
    assert [one.number for one in seen.stores] == ["0108", "0117"]
    assert [one.id for one in seen.regions] == [chain.EAST]
    assert "0201" not in (await manager.get("/api/stores")).body.decode()
    assert (await manager.put("/api/stores/s-0117", json={"name": NAME, "region": chain.EAST})).status == 403


async def test_a_list_is_shown_then_applied_and_the_same_list_again_changes_nothing(server: SignalingServer) -> None:
    admin = await server.sign_in("admin")
    before = (await admin.get("/api/stores")).body
    wanted = StoresTaken(problems=[], added=["0400"], changed=["0108"], regions=["西南"], same=1)
    assert (await send(admin, LIST)).read(StoresTaken) == wanted
    assert (await admin.get("/api/stores")).body == before
    assert (await send(admin, LIST, "?apply=true")).read(StoresTaken) == wanted
    again = (await send(admin, LIST, "?apply=true")).read(StoresTaken)
    assert again == StoresTaken(problems=[], added=[], changed=[], regions=[], same=3)
    assert [one.number for one in (await stores(admin)).stores] == ["0108", "0117", "0201", "0400"]


async def test_a_bad_line_is_named_and_a_list_brings_no_passwords(server: SignalingServer) -> None:
    admin = await server.sign_in("admin")
    before = (await admin.get("/api/stores")).body
    bad = (await send(admin, LIST + "0500,,华东,\n", "?apply=true")).read(StoresTaken)
    assert bad.problems == [ListProblem(line=5, fault=ListFault.EMPTY, about={"column": "name"}, text="name is empty")]
    secret = await send(admin, "number,name,region,tablet,password\n1,x,East,a-tablet,four words are long\n")
    assert [problem.line for problem in secret.read(StoresTaken).problems] == [1, 1]
    assert (await admin.get("/api/stores")).body == before


IMPOSSIBLE: list[tuple[Any, int]] = [
    ({"number": "", "name": NAME, "region": chain.EAST}, 400),
    ({"number": "9" * 65, "name": NAME, "region": chain.EAST}, 400),
    ({"number": 117, "name": NAME, "region": chain.EAST}, 400),
    ({"number": "0300", "name": NAME, "region": "r-nowhere"}, 404),
    ({"number": "0300", "name": "豫园店", "region": chain.EAST}, 400),
]


async def test_what_cannot_be_is_refused(server: SignalingServer) -> None:
    admin = await server.sign_in("admin")
    answers = [(await admin.post("/api/stores", json=body)).status for body, _ in IMPOSSIBLE]
    assert answers == [status for _, status in IMPOSSIBLE]
