"""Signing in and out, tickets and the directory, through the real door."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from contract.errors import ErrorCode
from contract.http import Me
from contract.people import Role
from signaling.auth.limits import WRONG_PER_LOGIN
from signaling.store.tables.accounts import SignInRow
from signaling.store.tables.audit import AuditRow
from tests.support.server import SignalingServer

pytestmark = pytest.mark.flow


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[SignalingServer]:
    async with SignalingServer(tmp_path) as started:
        yield started


async def test_a_person_signs_in_and_is_known(server: SignalingServer) -> None:
    client = await server.sign_in("chen")
    me = (await client.get("/api/me")).read(Me)
    assert (me.person.id, me.person.role, me.chain.en) == ("p-chen", Role.EXPERT, "Baiwei Kitchens")


async def test_a_tablet_signs_in_as_its_store(server: SignalingServer) -> None:
    client = await server.sign_in("store-0117")
    assert client.person is not None
    assert client.person.store is not None
    assert client.person.store.number == "0117"


async def test_the_cookie_is_out_of_reach_of_scripts_and_only_its_hash_is_kept(server: SignalingServer) -> None:
    client = await server.stranger()
    response = await client.post("/api/signin", json={"login": "chen", "password": "passline-demo"})
    cookie = response.cookies["passline"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    kept = b"".join(path.read_bytes() for path in server.settings.data.glob("passline.db*"))
    assert cookie.value.encode() not in kept


async def test_behind_tls_the_cookie_is_bound_to_host_and_tls(server: SignalingServer) -> None:
    client = await server.stranger()
    origin = server.url.replace("http:", "https:")
    response = await client.post("/api/signin", json={"login": "chen", "password": "passline-demo"}, origin=origin)
    assert response.cookies["__Host-passline"]["secure"]


async def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(server: SignalingServer) -> None:
    client = await server.stranger()
    for login in ("chen", "nobody"):
        answer = await client.post("/api/signin", json={"login": login, "password": "wrong"})
        assert (answer.status, answer.code) == (401, ErrorCode.WRONG_PASSWORD)
    assert (await client.get("/api/me")).status == 401


async def test_many_wrong_passwords_lock_the_name_even_for_the_right_one(server: SignalingServer) -> None:
    client = await server.stranger()
    wrong = {"login": "liu", "password": "wrong"}
    await asyncio.gather(*(client.post("/api/signin", json=wrong) for _ in range(WRONG_PER_LOGIN)))
    right = {"login": "liu", "password": "passline-demo"}
    for body in (wrong, right):
        answer = await client.post("/api/signin", json=body)
        assert (answer.status, answer.code) == (429, ErrorCode.LOCKED)
    await server.sign_in("chen")


async def test_an_expired_sign_in_is_none(server: SignalingServer) -> None:
    client = await server.sign_in("chen")
    await server.house.database.write(lambda session: session.execute(update(SignInRow).values(expires_ms=1)))
    for method, path in (("GET", "/api/me"), ("POST", "/api/ticket")):
        answer = await client.ask(method, path)
        assert (answer.status, answer.code) == (401, ErrorCode.SIGN_IN)


async def test_a_used_sign_in_lives_on_and_a_tablet_lives_longest(server: SignalingServer) -> None:
    person, tablet = await server.sign_in("chen"), await server.sign_in("store-0117")
    await server.house.database.write(
        lambda session: session.execute(update(SignInRow).values(seen_ms=1, expires_ms=2**50))
    )
    for client in (person, tablet):
        assert (await client.get("/api/me")).status == 200
    async with server.house.database.read() as session:
        rows = {row.person_id: row for row in await session.scalars(select(SignInRow))}
    hour_ms = 3600 * 1000
    assert rows["p-chen"].expires_ms - rows["p-chen"].seen_ms == 12 * hour_ms
    assert rows["p-store-0117"].expires_ms - rows["p-store-0117"].seen_ms == 90 * 24 * hour_ms


async def test_signing_out_ends_the_cookie_for_whoever_copied_it(server: SignalingServer) -> None:
    client = await server.sign_in("chen")
    thief = await server.stranger()
    copied = next(iter(client.http.cookie_jar))
    assert (await client.post("/api/signout")).status == 204
    response = await thief.get("/api/me", headers={"Cookie": f"passline={copied.value}"})
    assert response.status == 401
    assert (await client.post("/api/signout")).status == 204


async def test_a_ticket_admits_once(server: SignalingServer) -> None:
    client = await server.sign_in("store-0108")
    ticket = await client.ticket()
    taken = await server.house.tickets.take(ticket)
    assert taken.id == "p-store-0108"
    with pytest.raises(Exception, match="sign_in"):
        await server.house.tickets.take(ticket)


async def test_a_ticket_dies_with_its_sign_in(server: SignalingServer) -> None:
    client = await server.sign_in("chen")
    ticket = await client.ticket()
    await client.post("/api/signout")
    with pytest.raises(Exception, match="sign_in"):
        await server.house.tickets.take(ticket)


async def test_signing_in_and_out_and_failing_is_audited(server: SignalingServer) -> None:
    client = await server.sign_in("chen")
    await client.post("/api/signout")
    await client.post("/api/signin", json={"login": "chen", "password": "wrong"})
    async with server.house.database.read() as session:
        rows = list(await session.scalars(select(AuditRow).order_by(text("rowid"))))
    assert [(row.person_id, row.action) for row in rows] == [
        ("p-chen", "signed_in"),
        ("p-chen", "signed_out"),
        ("p-chen", "sign_in_failed"),
    ]
