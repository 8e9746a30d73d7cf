"""The chain's name, regions, stores and tablets, changed one by one or from a list; the same for every door.

A region is found by either of its names, a store by its number. Everything raises Rejection(`not_found`, `conflict` or
`bad_message`) with a reason, and nothing is changed then.
"""

import asyncio
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from contract.errors import ErrorCode, Rejection
from contract.ids import PersonId, RegionId, StoreId
from contract.lists import ListFault
from contract.people import Name, Role
from runtime import clock, ids
from signaling.auth.accounts import Accounts, new_password
from signaling.auth.passwords import Passwords
from signaling.domain.csv_list import BadList, problem
from signaling.domain.store_list import StoreLine
from signaling.domain.tags import Check, tag_of, whatever
from signaling.store import organisation as rows
from signaling.store.engine import Database
from signaling.store.organisation import By, NewPerson, NewStore
from signaling.store.records import store_as_it_is
from signaling.store.tables.organisation import RegionRow, StoreRow
from signaling.store.tables.people import PersonRow


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


@dataclass(frozen=True)
class _Chain:
    """What a list is compared with."""

    regions: dict[str, RegionId]
    """By either name."""
    stores: dict[str, NewStore]
    """By number."""
    closed: set[StoreId]
    logins: dict[str, StoreId | None]
    """Of everybody; with the store of tablets."""


async def _chain_as_it_is(session: AsyncSession) -> _Chain:
    stores: dict[str, NewStore] = {}
    closed: set[StoreId] = set()
    columns = (StoreRow.id, StoreRow.number, StoreRow.name_zh, StoreRow.name_en, StoreRow.region_id, StoreRow.closed_ms)
    for id_, number, zh, en, region, closed_ms in await session.execute(select(*columns)):
        stores[number] = NewStore(StoreId(id_), number, Name(zh=zh, en=en), RegionId(region))
        if closed_ms is not None:
            closed.add(StoreId(id_))
    people = await session.execute(select(PersonRow.login, PersonRow.store_id, PersonRow.role))
    logins = {
        login: StoreId(store) if store is not None and role == Role.STORE else None for login, store, role in people
    }
    return _Chain(await regions_by_name(session), stores, closed, logins)


@dataclass
class _Plan:
    """What a list comes to."""

    regions: dict[RegionId, Name] = field(default_factory=dict)
    stores: list[NewStore] = field(default_factory=list)
    changed: list[NewStore] = field(default_factory=list)
    same: int = 0
    tablets: dict[str, NewStore] = field(default_factory=dict)
    """New ones by login, and whose they are."""

    def outcome(self, made_up: dict[str, str]) -> Imported:
        return Imported(
            regions=[name.zh for name in self.regions.values()],
            stores=[store.number for store in self.stores],
            changed=[store.number for store in self.changed],
            same=self.same,
            tablets=[(store.number, login, made_up.get(login)) for login, store in self.tablets.items()],
        )


def _planned(lines: list[StoreLine], chain: _Chain) -> _Plan:
    """Pure. Raises BadList for lines that contradict what is there."""
    plan, problems = _Plan(), []
    regions = dict(chain.regions)
    for line in lines:
        if line.region.zh not in regions:
            fresh = RegionId(ids.uuid7())
            plan.regions[fresh] = line.region
            regions[line.region.zh] = fresh
            regions.setdefault(line.region.en, fresh)
        known = chain.stores.get(line.number)
        id_ = known.id if known is not None else StoreId(ids.uuid7())
        store = NewStore(id_, line.number, line.name, regions[line.region.zh])
        if known is None:
            plan.stores.append(store)
        elif known != store:
            plan.changed.append(store)
        else:
            plan.same += 1
        if line.tablet is None:
            continue
        if line.tablet not in chain.logins:
            plan.tablets[line.tablet] = store
            if id_ in chain.closed:
                problems.append(problem(line.line, ListFault.STORE_CLOSED))
        elif chain.logins[line.tablet] != id_:
            problems.append(problem(line.line, ListFault.LOGIN_TAKEN, value=line.tablet))
    if problems:
        raise BadList(problems)
    return plan


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

    async def change_store(
        self, number: str, *, name: Name | None = None, region: str | None = None, check: Check = whatever
    ) -> None:
        """Another name, or another region, or both. Raises also as `check`."""

        async def work(session: AsyncSession) -> None:
            store = await find_store(session, number)
            check(tag_of(store_as_it_is(store)))
            called = name or Name(zh=store.name_zh, en=store.name_en)
            place = await find_region(session, region) if region is not None else RegionId(store.region_id)
            await rows.change_stores(session, [NewStore(StoreId(store.id), number, called, place)], self._by)

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
        made_up: dict[str, str] = {}
        hashes: dict[str, str] = {}
        if not only_ask:  # a quarter of a second each, so before anybody else has to wait for it
            known = (await self._database.fetch(_chain_as_it_is)).logins
            new = {line.tablet: line.password for line in lines if line.tablet is not None and line.tablet not in known}
            made_up = {login: new_password() for login, password in new.items() if password is None}
            texts = [password or made_up[login] for login, password in new.items()]
            made = await asyncio.gather(*(self._passwords.hash(text) for text in texts))
            hashes = dict(zip(new, made, strict=True))

        async def ask(session: AsyncSession) -> Imported:
            return _planned(lines, await _chain_as_it_is(session)).outcome(made_up)

        async def work(session: AsyncSession) -> Imported:
            plan = _planned(lines, await _chain_as_it_is(session))
            for region, name in plan.regions.items():
                await rows.add_region(session, region, name, self._by)
            await rows.add_stores(session, plan.stores, self._by)
            await rows.change_stores(session, plan.changed, self._by)
            tablets = [
                NewPerson(PersonId(ids.uuid7()), login, Role.STORE, store.name, hashes.get(login, ""), store=store.id)
                for login, store in plan.tablets.items()
            ]
            await rows.add_people(session, tablets, self._by)
            return plan.outcome(made_up)

        return await (self._database.fetch(ask) if only_ask else self._database.write(work))

    async def _new_region(self, session: AsyncSession, name: Name) -> RegionId:
        region = RegionId(ids.uuid7())
        await rows.add_region(session, region, name, self._by)
        return region

    async def _new_store(self, session: AsyncSession, number: str, name: Name, region: RegionId) -> StoreId:
        if not 1 <= len(number) <= 64:
            raise Rejection(ErrorCode.BAD_MESSAGE, "a store number has 1 to 64 characters")
        store = StoreId(ids.uuid7())
        await rows.add_stores(session, [NewStore(store, number, name, region)], self._by)
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


async def regions_by_name(session: AsyncSession) -> dict[str, RegionId]:
    """By either name; of two that share one, the first made."""
    found: dict[str, RegionId] = {}
    for id_, zh, en in await session.execute(
        select(RegionRow.id, RegionRow.name_zh, RegionRow.name_en).order_by(RegionRow.id)
    ):
        for name in (zh, en):
            found.setdefault(name, RegionId(id_))
    return found
