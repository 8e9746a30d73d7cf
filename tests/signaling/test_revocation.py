"""An open page stays signed in; whose sign-in ends elsewhere, or is disabled, loses the socket."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientWebSocketResponse
from sqlalchemy import select, update

from contract.base import decode, encode
from contract.client import Hello
from contract.errors import ByeCode, ErrorCode, Unavailable
from contract.server import SERVER_MESSAGE, Bye, Reconnect, Welcome
from runtime import clock
from signaling.app import SERVICE
from signaling.auth.sign_ins import LIFE_MS
from signaling.live.revocation import Revocation
from signaling.live.take_overs import LiveTakeOvers
from signaling.store.tables.accounts import SignInRow
from signaling.store.tables.people import PersonRow
from tests.support.nodes import PATIENCE_S
from tests.support.server import Client, SignalingServer

pytestmark = pytest.mark.flow


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[SignalingServer]:
    async with SignalingServer(tmp_path) as started:
        yield started


async def welcome(client: Client) -> ClientWebSocketResponse:
    socket = await client.web_socket()
    hello = Hello(ticket=await client.ticket(), proto=1, device="device-1")
    await socket.send_str(encode(hello).decode())
    assert isinstance(decode(SERVER_MESSAGE, (await socket.receive(PATIENCE_S)).data), Welcome)
    return socket


async def look(server: SignalingServer) -> None:
    """What happens by itself every half minute."""
    service = server.app[SERVICE]
    await Revocation(service.sessions, server.house.sign_ins, service.departures).look()


async def goodbye(socket: ClientWebSocketResponse) -> Bye:
    while True:
        message = decode(SERVER_MESSAGE, (await socket.receive(PATIENCE_S)).data)
        if isinstance(message, Bye):
            return message


async def test_a_page_that_is_only_open_stays_signed_in(server: SignalingServer) -> None:
    client = await server.sign_in("chen")
    socket = await welcome(client)
    soon_ms = clock.wall_ms() + 1000
    await server.house.database.write(
        lambda session: session.execute(update(SignInRow).values(seen_ms=1, expires_ms=soon_ms))
    )
    await look(server)
    async with server.house.database.read() as session:
        row = (await session.scalars(select(SignInRow))).one()
    assert row.expires_ms >= soon_ms - 1000 + LIFE_MS
    assert not socket.closed


async def test_who_is_disabled_is_out_before_tablets_are_looked_at_which_may_fail(
    server: SignalingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    revoke = Revocation.look

    async def revoking(self: Revocation) -> None:
        order.append("revocation")
        await revoke(self)

    async def failing(_: LiveTakeOvers) -> None:
        order.append("tablets")
        raise Unavailable(ErrorCode.UNAVAILABLE, "no database")

    socket, admin = await welcome(await server.sign_in("chen")), await server.sign_in("admin")
    monkeypatch.setattr(Revocation, "look", revoking)
    monkeypatch.setattr(LiveTakeOvers, "look", failing)
    assert (await admin.put("/api/people/p-chen/disabled", json={"disabled": True})).status == 204
    assert (await goodbye(socket)).code is ByeCode.REVOKED
    assert order[0] == "revocation"


async def test_who_is_disabled_is_disconnected_and_not_told_to_try_again(server: SignalingServer) -> None:
    client, other = await server.sign_in("chen"), await server.sign_in("zhang")
    socket, stays = await welcome(client), await welcome(other)
    await server.house.database.write(
        lambda session: session.execute(update(PersonRow).where(PersonRow.id == "p-chen").values(disabled_ms=1))
    )
    await look(server)
    said = await goodbye(socket)
    assert (said.code, said.reconnect) == (ByeCode.REVOKED, Reconnect.NEVER)
    assert not stays.closed
    assert (await client.get("/api/me")).status == 401
    assert (await client.post("/api/signin", json={"login": "chen", "password": "passline-demo"})).status == 401
