"""Adds, disables and renames people and tablets, and sets their passwords; the same for every door."""

import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from contract.errors import ErrorCode, Rejection
from contract.ids import PersonId, RegionId, StoreId
from contract.people import Grant, Login, Name, Person, Role, Skill
from runtime import clock, ids
from signaling.auth.passwords import Passwords
from signaling.domain.accounts import check_password, made_up
from signaling.domain.roles import check_roles
from signaling.store import handovers, passkeys
from signaling.store import organisation as rows
from signaling.store.engine import Database
from signaling.store.grants import further, main_grant
from signaling.store.organisation import By, NewPerson
from signaling.store.people import as_person
from signaling.store.tables.people import PersonRow

_LOGIN: TypeAdapter[str] = TypeAdapter(Login)


def check_login(login: str) -> None:
    """Raises Rejection(`bad_message`) for what cannot be a login."""
    try:
        _LOGIN.validate_python(login)
    except ValidationError as error:
        raise Rejection(
            ErrorCode.BAD_MESSAGE, "a login has 2 to 64 of lower-case letters, digits and . _ @ -"
        ) from error


def new_password() -> str:
    """A made-up password that can be read from paper."""
    return made_up(secrets.choice)


class Accounts:
    """Every change is audited as `by`, and counts in a running server within seconds."""

    def __init__(self, database: Database, passwords: Passwords, by: By) -> None:
        self._database = database
        self._passwords = passwords
        self._by = by

    async def add(
        self,
        login: str,
        password: str,
        role: Role,
        name: Name,
        *,
        title: Name | None = None,
        skills: list[Skill] | None = None,
        store: StoreId | None = None,
        region: RegionId | None = None,
    ) -> PersonId:
        """Raises Rejection: `bad_message` (login, scope), `weak_password`, `conflict` (the login is taken)."""
        check_login(login)
        check_password(password, login)
        if role is Role.STORE:
            if store is None:
                raise Rejection(ErrorCode.BAD_MESSAGE, "a tablet has a store")
        else:
            check_roles(Grant(role=role, region=region, store=store), [])
        new = NewPerson(
            id=PersonId(ids.uuid7()),
            login=login,
            role=role,
            name=name,
            password_hash=await self._passwords.hash(password),
            title=title,
            skills=skills or [],
            store=store,
            region=region,
        )

        async def work(session: AsyncSession) -> None:
            await free_login(session, login)
            await rows.add_person(session, new, self._by)

        await self._database.write(work)
        return new.id

    async def set_password(self, login: str, password: str) -> None:
        """Whoever is signed in as `login` is out, and their passkeys count no more.

        Raises Rejection(`not_found` or `weak_password`).
        """
        check_password(password, login)
        made = await self._passwords.hash(password)

        async def work(session: AsyncSession, who: PersonRow) -> None:
            await passkeys.take_away(session, PersonId(who.id), self._by)
            await rows.set_password(session, PersonId(who.id), made, self._by)

        await self._with(login, work)

    async def disable(self, login: str, successor: PersonId | None = None) -> None:
        """What they owe, and what they may replay, is the successor's.

        Raises Rejection(`not_found`; `bad_message` for who cannot take over; `conflict` for the last administrator).
        """

        async def work(session: AsyncSession, who: PersonRow) -> None:
            if await rows.is_last_administrator(session, who):
                raise Rejection(ErrorCode.CONFLICT, "the last administrator; add another one first")
            if who.disabled_ms is not None:
                return
            if successor is not None:
                await handovers.hand(session, as_person(who, None), await _heir(session, who, successor), self._by)
            await rows.disable(session, PersonId(who.id), clock.wall_ms(), self._by)

        await self._with(login, work)

    async def enable(self, login: str) -> None:
        """Raises Rejection(`not_found`; `conflict` for a device that was taken back, or a tablet of a closed store)."""

        async def work(session: AsyncSession, who: PersonRow) -> None:
            if await rows.stays_out(session, who):
                raise Rejection(ErrorCode.CONFLICT, "a device that was taken back, or the store is closed")
            if who.disabled_ms is not None:
                await handovers.take_back(session, PersonId(who.id))
                await rows.enable(session, PersonId(who.id), self._by)

        await self._with(login, work)

    async def rename(self, login: str, name: Name) -> None:
        """Raises Rejection(`not_found`; `conflict` for a tablet, which is called like its store)."""

        async def work(session: AsyncSession, who: PersonRow) -> None:
            if who.role == Role.STORE:
                raise Rejection(ErrorCode.CONFLICT, "a tablet is called like its store; rename the store")
            await rows.rename_person(session, PersonId(who.id), name, self._by)

        await self._with(login, work)

    async def rename_login(self, login: str, new: str) -> None:
        """Raises Rejection(`not_found`, `bad_message`, or `conflict` if the new one is taken)."""
        check_login(new)

        async def work(session: AsyncSession, who: PersonRow) -> None:
            await free_login(session, new)
            await rows.rename_login(session, PersonId(who.id), new, self._by)

        await self._with(login, work)

    async def _with(self, login: str, change: Callable[[AsyncSession, PersonRow], Awaitable[None]]) -> None:
        async def work(session: AsyncSession) -> None:
            who = await rows.person_by_login(session, login)
            if who is None or who.erased_ms is not None:
                raise Rejection(ErrorCode.NOT_FOUND, "nobody signs in under this name")
            await change(session, who)

        await self._database.write(work)


@dataclass(frozen=True)
class _Successor:
    person: Person
    grants: Sequence[Grant]


async def _heir(session: AsyncSession, leaver: PersonRow, successor: PersonId) -> _Successor:
    """Raises Rejection(`not_found`, or `bad_message` for a tablet, the same person, or somebody who is out)."""
    row = await session.get(PersonRow, successor)
    if row is None:
        raise Rejection(ErrorCode.NOT_FOUND, "there is no such successor")
    if {row.role, leaver.role} & {Role.STORE, Role.VISITOR} or row.id == leaver.id or row.disabled_ms is not None:
        raise Rejection(ErrorCode.BAD_MESSAGE, "a successor is somebody else, who can sign in; a tablet has none")
    return _Successor(as_person(row, None), (main_grant(row), *await further(session, successor)))


async def free_login(session: AsyncSession, login: str) -> None:
    """Raises Rejection(`conflict`) if somebody, perhaps disabled, has this login."""
    if await rows.person_by_login(session, login) is not None:
        raise Rejection(ErrorCode.CONFLICT, "this login is taken")
