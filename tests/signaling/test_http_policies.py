"""The chain's rules at the real doors: set by an administrator, in the audit, and good at once for who is signed in."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from contract.audit import Action, AuditPage
from contract.client import StartCall
from contract.errors import ErrorCode
from contract.http import ArchivePage, Me
from contract.policies import ArchiveRules, KeptPolicies, Policies, Recorded, Seen
from contract.rooms import Reason
from contract.server import Done, Error
from signaling.store import organisation
from tests.support import chain
from tests.support.clients import new_cid, tab
from tests.support.server import Client, SignalingServer

pytestmark = pytest.mark.flow


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[SignalingServer]:
    async with SignalingServer(tmp_path, rooms=[chain.finished_call()]) as started:
        yield started


async def put(admin: Client, policies: Policies) -> int:
    return (await admin.put("/api/policies", json=policies.model_dump(mode="json"))).status


async def kept(admin: Client) -> tuple[Policies, str]:
    """The rules, and the tag of this version."""
    read = (await admin.get("/api/policies")).read(KeptPolicies)
    return Policies.model_validate(read.model_dump(exclude={"tag"})), read.tag


async def replays(client: Client) -> list[str]:
    return [entry.room for entry in (await client.get("/api/archive")).read(ArchivePage).entries]


async def test_a_change_is_kept_told_and_audited_with_what_it_was(server: SignalingServer) -> None:
    admin, store = await server.sign_in("admin"), await server.sign_in("store-0117")
    assert (await kept(admin))[0] == Policies()
    new = Policies(guests=False, pin_idle_min=5)
    assert await put(admin, new) == 204
    assert await put(admin, new) == 204
    assert (await kept(admin))[0] == new
    assert (await store.get("/api/me")).read(Me).policies == new
    lines = (await admin.get("/api/audit")).read(AuditPage).lines
    changed = [(line.object, line.detail, line.person) for line in lines if line.action is Action.POLICY_CHANGED]
    assert sorted(changed) == [("guests", "true -> false", "p-admin"), ("pin_idle_min", "10 -> 5", "p-admin")]


async def test_two_open_pages_do_not_undo_each_other(server: SignalingServer) -> None:
    admin = await server.sign_in("admin")
    before, tag = await kept(admin)
    hers = before.model_copy(update={"guests": False}).model_dump(mode="json")
    his = before.model_copy(update={"pin_idle_min": 5}).model_dump(mode="json")
    says = {"If-Match": f'"{tag}"'}
    assert (await admin.put("/api/policies", json=hers, headers=says)).status == 204
    for said in (f'"{tag}"', "*nonsense", f'"other", "{tag}"'):
        late = await admin.put("/api/policies", json=his, headers={"If-Match": said})
        assert (late.status, late.code) == (412, ErrorCode.PRECONDITION), said
    now, tag = await kept(admin)
    assert now == Policies(guests=False), "hers stands"
    his = now.model_copy(update={"pin_idle_min": 5}).model_dump(mode="json")
    assert (await admin.put("/api/policies", json=his, headers={"If-Match": f'"0", "{tag}"'})).status == 204
    assert (await kept(admin))[0] == Policies(guests=False, pin_idle_min=5)
    assert (await admin.put("/api/policies", json=hers, headers={"If-Match": "*"})).status == 204, "whatever is there"


@pytest.mark.parametrize(
    "body", [{}, {"guests": "perhaps"}, {"nonsense": True}, {"pin_idle_min": 0}, {"archive": {"store": "all"}}]
)
async def test_what_says_nothing_or_nonsense_is_refused(server: SignalingServer, body: dict[str, object]) -> None:
    admin = await server.sign_in("admin")
    assert (await admin.put("/api/policies", json=body)).status == 400


async def test_who_is_connected_may_not_call_any_more_from_that_moment_on(server: SignalingServer) -> None:
    admin = await server.sign_in("admin")
    async with tab(await server.sign_in("store-0117")) as store:
        assert await put(admin, Policies(stores_call=False)) == 204
        refused = await store.do(StartCall(cid=new_cid(), reason=Reason.EQUIPMENT))
        assert isinstance(refused, Error)
        assert refused.code is ErrorCode.POLICY
        assert await put(admin, Policies()) == 204
        assert isinstance(await store.do(StartCall(cid=new_cid(), reason=Reason.EQUIPMENT)), Done)


async def test_who_is_connected_is_told_so_that_no_screen_says_what_is_not_true(server: SignalingServer) -> None:
    admin = await server.sign_in("admin")
    never = Policies(recorded=Recorded.NEVER)
    async with tab(await server.sign_in("store-0117")) as store:
        await store.until(lambda: store.policies == Policies(), "what counts when it comes")
        assert await put(admin, never) == 204
        await store.until(lambda: store.policies == never, "what counts from now on")
    async with tab(await server.sign_in("store-0117")) as again:
        await again.until(lambda: again.policies == never, "and after it was away")


async def test_what_was_read_before_a_change_and_comes_after_it_counts_for_nothing(server: SignalingServer) -> None:
    """As of the watch that reads the whole directory meanwhile; what it reads next counts again."""
    admin, house = await server.sign_in("admin"), server.house
    before = await house.database.fetch(organisation.version)
    assert await put(admin, Policies(guests=False)) == 204
    house.policies.set(Policies(), before)
    assert house.policies.current == Policies(guests=False)
    house.policies.set(Policies(), await house.database.fetch(organisation.version))
    assert house.policies.current == Policies()


@pytest.mark.parametrize(
    ("rule", "own", "beside", "far"),
    [(Seen.OWN, True, False, False), (Seen.REGION, True, True, False), (Seen.CHAIN, True, True, True)],
)
async def test_a_store_replays_what_the_rule_says(
    server: SignalingServer, rule: Seen, *, own: bool, beside: bool, far: bool
) -> None:
    """0117 took part, 0108 is of its region, 0201 of another one; list, single look-up and files agree."""
    admin = await server.sign_in("admin")
    assert await put(admin, Policies(archive=ArchiveRules(store=rule))) == 204
    for login, sees in (("store-0117", own), ("store-0108", beside), ("store-0201", far)):
        client = await server.sign_in(login)
        assert await replays(client) == ([chain.ROOM] if sees else []), login
        entry, still = f"/api/archive/{chain.ROOM}", f"/api/rooms/{chain.ROOM}/stills/{chain.STILL}"
        for path in (entry, f"{entry}/files/{chain.FILE}", still):
            assert (await client.get(path)).status == (200 if sees else 404), (login, path)


async def test_an_expert_replays_others_calls_where_the_rule_says_so(server: SignalingServer) -> None:
    admin, liu = await server.sign_in("admin"), await server.sign_in("liu")
    assert await replays(liu) == []
    assert await put(admin, Policies(archive=ArchiveRules(expert=Seen.PLACE))) == 204
    assert await replays(liu) == [chain.ROOM]
