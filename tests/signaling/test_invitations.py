"""Somebody who was invited chooses a password, once; the link is worth nothing afterwards, or to anybody else."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from contract.audit import Action
from contract.errors import ErrorCode, Rejection
from contract.http import Invitation, Me
from contract.people import Name, Role
from signaling.auth.invitations import LIFE_MS, Invitations
from signaling.domain.people_list import PersonLine
from signaling.staff import Staff
from signaling.store.organisation import By
from signaling.store.tables.accounts import InvitationRow
from signaling.store.tables.audit import AuditRow
from signaling.store.tables.people import PersonRow
from tests.support.server import Answer, Client, SignalingServer

pytestmark = pytest.mark.flow

PASSWORD = "four words are long"
LINE = PersonLine(
    line=2,
    login="sun",
    name=Name(zh="孙", en="Sun"),
    role=Role.TRAINER,
    title=None,
    department=None,
    region=None,
    skills=(),
)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[SignalingServer]:
    async with SignalingServer(tmp_path, rooms=[]) as started:
        yield started


async def invited(server: SignalingServer) -> str:
    taken = await Staff(server.house.database, By()).take_list([LINE], only_ask=False)
    [(login, secret)] = taken.invited
    assert login == "sun"
    return secret


async def accept(client: Client, secret: str, password: str = PASSWORD) -> Answer:
    return await client.post("/api/invitation", json={"token": secret, "password": password})


async def test_who_is_invited_sees_for_whom_it_is_chooses_a_password_and_is_in(server: SignalingServer) -> None:
    secret, client = await invited(server), await server.stranger()
    shown = await client.post("/api/invitation/check", json={"token": secret})
    assert shown.read(Invitation) == Invitation(
        login="sun", name=LINE.name, chain=Name(zh="百味连锁", en="Baiwei Kitchens")
    )
    me = (await accept(client, secret)).read(Me)
    assert (me.person.role, me.person.name) == (Role.TRAINER, LINE.name)
    assert (await client.get("/api/me")).read(Me) == me
    await server.sign_in("sun", PASSWORD)


async def test_before_that_nothing_that_is_typed_is_the_password(server: SignalingServer) -> None:
    await invited(server)
    client = await server.stranger()
    for guess in ("sun", " ", "x" * 20):
        refused = await client.post("/api/signin", json={"login": "sun", "password": guess})
        assert (refused.status, refused.code) == (401, ErrorCode.WRONG_PASSWORD)


async def test_a_link_works_once_and_only_its_hash_is_kept(server: SignalingServer) -> None:
    secret, client = await invited(server), await server.stranger()
    async with server.house.database.read() as session:
        [row] = await session.scalars(select(InvitationRow))
    assert secret.encode() not in row.token_hash
    weak = await accept(client, secret, "short")
    assert (weak.status, weak.code) == (422, ErrorCode.WEAK_PASSWORD)
    assert (await accept(client, secret)).status == 200
    for path in ("/api/invitation", "/api/invitation/check"):
        again = await client.post(path, json={"token": secret, "password": "another long one"})
        assert (again.status, again.code) == (404, ErrorCode.NOT_FOUND)
    await server.sign_in("sun", PASSWORD)


async def test_an_expired_one_says_so_and_a_newer_one_replaces_it(server: SignalingServer) -> None:
    secret, client = await invited(server), await server.stranger()
    await server.house.database.write(lambda session: session.execute(update(InvitationRow).values(expires_ms=1)))
    late = await accept(client, secret)
    assert (late.status, late.code) == (410, ErrorCode.OVER)
    newer = await server.house.invitations.invite("sun", By())
    assert (await accept(client, secret)).status == 404
    assert (await accept(client, newer)).status == 200


async def test_an_invitation_works_for_two_weeks(server: SignalingServer) -> None:
    now_ms = 1_000
    invitations = Invitations(server.house.database, server.house.passwords, lambda: now_ms)
    secret = await invitations.invite("chen", By())
    now_ms += LIFE_MS - 1
    assert (await invitations.check(secret)).login == "chen"
    now_ms += 1
    with pytest.raises(Rejection) as expired:
        await invitations.check(secret)
    assert expired.value.code is ErrorCode.OVER


async def test_who_forgot_the_password_is_in_by_a_new_one_and_everybody_else_is_out(server: SignalingServer) -> None:
    elsewhere = await server.sign_in("chen")
    secret = await server.house.invitations.invite("chen", By())
    assert (await elsewhere.get("/api/me")).status == 200, "the old password works until the link is used"
    client = await server.stranger()
    assert (await accept(client, secret)).status == 200
    assert (await elsewhere.get("/api/me")).status == 401
    async with server.house.database.read() as session:
        acts = [row.action for row in await session.scalars(select(AuditRow).order_by(AuditRow.seq))]
    assert acts == [Action.SIGNED_IN, Action.INVITED, Action.PASSWORD_SET, Action.SIGNED_IN]


async def test_who_was_disabled_does_not_come_back_by_a_link(server: SignalingServer) -> None:
    secret, client = await invited(server), await server.stranger()
    await server.house.database.write(
        lambda session: session.execute(update(PersonRow).where(PersonRow.login == "sun").values(disabled_ms=1))
    )
    assert (await accept(client, secret)).status == 404
    for login in ("sun", "store-0117"):
        with pytest.raises(Rejection) as refused:
            await server.house.invitations.invite(login, By())
        assert refused.value.code is ErrorCode.CONFLICT
