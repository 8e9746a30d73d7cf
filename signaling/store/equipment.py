"""Machines of stores in the database. Every change runs in the caller's write transaction and is audited there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, bindparam, insert, or_, select, tuple_, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import Action
from contract.equipment import About, Machine
from contract.ids import EquipmentId, StoreId
from contract.inventory import EquipmentRecord, EquipmentWish, KeptEquipment
from contract.people import Name
from contract.rooms import Reason
from signaling.domain.access import Scope
from signaling.domain.equipment_list import Kept, Key
from signaling.domain.sticker import Equipped
from signaling.domain.tags import tag_of
from signaling.store import audit
from signaling.store.grants import within
from signaling.store.organisation import By
from signaling.store.people import as_store
from signaling.store.tables.base import table
from signaling.store.tables.organisation import EquipmentRow, StoreRow

_EQUIPMENT = table(EquipmentRow)
_WITH_STORE = select(EquipmentRow, StoreRow).join(StoreRow, EquipmentRow.store_id == StoreRow.id)
_WORDS = (
    EquipmentRow.code,
    EquipmentRow.name_zh,
    EquipmentRow.name_en,
    EquipmentRow.make,
    EquipmentRow.model,
    EquipmentRow.serial,
    StoreRow.number,
    StoreRow.name_zh,
    StoreRow.name_en,
)

_PLAIN = [column for column in _EQUIPMENT.c if column.name not in ("code", "retired_ms")]
KEYS_AT_ONCE = 400
"""In one statement."""

Found = Row[EquipmentRow, StoreRow]
Plain = Mapping[Key, Row[Any]]
"""Machines by make and serial number, as the table has what lists may change: quick to read and to compare."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which machines; every part narrows them, an empty one does not."""

    scope: Scope
    store: StoreId | None = None
    sought: str | None = None
    """Each word of it is in a name, the make, the model, the serial number, the code, or the store's number or name."""

    def clauses(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = [within(self.scope, StoreRow.region_id, StoreRow.id)]
        if self.store is not None:
            found.append(EquipmentRow.store_id == self.store)
        for word in (self.sought or "").split():
            # A code is printed in two halves.
            parts = {word, word.replace("-", "")} - {""}
            found.append(or_(*(column.icontains(part, autoescape=True) for column in _WORDS for part in parts)))
        return found


async def page(session: AsyncSession, wanted: Wanted, limit: int) -> list[KeptEquipment]:
    """By store and name; those that are retired come last."""
    order = (StoreRow.number, EquipmentRow.retired_ms.is_not(None), EquipmentRow.name_zh, EquipmentRow.id)
    rows = await session.execute(_WITH_STORE.where(*wanted.clauses()).order_by(*order).limit(limit))
    return [kept_record(*row) for row in rows]


async def find(session: AsyncSession, equipment: EquipmentId) -> Found | None:
    return (await session.execute(_WITH_STORE.where(EquipmentRow.id == equipment))).one_or_none()


async def find_each(session: AsyncSession, wanted: Sequence[EquipmentId]) -> Sequence[Found]:
    """Those that are there, in no order."""
    return (await session.execute(_WITH_STORE.where(EquipmentRow.id.in_(wanted)))).all()


async def by_code(session: AsyncSession, code: str) -> Found | None:
    return (await session.execute(_WITH_STORE.where(EquipmentRow.code == code))).one_or_none()


async def equipped(session: AsyncSession, equipment: EquipmentId) -> Equipped | None:
    """As routing needs to know it."""
    row = await session.get(EquipmentRow, equipment)
    if row is None:
        return None
    return Equipped(_machine(row), Reason(row.reason), StoreId(row.store_id), row.retired_ms is not None)


async def plain(session: AsyncSession, keys: Sequence[Key]) -> Plain:
    """Those of these makes and serial numbers, also those that are retired."""
    found: dict[Key, Row[Any]] = {}
    for begin in range(0, len(keys), KEYS_AT_ONCE):
        named = tuple_(EquipmentRow.make, EquipmentRow.serial).in_(keys[begin : begin + KEYS_AT_ONCE])
        for row in await session.execute(select(*_PLAIN).where(named)):
            found[row.make, row.serial] = row
    return found


def kept(machines: Plain) -> Mapping[Key, Kept]:
    """As lists compare them."""
    return {
        key: Kept(EquipmentId(row.id), StoreId(row.store_id), Reason(row.reason), About(**_about(row)))
        for key, row in machines.items()
    }


async def add(session: AsyncSession, new: Sequence[tuple[Kept, str]], by: By) -> None:
    """New machines with the codes on their stickers; many by few statements, since whoever rings waits for this."""
    if not new:
        return
    await session.execute(insert(_EQUIPMENT), [{"id": one.id, "code": code, **columns_of(one)} for one, code in new])
    objects = [(one.id, code) for one, code in new]
    await audit.record_each(session, Action.EQUIPMENT_ADDED, by.person, objects, address=by.address)


async def change(session: AsyncSession, changed: Sequence[Kept], by: By) -> None:
    """As they are from now on; code and retirement stay."""
    if not changed:
        return
    ids = [one.id for one in changed]
    named = select(EquipmentRow.id, EquipmentRow.code).where(EquipmentRow.id.in_(ids))
    codes: dict[str, str] = {row.id: row.code for row in await session.execute(named)}
    rows = [{"of": one.id, **columns_of(one)} for one in changed]
    await session.execute(update(_EQUIPMENT).where(_EQUIPMENT.c.id == bindparam("of")), rows)
    objects = [(one.id, codes[one.id]) for one in changed]
    await audit.record_each(session, Action.EQUIPMENT_CHANGED, by.person, objects, address=by.address)


async def retire(session: AsyncSession, row: EquipmentRow, retired_ms: int | None, by: By) -> None:
    """Out of use since then, or in use again."""
    await session.execute(update(EquipmentRow).where(EquipmentRow.id == row.id).values(retired_ms=retired_ms))
    action = Action.EQUIPMENT_BROUGHT_BACK if retired_ms is None else Action.EQUIPMENT_RETIRED
    await audit.record(session, action, by.person, object_id=row.id, address=by.address, detail=row.code)


def record_of(row: EquipmentRow, store: StoreRow) -> EquipmentRecord:
    """The contract's view of a machine in its place."""
    return EquipmentRecord(
        machine=_machine(row), store=as_store(store), reason=Reason(row.reason), retired=row.retired_ms is not None
    )


def kept_record(row: EquipmentRow, store: StoreRow) -> KeptEquipment:
    """The same for whoever may change it."""
    record = record_of(row, store)
    as_it_is = EquipmentWish(**_about(row), store=record.store.id, reason=record.reason)
    return KeptEquipment(**dict(record), tag=tag_of(as_it_is))


def kept_of(record: EquipmentRecord) -> Kept:
    """As lists compare it."""
    about = About.model_validate(record.machine.model_dump(include=set(About.model_fields)))
    return Kept(record.machine.id, record.store.id, record.reason, about)


def _machine(row: EquipmentRow) -> Machine:
    return Machine(
        id=EquipmentId(row.id),
        code=row.code,
        **_about(row),
    )


def _about(row: EquipmentRow | Row[Any]) -> dict[str, Any]:
    return {
        "name": Name(zh=row.name_zh, en=row.name_en),
        "make": row.make,
        "model": row.model,
        "serial": row.serial,
        "installed_on": row.installed_on,
        "warranty_until": row.warranty_until,
        "note": row.note,
    }


def columns_of(one: Kept) -> dict[str, object]:
    """All but what never changes, and when it was retired."""
    about = one.about
    return {
        "store_id": one.store,
        "name_zh": about.name.zh,
        "name_en": about.name.en,
        "reason": one.reason.value,
        "make": about.make,
        "model": about.model,
        "serial": about.serial,
        "installed_on": about.installed_on,
        "warranty_until": about.warranty_until,
        "note": about.note,
    }
