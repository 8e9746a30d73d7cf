"""Takes people over from a list: who is new is invited, who differs is changed; all of it or nothing."""

import contextlib
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from contract.ids import PersonId, RegionId
from contract.people import Name, Role, Skill
from runtime import clock, ids
from signaling.auth.invitations import LIFE_MS
from signaling.auth.sign_ins import digest
from signaling.domain.csv_list import BadList, Problem
from signaling.domain.people_list import PersonLine
from signaling.store import invitations
from signaling.store import organisation as rows
from signaling.store.engine import Database
from signaling.store.organisation import By, NewPerson
from signaling.store.tables import PersonRow, RegionRow


@dataclass
class Taken:
    """What a list of people changed, or would change."""

    invited: list[tuple[str, str]] = field(default_factory=list)
    """Who is new: login, and the secret of the invitation, which is kept nowhere else."""
    changed: int = 0
    same: int = 0


class _OnlyAsked(Exception):
    """Undoes what a list would change."""


class Staff:
    """Every change is audited as `by`, and counts in a running server within seconds. No password is made."""

    def __init__(self, database: Database, by: By) -> None:
        self._database = database
        self._by = by

    async def take_list(self, lines: list[PersonLine], *, only_ask: bool) -> Taken:
        """Leaves alone whom the list does not name. Raises BadList for lines that contradict what is there."""
        taken = Taken()

        async def work(session: AsyncSession) -> None:
            regions = await _regions(session)
            known = {row.login: row for row in await session.scalars(select(PersonRow))}
            session.expunge_all()  # only read: what a work changes it says in statements
            problems = []
            for line in lines:
                problem = _contradicts(line, known.get(line.login), regions)
                if problem is not None:
                    problems.append(Problem(line.line, problem))
                    continue
                region = regions[line.region] if line.region is not None else None
                await self._take(session, line, known.get(line.login), region, taken)
            if problems:
                raise BadList(problems)
            if only_ask:
                raise _OnlyAsked

        with contextlib.suppress(_OnlyAsked):
            await self._database.write(work)
        return taken

    async def _take(
        self, session: AsyncSession, line: PersonLine, known: PersonRow | None, region: RegionId | None, taken: Taken
    ) -> None:
        wanted = NewPerson(
            id=PersonId(known.id if known is not None else ids.uuid7()),
            login=line.login,
            role=line.role,
            name=line.name,
            password_hash="",
            title=line.title,
            skills=list(line.skills),
            region=region,
        )
        if known is None:
            secret = ids.secret()
            await rows.add_person(session, wanted, self._by)
            await invitations.renew(session, wanted.id, digest(secret), clock.wall_ms() + LIFE_MS)
            taken.invited.append((line.login, secret))
        elif _as_it_is(known) != (wanted.name, wanted.title, wanted.region, wanted.skills):
            await rows.change_person(session, wanted, self._by)
            taken.changed += 1
        else:
            taken.same += 1


def _as_it_is(row: PersonRow) -> tuple[Name, Name | None, RegionId | None, list[Skill]]:
    title = Name(zh=row.title_zh, en=row.title_en or row.title_zh) if row.title_zh else None
    kept = set(row.skills.split(","))
    return (
        Name(zh=row.name_zh, en=row.name_en),
        title,
        RegionId(row.region_id) if row.region_id is not None else None,
        [skill for skill in Skill if skill in kept],
    )


def _contradicts(line: PersonLine, known: PersonRow | None, regions: dict[str, RegionId]) -> str | None:
    if line.region is not None and line.region not in regions:
        return f"there is no region {line.region}"
    if known is not None and known.role == Role.STORE:
        return f"{line.login} is a tablet"
    if known is not None and known.role != line.role:
        return f"{line.login} has the role {known.role}; a list does not change a role"
    return None


async def _regions(session: AsyncSession) -> dict[str, RegionId]:
    """By either name; of two that share one, the first made."""
    found: dict[str, RegionId] = {}
    for id_, zh, en in await session.execute(
        select(RegionRow.id, RegionRow.name_zh, RegionRow.name_en).order_by(RegionRow.id)
    ):
        for name in (zh, en):
            found.setdefault(name, RegionId(id_))
    return found
