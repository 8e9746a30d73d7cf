"""Passkeys: somebody makes one, signs in by it, and nobody else does with what they can see or copy of it."""

import json
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import cbor2
import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from yarl import URL

from contract.audit import Action
from contract.errors import ByeCode, ErrorCode
from contract.http import InvitedPerson, Me
from contract.oidc import SignInWays
from contract.organisation import People
from contract.passkeys import Passkey, PasskeyOptions, Passkeys
from runtime.settings import Settings
from signaling.auth import passkeys as rules
from signaling.auth.limits import WRONG_PER_BROWSER
from signaling.http.begun import Begun
from signaling.store import organisation, passkeys
from signaling.store.engine import Database, Work
from signaling.store.organisation import By
from signaling.store.passkeys import MOST
from signaling.store.tables.accounts import PasskeyRow, SignInRow
from signaling.store.tables.audit import AuditRow
from signaling.store.tables.people import PersonRow
from tests.signaling.test_revocation import goodbye, welcome
from tests.support import chain
from tests.support.authenticator import PRESENT, VERIFIED, Authenticator, text
from tests.support.ports import free_port
from tests.support.server import Answer, Client, SignalingServer

pytestmark = pytest.mark.flow


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[SignalingServer]:
    async with SignalingServer(tmp_path, rooms=[], port=free_port()) as started:
        started.url = started.url.replace("127.0.0.1", "localhost")  # an address is no name for passkeys
        yield started


async def begin(client: Client) -> Answer:
    return await client.post("/api/passkey/new")


async def keep(client: Client, credential: str, name: str = "phone") -> Answer:
    return await client.post("/api/passkeys", json={"name": name, "credential": credential})


async def add(client: Client, key: Authenticator, name: str = "phone") -> Answer:
    return await keep(client, key.make((await begin(client)).read(PasskeyOptions).options), name)


async def asked(client: Client) -> str:
    return (await client.post("/api/passkey/begin")).read(PasskeyOptions).options


async def enter(client: Client, credential: str, **more: Any) -> Answer:
    return await client.post("/api/passkey", json={"credential": credential}, **more)


async def own(client: Client) -> list[Passkey]:
    return (await client.get("/api/passkeys")).read(Passkeys).passkeys


async def change(server: SignalingServer, login: str, **values: object) -> None:
    async def work(session: AsyncSession) -> None:
        await session.execute(update(PersonRow).where(PersonRow.login == login).values(**values))

    await server.house.database.write(work)


async def grow_old(server: SignalingServer, by_ms: int = rules.FRESH_MS + 1000) -> None:
    """Everybody signed in that much earlier."""

    async def work(session: AsyncSession) -> None:
        await session.execute(update(SignInRow).values(created_ms=SignInRow.created_ms - by_ms))

    await server.house.database.write(work)


async def written(server: SignalingServer) -> list[tuple[str, str | None, str | None, str]]:
    """What the audit says of passkeys: act, who, of whom, and which."""
    async with server.house.database.read() as session:
        query = select(AuditRow).where(AuditRow.action.startswith("passkey_")).order_by(AuditRow.seq)
        return [(row.action, row.person_id, row.object, row.detail) for row in await session.scalars(query)]


async def test_somebody_makes_one_signs_in_by_it_and_takes_it_away_again(server: SignalingServer) -> None:
    chen, stranger, key = await server.sign_in("chen"), await server.stranger(), Authenticator(server.url)
    assert (await stranger.get("/api/signin")).read(SignInWays).passkeys is None
    made = await add(chen, key)
    assert made.status == 201, made.body
    one = made.read(Passkey)
    assert (await stranger.get("/api/signin")).read(SignInWays).passkeys == "localhost"
    me = (await enter(stranger, key.sign(await asked(stranger)))).read(Me)
    assert (me.person.id, (await stranger.get("/api/me")).read(Me)) == ("p-chen", me)
    async with server.house.database.read() as session:
        last = (await session.scalars(select(AuditRow).order_by(AuditRow.seq.desc()).limit(1))).one()
    assert (last.action, last.person_id, last.detail) == (Action.SIGNED_IN, "p-chen", "passkey")
    [kept] = await own(chen)
    assert (kept.id, kept.name) == (one.id, "phone")
    assert kept.used_at is not None
    zhang = await server.sign_in("zhang")
    assert (await zhang.ask("DELETE", f"/api/passkeys/{one.id}")).status == 404, "of somebody else"
    assert (await chen.ask("DELETE", f"/api/passkeys/{one.id}")).status == 204
    assert await own(chen) == []
    assert (await enter(stranger, key.sign(await asked(stranger)))).code is ErrorCode.PASSKEY_REFUSED
    detail = f"passkey@{one.id}"
    assert await written(server) == [
        (Action.PASSKEY_ADDED, "p-chen", "p-chen", detail),
        (Action.PASSKEY_REMOVED, "p-chen", "p-chen", detail),
    ]


async def test_what_was_signed_counts_once_in_the_browser_that_asked(server: SignalingServer) -> None:
    chen, key = await server.sign_in("chen"), Authenticator(server.url)
    await add(chen, key)
    victim, thief = await server.stranger(), await server.stranger()
    signed = key.sign(await asked(victim))
    assert (await enter(await server.stranger(), signed)).code is ErrorCode.OVER, "never asked"
    await asked(thief)
    assert (await enter(thief, signed)).code is ErrorCode.PASSKEY_REFUSED, "asked something else"
    assert (await enter(victim, signed)).status == 200
    assert (await enter(victim, signed)).code is ErrorCode.OVER, "used up"
    for client in (thief, await server.stranger()):
        assert (await client.get("/api/me")).status == 401


async def test_a_question_is_not_answered_for_ever_and_not_by_another_kind_of_answer(server: SignalingServer) -> None:
    chen, key = await server.sign_in("chen"), Authenticator(server.url)
    await add(chen, key)
    now = 1_000.0
    server.house.passkeys = rules.Passkeys(server.settings, server.house.database, now=lambda: now)
    client = await server.stranger()
    late = key.sign(await asked(client))
    now += rules.LIFE_S
    assert (await enter(client, late)).code is ErrorCode.OVER
    in_time = key.sign(await asked(client))
    now += rules.LIFE_S - 1
    assert (await enter(client, in_time)).status == 200
    options = (await begin(chen)).read(PasskeyOptions).options
    assert (await enter(chen, key.sign(options))).code is ErrorCode.PASSKEY_REFUSED, "asked to make one"
    new = Authenticator(server.url)
    making = (await begin(chen)).read(PasskeyOptions).options
    challenge = json.loads(await asked(chen))["challenge"]
    answer = new.make(json.dumps({**json.loads(making), "challenge": challenge}))
    assert (await keep(chen, answer)).code is ErrorCode.PASSKEY_REFUSED, "asked to sign in"
    assert len(await own(chen)) == 1


async def test_what_is_no_right_answer_signs_nobody_in(server: SignalingServer) -> None:
    """Each by another browser: one that brings many wrong ones is locked."""
    chen, key, client = await server.sign_in("chen"), Authenticator(server.url), await server.stranger()
    await add(chen, key)

    async def refused(credential: str | None = None, **wrong: str) -> bool:
        client.http.cookie_jar.clear()
        signed = key.sign(await asked(client), **wrong)
        return (await enter(client, credential or signed)).code is ErrorCode.PASSKEY_REFUSED

    for wrong in (
        {"origin": "https://evil.example"},
        {"type": "webauthn.create"},
        {"challenge": "b2Ygc29tZWJvZHkgZWxzZQ"},
    ):
        assert await refused(**wrong), wrong
    key.rp_id = "evil.example"
    assert await refused()
    key.rp_id, key.flags = "localhost", PRESENT
    assert await refused(), "nobody verified"
    key.flags, mine = PRESENT | VERIFIED, key.user_handle
    for handle in (text(b"p-zhang"), ""):
        key.user_handle = handle
        assert await refused(), "of another"
    key.user_handle = mine
    forger = Authenticator(server.url)
    forger.credential_id, forger.user_handle = key.credential_id, mine
    assert (await enter(client, forger.sign(await asked(client)))).code is ErrorCode.PASSKEY_REFUSED, "another key"
    deep = "[" * 16_000
    for junk in ("{}", "[]", "null", '{"rawId": 7}', '{"rawId": "AA"}', "no json", deep, '{"rawId":"é"}'):
        assert await refused(junk), junk[:40]
    assert (await enter(client, "x" * 20_000)).status == 400
    assert (await client.get("/api/me")).status == 401
    assert (await enter(client, key.sign(await asked(client)))).status == 200, "and the right one still does"


async def test_a_page_of_another_machine_under_our_domain_or_at_another_port_cannot_pass_an_answer_on(
    server: SignalingServer,
) -> None:
    chen, thief = await server.sign_in("chen"), await server.stranger()
    port = server.url.rpartition(":")[2]
    key = Authenticator(server.url)
    await add(chen, key)
    # Each may ask for our RP id, and whoever runs it writes both headers as they like.
    for host in (f"evil.localhost:{port}", f"localhost:{int(port) - 1}", "localhost"):
        for scheme in ("http", "https"):
            key.origin = f"{scheme}://{host}"
            signed = key.sign(await asked(thief))
            passed_on = await enter(thief, signed, origin=key.origin, headers={"Host": host})
            assert passed_on.code is ErrorCode.PASSKEY_REFUSED, key.origin
    key.origin = f"https://localhost:{port}"
    assert (await enter(thief, key.sign(await asked(thief)), origin=key.origin)).code is ErrorCode.PASSKEY_REFUSED
    await asked(thief)
    broken = await enter(thief, signed, origin="http://[evil", headers={"Host": "[evil"})
    assert 400 <= broken.status < 500


async def test_every_origin_of_our_settings_with_that_name_may_ask(tmp_path: Path) -> None:
    port = free_port()
    ours = [f"http://LOCALHOST:{port}", f"http://desk.localhost:{port}"]
    async with SignalingServer(tmp_path, rooms=[], port=port, origins=ours) as server:
        server.url = ours[0].lower()
        chen, client = await server.sign_in("chen"), await server.stranger()
        key = Authenticator(server.url)
        assert (await add(chen, key)).status == 201
        key.origin = ours[1]
        assert (await enter(client, key.sign(await asked(client)), origin=ours[1])).status == 200


async def test_one_that_counts_backwards_was_copied_and_that_is_written_down(server: SignalingServer) -> None:
    chen, key, client = await server.sign_in("chen"), Authenticator(server.url), await server.stranger()
    one = (await add(chen, key)).read(Passkey)
    for count in (5, 9):
        key.count = count
        assert (await enter(client, key.sign(await asked(client)))).status == 200
    for count in (7, 9, -1):  # it signs 8, once more 10, and 0
        key.count = count
        assert (await enter(client, key.sign(await asked(client)))).code is ErrorCode.PASSKEY_REFUSED, count
    copied = (Action.PASSKEY_COPIED, "p-chen", "p-chen", f"passkey@{one.id}")
    assert (await written(server))[1:] == [copied] * 3
    key.count = 10
    assert (await enter(client, key.sign(await asked(client)))).status == 200, "its owner is not locked out"


async def test_one_that_does_not_count_goes_on(server: SignalingServer) -> None:
    chen, key, client = await server.sign_in("chen"), Authenticator(server.url), await server.stranger()
    await add(chen, key)
    for _ in range(2):
        key.count = -1  # so that it signs 0
        assert (await enter(client, key.sign(await asked(client)))).status == 200
    assert len(await written(server)) == 1


async def test_who_is_disabled_is_not_let_in_by_one_and_hears_nothing_more_than_a_stranger(
    server: SignalingServer,
) -> None:
    chen, key, client = await server.sign_in("chen"), Authenticator(server.url), await server.stranger()
    await add(chen, key)
    database, who = server.house.database, chain.PEOPLE["chen"].id
    await database.write(lambda session: organisation.disable(session, who, 1, By()))
    refused = await enter(client, key.sign(await asked(client)))
    unknown = Authenticator(server.url)
    assert refused.body == (await enter(client, unknown.sign(await asked(client)))).body
    assert refused.code is ErrorCode.PASSKEY_REFUSED
    await database.write(lambda session: organisation.enable(session, who, By()))
    assert (await enter(client, key.sign(await asked(client)))).status == 200, "let in again, as with the password"


async def test_only_who_signed_in_just_now_adds_or_removes_one(server: SignalingServer) -> None:
    chen, key = await server.sign_in("chen"), Authenticator(server.url)
    one = (await add(chen, key)).read(Passkey)
    begun = (await begin(chen)).read(PasskeyOptions).options
    await grow_old(server)
    assert (await begin(chen)).code is ErrorCode.SIGN_IN_AGAIN
    assert (await chen.ask("DELETE", f"/api/passkeys/{one.id}")).code is ErrorCode.SIGN_IN_AGAIN
    assert [kept.id for kept in await own(chen)] == [one.id]
    other = Authenticator(server.url)
    assert (await keep(chen, other.make(begun))).status == 201, "begun in time, for as long as a question is good"
    again = await server.stranger()
    await enter(again, key.sign(await asked(again)))
    assert (await again.ask("DELETE", f"/api/passkeys/{one.id}")).status == 204, "by the passkey is as good"


async def test_one_that_is_removed_takes_along_whom_it_let_in_elsewhere_and_nobody_else(
    server: SignalingServer,
) -> None:
    by_password, key, second = await server.sign_in("chen"), Authenticator(server.url), Authenticator(server.url)
    lost = (await add(by_password, key)).read(Passkey)
    await add(by_password, second)
    lost_phone, other_phone, here = [await server.stranger() for _ in range(3)]
    for client, which in ((lost_phone, key), (other_phone, second), (here, key)):
        assert (await enter(client, which.sign(await asked(client)))).status == 200
    socket = await welcome(lost_phone)
    assert (await here.ask("DELETE", f"/api/passkeys/{lost.id}")).status == 204
    assert (await goodbye(socket)).code is ByeCode.REVOKED
    statuses = [(await client.get("/api/me")).status for client in (lost_phone, other_phone, here, by_password)]
    assert statuses == [401, 200, 200, 200]


async def test_an_administrator_takes_all_away_of_who_lost_a_device_and_signs_them_out(server: SignalingServer) -> None:
    admin, chen, zhang = [await server.sign_in(login) for login in ("admin", "chen", "zhang")]
    key, his = Authenticator(server.url), Authenticator(server.url)
    ids = {(await add(chen, one)).read(Passkey).id for one in (key, Authenticator(server.url))}
    await add(zhang, his)
    people = {one.login: one.passkeys for one in (await admin.get("/api/people")).read(People).people}
    assert (people["chen"], people["zhang"], people["he"]) == (2, 1, 0)
    assert (await zhang.ask("DELETE", "/api/people/p-chen/passkeys")).status == 403
    assert (await admin.ask("DELETE", "/api/people/p-chen/passkeys")).status == 204
    assert (await chen.get("/api/me")).status == 401
    client = await server.stranger()
    assert (await enter(client, key.sign(await asked(client)))).code is ErrorCode.PASSKEY_REFUSED
    assert (await enter(client, his.sign(await asked(client)))).read(Me).person.id == "p-zhang"
    removed = [row for row in await written(server) if row[0] == Action.PASSKEY_REMOVED]
    assert {detail for *_, detail in removed} == {f"passkey@{one}" for one in ids}
    assert {row[1:3] for row in removed} == {("p-admin", "p-chen")}
    await server.sign_in("chen")  # the password is theirs still
    tablet = await server.sign_in("store-0117")
    assert (await admin.ask("DELETE", "/api/people/p-store-0117/passkeys")).status == 204
    assert (await tablet.get("/api/me")).status == 200, "which has none, and goes on"
    assert (await admin.ask("DELETE", "/api/people/p-nobody/passkeys")).status == 404


async def test_who_is_invited_anew_starts_without_the_passkeys_of_before(server: SignalingServer) -> None:
    """Somebody who knew the old password may have left one."""
    admin, chen, key = await server.sign_in("admin"), await server.sign_in("chen"), Authenticator(server.url)
    one = (await add(chen, key)).read(Passkey)
    link = (await admin.post("/api/people/p-chen/invitation")).read(InvitedPerson).path
    assert link is not None
    assert [kept.id for kept in await own(chen)] == [one.id], "nothing is lost by a link alone"
    client = await server.stranger()
    body = {"token": link.rpartition("#")[2], "password": "another one of her own"}
    assert (await client.post("/api/invitation", json=body)).status == 200
    assert (await enter(client, key.sign(await asked(client)))).code is ErrorCode.PASSKEY_REFUSED
    assert (await written(server))[-1] == (Action.PASSKEY_REMOVED, "p-chen", "p-chen", f"passkey@{one.id}")


async def test_who_has_no_password_here_has_no_passkey_either(server: SignalingServer) -> None:
    chen, key = await server.sign_in("chen"), Authenticator(server.url)
    assert (await chen.get("/api/passkeys")).read(Passkeys).allowed
    begun = (await begin(chen)).read(PasskeyOptions).options
    await change(server, "chen", password_hash="")
    assert not (await chen.get("/api/passkeys")).read(Passkeys).allowed
    assert (await begin(chen)).code is ErrorCode.FORBIDDEN
    assert (await keep(chen, key.make(begun))).code is ErrorCode.FORBIDDEN
    assert await own(chen) == []


async def test_one_that_was_asked_for_by_somebody_else_or_is_there_or_too_many_is_not_kept(
    server: SignalingServer,
) -> None:
    chen, zhang, key = await server.sign_in("chen"), await server.sign_in("zhang"), Authenticator(server.url)
    credential = key.make((await begin(chen)).read(PasskeyOptions).options)
    assert (await keep(zhang, credential)).code is ErrorCode.OVER
    await begin(zhang)
    assert (await keep(zhang, credential)).code is ErrorCode.PASSKEY_REFUSED
    [stolen] = [one.value for one in chen.http.cookie_jar if one.key == Begun.PASSKEY]
    zhang.http.cookie_jar.update_cookies({Begun.PASSKEY.value: stolen}, URL(server.url))
    assert (await keep(zhang, credential)).code is ErrorCode.PASSKEY_REFUSED, "asked of another sign-in"
    assert (await keep(chen, credential)).code is ErrorCode.OVER, "and used up by that"
    credential = key.make((await begin(chen)).read(PasskeyOptions).options)
    assert (await keep(chen, credential)).status == 201
    assert (await add(zhang, key)).code is ErrorCode.CONFLICT, "of somebody else"
    for _ in range(MOST - 2):
        assert (await add(chen, Authenticator(server.url))).status == 201
    first, second = await begin(chen), await server.sign_in("chen")
    late = (await begin(second)).read(PasskeyOptions).options
    assert (await keep(chen, Authenticator(server.url).make(first.read(PasskeyOptions).options))).status == 201
    assert (await keep(second, Authenticator(server.url).make(late))).code is ErrorCode.TOO_MANY
    assert (await begin(chen)).code is ErrorCode.TOO_MANY
    assert len(await own(chen)) == MOST


async def test_a_hostile_authenticator_is_refused_whatever_it_sends(server: SignalingServer) -> None:
    chen = await server.sign_in("chen")
    wide = Authenticator(server.url)
    wide.credential_id = bytes(rules.CREDENTIAL_BYTES + 1)
    unverified = Authenticator(server.url)
    unverified.flags = PRESENT
    elsewhere = Authenticator("https://evil.example")
    key = Authenticator(server.url)
    whole = key.attestation()
    hostile = [
        wide.attestation(),
        unverified.attestation(),
        key.attestation(fmt="tpm", attStmt={"ver": "2.0"}),
        key.attestation(fmt="packed", attStmt={"x5c": [b"no certificate"], "alg": -7, "sig": b"?"}),
        key.attestation(fmt=["none"]),
        key.attestation(authData=b""),
        key.attestation(authData=7),
        cbor2.dumps([]),
        b"\x9f" * 5_000,
        b"\x5b\xff\xff\xff\xff\xff\xff\xff\xff",
        *(whole[:length] for length in range(0, len(whole), 7)),
    ]
    for attestation in hostile:
        options = (await begin(chen)).read(PasskeyOptions).options
        answer = await keep(chen, key.make(options, attestation))
        assert answer.code is ErrorCode.PASSKEY_REFUSED, attestation[:40]
    assert (await add(chen, elsewhere)).code is ErrorCode.PASSKEY_REFUSED
    for junk in ("{}", "[]", "[" * 16_000, "no json"):
        await begin(chen)
        assert (await keep(chen, junk)).code is ErrorCode.PASSKEY_REFUSED, junk[:10]
    async with server.house.database.read() as session:
        assert await session.scalar(select(func.count(PasskeyRow.id))) == 0
    assert (await add(chen, key)).status == 201, "and the right one is kept"


async def test_guessing_is_held_back_and_asking_tells_nothing(server: SignalingServer) -> None:
    client = await server.stranger()
    first, second = json.loads(await asked(client)), json.loads(await asked(client))
    assert not first.get("allowCredentials")
    assert first.pop("challenge") != second.pop("challenge")
    assert first == second
    for _ in range(WRONG_PER_BROWSER):
        await asked(client)
        assert (await enter(client, "{}")).code is ErrorCode.PASSKEY_REFUSED
        assert (await enter(client, "{}")).code is ErrorCode.OVER, "no guess"
    assert (await client.post("/api/passkey/begin")).code is ErrorCode.LOCKED
    async with server.house.database.read() as session:
        failed = select(func.count(AuditRow.seq)).where(AuditRow.action == Action.SIGN_IN_FAILED)
        assert await session.scalar(failed) == WRONG_PER_BROWSER, "and fills no disk"


async def test_who_guesses_locks_their_own_browser_and_not_their_office(server: SignalingServer) -> None:
    chen, guesser, key = await server.sign_in("chen"), await server.stranger(), Authenticator(server.url)
    await add(chen, key)
    colleague = await server.stranger()
    signed = key.sign(await asked(colleague))
    for _ in range(WRONG_PER_BROWSER):
        await asked(guesser)
        await enter(guesser, "{}")
    assert (await guesser.post("/api/passkey/begin")).code is ErrorCode.LOCKED
    assert (await enter(colleague, signed)).status == 200, "of the same address"
    newcomer = await server.stranger()
    assert (await enter(newcomer, key.sign(await asked(newcomer)))).status == 200


async def test_so_many_questions_are_put_to_an_address_in_a_minute(
    server: SignalingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    chen, client = await server.sign_in("chen"), await server.stranger()
    monkeypatch.setattr("signaling.auth.pending.BEGUN_PER_MIN", 0)  # however long a minute is here
    refused = [await client.post("/api/passkey/begin"), await begin(chen)]
    assert [(one.status, one.code) for one in refused] == [(429, ErrorCode.TOO_MANY)] * 2


async def test_a_passkey_and_the_provider_can_be_begun_beside_each_other(server: SignalingServer) -> None:
    chen, client, key = await server.sign_in("chen"), await server.stranger(), Authenticator(server.url)
    await add(chen, key)
    signed = key.sign(await asked(client))
    client.http.cookie_jar.update_cookies({Begun.PROVIDER.value: "of another tab"}, URL(server.url))
    assert (await enter(client, signed)).status == 200


def meanwhile(server: SignalingServer, monkeypatch: pytest.MonkeyPatch, before: int, work: Work[None]) -> None:
    """Have `work` done right before so many more works are written."""
    write, left = server.house.database.write, before

    async def written_later(mine: Work[Any]) -> Any:
        nonlocal left
        left -= 1
        if left == -1:
            await write(work)
        return await write(mine)

    monkeypatch.setattr(server.house.database, "write", written_later)


@pytest.mark.parametrize("before", [0, 1])
async def test_one_that_is_taken_back_while_it_signs_in_leaves_nobody_signed_in(
    server: SignalingServer, monkeypatch: pytest.MonkeyPatch, before: int
) -> None:
    chen, client, key = await server.sign_in("chen"), await server.stranger(), Authenticator(server.url)
    await add(chen, key)
    signed = key.sign(await asked(client))
    taken = partial(passkeys.take_away, person=chain.PEOPLE["chen"].id, by=By())
    meanwhile(server, monkeypatch, before, taken)
    await enter(client, signed)
    monkeypatch.undo()
    await server.house.database.write(taken)  # where all was written at once
    assert (await client.get("/api/me")).status == 401


async def test_one_that_was_begun_before_all_are_taken_back_is_not_kept(
    server: SignalingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    chen, key = await server.sign_in("chen"), Authenticator(server.url)
    await add(chen, Authenticator(server.url))
    credential = key.make((await begin(chen)).read(PasskeyOptions).options)
    meanwhile(server, monkeypatch, 0, partial(passkeys.take_away, person=chain.PEOPLE["chen"].id, by=By()))
    assert (await keep(chen, credential)).code is ErrorCode.SIGN_IN
    async with server.house.database.read() as session:
        assert await session.scalar(select(func.count(PasskeyRow.id))) == 0


@pytest.mark.parametrize(
    ("settings", "host"),
    [
        ({"origins": ["https://passline.example", "https://old.example"]}, "passline.example"),
        ({"host": "0.0.0.0", "tls": True, "tls_names": ["line.example"]}, "line.example"),
        ({"host": "127.0.0.1"}, "localhost"),
        ({"host": "192.0.2.7"}, None),
        ({"host": "2001:db8::7"}, None),
    ],
)
def test_passkeys_belong_to_the_name_that_we_tell_and_to_no_address(
    tmp_path: Path, settings: dict[str, object], host: str | None
) -> None:
    made = rules.Passkeys(Settings.model_validate({"data": tmp_path, **settings}), Database(tmp_path / "db"))
    assert made.host == host
