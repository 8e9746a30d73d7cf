"""The chain's name, regions, stores and tablets, changed one by one or from a list; the same for every door.

A region is found by either of its names, a store by its number. Everything raises Rejection(`not_found`, `conflict` or
`bad_message`) with a reason, and nothing is changed then.
"""

import asyncio
import contextlib
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from contract.errors import ErrorCode, Rejection
from contract.ids import PersonId, RegionId, StoreId
from contract.people import Name, Role
from runtime import clock, ids
from signaling.auth.accounts import Accounts, new_password
from signaling.auth.passwords import Passwords
from signaling.domain.csv_list import BadList, Problem
from signaling.domain.store_list import StoreLine
from signaling.store import organisation as rows
from signaling.store.engine import Database
from signaling.store.organisation import By, NewPerson
from signaling.store.tables import PersonRow, RegionRow, StoreRow


@dataclass
class Imported:
    """What a list changed, or would change."""

    regions: list[str] = field(default_factory=list)
    """Names of new ones."""
    stores: list[str] = field(default_factory=list)
    """Numbers of new ones."""
    changed: list[str] = field(default_factory=list)
    """Numbers of stores that have another name or region now."""
    same: int = 0
    tablets: list[tuple[str, str, str | None]] = field(default_factory=list)
    """New ones: store number, login, and the password if it was made up."""


class _OnlyAsked(Exception):
    """Undoes what a list would change."""


class Organisation:
    """Every change is audited as `by`, and counts in a running server within seconds."""

    def __init__(self, database: Database, passwords: Passwords, by: By) -> None:
        self._database = database
        self._passwords = passwords
        self._by = by

    async def name_chain(self, name: Name) -> None:
        await self._database.write(lambda session: rows.name_chain(session, name, self._by))

    async def add_region(self, name: Name) -> RegionId:
        async def work(session: AsyncSession) -> RegionId:
            await _free_region(session, name)
            return await self._new_region(session, name)

        return await self._database.write(work)

    async def rename_region(self, old: str, name: Name) -> None:
        async def work(session: AsyncSession) -> None:
            region = await find_region(session, old)
            await _free_region(session, name, but=region)
            await rows.rename_region(session, region, name, self._by)

        await self._database.write(work)

    async def add_store(self, number: str, name: Name, region: str) -> StoreId:
        async def work(session: AsyncSession) -> StoreId:
            if await _store(session, number) is not None:
                raise Rejection(ErrorCode.CONFLICT, "there is a store with this number")
            return await self._new_store(session, number, name, await find_region(session, region))

        return await self._database.write(work)

    async def change_store(self, number: str, *, name: Name | None = None, region: str | None = None) -> None:
        """Another name, or another region, or both."""

        async def work(session: AsyncSession) -> None:
            store = await find_store(session, number)
            called = name or Name(zh=store.name_zh, en=store.name_en)
            place = await find_region(session, region) if region is not None else RegionId(store.region_id)
            await rows.change_store(session, StoreId(store.id), called, place, self._by)

        await self._database.write(work)

    async def close_store(self, number: str, *, closed: bool = True) -> None:
        """Its tablets are out; opened again, each has to be let in by itself."""

        async def work(session: AsyncSession) -> None:
            row = await find_store(session, number)
            store, was_closed = StoreId(row.id), row.closed_ms is not None
            session.expunge(row)  # only read: the change is a statement
            if closed and not was_closed:
                await rows.close_store(session, store, clock.wall_ms(), self._by)
            elif was_closed and not closed:
                await rows.open_store(session, store, self._by)

        await self._database.write(work)

    async def add_tablet(self, number: str, login: str, password: str) -> PersonId:
        """A tablet is called like its store. Raises also Rejection(`weak_password`)."""
        async with self._database.read() as session:
            store = await find_store(session, number)
        if store.closed_ms is not None:
            raise Rejection(ErrorCode.CONFLICT, "the store is closed")
        accounts = Accounts(self._database, self._passwords, self._by)
        name = Name(zh=store.name_zh, en=store.name_en)
        return await accounts.add(login, password, Role.STORE, name, store=StoreId(store.id))

    async def rename_tablet(self, login: str, new: str) -> None:
        """Another login; whoever is signed in stays so."""
        await Accounts(self._database, self._passwords, self._by).rename_login(login, new)

    async def take_list(self, lines: list[StoreLine], *, only_ask: bool) -> Imported:
        """Add what is missing, change what differs, leave alone what the list does not name; all of it or nothing.

        Raises BadList for lines that contradict what is there.
        """
        async with self._database.read() as session:
            known = set(await session.scalars(select(PersonRow.login)))
        new = [line for line in lines if line.tablet is not None and line.tablet not in known]
        made_up = {line.line: new_password() for line in new if line.password is None}
        hashes: dict[int, str] = {}
        if not only_ask:  # a quarter of a second each
            texts = [line.password or made_up[line.line] for line in new]
            made = await asyncio.gather(*(self._passwords.hash(text) for text in texts))
            hashes = dict(zip((line.line for line in new), made, strict=True))
        result = Imported()

        async def work(session: AsyncSession) -> None:
            problems = []
            for line in lines:
                store = await self._take_store(session, line, result)
                if line.tablet is None:
                    continue
                problem = await self._take_tablet(session, line, store, hashes.get(line.line, ""), result, made_up)
                if problem is not None:
                    problems.append(Problem(line.line, problem))
            if problems:
                raise BadList(problems)
            if only_ask:
                raise _OnlyAsked

        with contextlib.suppress(_OnlyAsked):
            await self._database.write(work)
        return result

    async def _take_store(self, session: AsyncSession, line: StoreLine, result: Imported) -> StoreId:
        try:
            region = await find_region(session, line.region.zh)
        except Rejection:
            region = await self._new_region(session, line.region)
            result.regions.append(line.region.zh)
        store = await _store(session, line.number)
        if store is None:
            result.stores.append(line.number)
            return await self._new_store(session, line.number, line.name, region)
        if (store.name_zh, store.name_en, store.region_id) != (line.name.zh, line.name.en, region):
            result.changed.append(line.number)
            await rows.change_store(session, StoreId(store.id), line.name, region, self._by)
        else:
            result.same += 1
        return StoreId(store.id)

    async def _take_tablet(
        self,
        session: AsyncSession,
        line: StoreLine,
        store: StoreId,
        password_hash: str,
        result: Imported,
        made_up: dict[int, str],
    ) -> str | None:
        """What is wrong with it, if anything. A tablet that is there keeps its password."""
        assert line.tablet is not None
        known = await rows.person_by_login(session, line.tablet)
        if known is None and (await session.get_one(StoreRow, store)).closed_ms is not None:
            return "the store is closed"
        if known is not None:
            return None if known.store_id == store else f"the login {line.tablet} is taken by somebody else"
        new = NewPerson(PersonId(ids.uuid7()), line.tablet, Role.STORE, line.name, password_hash, store=store)
        await rows.add_person(session, new, self._by)
        result.tablets.append((line.number, line.tablet, made_up.get(line.line)))
        return None

    async def _new_region(self, session: AsyncSession, name: Name) -> RegionId:
        region = RegionId(ids.uuid7())
        await rows.add_region(session, region, name, self._by)
        return region

    async def _new_store(self, session: AsyncSession, number: str, name: Name, region: RegionId) -> StoreId:
        if not 1 <= len(number) <= 64:
            raise Rejection(ErrorCode.BAD_MESSAGE, "a store number has 1 to 64 characters")
        store = StoreId(ids.uuid7())
        await rows.add_store(session, store, number, name, region, self._by)
        return store


async def find_region(session: AsyncSession, name: str) -> RegionId:
    """By either of its names. Raises Rejection(`not_found`)."""
    query = select(RegionRow.id).where((RegionRow.name_zh == name) | (RegionRow.name_en == name))
    found = (await session.scalars(query.order_by(RegionRow.id).limit(1))).one_or_none()
    if found is None:
        raise Rejection(ErrorCode.NOT_FOUND, "there is no region of this name")
    return RegionId(found)


async def find_store(session: AsyncSession, number: str) -> StoreRow:
    """By its number. Raises Rejection(`not_found`)."""
    found = await _store(session, number)
    if found is None:
        raise Rejection(ErrorCode.NOT_FOUND, "there is no store with this number")
    return found


async def _store(session: AsyncSession, number: str) -> StoreRow | None:
    return (await session.scalars(select(StoreRow).where(StoreRow.number == number))).one_or_none()


async def _free_region(session: AsyncSession, name: Name, *, but: RegionId | None = None) -> None:
    for text in {name.zh, name.en}:
        try:
            found = await find_region(session, text)
        except Rejection:
            continue
        if found != but:
            raise Rejection(ErrorCode.CONFLICT, "there is a region of this name")
