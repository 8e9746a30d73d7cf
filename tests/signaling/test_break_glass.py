"""An administrator's emergency sign-in: made on the server, used once, and seen by everybody who may see."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from contract.audit import Action
from contract.errors import ErrorCode, Rejection
from contract.http import Me
from contract.people import Grant, Role
from signaling.auth.break_glass import LIFE_MS, BreakGlass
from signaling.auth.limits import WRONG_PER_ADDRESS
from signaling.store import grants, organisation
from signaling.store.organisation import By
from signaling.store.tables.audit import AuditRow
from tests.support import chain
from tests.support.server import Answer, Client, SignalingServer

pytestmark = pytest.mark.flow


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[SignalingServer]:
    async with SignalingServer(tmp_path, rooms=[]) as started:
        yield started


async def use(client: Client, secret: str) -> Answer:
    return await client.post("/api/break-glass", json={"token": secret})


async def test_an_administrator_is_in_once_and_it_is_loud(
    server: SignalingServer,
) -> None:
    secret = await server.house.break_glass.make("admin", By())
    client = await server.stranger()
    with capture_logs() as said:
        assert (await use(client, secret)).read(Me).person.id == "p-admin"
    assert [line["log_level"] for line in said if "breaking the glass" in line["event"]] == ["warning"]
    assert (await client.get("/api/me")).status == 200
    again = await use(await server.stranger(), secret)
    assert (again.status, again.code) == (404, ErrorCode.NOT_FOUND)
    async with server.house.database.read() as session:
        rows = [
            (row.action, row.person_id, row.object, row.address, row.detail)
            for row in await session.scalars(select(AuditRow))
        ]
    assert rows == [
        (Action.BREAK_GLASS_MADE, None, "p-admin", "command line", ""),
        (Action.SIGNED_IN, "p-admin", None, "127.0.0.1", "break_glass"),
        (Action.SIGN_IN_FAILED, None, None, "127.0.0.1", "break_glass not_found"),
    ]
    kept = b"".join(path.read_bytes() for path in server.settings.data.glob("passline.db*"))
    assert secret.encode() not in kept, "only its hash"


async def test_it_works_for_fifteen_minutes_and_a_newer_one_replaces_it(server: SignalingServer) -> None:
    now_ms = 1_000
    glass = BreakGlass(server.house.database, lambda: now_ms)
    older, newer = await glass.make("admin", By()), await glass.make("admin", By())
    with pytest.raises(Rejection) as refused:
        await glass.use(older)
    assert refused.value.code is ErrorCode.NOT_FOUND
    now_ms += LIFE_MS - 1
    assert await glass.use(newer) == "p-admin"
    late = await glass.make("admin", By())
    now_ms += LIFE_MS
    with pytest.raises(Rejection) as expired:
        await glass.use(late)
    assert expired.value.code is ErrorCode.OVER


async def test_it_is_for_administrators_of_the_whole_chain_only(server: SignalingServer) -> None:
    glass, wu = server.house.break_glass, chain.PEOPLE["wu"].id
    regional = [Grant(role=Role.ADMIN, region=chain.EAST)]
    await server.house.database.write(lambda session: grants.replace(session, wu, regional))
    for login in ("chen", "wu", "store-0117", "nobody"):
        with pytest.raises(Rejection, match="they are: admin"):
            await glass.make(login, By())
    await server.house.database.write(lambda session: grants.replace(session, wu, [Grant(role=Role.ADMIN)]))
    for take_away in (
        lambda session: grants.replace(session, wu, []),
        lambda session: organisation.disable(session, wu, 1, By()),
    ):
        secret = await glass.make("wu", By())
        await server.house.database.write(take_away)
        assert (await use(await server.stranger(), secret)).status == 404
        await server.house.database.write(lambda session: grants.replace(session, wu, [Grant(role=Role.ADMIN)]))


async def test_guessing_at_it_is_held_back_and_locks_nobody_out_who_has_the_link(server: SignalingServer) -> None:
    client, secret = await server.stranger(), await server.house.break_glass.make("admin", By())
    for number in range(WRONG_PER_ADDRESS):
        assert (await use(client, f"guess-{number}")).status == 404
    assert (await use(client, "one more guess")).code is ErrorCode.LOCKED
    async with server.house.database.read() as session:
        rows = (await session.scalars(select(AuditRow).where(AuditRow.action == Action.SIGN_IN_FAILED))).all()
    assert len(rows) == WRONG_PER_ADDRESS, "and fills no disk"
    assert (await use(client, secret)).read(Me).person.id == "p-admin"
