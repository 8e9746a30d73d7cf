"""Machines of stores, for administrators and whoever answers for a store; a tablet finds its own by their stickers."""

import asyncio
from collections import Counter
from functools import partial
from typing import Annotated

from aiohttp import web
from pydantic import Field

from contract import inventory
from contract.audit import Action
from contract.base import Message
from contract.errors import ErrorCode
from contract.ids import EquipmentId, StoreId
from contract.inventory import (
    EquipmentMade,
    EquipmentRecord,
    EquipmentTaken,
    EquipmentWish,
    Retired,
    StickerWish,
)
from runtime.address import own_address
from signaling.auth.access import access_each_equipment, access_sticker
from signaling.domain.access import Act, scope_of
from signaling.domain.csv_list import MAX_BYTES, BadList
from signaling.domain.equipment_list import read
from signaling.domain.sticker import normal
from signaling.http.people_list import ListQuery
from signaling.http.route import Route, Visit
from signaling.inventory import Inventory
from signaling.store import audit, equipment
from signaling.store.equipment import Wanted

PAGE = 500
PDF = "application/pdf"


class EquipmentQuery(Message):
    """Each part narrows what is shown."""

    store: Annotated[StoreId, Field(pattern=r"^[A-Za-z0-9._:-]{1,64}$")] | None = None
    sought: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    """Words of its names, make, model, serial number, code, or of its store."""


async def list_equipment(visit: Visit) -> inventory.Inventory:
    """Machines by store and name, those that the reader may see; 500 at most."""
    asked = visit.query(EquipmentQuery)
    scope = scope_of(Act.SEE_EQUIPMENT, visit.who.grants)
    wanted = Wanted(scope=scope, store=asked.store, sought=asked.sought)
    async with visit.house.database.read() as session:  # it looks at every machine: see signaling.http.rings
        found = await equipment.page(session, wanted, PAGE + 1)
    return inventory.Inventory(equipment=found[:PAGE], more=len(found) > PAGE)


async def read_sticker(visit: Visit) -> EquipmentRecord:
    """The machine whose sticker has this code, also one that is retired; of another store as if it were not there."""
    async with visit.house.database.read() as session:
        return equipment.record_of(*await access_sticker(session, visit.who, normal(visit.param("code"))))


async def add_equipment(visit: Visit) -> EquipmentMade:
    """Add a machine, which gets the code of its sticker."""
    return EquipmentMade(id=await _inventory(visit).add(visit.body(EquipmentWish)))


async def change_equipment(visit: Visit) -> None:
    """What is known of a machine, and where it stands; its sticker stays good."""
    await _inventory(visit).change(EquipmentId(visit.param("equipment")), visit.body(EquipmentWish), visit.check_tag)


async def retire_equipment(visit: Visit) -> None:
    """Retire a machine, whose sticker calls nobody any more, or bring it back."""
    await _inventory(visit).retire(EquipmentId(visit.param("equipment")), retired=visit.body(Retired).retired)


async def take_equipment(visit: Visit) -> EquipmentTaken:
    """Add the machines that a CSV file has and the chain has not, change those that differ; all or nothing."""
    apply = visit.query(ListQuery).apply
    data = await visit.read()
    try:
        lines = await asyncio.to_thread(read, data)
        return await _inventory(visit).take_list(lines, only_ask=not apply)
    except BadList as bad:
        return EquipmentTaken(problems=bad.problems, added=[], changed=[], same=0)


async def print_stickers(visit: Visit) -> web.Response:
    """Stickers for these machines, 24 on a sheet of A4, as PDF."""
    wanted = list(dict.fromkeys(visit.body(StickerWish).equipment))

    async with visit.house.database.read() as session:
        found = [equipment.record_of(*row) for row in await access_each_equipment(session, visit.who, wanted)]
    printed = await visit.house.press.stickers(found, own_address(visit.house.settings))
    each = Counter(one.store.id for one in found)
    await visit.house.database.write(
        partial(
            audit.record_each,
            action=Action.STICKERS_PRINTED,
            person=visit.who.id,
            objects=[(store, str(count)) for store, count in each.items()],
            address=visit.address,
        )
    )
    headers = {"Content-Type": PDF, "Content-Disposition": 'attachment; filename="passline-stickers.pdf"'}
    return web.Response(body=printed, headers=headers)


def _inventory(visit: Visit) -> Inventory:
    return Inventory(visit.house.database, visit.who, visit.address)


ROUTES = [
    Route(
        method="GET",
        path="/api/equipment",
        handler=list_equipment,
        act=Act.SEE_EQUIPMENT,
        query=EquipmentQuery,
        answer=inventory.Inventory,
    ),
    Route(
        method="POST",
        path="/api/equipment",
        handler=add_equipment,
        act=Act.CHANGE_EQUIPMENT,
        body=EquipmentWish,
        answer=EquipmentMade,
        status=201,
        errors=(ErrorCode.NOT_FOUND, ErrorCode.CONFLICT),
    ),
    Route(
        method="PUT",
        path="/api/equipment/{equipment}",
        handler=change_equipment,
        act=Act.CHANGE_EQUIPMENT,
        body=EquipmentWish,
        tagged=True,
        status=204,
        errors=(ErrorCode.CONFLICT,),
    ),
    Route(
        method="PUT",
        path="/api/equipment/{equipment}/retired",
        handler=retire_equipment,
        act=Act.CHANGE_EQUIPMENT,
        body=Retired,
        status=204,
    ),
    Route(
        method="POST",
        path="/api/lists/equipment",
        handler=take_equipment,
        act=Act.CHANGE_EQUIPMENT,
        whole=True,
        query=ListQuery,
        accepts="text/csv",
        max_bytes=MAX_BYTES,
        answer=EquipmentTaken,
    ),
    Route(
        method="GET",
        path="/api/stickers/{code}",
        handler=read_sticker,
        act=Act.SEE_EQUIPMENT,
        answer=EquipmentRecord,
    ),
    Route(
        method="POST",
        path="/api/stickers",
        handler=print_stickers,
        act=Act.SEE_EQUIPMENT,
        body=StickerWish,
        gives=PDF,
        errors=(ErrorCode.NOT_FOUND, ErrorCode.BUSY),
    ),
]
