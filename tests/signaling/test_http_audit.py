"""The audit by HTTP: found by who, what, act and time, paged, exported with its hashes, and written down itself."""

import json
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import Action, AuditPage
from contract.ids import PersonId
from signaling.http import audit as door
from signaling.store import audit, audit_lines
from tests.support import chain
from tests.support.server import Client, SignalingServer

pytestmark = pytest.mark.flow

AT = chain.STARTED_MS
HOUR = f"from_ms={AT}&to_ms={AT + 3600_000}"
CHEN, LIU = PersonId("p-chen"), PersonId("p-liu")


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[SignalingServer]:
    """Six acts besides the sign-ins."""

    async def acts(session: AsyncSession) -> None:
        for minute, (action, person, object_id, detail) in enumerate(
            [
                (Action.STORE_ADDED, None, "s-0117", ""),
                (Action.PERSON_ADDED, None, "p-liu", "expert"),
                (Action.REPLAY_OPENED, CHEN, chain.ROOM, ""),
                (Action.REPLAY_OPENED, LIU, chain.ROOM, ""),
                (Action.REGION_RENAMED, None, "r-east", ""),
                (Action.PERSON_RENAMED, LIU, "p-chen", "login"),
            ]
        ):
            at_ms = AT + minute * 60_000
            await audit.record(session, action, person, object_id=object_id, detail=detail, at_ms=at_ms)

    async with SignalingServer(tmp_path) as started:
        await started.house.database.write(acts)
        yield started


async def found(client: Client, **query: Any) -> list[tuple[Action, str | None, str | None]]:
    """Act, person and object, newest first, of the hour of those acts: what the visit itself writes is of now."""
    asked = "&".join(f"{key}={value}" for key, value in query.items())
    lines = (await client.get(f"/api/audit?{asked}")).read(AuditPage).lines
    return [(line.action, line.person, line.object) for line in lines if AT <= line.at < AT + 3600_000]


async def test_an_act_is_found_by_who_did_it_to_whom_what_it_was_and_when(server: SignalingServer) -> None:
    client = await server.sign_in("qian")
    chen = (Action.REPLAY_OPENED, CHEN, chain.ROOM)
    liu = (Action.REPLAY_OPENED, LIU, chain.ROOM)
    renamed = (Action.PERSON_RENAMED, LIU, "p-chen")
    assert await found(client, who="p-liu") == [renamed, liu]
    assert await found(client, who="LIU") == [renamed, liu], "part of a login"
    assert await found(client, who="刘") == [renamed, liu], "part of a name"
    assert await found(client, who="%") == []
    assert await found(client, about=chain.ROOM) == [liu, chen]
    assert await found(client, about="0117") == [(Action.STORE_ADDED, None, "s-0117")]
    assert await found(client, about="华东") == [(Action.REGION_RENAMED, None, "r-east")]
    assert await found(client, about="Chen Liqun") == [renamed]
    assert await found(client, action="replay_opened", who="chen") == [chen]
    assert await found(client, from_ms=AT + 120_000, to_ms=AT + 180_000) == [chen]
    wrong = await client.get("/api/audit?action=looked")
    assert (wrong.status, wrong.code) == (400, "bad_message")


async def test_a_line_says_who_and_what_that_was_by_the_names_of_today(server: SignalingServer) -> None:
    client = await server.sign_in("admin")
    lines = (await client.get(f"/api/audit?{HOUR}")).read(AuditPage).lines
    renamed, region, *_, store = lines
    assert renamed.name == chain.PEOPLE["liu"].name
    assert renamed.about == chain.PEOPLE["chen"].name
    assert (region.name, region.about and region.about.zh) == (None, "华东")
    assert store.about == chain.STORES["0117"].name


async def test_pages_follow_each_other_while_the_audit_grows(
    server: SignalingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "PAGE", 2)
    client = await server.sign_in("qian")
    seen: list[int] = []
    before: int | None = None
    while True:
        more = "" if before is None else f"&before={before}"
        page = (await client.get(f"/api/audit?{HOUR}{more}")).read(AuditPage)
        assert len(page.lines) <= 2
        seen += [line.seq for line in page.lines]
        await server.sign_in("chen")
        if page.next is None:
            break
        before = page.next
    assert seen == sorted(set(seen), reverse=True)
    assert len(seen) == 6


async def test_the_export_is_all_of_it_in_order_with_its_hashes(
    server: SignalingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_lines, "BATCH_ROWS", 3)
    client = await server.sign_in("qian")
    answer = await client.get("/api/audit/export")
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    assert "attachment" in answer.headers["Content-Disposition"]
    lines = [json.loads(line) for line in answer.body.splitlines()]
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    assert lines[-1]["action"] == "audit_exported"
    assert lines[-1]["person"] == "p-qian"
    assert all(after["prev"] == line["hash"] for line, after in pairwise(lines))
    some = await client.get("/api/audit/export?who=liu&action=replay_opened")
    assert [json.loads(line)["person"] for line in some.body.splitlines()] == ["p-liu"]


async def test_looking_into_the_audit_is_written_down_once_and_each_export(server: SignalingServer) -> None:
    client = await server.sign_in("qian")
    for path in ("", "", "/export", "/export"):
        assert (await client.get(f"/api/audit{path}")).status == 200
    mine = await client.get("/api/audit?who=p-qian")
    assert [line.action for line in mine.read(AuditPage).lines] == [
        Action.AUDIT_EXPORTED,
        Action.AUDIT_EXPORTED,
        Action.AUDIT_OPENED,
        Action.SIGNED_IN,
    ]


async def test_what_the_server_writes_is_an_unbroken_chain(server: SignalingServer) -> None:
    for login in ("chen", "liu", "admin"):
        await server.sign_in(login)
    head, faults = await audit_lines.verify(server.house.database)
    assert faults == []
    assert head.seq >= 9
