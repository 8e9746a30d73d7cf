"""Administrators keep people by HTTP: added with a link, changed, kept out and let in again."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from contract.audit import Action
from contract.errors import ErrorCode
from contract.http import InvitedPerson, Me
from contract.organisation import Newcomer, People, PersonRecord
from contract.people import Name, Role, Skill
from signaling.store.tables.accounts import InvitationRow
from signaling.store.tables.audit import AuditRow
from tests.support import chain
from tests.support.server import Client, SignalingServer

pytestmark = pytest.mark.flow

SUN = {"zh": "孙明", "en": "Sun Ming"}
WISH = {"login": "sun", "role": "expert", "name": SUN, "skills": ["it", "equipment", "it"]}


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[SignalingServer]:
    async with SignalingServer(tmp_path, rooms=[]) as started:
        yield started


async def record(admin: Client, login: str) -> PersonRecord:
    [found] = [one for one in (await admin.get("/api/people")).read(People).people if one.login == login]
    return found


async def accept(server: SignalingServer, link: str | None) -> int:
    assert link is not None
    body = {"token": link.removeprefix("/invitation#"), "password": "four words are long"}
    return (await (await server.stranger()).post("/api/invitation", json=body)).status


async def test_somebody_new_gets_a_link_and_then_signs_in(server: SignalingServer) -> None:
    admin = await server.sign_in("admin")
    added = await admin.post("/api/people", json=WISH)
    new = added.read(Newcomer)
    assert (added.status, new.login) == (201, "sun")
    kept = await record(admin, "sun")
    assert (kept.person.id, kept.person.role, kept.person.name) == (new.id, Role.EXPERT, Name(**SUN))
    assert kept.person.skills == [Skill.EQUIPMENT, Skill.IT]
    assert (kept.has_password, kept.disabled, kept.seen_at) == (False, False, None)
    assert kept.invited_until is not None
    assert await accept(server, new.path) == 200
    kept = await record(admin, "sun")
    assert (kept.has_password, kept.invited_until) == (True, None)
    assert kept.seen_at is not None
    assert (await admin.post("/api/people", json=WISH)).code is ErrorCode.CONFLICT


async def test_who_forgot_the_password_gets_another_link_and_a_tablet_gets_none(server: SignalingServer) -> None:
    admin = await server.sign_in("admin")
    links = [(await admin.post("/api/people/p-chen/invitation")).read(InvitedPerson).path for _ in range(2)]
    assert [await accept(server, link) for link in links] == [404, 200]
    assert (await admin.post("/api/people/p-store-0117/invitation")).code is ErrorCode.CONFLICT


async def test_what_others_are_told_is_changed_and_nothing_is_written_where_nothing_differs(
    server: SignalingServer,
) -> None:
    admin = await server.sign_in("admin")
    change = {"name": SUN, "title": {"zh": "值班", "en": "On duty"}, "skills": ["dishes"]}
    for _ in range(2):
        assert (await admin.put("/api/people/p-chen", json=change)).status == 204
    kept = await record(admin, "chen")
    assert (kept.person.name, kept.person.skills, kept.login) == (Name(**SUN), [Skill.DISHES], "chen")
    assert (await server.sign_in("chen")).person == kept.person
    assert (await admin.put("/api/people/p-wu", json={"name": SUN})).status == 204
    assert (await record(admin, "wu")).region == chain.EAST
    async with server.house.database.read() as session:
        acts = list(await session.scalars(select(AuditRow.action).where(AuditRow.action == Action.PERSON_CHANGED)))
    assert len(acts) == 2


async def test_who_is_disabled_is_out_and_an_unused_link_stays_dead_when_they_are_let_in_again(
    server: SignalingServer,
) -> None:
    admin, chen = await server.sign_in("admin"), await server.sign_in("chen")
    link = (await admin.post("/api/people/p-chen/invitation")).read(InvitedPerson).path
    assert (await admin.put("/api/people/p-chen/disabled", json={"disabled": True})).status == 204
    assert (await chen.get("/api/me")).status == 401
    kept = await record(admin, "chen")
    assert (kept.disabled, kept.seen_at, kept.invited_until) == (True, None, None)
    assert (await admin.put("/api/people/p-chen/disabled", json={"disabled": False})).status == 204
    assert await accept(server, link) == 404
    async with server.house.database.read() as session:
        assert list(await session.scalars(select(InvitationRow))) == []
    assert (await server.sign_in("chen")).person is not None
    last = await admin.put("/api/people/p-admin/disabled", json={"disabled": True})
    assert (last.status, last.code) == (409, ErrorCode.CONFLICT)


IMPOSSIBLE: list[tuple[Any, int]] = [
    ({**WISH, "role": "store"}, 400),
    ({**WISH, "role": "guest"}, 400),
    ({**WISH, "role": "king"}, 400),
    ({**WISH, "role": "manager", "skills": []}, 400),
    ({**WISH, "role": "manager", "skills": [], "region": "r-nowhere"}, 404),
    ({**WISH, "region": "r-nowhere"}, 404),
    ({**WISH, "store": "s-0117"}, 400),
    ({**WISH, "role": "store_manager", "skills": []}, 400),
    ({**WISH, "role": "store_manager", "skills": [], "store": "s-nowhere"}, 404),
    ({**WISH, "role": "store_manager", "skills": [], "region": chain.EAST, "store": "s-0117"}, 400),
    ({**WISH, "also": [{"role": "store", "store": "s-0117"}]}, 400),
    ({**WISH, "also": [{"role": "manager"}]}, 400),
    ({**WISH, "also": [{"role": "expert"}]}, 400),
    ({**WISH, "also": [{"role": "trainer"}] * 2}, 400),
    ({**WISH, "also": [{"role": "trainer", "region": chain.EAST, "store": "s-0117"}]}, 400),
    ({**WISH, "also": [{"role": "trainer", "region": "r-nowhere"}]}, 404),
    ({**WISH, "role": "trainer"}, 400),
    ({**WISH, "login": "Sun Ming"}, 400),
    ({**WISH, "login": "x" * 65}, 400),
    ({**WISH, "name": {"zh": "", "en": "x"}}, 400),
    ({**WISH, "name": {"zh": "名" * 201, "en": "x"}}, 400),
    ({**WISH, "skills": ["it"] * 5}, 400),
    ({**WISH, "skills": "it"}, 400),
    ([], 400),
]


async def test_what_cannot_be_is_refused_and_nobody_is_added(server: SignalingServer) -> None:
    admin = await server.sign_in("admin")
    before = (await admin.get("/api/people")).body
    answers = [(await admin.post("/api/people", json=body)).status for body, _ in IMPOSSIBLE]
    assert answers == [status for _, status in IMPOSSIBLE]
    assert (await admin.get("/api/people")).body == before


async def test_a_restart_forgets_nothing(tmp_path: Path) -> None:
    async with SignalingServer(tmp_path, rooms=[]) as first:
        link = (await (await first.sign_in("admin")).post("/api/people", json=WISH)).read(Newcomer).path
    async with SignalingServer(tmp_path, rooms=[]) as second:
        assert await accept(second, link) == 200
        signed_in = await second.sign_in("sun", "four words are long")
        assert (await signed_in.get("/api/me")).read(Me).person.name == Name(**SUN)
