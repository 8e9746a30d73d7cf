"""Adds and changes people, one by one or from a list: who is new is invited to choose a password."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from contract.base import Tag
from contract.errors import ErrorCode, Rejection
from contract.ids import PersonId, RegionId
from contract.lists import ListFault, ListProblem
from contract.organisation import Newcomer, PersonChange, PersonWish, Roles
from contract.people import Grant, Name, Role, Skill
from runtime import clock, ids
from signaling.auth.accounts import free_login
from signaling.auth.invitations import LIFE_MS
from signaling.auth.sign_ins import digest
from signaling.domain.csv_list import BadList, problem
from signaling.domain.people_list import PersonLine
from signaling.domain.roles import GIVEN, check_roles
from signaling.domain.tags import Check, tag_of, whatever
from signaling.organisation import regions_by_name
from signaling.store import invitations
from signaling.store import organisation as rows
from signaling.store.engine import Database
from signaling.store.grants import further, main_grant
from signaling.store.organisation import By, NewPerson
from signaling.store.people import optional_name
from signaling.store.records import roles_of, told_of
from signaling.store.tables.organisation import RegionRow, StoreRow
from signaling.store.tables.people import PersonRow


@dataclass
class Taken:
    """What a list of people changed, or would change."""

    invited: list[tuple[str, str]] = field(default_factory=list)
    """Who is new: login, and the secret of the invitation, which is kept nowhere else."""
    changed: list[str] = field(default_factory=list)
    """Logins."""
    same: int = 0


class Staff:
    """Every change is audited as `by`, and counts in a running server within seconds. No password is made."""

    def __init__(self, database: Database, by: By) -> None:
        self._database = database
        self._by = by

    async def add(self, wish: PersonWish) -> Newcomer:
        """Somebody new, and the one time that the invitation is told.

        Raises Rejection: `bad_message` (roles), `not_found` (a region or store), `conflict` (the login is taken).
        """
        main = _main(wish)
        check_roles(main, wish.also)
        new = replace(
            _told(PersonId(ids.uuid7()), wish.login, main.role, wish),
            region=main.region,
            store=main.store,
            also=wish.also,
        )
        secret = ids.secret()

        async def work(session: AsyncSession) -> None:
            await free_login(session, new.login)
            await _check_places(session, [main, *wish.also])
            await rows.add_person(session, new, self._by)
            await invitations.renew(session, {new.id: digest(secret)}, clock.wall_ms() + LIFE_MS)

        await self._database.write(work)
        return Newcomer(id=new.id, login=new.login, path=f"/invitation#{secret}")

    async def change(self, person: PersonId, wish: PersonChange, check: Check = whatever) -> Tag:
        """Others are told this of them from now on; the tag of that.

        Raises Rejection: `not_found`, `bad_message` (scope); as `check`.
        """

        async def work(session: AsyncSession) -> Tag:
            known = await session.get(PersonRow, person)
            if known is None or known.erased_ms is not None:
                raise Rejection(ErrorCode.NOT_FOUND)
            check(tag_of(told_of(known)))
            region = RegionId(known.region_id) if known.region_id is not None else None
            new = replace(_told(person, known.login, Role(known.role), wish), region=region)
            if _as_it_is(known) != _as_it_will_be(new):
                session.expunge(known)  # only read: the change is a statement
                await rows.change_people(session, [new], self._by)
            return tag_of(told_of(await session.get_one(PersonRow, person)))

        return await self._database.write(work)

    async def give_roles(self, person: PersonId, wish: Roles, check: Check = whatever) -> Tag:
        """They may do exactly this from now on, also who is here already; the tag of that.

        Raises Rejection: `not_found` (nobody, or no such place), `bad_message`, `conflict` for the last administrator;
        as `check`.
        """
        main = _main(wish)
        check_roles(main, wish.also)

        async def work(session: AsyncSession) -> Tag:
            known = await session.get(PersonRow, person)
            if known is None or known.erased_ms is not None:
                raise Rejection(ErrorCode.NOT_FOUND)
            if Role(known.role) not in GIVEN:
                raise Rejection(ErrorCode.BAD_MESSAGE, "a tablet stays one")
            held = await further(session, person)
            before = tag_of(roles_of(known, held))
            check(before)
            await _check_places(session, [main, *wish.also])
            if (main_grant(known), held) == (main, wish.also):
                return before
            administered = await rows.is_last_administrator(session, known)
            await rows.give_roles(session, known, main, wish.also, self._by)
            if administered and not await rows.has_administrator(session):
                raise Rejection(ErrorCode.CONFLICT, "the last administrator; add another one first")
            session.expire_all()  # statements changed what it has read
            return tag_of(roles_of(await session.get_one(PersonRow, person), await further(session, person)))

        return await self._database.write(work)

    async def take_list(self, lines: list[PersonLine], *, only_ask: bool) -> Taken:
        """Leaves alone whom the list does not name. Raises BadList for lines that contradict what is there."""
        taken = Taken()

        async def work(session: AsyncSession) -> None:
            regions = await regions_by_name(session)
            known = {row.login: row for row in await session.scalars(select(PersonRow))}
            session.expunge_all()  # only read: what a work changes it says in statements
            wrong = [_contradicts(line, known.get(line.login), regions) for line in lines]
            if problems := [one for one in wrong if one is not None]:
                raise BadList(problems)
            wanted = [_wanted(line, known.get(line.login), regions) for line in lines]
            new = [one for one in wanted if one.login not in known]
            there = [one for one in wanted if one.login in known]
            differ = [one for one in there if _as_it_is(known[one.login]) != _as_it_will_be(one)]
            secrets = {one.id: ids.secret() for one in new}
            taken.invited = [(one.login, secrets[one.id]) for one in new]
            taken.changed = [one.login for one in differ]
            taken.same = len(there) - len(differ)
            if only_ask:
                return
            await rows.add_people(session, new, self._by)
            await rows.change_people(session, differ, self._by)
            hashes = {person: digest(secret) for person, secret in secrets.items()}
            await invitations.renew(session, hashes, clock.wall_ms() + LIFE_MS)

        if only_ask:
            await self._database.fetch(work)
        else:
            await self._database.write(work)
        return taken


def _told(person: PersonId, login: str, role: Role, wish: PersonChange) -> NewPerson:
    """Raises Rejection(`bad_message`) for what does not go with the role."""
    if role not in GIVEN:
        raise Rejection(ErrorCode.BAD_MESSAGE, "a tablet is called like its store, and a guest never signs in")
    if wish.skills and role is not Role.EXPERT:
        raise Rejection(ErrorCode.BAD_MESSAGE, "only an expert has skills")
    skills = [skill for skill in Skill if skill in wish.skills]
    return NewPerson(person, login, role, wish.name, "", title=wish.title, department=wish.department, skills=skills)


def _main(wish: Roles) -> Grant:
    if wish.region is not None and wish.store is not None:
        raise Rejection(ErrorCode.BAD_MESSAGE, "a role is for a region or for a store, not for both")
    return Grant(role=wish.role, region=wish.region, store=wish.store)


async def _check_places(session: AsyncSession, grants: Iterable[Grant]) -> None:
    """Raises Rejection(`not_found`)."""
    for one in grants:
        if one.region is not None and await session.get(RegionRow, one.region) is None:
            raise Rejection(ErrorCode.NOT_FOUND, "there is no such region")
        if one.store is not None and await session.get(StoreRow, one.store) is None:
            raise Rejection(ErrorCode.NOT_FOUND, "there is no such store")


def _wanted(line: PersonLine, known: PersonRow | None, regions: dict[str, RegionId]) -> NewPerson:
    return NewPerson(
        id=PersonId(known.id if known is not None else ids.uuid7()),
        login=line.login,
        role=line.role,
        name=line.name,
        password_hash="",
        title=line.title,
        department=line.department,
        skills=list(line.skills),
        region=regions[line.region] if line.region is not None else _region_of(known),
    )


def _region_of(known: PersonRow | None) -> RegionId | None:
    """A list tells the region of a manager only; where the role of others counts stays as it is."""
    return RegionId(known.region_id) if known is not None and known.region_id is not None else None


def _as_it_will_be(one: NewPerson) -> tuple[object, ...]:
    return one.name, one.title, one.department, one.region, one.skills


def _as_it_is(row: PersonRow) -> tuple[object, ...]:
    kept = set(row.skills.split(","))
    return (
        Name(zh=row.name_zh, en=row.name_en),
        optional_name(row.title_zh, row.title_en),
        optional_name(row.department_zh, row.department_en),
        RegionId(row.region_id) if row.region_id is not None else None,
        [skill for skill in Skill if skill in kept],
    )


def _contradicts(line: PersonLine, known: PersonRow | None, regions: dict[str, RegionId]) -> ListProblem | None:
    if line.region is not None and line.region not in regions:
        return problem(line.line, ListFault.NO_REGION, value=line.region)
    if known is not None and known.role == Role.STORE:
        return problem(line.line, ListFault.IS_TABLET, value=line.login)
    if known is not None and known.role != line.role:
        return problem(line.line, ListFault.OTHER_ROLE, value=line.login, role=known.role)
    return None
