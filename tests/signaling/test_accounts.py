"""People are added, disabled and renamed by one service; a running server and its sockets follow by themselves."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientWebSocketResponse
from sqlalchemy import select

from contract.base import decode, encode
from contract.client import Hello
from contract.errors import ByeCode, ErrorCode, Rejection
from contract.http import Directory
from contract.ids import RegionId, StoreId
from contract.people import Name, Presence, Role, Skill
from contract.server import SERVER_MESSAGE, Bye, PresenceChanged, Welcome
from signaling.auth.accounts import Accounts, new_password
from signaling.auth.passwords import Passwords
from signaling.domain.accounts import check_password
from signaling.store import organisation
from signaling.store.engine import Database
from signaling.store.organisation import By, NewStore
from signaling.store.schema import DATABASE
from signaling.store.tables.audit import AuditRow
from tests.support import chain
from tests.support.nodes import PATIENCE_S
from tests.support.server import Client, SignalingServer

pytestmark = pytest.mark.flow

PASSWORD = "four words are long"
NAME = Name(zh="王芳", en="Wang Fang")


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[SignalingServer]:
    async with SignalingServer(tmp_path) as started:
        yield started


@pytest.fixture
async def accounts(server: SignalingServer) -> AsyncIterator[Accounts]:
    """On a connection of its own, as another process has."""
    async with Database(server.settings.data / DATABASE) as database:
        yield Accounts(database, Passwords(chain.CHEAP), By())


async def listen(client: Client) -> ClientWebSocketResponse:
    socket = await client.web_socket()
    await socket.send_str(encode(Hello(ticket=await client.ticket(), proto=1, device="device-1")).decode())
    assert isinstance(decode(SERVER_MESSAGE, (await socket.receive(PATIENCE_S)).data), Welcome)
    return socket


async def hear(socket: ClientWebSocketResponse, name: str, presence: Presence) -> None:
    """Wait until somebody of this English name is said to be so."""
    while True:
        message = decode(SERVER_MESSAGE, (await socket.receive(PATIENCE_S)).data)
        if isinstance(message, PresenceChanged) and any(
            entry.person.name.en == name and entry.presence is presence for entry in message.entries
        ):
            return


async def test_somebody_new_is_in_the_directory_of_those_who_are_connected(
    server: SignalingServer, accounts: Accounts
) -> None:
    tablet = await server.sign_in("store-0117")
    socket = await listen(tablet)
    await accounts.add("wang", PASSWORD, Role.EXPERT, NAME, skills=[Skill.DISHES])
    await hear(socket, "Wang Fang", Presence.OFFLINE)
    own = await listen(await server.sign_in("wang", PASSWORD))
    await hear(socket, "Wang Fang", Presence.FREE)
    assert not own.closed


async def test_who_is_disabled_is_out_within_seconds_and_can_come_back(
    server: SignalingServer, accounts: Accounts
) -> None:
    expert, tablet = await server.sign_in("chen"), await server.sign_in("store-0117")
    socket, watching = await listen(expert), await listen(tablet)
    await accounts.disable("chen")
    while not isinstance(message := decode(SERVER_MESSAGE, (await socket.receive(PATIENCE_S)).data), Bye):
        pass
    assert message.code is ByeCode.REVOKED
    await hear(watching, "Chen Liqun", Presence.OFFLINE)
    assert (await expert.get("/api/me")).status == 401
    listed = (await tablet.get("/api/directory")).read(Directory)
    assert "p-chen" not in {entry.person.id for entry in listed.experts}
    await accounts.enable("chen")
    await hear(watching, "Chen Liqun", Presence.OFFLINE)
    await server.sign_in("chen")


async def test_a_new_password_ends_what_was_signed_in_with_the_old_one(
    server: SignalingServer, accounts: Accounts
) -> None:
    old = await server.sign_in("liu")
    await accounts.set_password("liu", PASSWORD)
    assert (await old.get("/api/me")).status == 401
    await server.sign_in("liu", PASSWORD)


async def test_another_name_is_told_and_kept_by_whoever_is_connected(
    server: SignalingServer, accounts: Accounts
) -> None:
    own = await listen(await server.sign_in("chen"))
    watching = await listen(await server.sign_in("store-0117"))
    await accounts.rename("chen", Name(zh="陈力群", en="Chen L."))
    await hear(watching, "Chen L.", Presence.FREE)
    assert not own.closed


async def test_a_renamed_store_takes_its_tablet_along(server: SignalingServer, accounts: Accounts) -> None:
    async with Database(server.settings.data / DATABASE) as database:
        await database.write(
            lambda session: organisation.change_stores(
                session, [NewStore(StoreId("s-0117"), "0117", NAME, RegionId("r-north"))], By()
            )
        )
    client = await server.sign_in("store-0117")
    assert client.person is not None
    assert client.person.store is not None
    assert (client.person.name, client.person.store.name, client.person.store.region) == (NAME, NAME, "r-north")


async def test_what_cannot_be_is_refused_with_its_reason(accounts: Accounts) -> None:
    refused = [
        (accounts.add("Wang", PASSWORD, Role.EXPERT, NAME), ErrorCode.BAD_MESSAGE),
        (accounts.add("chen", PASSWORD, Role.EXPERT, NAME), ErrorCode.CONFLICT),
        (accounts.add("wang", "short", Role.EXPERT, NAME), ErrorCode.WEAK_PASSWORD),
        (accounts.add("wang", PASSWORD, Role.STORE, NAME), ErrorCode.BAD_MESSAGE),
        (accounts.add("wang", PASSWORD, Role.MANAGER, NAME), ErrorCode.BAD_MESSAGE),
        (accounts.add("wang", PASSWORD, Role.STORE_MANAGER, NAME, region=chain.EAST), ErrorCode.BAD_MESSAGE),
        (accounts.disable("nobody"), ErrorCode.NOT_FOUND),
        (accounts.disable("admin"), ErrorCode.CONFLICT),
        (accounts.rename("store-0117", NAME), ErrorCode.CONFLICT),
        (accounts.rename_login("chen", "liu"), ErrorCode.CONFLICT),
    ]
    for work, code in refused:
        with pytest.raises(Rejection) as caught:
            await work
        assert caught.value.code == code
        assert caught.value.detail


async def test_every_change_is_audited_without_names(server: SignalingServer, accounts: Accounts) -> None:
    person = await accounts.add("wang", PASSWORD, Role.EXPERT, NAME)
    await accounts.rename_login("wang", "wang.fang")
    await accounts.rename("wang.fang", Name(zh="王芳芳", en="Fang"))
    await accounts.set_password("wang.fang", new_password())
    for _ in range(2):
        await accounts.disable("wang.fang")
    await accounts.enable("wang.fang")
    async with server.house.database.read() as session:
        rows = list(await session.scalars(select(AuditRow).where(AuditRow.object == person).order_by(AuditRow.id)))
    assert [row.action for row in rows] == [
        "person_added",
        "person_renamed",
        "person_renamed",
        "password_set",
        "person_disabled",
        "person_enabled",
    ]
    assert {(row.person_id, row.address) for row in rows} == {(None, "command line")}
    assert not any("wang" in row.detail or "王" in row.detail for row in rows)


def test_made_up_passwords_are_good_ones() -> None:
    made = {new_password() for _ in range(50)}
    assert len(made) == 50
    for password in made:
        check_password(password, "wang")
