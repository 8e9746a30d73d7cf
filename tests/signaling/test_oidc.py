"""Signing in by an identity provider, a real one on sockets: who is who, and which roles the groups bring."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from contract.audit import Action
from contract.errors import ErrorCode, Rejection
from contract.http import Me
from contract.oidc import SignedIn, SignInWays
from contract.organisation import People, Roles
from contract.people import Grant, Role
from signaling.auth.oidc import RETURN
from signaling.staff import Staff
from signaling.store import grants, identities, organisation
from signaling.store.organisation import By
from signaling.store.tables.accounts import IdentityRow
from signaling.store.tables.audit import AuditRow
from tests.support import chain
from tests.support.oidc_provider import Account, OidcProvider
from tests.support.provided import rename, settings, sign_in
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
