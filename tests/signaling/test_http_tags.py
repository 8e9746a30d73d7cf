"""Two who have the same record open do not undo each other: the second one is told, and nothing is changed."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from contract.bots import Bots
from contract.errors import ErrorCode
from contract.inventory import Inventory
from contract.organisation import People, PersonRecord, Stores
from contract.quiet import KeptQuiet
from tests.support import chain
from tests.support.server import Client, SignalingServer

pytestmark = pytest.mark.flow

BOT = {
    "name": "设备群",
    "kind": "wecom",
    "url": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1",
    "occasions": ["waiting"],
    "language": "zh",
}
FRYER = chain.FRYER.machine.model_dump(mode="json", exclude={"id", "code"}) | {"store": "s-0117", "reason": "equipment"}


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[SignalingServer]:
    async with SignalingServer(tmp_path, rooms=[]) as started:
        yield started


async def chen(client: Client) -> PersonRecord:
    people = (await client.get("/api/people")).read(People).people
    return next(one for one in people if one.login == "chen")


async def person(client: Client) -> tuple[str, str]:
    return "/api/people/p-chen", (await chen(client)).tag


async def roles(client: Client) -> tuple[str, str]:
    return "/api/people/p-chen/roles", (await chen(client)).roles_tag


async def store(client: Client) -> tuple[str, str]:
    stores = (await client.get("/api/stores")).read(Stores).stores
    return "/api/stores/s-0117", next(one.tag for one in stores if one.id == "s-0117")


async def machine(client: Client) -> tuple[str, str]:
    machines = (await client.get("/api/equipment")).read(Inventory).equipment
    return "/api/equipment/e-fryer", next(one.tag for one in machines if one.machine.id == "e-fryer")


async def bot(client: Client) -> tuple[str, str]:
    bots = (await client.get("/api/bots")).read(Bots).bots
    if not bots:
        assert (await client.post("/api/bots", json=BOT)).status == 201
        return await bot(client)
    return f"/api/bots/{bots[0].id}", bots[0].tag


async def quiet(client: Client) -> tuple[str, str]:
    return "/api/quiet", (await client.get("/api/quiet")).read(KeptQuiet).tag


@dataclass(frozen=True)
class Record:
    """Where it is set, and which version is there; two wishes about it."""

    where: Callable[[Client], Awaitable[tuple[str, str]]]
    hers: dict[str, Any]
    his: dict[str, Any]
    login: str = "admin"


RECORDS = [
    Record(person, {"name": {"zh": "陈一", "en": "Chen"}}, {"name": {"zh": "陈二", "en": "Chen"}}),
    Record(roles, {"role": "trainer"}, {"role": "auditor"}),
    Record(
        store,
        {"name": {"zh": "一店", "en": "One"}, "region": chain.EAST},
        {"name": {"zh": "二店", "en": "Two"}, "region": chain.EAST},
    ),
    Record(machine, {**FRYER, "note": "one"}, {**FRYER, "note": "two"}),
    Record(bot, {**BOT, "name": "one", "url": None}, {**BOT, "name": "two", "url": None}),
    Record(quiet, {"do_not_disturb": True}, {"do_not_disturb": False, "until": None}, "chen"),
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.where.__name__)
async def test_the_second_of_two_is_told_and_undoes_nothing(server: SignalingServer, record: Record) -> None:
    client = await server.sign_in(record.login)
    path, before = await record.where(client)
    says = {"If-Match": f'"{before}"'}
    assert (await client.put(path, json=record.hers, headers=says)).status in (200, 204)
    path, hers = await record.where(client)
    assert hers != before
    late = await client.put(path, json=record.his, headers=says)
    assert (late.status, late.code) == (412, ErrorCode.PRECONDITION)
    assert (await record.where(client))[1] == hers, "hers stands"
    assert (await client.put(path, json=record.his, headers={"If-Match": f'"{hers}"'})).status in (200, 204)
    assert (await client.put(path, json=record.hers)).status in (200, 204), "a script that says nothing of it"
    assert (await record.where(client))[1] == hers, "the same again has the same tag"


@pytest.mark.parametrize(
    ("where", "wish", "same"),
    [
        (person, {"name": {"zh": "陈一", "en": "Chen"}, "skills": ["it"]}, False),
        (roles, {"role": "manager", "region": chain.EAST, "also": [{"role": "trainer"}]}, False),
        (roles, {"role": "expert"}, True),
    ],
)
async def test_whoever_sets_a_part_of_somebody_is_told_the_tag_of_what_is_there_now(
    server: SignalingServer, where: Callable[[Client], Awaitable[tuple[str, str]]], wish: dict[str, Any], *, same: bool
) -> None:
    admin = await server.sign_in("admin")
    path, before = await where(admin)
    set_to = (await admin.put(path, json=wish, headers={"If-Match": f'"{before}"'})).headers["ETag"]
    assert set_to == f'"{(await where(admin))[1]}"'
    assert (set_to == f'"{before}"') is same
    assert (await admin.put(path, json=wish, headers={"If-Match": set_to})).headers["ETag"] == set_to


async def test_what_somebody_may_do_and_what_they_are_called_are_two_records(server: SignalingServer) -> None:
    admin = await server.sign_in("admin")
    _, before = await roles(admin)
    assert (await admin.put("/api/people/p-chen", json={"name": {"zh": "陈一", "en": "Chen"}})).status == 204
    assert (await roles(admin))[1] == before
