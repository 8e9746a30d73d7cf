"""People from a list: invited, changed or left alone; one bad line and nothing happens."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from contract.audit import Action
from contract.people import Name, Role, Skill
from runtime.settings import Settings
from signaling.domain.csv_list import BadList
from signaling.domain.people_list import PersonLine
from signaling.staff import Staff
from signaling.store import audit_lines
from signaling.store.engine import Database
from signaling.store.organisation import By
from signaling.store.schema import DATABASE
from signaling.store.tables.accounts import InvitationRow
from signaling.store.tables.audit import AuditRow
from signaling.store.tables.people import PersonRow
from tests.support import chain

pytestmark = pytest.mark.flow


def person(line: int, login: str, role: Role = Role.EXPERT, *skills: Skill, region: str | None = None) -> PersonLine:
    return PersonLine(
        line=line,
        login=login,
        name=Name(zh=f"名{login}", en=login),
        role=role,
        title=None,
        department=None,
        region=region,
        skills=skills,
    )


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    await chain.seed_chain(Settings(data=tmp_path), [])
    async with Database(tmp_path / DATABASE) as opened:
        yield opened


async def people(database: Database) -> dict[str, tuple[str, str, str | None, str]]:
    async with database.read() as session:
        rows = await session.scalars(select(PersonRow).order_by(PersonRow.login))
        return {row.login: (row.role, row.name_zh, row.region_id, row.skills) for row in rows}


async def audited(database: Database) -> list[str]:
    async with database.read() as session:
        return list(await session.scalars(select(AuditRow.action).order_by(AuditRow.seq)))


async def test_who_is_new_is_invited_who_differs_is_changed_and_the_same_list_again_does_nothing(
    database: Database,
) -> None:
    before = await people(database)
    lines = [
        person(2, "sun", Role.EXPERT, Skill.EQUIPMENT, Skill.IT),
        person(3, "chen", Role.EXPERT, Skill.DISHES),
        person(4, "wu", Role.MANAGER, region="North"),
    ]
    staff = Staff(database, By())
    asked = await staff.take_list(lines, only_ask=True)
    assert (len(asked.invited), asked.changed, asked.same) == (1, ["chen", "wu"], 0)
    assert (await people(database), await audited(database)) == (before, [])

    done = await staff.take_list(lines, only_ask=False)
    assert ([login for login, _ in done.invited], done.changed, done.same) == (["sun"], ["chen", "wu"], 0)
    after = await people(database)
    assert after == before | {
        "sun": ("expert", "名sun", None, "equipment,it"),
        "chen": ("expert", "名chen", None, "dishes"),
        "wu": ("manager", "名wu", chain.NORTH, ""),
    }
    acts = await audited(database)
    assert acts == [Action.PERSON_ADDED, Action.PERSON_CHANGED, Action.PERSON_CHANGED]

    again = await staff.take_list(lines, only_ask=False)
    assert (again.invited, again.changed, again.same) == ([], [], 3)
    assert (await people(database), await audited(database)) == (after, acts)
    assert (await audit_lines.verify(database))[1] == []


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (person(7, "wu", Role.MANAGER, region="West"), "there is no region West"),
        (person(7, "chen", Role.TRAINER), "chen has the role expert; a list does not change a role"),
        (person(7, "store-0117"), "store-0117 is a tablet"),
    ],
)
async def test_a_line_that_contradicts_what_is_there_is_named_and_nothing_is_changed(
    database: Database, bad: PersonLine, said: str
) -> None:
    before = await people(database)
    with pytest.raises(BadList) as refused:
        await Staff(database, By()).take_list([person(2, "sun"), replace(bad), person(9, "liu")], only_ask=False)
    assert [(problem.line, problem.text) for problem in refused.value.problems] == [(7, said)]
    assert (await people(database), await audited(database)) == (before, [])
    async with database.read() as session:
        assert list(await session.scalars(select(InvitationRow))) == []
