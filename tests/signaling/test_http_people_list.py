"""A list of people by HTTP: shown before it is applied, whole or not at all, by administrators only."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from contract.errors import ErrorCode
from contract.http import PeopleTaken
from contract.lists import ListFault
from signaling.store.tables.audit import AuditRow
from signaling.store.tables.people import PersonRow
from tests.support.server import Answer, Client, SignalingServer

pytestmark = pytest.mark.flow

LIST = "工号,姓名,角色,技能\nsun,孙明,专家,设备\nchen,陈立群,专家,菜品\nhe,何静,培训师,\n"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[SignalingServer]:
    async with SignalingServer(tmp_path, rooms=[]) as started:
        yield started


async def send(client: Client, text: str, query: str = "") -> Answer:
    return await client.post(
        f"/api/lists/people{query}", data=text.encode("gb18030"), headers={"Content-Type": "text/csv"}
    )


async def count(server: SignalingServer) -> int:
    async with server.house.database.read() as session:
        return (await session.execute(select(func.count()).select_from(PersonRow))).scalar_one()


async def test_what_would_change_is_shown_and_then_changed_and_then_nothing_is_left_to_do(
    server: SignalingServer,
) -> None:
    client, before = await server.sign_in("admin"), await count(server)
    shown = (await send(client, LIST)).read(PeopleTaken)
    assert [(one.login, one.path) for one in shown.invited] == [("sun", None)]
    assert (shown.problems, shown.changed, shown.same) == ([], ["chen", "he"], 0)
    assert await count(server) == before

    done = (await send(client, LIST, "?apply=true")).read(PeopleTaken)
    [new] = done.invited
    assert (done.changed, await count(server)) == (["chen", "he"], before + 1)
    assert new.path is not None
    secret = new.path.removeprefix("/invitation#")
    stranger = await server.stranger()
    body = {"token": secret, "password": "four words are long"}
    assert (await stranger.post("/api/invitation", json=body)).status == 200

    again = (await send(client, LIST, "?apply=true")).read(PeopleTaken)
    assert (again.invited, again.changed, again.same) == ([], [], 3)
    async with server.house.database.read() as session:
        added = await session.execute(select(AuditRow.person_id).where(AuditRow.action == "person_added"))
        assert list(added.scalars()) == ["p-admin"]


async def test_a_bad_line_is_named_and_nothing_is_changed(server: SignalingServer) -> None:
    client, before = await server.sign_in("admin"), await count(server)
    for text, line in (
        (LIST + "x1,某,店员,\n", 5),
        (LIST + "he,何,专家,\n", 5),
        (LIST + "wu,吴磊,专家,\n", 5),
        ("", 1),
    ):
        refused = (await send(client, text, "?apply=true")).read(PeopleTaken)
        assert [problem.line for problem in refused.problems][:1] == [line]
        assert (refused.invited, refused.changed) == ([], [])
    assert await count(server) == before


async def test_what_is_no_list_is_refused_in_words(server: SignalingServer) -> None:
    client = await server.sign_in("admin")
    long = (await send(client, "login,name,role\n" + "x" * 200_000)).read(PeopleTaken)
    assert [(one.line, one.fault, one.text) for one in long.problems] == [
        (1, ListFault.NO_CSV, "this is no CSV: field larger than field limit (131072)")
    ]
    other = await client.post("/api/lists/people", json={"login": "x"})
    assert (other.status, other.code) == (400, ErrorCode.BAD_MESSAGE)
