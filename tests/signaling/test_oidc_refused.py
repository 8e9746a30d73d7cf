"""What a hostile, broken or absent identity provider, and whoever guesses, does not get by signing in."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from sqlalchemy import select

from contract.audit import Action
from contract.errors import ErrorCode, Unavailable
from contract.oidc import SignInWays
from runtime import clock
from signaling.auth.limits import WRONG_PER_BROWSER, AddressLimit
from signaling.auth.oidc import RETURN
from signaling.auth.provider import RETRY_S, Provider
from signaling.store.organisation import By
from signaling.store.tables.audit import AuditRow
from tests.support.oidc_provider import CLIENT, SECRET, Account, Forger, OidcProvider, new_key, unsigned
from tests.support.provided import begin, rename, settings, sign_in, there
from tests.support.server import SignalingServer

pytestmark = pytest.mark.flow


@pytest.fixture
def provider() -> Iterator[OidcProvider]:
    with OidcProvider() as started:
        yield started


@pytest.fixture
async def server(tmp_path: Path, provider: OidcProvider) -> AsyncIterator[SignalingServer]:
    async with SignalingServer(tmp_path, rooms=[], **settings(provider)) as started:
        provider.redirect_uris.add(started.url + RETURN)
        await rename(started, "chen", "chen@chain.example")
        yield started


def other(header: dict[str, Any], claims: dict[str, Any]) -> str:
    return jwt.encode(header, claims, new_key(2), ["RS256"])


def by_secret(secret: bytes) -> Forger:
    def forge(header: dict[str, Any], claims: dict[str, Any]) -> str:
        return jwt.encode({**header, "alg": "HS256"}, claims, OctKey.import_key(secret), ["HS256"])

    return forge


WRONG: list[dict[str, object]] = [
    {"nonce": "of another sign-in"},
    {"nonce": None},
    {"aud": ["another client"]},
    {"aud": "another client"},
    {"aud": [CLIENT, "another client"]},
    {"azp": "another client"},
    {"iss": "https://evil.example"},
    {"exp": clock.wall_ms() // 1000 - 3600},
    {"exp": None},
    {"exp": "never"},
    {"iat": 2**40},
    {"sub": ""},
    {"sub": 7},
]
FORGERS: dict[str, Forger] = {
    "unsigned": unsigned,
    "another key": other,
    "our secret": by_secret(SECRET.encode()),
    "a public key as secret": by_secret(b"the public key is known to everybody"),
    "no token": lambda *_: "no.token",
    "nothing": lambda *_: "",
}


async def test_a_token_that_is_no_answer_to_our_question_signs_nobody_in(
    server: SignalingServer, provider: OidcProvider
) -> None:
    client = await server.stranger()
    for wrong in WRONG:
        client.http.cookie_jar.clear()  # one browser may bring only so many wrong ones
        provider.forge = lambda header, claims, wrong=wrong: provider.sign(header, {**claims, **wrong})
        refused = await sign_in(client)
        assert (refused.status, refused.code) == (401, ErrorCode.OIDC_REFUSED), wrong
    assert (await client.get("/api/me")).status == 401
    provider.forge = provider.sign
    assert (await sign_in(client)).status == 200, "it was that and nothing else"


async def test_a_token_that_the_provider_did_not_sign_signs_nobody_in(
    server: SignalingServer, provider: OidcProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signaling.auth.provider.NEW_KEYS_PER_MIN", 1)  # however long the rest takes
    new_key(2)  # made now, while nobody waits for an answer
    client = await server.stranger()
    for name, forge in FORGERS.items():
        client.http.cookie_jar.clear()  # one browser may bring only so many wrong ones
        provider.forge = forge
        assert (await sign_in(client)).code is ErrorCode.OIDC_REFUSED, name
    provider.forge = other
    for _ in range(12):
        client.http.cookie_jar.clear()
        await sign_in(client)
    assert provider.asked.count("/keys") < 12, "rubbish makes us ask for keys only so often"


async def test_a_new_key_of_the_provider_is_fetched_and_the_old_one_counts_no_more(
    server: SignalingServer, provider: OidcProvider
) -> None:
    assert (await sign_in(await server.stranger())).status == 200
    old = provider.key
    provider.rotate()
    assert (await sign_in(await server.stranger())).status == 200
    provider.forge = lambda header, claims: jwt.encode({**header, "kid": old.kid}, claims, old, ["RS256"])
    assert (await sign_in(await server.stranger())).code is ErrorCode.OIDC_REFUSED


async def test_a_wrong_state_ends_it_and_the_right_one_comes_too_late(server: SignalingServer) -> None:
    client = await server.stranger()
    answer = await there(client, await begin(client))
    wrong = await client.post("/api/oidc/finish", json={**answer, "state": "a guess"})
    assert (wrong.status, wrong.code) == (401, ErrorCode.OIDC_REFUSED)
    late = await client.post("/api/oidc/finish", json=answer)
    assert (late.status, late.code) == (410, ErrorCode.OVER)


async def test_an_answer_counts_once_and_only_in_the_browser_that_asked(server: SignalingServer) -> None:
    client, victim = await server.stranger(), await server.stranger()
    answer = await there(client, await begin(client))
    await begin(victim)
    for thief, code in ((victim, ErrorCode.OIDC_REFUSED), (await server.stranger(), ErrorCode.OVER)):
        assert (await thief.post("/api/oidc/finish", json=answer)).code is code, "nobody is signed in as somebody else"
        assert (await thief.get("/api/me")).status == 401
    assert (await client.post("/api/oidc/finish", json=answer)).status == 200
    assert (await client.post("/api/oidc/finish", json=answer)).code is ErrorCode.OVER


async def test_a_code_of_another_sign_in_lacks_the_verifier_and_a_used_one_is_refused(server: SignalingServer) -> None:
    attacker, victim = await server.stranger(), await server.stranger()
    stolen = await there(victim, await begin(victim))
    mine = await there(attacker, await begin(attacker))
    crossed = {**mine, "code": stolen["code"]}
    assert (await attacker.post("/api/oidc/finish", json=crossed)).code is ErrorCode.OIDC_REFUSED
    assert (await victim.post("/api/oidc/finish", json=stolen)).status == 200
    again = {**await there(attacker, await begin(attacker)), "code": stolen["code"]}
    assert (await attacker.post("/api/oidc/finish", json=again)).code is ErrorCode.OIDC_REFUSED


async def test_an_answer_of_another_provider_is_none(server: SignalingServer) -> None:
    client = await server.stranger()
    for iss in ("https://evil.example", None):
        answer = await there(client, await begin(client))
        assert answer["iss"], "the provider names itself"
        body: dict[str, object] = {**answer, "iss": iss}
        assert (await client.post("/api/oidc/finish", json=body)).code is ErrorCode.OIDC_REFUSED


LEADS_ELSEWHERE: list[dict[str, object]] = [
    {"issuer": "https://evil.example"},
    {"token_endpoint": "http://169.254.169.254/latest"},
    {"token_endpoint": "https://evil.example/token"},
    {"jwks_uri": "file:///etc/passwd"},
    {"authorization_endpoint": "javascript:alert(1)"},
    {"userinfo_endpoint": 7},
]
NOT_OURS = ["//evil.example", "/\\evil.example", "https://evil.example", "evil", "/a b", "/\n/x", "/" + "x" * 600]


async def test_metadata_lead_us_nowhere_but_to_the_issuer(server: SignalingServer, provider: OidcProvider) -> None:
    client = await server.stranger()
    for metadata in LEADS_ELSEWHERE:
        provider.metadata = metadata
        server.house.oidc.provider = Provider(server.settings)  # which has not failed yet
        refused = await client.post("/api/oidc/begin", json={})
        assert (refused.status, refused.code) == (503, ErrorCode.OIDC_UNREACHABLE), metadata
    assert set(provider.asked) == {"/.well-known/openid-configuration"}


async def test_the_way_back_leads_to_ourselves(server: SignalingServer) -> None:
    client = await server.stranger()
    for path in NOT_OURS:
        refused = await client.post("/api/oidc/begin", json={"path": path})
        assert (refused.status, refused.code) == (400, ErrorCode.BAD_MESSAGE), path


async def test_while_the_provider_is_down_one_signs_in_by_password_and_later_by_it_again(
    server: SignalingServer, provider: OidcProvider
) -> None:
    now_s = 0.0
    server.house.oidc.provider = Provider(server.settings, lambda: now_s)
    provider.down = True
    client = await server.stranger()
    down = await client.post("/api/oidc/begin", json={})
    assert (down.status, down.code) == (503, ErrorCode.OIDC_UNREACHABLE)
    assert (await server.sign_in("admin")).person is not None
    provider.down = False
    now_s += RETRY_S
    answer = await there(client, await begin(client))
    provider.down = True
    assert (await client.post("/api/oidc/finish", json=answer)).code is ErrorCode.OIDC_UNREACHABLE
    async with server.house.database.read() as session:
        failed = await session.scalars(select(AuditRow).where(AuditRow.action == Action.SIGN_IN_FAILED))
        assert failed.all() == [], "nobody failed: nobody could be asked"
    provider.down = False
    provider.says_no = True
    assert (await sign_in(client)).code is ErrorCode.OIDC_REFUSED, "whoever pressed cancel there"
    provider.says_no = False
    assert (await sign_in(client)).status == 200
    provider.stop()
    server.house.oidc.provider = Provider(server.settings)
    assert (await client.post("/api/oidc/begin", json={})).code is ErrorCode.OIDC_UNREACHABLE


async def test_a_provider_that_is_down_is_asked_once_by_all_who_come_and_again_after_a_while(
    server: SignalingServer, provider: OidcProvider
) -> None:
    now_s = 0.0
    server.house.oidc.provider = asked = Provider(server.settings, lambda: now_s)
    for passed_s, down, times in ((0.0, True, 1), (RETRY_S - 0.5, True, 1), (0.5, True, 2), (RETRY_S, False, 3)):
        now_s += passed_s
        provider.down = down
        found = await asyncio.gather(*(asked.metadata() for _ in range(10)), return_exceptions=True)
        assert [isinstance(one, Unavailable) for one in found] == [down] * 10
        assert len(provider.asked) == times


async def test_one_address_begins_only_so_many_sign_ins_a_minute(
    server: SignalingServer, provider: OidcProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await server.stranger()
    assert (await sign_in(client)).status == 200
    monkeypatch.setattr("signaling.auth.pending.BEGUN_PER_MIN", 0)  # however long a minute is here
    refused = await client.post("/api/oidc/begin", json={})
    assert (refused.status, refused.code) == (429, ErrorCode.TOO_MANY)
    assert (await server.sign_in("admin")).person is not None


async def test_without_a_provider_there_is_no_such_door(tmp_path: Path) -> None:
    async with SignalingServer(tmp_path, rooms=[]) as server:
        client = await server.stranger()
        assert (await client.get("/api/signin")).read(SignInWays).provider is None
        assert (await client.post("/api/oidc/begin", json={})).status == 404


async def test_who_tries_codes_again_and_again_is_held_back(server: SignalingServer, provider: OidcProvider) -> None:
    client, colleague = await server.stranger(), await server.stranger()
    waiting = await there(colleague, await begin(colleague))
    for _ in range(WRONG_PER_BROWSER):
        await begin(client)
        assert (await client.post("/api/oidc/finish", json={"code": "x"})).code is ErrorCode.OIDC_REFUSED
    assert (await client.post("/api/oidc/begin", json={"path": "/"})).code is ErrorCode.LOCKED
    assert (await colleague.post("/api/oidc/finish", json=waiting)).status == 200, "of the same address"
    assert (await sign_in(await server.stranger())).status == 200
    secret = await server.house.break_glass.make("admin", By())
    assert (await client.post("/api/break-glass", json={"token": secret})).status == 200, "another way in"


async def test_who_throws_the_cookie_away_has_no_more_guesses_than_sign_ins_that_an_address_begins(
    server: SignalingServer, provider: OidcProvider
) -> None:
    client = await server.stranger()
    for _ in range(WRONG_PER_BROWSER + 1):
        client.http.cookie_jar.clear()
        await begin(client)
        codes = [(await client.post("/api/oidc/finish", json={"code": "x"})).code for _ in range(2)]
        assert codes == [ErrorCode.OIDC_REFUSED, ErrorCode.OVER], "one for each that was begun"


async def test_what_is_no_guess_locks_nobody_out(server: SignalingServer, provider: OidcProvider) -> None:
    server.house.provider_limit = AddressLimit(1)
    client = await server.stranger()
    for _ in range(2):
        nothing_begun = await client.post("/api/oidc/finish", json={"code": "x"})
        assert nothing_begun.code is ErrorCode.OVER
        provider.says_no = True
        assert (await sign_in(client)).code is ErrorCode.OIDC_REFUSED, "whoever pressed cancel there"
        provider.says_no = False
        known, provider.account = provider.account, Account("sub-x", {"email": "x@chain.example"})
        assert (await sign_in(client)).code is ErrorCode.OIDC_UNKNOWN
        provider.account = known
    assert (await sign_in(client)).status == 200
    async with server.house.database.read() as session:
        details = (await session.scalars(select(AuditRow.detail).order_by(AuditRow.seq))).all()
    assert details == ["oidc oidc_unknown", "oidc oidc_unknown", "", "oidc"], "nobody failed but who was unknown"
