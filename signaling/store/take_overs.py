"""Which tablet somebody has taken over, in the database: it outlives restarts."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import Action
from contract.ids import PersonId, RegionId, StoreId
from contract.people import Grant, Store
from signaling.domain.access import ROLES, Act, Place
from signaling.store import audit, grants
from signaling.store.people import OPERATOR, as_store
from signaling.store.tables.devices import TakeOverRow
from signaling.store.tables.organisation import StoreRow
from signaling.store.tables.people import GrantRow, PersonRow


@dataclass(frozen=True, slots=True)
class Taken:
    """A tablet that somebody has taken over."""

    device: PersonId
    person: PersonId
    since_ms: int
    touched_ms: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A taken tablet, with what says whether it may still be so."""

    taken: Taken
    store: Store | None
    """Of the tablet, as it is today."""
    held: list[Grant]
    """Of the person; none if they may not sign in any more."""


async def everything(session: AsyncSession) -> list[Standing]:
    """All taken tablets, by one query: it is asked with every change of people or stores."""
    query = (
        select(TakeOverRow, StoreRow, OPERATOR, GrantRow)
        .select_from(TakeOverRow)
        .join(PersonRow, PersonRow.id == TakeOverRow.device_id)
        .join(OPERATOR, OPERATOR.id == TakeOverRow.person_id)
        .join(StoreRow, StoreRow.id == PersonRow.store_id, isouter=True)
        .join(GrantRow, GrantRow.person_id == TakeOverRow.person_id, isouter=True)
        .order_by(TakeOverRow.device_id, GrantRow.id)
    )
    found: dict[str, Standing] = {}
    for row, store, person, further in (await session.execute(query)).all():
        one = found.get(row.device_id)
        if one is None:
            held = [grants.main_grant(person)] if person.disabled_ms is None else []
            one = Standing(_taken(row), as_store(store) if store is not None else None, held)
            found[row.device_id] = one
        if further is not None and person.disabled_ms is None:
            one.held.append(grants.as_grant(further))
    return list(found.values())


def _taken(row: TakeOverRow) -> Taken:
    return Taken(PersonId(row.device_id), PersonId(row.person_id), row.since_ms, row.touched_ms)


async def take(session: AsyncSession, device: PersonId, person: PersonId, now_ms: int, address: str) -> None:
    """`person` has the tablet from now on; whoever had it, has it no more."""
    await end(session, TakeOverRow.device_id == device, why="replaced", address=address)
    row = {"device_id": device, "person_id": person, "since_ms": now_ms, "touched_ms": now_ms}
    await session.execute(insert(TakeOverRow).values(**row))
    await audit.record(session, Action.TABLET_TAKEN, device, object_id=person, address=address)


async def end(session: AsyncSession, *which: ColumnElement[bool], why: str, address: str = "") -> list[Taken]:
    """These tablets are nobody's any more; each has its line in the audit, still under who had it."""
    found = [_taken(row) for row in await session.scalars(select(TakeOverRow).where(*which))]
    for one in found:
        await audit.record(
            session, Action.TABLET_HANDED_BACK, one.device, object_id=one.person, address=address, detail=why
        )
    if found:
        await session.execute(delete(TakeOverRow).where(TakeOverRow.device_id.in_([one.device for one in found])))
    return found


async def end_of(session: AsyncSession, somebody: PersonId, *, why: str, address: str = "") -> None:
    """A person leaves, or a tablet is taken back."""
    await end(
        session,
        or_(TakeOverRow.person_id == somebody, TakeOverRow.device_id == somebody),
        why=why,
        address=address,
    )


async def touch(session: AsyncSession, touched: Mapping[PersonId, int]) -> None:
    """When tablets were touched last, UTC ms."""
    for device, at_ms in touched.items():
        await session.execute(update(TakeOverRow).where(TakeOverRow.device_id == device).values(touched_ms=at_ms))


async def candidates(session: AsyncSession, store: StoreRow) -> list[tuple[PersonRow, list[Grant]]]:
    """Those of the store, or of its region, with a role that takes tablets over, by name; with all their grants."""
    roles = [role.value for role, acts in ROLES.items() if Act.TAKE_OVER in acts]
    here = or_(PersonRow.store_id == store.id, PersonRow.region_id == store.region_id)
    granted = select(GrantRow.person_id).where(
        GrantRow.role.in_(roles), or_(GrantRow.store_id == store.id, GrantRow.region_id == store.region_id)
    )
    query = (
        select(PersonRow)
        .where(PersonRow.disabled_ms.is_(None))
        .where(or_(PersonRow.role.in_(roles) & here, PersonRow.id.in_(granted)))
        .order_by(PersonRow.name_zh, PersonRow.id)
    )
    return [(row, await _grants(session, row)) for row in list(await session.scalars(query))]


async def grants_of(session: AsyncSession, person: PersonId) -> list[Grant]:
    return list(await grants.of(session, person))


async def _grants(session: AsyncSession, row: PersonRow) -> list[Grant]:
    return [grants.main_grant(row), *await grants.further(session, PersonId(row.id))]


async def places(session: AsyncSession, held: list[Grant]) -> list[Place]:
    """Where these grants count, with the region of each store."""
    found = [Place(one.region) for one in held if one.store is None]
    stores = [one.store for one in held if one.store is not None]
    for row in await session.scalars(select(StoreRow).where(StoreRow.id.in_(stores))):
        found.append(Place(RegionId(row.region_id), StoreId(row.id)))
    return found
