"""Stores and regions, for administrators; a manager reads those of the own region."""

import asyncio

from contract.errors import ErrorCode
from contract.ids import RegionId, StoreId
from contract.organisation import Closed, Made, RegionWish, StoreChange, Stores, StoresTaken, StoreWish
from runtime import clock
from signaling.auth.access import access_region, access_store
from signaling.domain.access import Act, scope_of
from signaling.domain.csv_list import MAX_BYTES, BadList
from signaling.domain.store_list import read
from signaling.http.people_list import ListQuery
from signaling.http.route import Route, Visit
from signaling.organisation import Organisation
from signaling.store import records


async def list_stores(visit: Visit) -> Stores:
    """Stores and their tablets, by number: those that the reader looks after."""
    scope, now_ms = scope_of(Act.READ_STORES, visit.who.grants), clock.wall_ms()
    return await visit.house.database.fetch(lambda session: records.stores(session, now_ms, scope))


async def add_store(visit: Visit) -> Made:
    """Add a store to a region."""
    asked = visit.body(StoreWish)
    async with visit.house.database.read() as session:
        region = (await access_region(session, visit.who, asked.region)).name_zh
    return Made(id=await _organisation(visit).add_store(asked.number, asked.name, region))


async def change_store(visit: Visit) -> None:
    """Its name, which its tablets share, and its region; the number stays."""
    asked = visit.body(StoreChange)
    async with visit.house.database.read() as session:
        number = (await access_store(session, visit.who, StoreId(visit.param("store")))).number
        region = (await access_region(session, visit.who, asked.region)).name_zh
    await _organisation(visit).change_store(number, name=asked.name, region=region, check=visit.check_tag)


async def close_store(visit: Visit) -> None:
    """Close a store, whose tablets go at once and for good, or open it again."""
    async with visit.house.database.read() as session:
        number = (await access_store(session, visit.who, StoreId(visit.param("store")))).number
    await _organisation(visit).close_store(number, closed=visit.body(Closed).closed)


async def add_region(visit: Visit) -> Made:
    """Add a region."""
    return Made(id=await _organisation(visit).add_region(visit.body(RegionWish).name))


async def rename_region(visit: Visit) -> None:
    """Call a region otherwise."""
    async with visit.house.database.read() as session:
        old = (await access_region(session, visit.who, RegionId(visit.param("region")))).name_zh
    await _organisation(visit).rename_region(old, visit.body(RegionWish).name)


async def take_stores(visit: Visit) -> StoresTaken:
    """Add the stores and regions that a CSV file has and the chain has not, change those that differ; all or nothing.

    The columns are those of `passline org import` without the tablets': nobody's password comes by a list here.
    """
    apply = visit.query(ListQuery).apply
    data = await visit.read()
    try:
        lines = await asyncio.to_thread(read, data, sign_ins=False)
        taken = await _organisation(visit).take_list(lines, only_ask=not apply)
    except BadList as bad:
        return StoresTaken(problems=bad.problems, added=[], changed=[], regions=[], same=0)
    return StoresTaken(problems=[], added=taken.stores, changed=taken.changed, regions=taken.regions, same=taken.same)


def _organisation(visit: Visit) -> Organisation:
    return Organisation(visit.house.database, visit.house.passwords, visit.by)


_TAKEN = (ErrorCode.NOT_FOUND, ErrorCode.CONFLICT)
ROUTES = [
    Route(
        method="GET",
        path="/api/stores",
        handler=list_stores,
        act=Act.READ_STORES,
        answer=Stores,
    ),
    Route(
        method="POST",
        path="/api/stores",
        handler=add_store,
        act=Act.CHANGE_STORES,
        body=StoreWish,
        answer=Made,
        status=201,
        errors=_TAKEN,
    ),
    Route(
        method="POST",
        path="/api/lists/stores",
        handler=take_stores,
        act=Act.CHANGE_STORES,
        whole=True,
        query=ListQuery,
        accepts="text/csv",
        max_bytes=MAX_BYTES,
        answer=StoresTaken,
    ),
    Route(
        method="PUT",
        path="/api/stores/{store}",
        handler=change_store,
        act=Act.CHANGE_STORES,
        body=StoreChange,
        tagged=True,
        status=204,
    ),
    Route(
        method="PUT",
        path="/api/stores/{store}/closed",
        handler=close_store,
        act=Act.CHANGE_STORES,
        body=Closed,
        status=204,
    ),
    Route(
        method="POST",
        path="/api/regions",
        handler=add_region,
        act=Act.CHANGE_STORES,
        whole=True,
        body=RegionWish,
        answer=Made,
        status=201,
        errors=_TAKEN,
    ),
    Route(
        method="PUT",
        path="/api/regions/{region}",
        handler=rename_region,
        act=Act.CHANGE_STORES,
        body=RegionWish,
        status=204,
        errors=_TAKEN,
    ),
]
