"""The machines of the chain, added, changed and retired one by one or from a list.

Everything raises Rejection(`not_found` or `conflict`) with a reason, and nothing is changed then.
"""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from contract.equipment import About
from contract.errors import ErrorCode, Rejection
from contract.ids import EquipmentId, StoreId
from contract.inventory import EquipmentTaken, EquipmentWish
from runtime import clock, ids
from signaling.auth.access import access_equipment, access_equipped_store
from signaling.auth.principal import Principal
from signaling.domain import sticker
from signaling.domain.access import Act
from signaling.domain.equipment_list import EquipmentLine, Kept, Key, Plan, key_of, planned
from signaling.domain.tags import Check, whatever
from signaling.store import equipment as rows
from signaling.store.engine import Database
from signaling.store.organisation import By
from signaling.store.tables.organisation import EquipmentRow, StoreRow


@dataclass(frozen=True)
class _Seen:
    """What a list is compared with."""

    stores: Mapping[str, tuple[StoreId, bool]]
    """Id, and whether it is closed, by number."""
    machines: rows.Plain


class Inventory:
    """Every change is audited as `who`, within whose reach it must lie."""

    def __init__(self, database: Database, who: Principal, address: str) -> None:
        self._database = database
        self._who = who
        self._by = By(who.id, address)

    async def add(self, wish: EquipmentWish) -> EquipmentId:
        """A machine with a code of its own."""

        async def work(session: AsyncSession) -> EquipmentId:
            store = await access_equipped_store(session, self._who, wish.store)
            if store.closed_ms is not None:
                raise Rejection(ErrorCode.CONFLICT, "the store is closed")
            new = _kept(EquipmentId(ids.uuid7()), wish)
            await _free(session, new)
            await rows.add(session, [(new, _new_code())], self._by)
            return new.id

        return await self._database.write(work)

    async def change(self, equipment: EquipmentId, wish: EquipmentWish, check: Check = whatever) -> None:
        """As `wish` says from now on, also in another store; its sticker stays good. Raises also as `check`."""

        async def work(session: AsyncSession) -> None:
            found = await access_equipment(session, self._who, equipment, Act.CHANGE_EQUIPMENT)
            check(rows.kept_record(*found).tag)
            await access_equipped_store(session, self._who, wish.store)
            changed = _kept(equipment, wish)
            await _free(session, changed)
            await rows.change(session, [changed], self._by)

        await self._database.write(work)

    async def retire(self, equipment: EquipmentId, *, retired: bool) -> None:
        """Out of use, or in use again."""

        async def work(session: AsyncSession) -> None:
            row, _ = await access_equipment(session, self._who, equipment, Act.CHANGE_EQUIPMENT)
            was_retired = row.retired_ms is not None
            session.expunge(row)  # only read: the change is a statement
            if was_retired is not retired:
                await rows.retire(session, row, clock.wall_ms() if retired else None, self._by)

        await self._database.write(work)

    async def take_list(self, lines: list[EquipmentLine], *, only_ask: bool) -> EquipmentTaken:
        """Add what is missing, change what differs, leave alone what the list does not name; all of it or nothing.

        Raises BadList for lines that contradict what is there.
        """

        keys = [line.key for line in lines]

        async def apply(session: AsyncSession, *, plan: Plan, seen: _Seen) -> bool:
            """Whether everything is still as the plan has it."""
            if await _look(session, keys) != seen:
                return False
            new = [
                (Kept(EquipmentId(ids.uuid7()), seen.stores[line.store][0], line.reason, line.about), _new_code())
                for line in plan.added
            ]
            await rows.add(session, new, self._by)
            await rows.change(session, plan.changed, self._by)
            return True

        while True:
            # Ten thousand machines are compared in a thread of their own: the writer's is waited for by whoever rings.
            seen = await self._database.fetch(partial(_look, keys=keys))
            plan = await asyncio.to_thread(_planned, lines, seen)
            if only_ask or await self._database.write(partial(apply, plan=plan, seen=seen)):
                return _taken(plan)


async def _look(session: AsyncSession, keys: Sequence[Key]) -> _Seen:
    query = select(StoreRow.number, StoreRow.id, StoreRow.closed_ms)
    stores = {number: (StoreId(id_), closed_ms is not None) for number, id_, closed_ms in await session.execute(query)}
    return _Seen(stores, await rows.plain(session, keys))


def _planned(lines: list[EquipmentLine], seen: _Seen) -> Plan:
    stores = {number: store for number, (store, _) in seen.stores.items()}
    closed = {store for store, is_closed in seen.stores.values() if is_closed}
    return planned(lines, stores, closed, rows.kept(seen.machines))


def _taken(plan: Plan) -> EquipmentTaken:
    return EquipmentTaken(
        problems=[],
        added=[" ".join(line.key) for line in plan.added],
        changed=[" ".join(key_of(one.about)) for one in plan.changed],
        same=plan.same,
    )


def _kept(equipment: EquipmentId, wish: EquipmentWish) -> Kept:
    about = About.model_validate(wish.model_dump(include=set(About.model_fields)))
    return Kept(equipment, wish.store, wish.reason, about)


def _new_code() -> str:
    """Two of a million machines share one with a chance of one in two thousand million; the table would refuse it."""
    return sticker.made_up(secrets.choice)


async def _free(session: AsyncSession, one: Kept) -> None:
    make, serial = key_of(one.about)
    query = select(EquipmentRow.id).where(
        EquipmentRow.make == make, EquipmentRow.serial == serial, EquipmentRow.id != one.id
    )
    if await session.scalar(query) is not None:
        raise Rejection(ErrorCode.CONFLICT, "there is a machine of this make and serial number")
