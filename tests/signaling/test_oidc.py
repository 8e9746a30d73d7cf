"""Signing in by an identity provider: a real one, on sockets, with signatures; and what a hostile one tries."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from sqlalchemy import select, update

from contract.audit import Action
from contract.errors import ErrorCode, Rejection, Unavailable
from contract.http import Me
from contract.oidc import ProviderAddress, SignedIn, SignInWays
from contract.organisation import People, Roles
from contract.people import Grant, Role
from runtime import clock
from signaling.auth.limits import WRONG_PER_BROWSER, AddressLimit
from signaling.auth.oidc import RETURN
from signaling.auth.provider import RETRY_S, Provider
from signaling.staff import Staff
from signaling.store import grants, identities, organisation
from signaling.store.organisation import By
from signaling.store.tables.accounts import IdentityRow
from signaling.store.tables.audit import AuditRow
from signaling.store.tables.people import PersonRow
from tests.support import chain
from tests.support.oidc_provider import CLIENT, SECRET, Account, Forger, OidcProvider, new_key, unsigned
from tests.support.server import Answer, Client, SignalingServer

pytestmark = pytest.mark.flow

ROLES = ["experts=expert", "trainers=trainer@华东", "admins=admin", "chiefs=manager@nowhere", "0117=store_manager@0117"]


@pytest.fixture
def provider() -> Iterator[OidcProvider]:
    with OidcProvider() as started:
        yield started


def settings(provider: OidcProvider, **more: Any) -> dict[str, Any]:
    return {
        "oidc_issuer": provider.issuer,
        "oidc_client_id": CLIENT,
        "oidc_client_secret": SECRET,
        "oidc_name": "飞书",
        "oidc_scopes": ["openid", "profile", "email", "groups"],
        "oidc_roles": ROLES,
        **more,
    }


@pytest.fixture
async def server(tmp_path: Path, provider: OidcProvider) -> AsyncIterator[SignalingServer]:
    async with SignalingServer(tmp_path, rooms=[], **settings(provider)) as started:
        provider.redirect_uris.add(started.url + RETURN)
        await rename(started, "chen", "chen@chain.example")
        yield started


async def rename(server: SignalingServer, login: str, new: str) -> None:
    await server.house.database.write(
        lambda session: session.execute(update(PersonRow).where(PersonRow.login == login).values(login=new))
    )


async def begin(client: Client, path: str = "/") -> str:
    """The provider's address that the browser is sent to."""
    return (await client.post("/api/oidc/begin", json={"path": path})).read(ProviderAddress).url


async def there(client: Client, url: str) -> dict[str, str]:
    """Go to the provider and come back: what its redirect carried."""
    async with client.http.get(url, allow_redirects=False) as response:
        assert response.status == 302, await response.text()
        back = urlsplit(response.headers["Location"])
    assert f"{back.scheme}://{back.netloc}{back.path}" == client.url + RETURN
    return dict(parse_qsl(back.query))


async def sign_in(client: Client, path: str = "/", **changed: str) -> Answer:
    answer = await there(client, await begin(client, path))
    return await client.post("/api/oidc/finish", json={**answer, **changed})


async def held(server: SignalingServer, person: str) -> tuple[Grant, ...]:
    async with server.house.database.read() as session:
        return tuple(await grants.of(session, chain.PEOPLE[person].id))


async def test_somebody_who_was_imported_is_in_by_the_verified_e_mail_and_where_they_wanted_to_go(
    server: SignalingServer,
) -> None:
    client = await server.stranger()
    assert (await client.get("/api/signin")).read(SignInWays).provider == "飞书"
    done = (await sign_in(client, "/archive?page=2")).read(SignedIn)
    assert (done.me.person.id, done.path) == ("p-chen", "/archive?page=2")
    assert (await client.get("/api/me")).read(Me) == done.me
    async with server.house.database.read() as session:
        rows = [(row.action, row.person_id, row.detail) for row in await session.scalars(select(AuditRow))]
    assert (Action.IDENTITY_LINKED, "p-chen", "") in rows
    assert rows[-1] == (Action.SIGNED_IN, "p-chen", "oidc")


async def test_once_linked_the_account_counts_and_not_what_it_is_called(
    server: SignalingServer, provider: OidcProvider
) -> None:
    await sign_in(await server.stranger())
    provider.account = Account("sub-chen", {"email": "married@chain.example", "email_verified": False})
    assert (await sign_in(await server.stranger())).read(SignedIn).me.person.id == "p-chen"
    provider.account = Account("sub-newcomer", {"email": "chen@chain.example", "email_verified": True})
    taken = await sign_in(await server.stranger())
    assert (taken.status, taken.code) == (409, ErrorCode.OIDC_TAKEN), "the e-mail was given to somebody else"
    await server.house.database.write(lambda session: identities.unlink(session, chain.PEOPLE["chen"].id, By()))
    assert (await sign_in(await server.stranger())).read(SignedIn).me.person.id == "p-chen", "an administrator said so"


STRANGERS: list[dict[str, object]] = [
    {"email": "chen@chain.example"},
    {"email": "chen@chain.example", "email_verified": False},
    {"email": "nobody@chain.example", "email_verified": True},
    {"email": ["chen@chain.example"], "email_verified": True},
    {"email": "\u212aen@chain.example", "email_verified": True},  # folds to "ken"
    {"email": "tablet@chain.example", "email_verified": True},
    {},
]


async def test_who_is_not_known_here_or_not_vouched_for_stays_out(
    server: SignalingServer, provider: OidcProvider
) -> None:
    await rename(server, "zhang", "ken@chain.example")
    await rename(server, "store-0117", "tablet@chain.example")
    client = await server.stranger()
    for claims in STRANGERS:
        provider.account = Account("sub-x", claims)
        refused = await sign_in(client)
        assert (refused.status, refused.code) == (403, ErrorCode.OIDC_UNKNOWN), claims
    assert (await client.get("/api/me")).status == 401
    async with server.house.database.read() as session:
        assert (await session.scalars(select(IdentityRow))).all() == []
        rows = (await session.scalars(select(AuditRow))).all()
    told = {(row.action, row.person_id, row.detail) for row in rows}
    assert told == {(Action.SIGN_IN_FAILED, None, "oidc oidc_unknown")}


async def test_who_is_disabled_here_is_out_and_stays_out_whatever_the_provider_says(server: SignalingServer) -> None:
    client, person = await server.stranger(), chain.PEOPLE["chen"].id
    for _ in range(2):  # before the account was ever linked, and after
        await server.house.database.write(lambda session: organisation.disable(session, person, 1, By()))
        assert (await client.get("/api/me")).status == 401
        refused = await sign_in(await server.stranger())
        assert (refused.status, refused.code) == (403, ErrorCode.OIDC_DISABLED)
        await server.house.database.write(lambda session: organisation.enable(session, person, By()))
        assert (await sign_in(client)).status == 200


async def test_roles_by_groups_replace_those_that_came_so_before_and_none_that_was_given_by_hand(
    server: SignalingServer, provider: OidcProvider
) -> None:
    by_hand = Grant(role=Role.AUDITOR)
    await server.house.database.write(lambda session: grants.replace(session, chain.PEOPLE["chen"].id, [by_hand]))
    main = Grant(role=Role.EXPERT)
    expected = {
        ("admins", "trainers", "chiefs", "unheard of"): [
            Grant(role=Role.TRAINER, region=chain.EAST),
            Grant(role=Role.ADMIN),
        ],
        ("0117", "experts"): [Grant(role=Role.STORE_MANAGER, store=chain.STORES["0117"].id)],
        (): [],
    }
    for groups, brought in expected.items():
        provider.account.claims["groups"] = list(groups)
        me = (await sign_in(await server.stranger())).read(SignedIn).me
        assert await held(server, "chen") == (main, by_hand, *brought)
        assert set(me.also) == {one.role for one in (by_hand, *brought)}
    async with server.house.database.read() as session:
        changes = await session.scalars(select(AuditRow.detail).where(AuditRow.action == Action.ROLES_CHANGED))
        assert list(changes) == [
            "expert,auditor,trainer@r-east,admin",
            "expert,auditor,store_manager@s-0117",
            "expert,auditor",
        ]


async def test_saving_somebodys_roles_by_hand_makes_none_by_hand_that_the_groups_bring(
    server: SignalingServer, provider: OidcProvider
) -> None:
    provider.account.claims["groups"] = ["admins"]
    await sign_in(await server.stranger())
    admin = await server.sign_in("admin")
    [record] = [one for one in (await admin.get("/api/people")).read(People).people if one.person.id == "p-chen"]
    assert (record.also, record.by_groups) == ([Grant(role=Role.ADMIN)],) * 2
    seen = {"role": "expert", "also": [{"role": "admin"}, {"role": "auditor"}]}  # the page shows all of them
    assert (await admin.put("/api/people/p-chen/roles", json=seen)).status == 204
    assert set(await held(server, "chen")) == {Grant(role=one) for one in (Role.EXPERT, Role.ADMIN, Role.AUDITOR)}
    provider.account.claims["groups"] = []
    await sign_in(await server.stranger())
    assert await held(server, "chen") == (Grant(role=Role.EXPERT), Grant(role=Role.AUDITOR))


async def test_a_role_that_a_group_brought_is_taken_away_by_hand_until_the_group_brings_it_again(
    server: SignalingServer, provider: OidcProvider
) -> None:
    provider.account.claims["groups"] = ["admins", "trainers"]
    await sign_in(await server.stranger())
    kept, taken = Grant(role=Role.TRAINER, region=chain.EAST), Grant(role=Role.ADMIN)
    admin = await server.sign_in("admin")
    less = {"role": "expert", "also": [{"role": "trainer", "region": chain.EAST}]}
    assert (await admin.put("/api/people/p-chen/roles", json=less)).status == 204
    assert await held(server, "chen") == (Grant(role=Role.EXPERT), kept)
    await sign_in(await server.stranger())
    assert await held(server, "chen") == (Grant(role=Role.EXPERT), kept, taken), "the provider still says so"
    provider.account.claims["groups"] = []
    await sign_in(await server.stranger())
    assert await held(server, "chen") == (Grant(role=Role.EXPERT),), "what stayed was still the group's"


async def test_with_the_link_goes_what_came_by_it(server: SignalingServer, provider: OidcProvider) -> None:
    chen, by_hand = chain.PEOPLE["chen"].id, Grant(role=Role.AUDITOR)
    await server.house.database.write(lambda session: grants.replace(session, chen, [by_hand]))
    provider.account.claims["groups"] = ["trainers", "admins"]
    await sign_in(await server.stranger())
    await server.house.database.write(lambda session: organisation.disable(session, chain.PEOPLE["admin"].id, 1, By()))
    with pytest.raises(Rejection, match="last administrator"):
        await server.house.database.write(lambda session: identities.unlink(session, chen, By()))
    assert Grant(role=Role.ADMIN) in await held(server, "chen"), "nothing happened"
    await server.house.database.write(lambda session: organisation.enable(session, chain.PEOPLE["admin"].id, By()))
    assert await server.house.database.write(lambda session: identities.unlink(session, chen, By()))
    assert await held(server, "chen") == (Grant(role=Role.EXPERT), by_hand)


async def test_the_groups_do_not_take_the_last_administrator_away(
    server: SignalingServer, provider: OidcProvider
) -> None:
    provider.account.claims["groups"] = ["admins"]
    await sign_in(await server.stranger())
    await server.house.database.write(lambda session: organisation.disable(session, chain.PEOPLE["admin"].id, 1, By()))
    provider.account.claims["groups"] = []
    assert (await sign_in(await server.stranger())).status == 200
    assert Grant(role=Role.ADMIN) in await held(server, "chen")


async def test_somebody_new_is_added_only_if_that_is_set_and_a_group_gives_a_role(
    tmp_path: Path, provider: OidcProvider
) -> None:
    claims = {"email": "Sun@chain.example", "email_verified": True, "name": "孙悦"}
    async with SignalingServer(tmp_path, rooms=[], **settings(provider, oidc_create=True)) as server:
        provider.redirect_uris.add(server.url + RETURN)
        provider.account = Account("sub-sun", {**claims, "groups": ["unheard of"]})
        assert (await sign_in(await server.stranger())).code is ErrorCode.OIDC_UNKNOWN
        provider.account = Account("sub-sun", {**claims, "groups": ["admins", "experts"]})
        me = (await sign_in(await server.stranger())).read(SignedIn).me
        assert (me.person.role, me.person.name.zh, me.also) == (Role.EXPERT, "孙悦", [Role.ADMIN])
        provider.account.claims["groups"] = []
        me = (await sign_in(await server.stranger())).read(SignedIn).me
        assert (me.person.role, me.also) == (Role.LEARNER, []), "out of every group: nothing but what was published"
        provider.account.claims["groups"] = ["experts"]
        me = (await sign_in(await server.stranger())).read(SignedIn).me
        assert await server.house.database.write(lambda session: identities.unlink(session, me.person.id, By()))
        async with server.house.database.read() as session:
            assert await grants.of(session, me.person.id) == (Grant(role=Role.LEARNER),), "no expert by hand"
        me = (await sign_in(await server.stranger())).read(SignedIn).me
        assert (me.person.role, me.also) == (Role.LEARNER, [Role.EXPERT]), "linked anew"
        await Staff(server.house.database, By()).give_roles(me.person.id, Roles(role=Role.TRAINER))
        provider.account.claims["groups"] = ["admins"]
        me = (await sign_in(await server.stranger())).read(SignedIn).me
        assert (me.person.role, me.also) == (Role.TRAINER, [Role.ADMIN]), "the main role is by hand now"


async def test_whoever_only_works_in_a_store_is_added_there_and_nowhere_else(
    tmp_path: Path, provider: OidcProvider
) -> None:
    rules = ["0117=staff@0117", "east=staff@华东"]
    async with SignalingServer(tmp_path, rooms=[], **settings(provider, oidc_create=True, oidc_roles=rules)) as server:
        provider.redirect_uris.add(server.url + RETURN)
        claims = {"email": "sun@chain.example", "email_verified": True}
        provider.account = Account("sub-sun", {**claims, "groups": ["east"]})
        assert (await sign_in(await server.stranger())).code is ErrorCode.OIDC_UNKNOWN, "nobody works in a region"
        provider.account.claims["groups"] = ["east", "0117"]
        me = (await sign_in(await server.stranger())).read(SignedIn).me
        assert (me.person.role, me.also) == (Role.STAFF, [])
        async with server.house.database.read() as session:
            assert await grants.of(session, me.person.id) == (Grant(role=Role.STAFF, store=chain.STORES["0117"].id),)


async def test_claims_that_only_the_user_info_has_count_too(server: SignalingServer, provider: OidcProvider) -> None:
    provider.only_at_userinfo = True
    provider.account.claims["groups"] = ["admins"]
    me = (await sign_in(await server.stranger())).read(SignedIn).me
    assert (me.person.id, me.also) == ("p-chen", [Role.ADMIN])


# --- what should not work ---------------------------------------------------------------------------------------------


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
