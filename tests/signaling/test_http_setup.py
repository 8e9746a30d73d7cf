"""The first start of a real chain: a link in the log makes the first administrator, once."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from contract.errors import ErrorCode
from contract.http import Me, SetupState
from contract.people import Name, Role
from signaling.store.tables.accounts import SetupLinkRow
from signaling.store.tables.audit import AuditRow
from signaling.store.tables.people import PersonRow
from tests.support.server import Answer, Client, SignalingServer

pytestmark = pytest.mark.flow

PASSWORD = "four words are long"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[SignalingServer]:
    async with SignalingServer(tmp_path, seeded=False) as started:
        yield started


async def token(server: SignalingServer) -> str:
    link = await server.house.first_administrator.offer("http://chain.example")
    assert link is not None
    assert link.startswith("http://chain.example/setup#")
    return link.partition("#")[2]


async def use(client: Client, secret: str, **more: Any) -> Answer:
    body = {
        "token": secret,
        "chain": {"zh": "小灶堂", "en": "Little Stove"},
        "login": "it",
        "name": {"zh": "周敏", "en": "Zhou Min"},
        "password": PASSWORD,
    }
    return await client.post("/api/setup", json={**body, **more})


async def test_the_link_names_the_chain_makes_the_administrator_and_signs_in(server: SignalingServer) -> None:
    client, secret = await server.stranger(), await token(server)
    assert (await client.get("/api/setup")).read(SetupState).needed
    assert (await client.post("/api/setup/check", json={"token": secret})).status == 204
    made = (await use(client, secret)).read(Me)
    assert (made.person.role, made.person.name.en, made.chain) == (
        Role.ADMIN,
        "Zhou Min",
        Name(zh="小灶堂", en="Little Stove"),
    )
    assert (await client.get("/api/me")).read(Me) == made
    await server.sign_in("it", PASSWORD)
    assert not (await client.get("/api/setup")).read(SetupState).needed
    async with server.house.database.read() as session:
        assert list(await session.scalars(select(SetupLinkRow))) == []
        rows = {row.action: row for row in await session.scalars(select(AuditRow))}
    assert {row.person_id for row in rows.values()} == {made.person.id}
    assert set(rows) == {"chain_named", "person_added", "signed_in"}


async def test_a_used_link_and_any_other_say_that_it_is_done(server: SignalingServer) -> None:
    client, secret = await server.stranger(), await token(server)
    assert (await use(client, secret)).status == 200
    for old in (secret, "a guess"):
        for answer in (await use(client, old), await client.post("/api/setup/check", json={"token": old})):
            assert (answer.status, answer.code) == (410, ErrorCode.SETUP_DONE)
    assert await server.house.first_administrator.offer("http://chain.example") is None


async def test_only_the_newest_link_works_and_only_its_hash_is_kept(server: SignalingServer) -> None:
    client, older, newest = await server.stranger(), await token(server), await token(server)
    for wrong in (older, "a guess"):
        answer = await use(client, wrong)
        assert (answer.status, answer.code) == (404, ErrorCode.SETUP_WRONG)
    kept = b"".join(path.read_bytes() for path in server.settings.data.glob("passline.db*"))
    assert newest.encode() not in kept
    assert (await use(client, newest)).status == 200


async def test_an_expired_link_says_so(server: SignalingServer) -> None:
    client, secret = await server.stranger(), await token(server)
    await server.house.database.write(lambda session: session.execute(update(SetupLinkRow).values(expires_ms=1)))
    answer = await use(client, secret)
    assert (answer.status, answer.code) == (410, ErrorCode.SETUP_EXPIRED)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"password": "too short"}, ErrorCode.WEAK_PASSWORD),
        ({"password": "aaaaaaaaaaaa"}, ErrorCode.WEAK_PASSWORD),
        ({"password": "Passline-Demo"}, ErrorCode.WEAK_PASSWORD),
        ({"login": "it-of-the-chain", "password": "it-of-the-chain"}, ErrorCode.WEAK_PASSWORD),
        ({"login": "Zhou Min"}, ErrorCode.BAD_MESSAGE),
        ({"chain": {"zh": "", "en": ""}}, ErrorCode.BAD_MESSAGE),
    ],
)
async def test_what_is_refused_leaves_the_link_as_it_was(
    server: SignalingServer, wrong: dict[str, Any], code: ErrorCode
) -> None:
    client, secret = await server.stranger(), await token(server)
    assert (await use(client, secret, **wrong)).code == code
    assert (await use(client, secret)).status == 200


async def test_two_who_use_it_at_once_make_one_administrator(server: SignalingServer) -> None:
    client, secret = await server.stranger(), await token(server)
    answers = await asyncio.gather(*(use(client, secret, login=f"it{n}") for n in range(4)))
    assert sorted(answer.status for answer in answers) == [200, 410, 410, 410]
    async with server.house.database.read() as session:
        assert len(list(await session.scalars(select(PersonRow)))) == 1
