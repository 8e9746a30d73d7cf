"""What people may do where: the main grant is in their own row, the further ones have rows of theirs."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, delete, insert, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from contract.ids import PersonId, RegionId, StoreId
from contract.people import Grant, Name, Role
from signaling.domain.access import Scope
from signaling.store.tables.accounts import IdentityRow
from signaling.store.tables.base import table
from signaling.store.tables.organisation import RegionRow, StoreRow
from signaling.store.tables.people import GrantRow, PersonRow

_GRANT = table(GrantRow)


def main_grant(row: PersonRow) -> Grant:
    """What the role in somebody's own row allows; without a region or a store, in the whole chain."""
    store = StoreId(row.store_id) if row.store_id is not None else None
    region = RegionId(row.region_id) if row.region_id is not None and store is None else None
    return Grant(role=Role(row.role), region=region, store=store)


def as_grant(row: GrantRow) -> Grant:
    return Grant(
        role=Role(row.role),
        region=RegionId(row.region_id) if row.region_id is not None else None,
        store=StoreId(row.store_id) if row.store_id is not None else None,
    )


async def further(session: AsyncSession, person: PersonId) -> list[Grant]:
    """Those besides the main one, in the order they were given."""
    query = select(GrantRow).where(GrantRow.person_id == person).order_by(GrantRow.id)
    return [as_grant(row) for row in await session.scalars(query)]


async def of(session: AsyncSession, person: PersonId) -> Sequence[Grant]:
    """All grants of somebody who may sign in; none of anybody else."""
    row = await session.get(PersonRow, person)
    if row is None or row.disabled_ms is not None:
        return ()
    return (main_grant(row), *await further(session, person))


async def further_of_each(session: AsyncSession, role: Role | None = None) -> dict[PersonId, list[Grant]]:
    """The same of everybody who has any, or of those with this main role."""
    query = select(GrantRow).order_by(GrantRow.id)
    if role is not None:
        query = query.where(GrantRow.person_id.in_(select(PersonRow.id).where(PersonRow.role == role)))
    found: dict[PersonId, list[Grant]] = {}
    for row in await session.scalars(query):
        found.setdefault(PersonId(row.person_id), []).append(as_grant(row))
    return found


async def of_everybody(session: AsyncSession, role: Role | None = None) -> dict[PersonId, Sequence[Grant]]:
    """All grants of all who may sign in, without visitors, or of those with this main role."""
    others = await further_of_each(session, role)
    whose = PersonRow.role != Role.VISITOR if role is None else PersonRow.role == role
    rows = await session.scalars(select(PersonRow).where(PersonRow.disabled_ms.is_(None), whose))
    return {person: (main_grant(row), *others.get(person, ())) for row in rows for person in (PersonId(row.id),)}


async def by_origin(session: AsyncSession, person: PersonId) -> tuple[list[Grant], list[Grant]]:
    """The further grants of somebody: those given by hand, and those that groups of the identity provider bring."""
    query = select(GrantRow).where(GrantRow.person_id == person).order_by(GrantRow.id)
    rows = (await session.scalars(query)).all()
    by_hand = [as_grant(row) for row in rows if not row.by_claims]
    return by_hand, [as_grant(row) for row in rows if row.by_claims]


async def claimed_of_each(session: AsyncSession) -> dict[PersonId, list[Grant]]:
    """What groups of the identity provider bring to everybody to whom they bring anything, the main grant first."""
    found: dict[PersonId, list[Grant]] = {}
    mains = select(PersonRow).join(IdentityRow, IdentityRow.person_id == PersonRow.id).where(IdentityRow.main_by_claims)
    for person in await session.scalars(mains):
        found[PersonId(person.id)] = [main_grant(person)]
    for row in await session.scalars(select(GrantRow).where(GrantRow.by_claims).order_by(GrantRow.id)):
        found.setdefault(PersonId(row.person_id), []).append(as_grant(row))
    return found


async def replace(session: AsyncSession, person: PersonId, grants: Sequence[Grant], *, by_claims: bool = False) -> None:
    """Exactly these are somebody's further grants of this origin from now on."""
    await session.execute(delete(_GRANT).where(_GRANT.c.person_id == person, _GRANT.c.by_claims == by_claims))
    rows = [
        {
            "person_id": person,
            "role": one.role.value,
            "region_id": one.region,
            "store_id": one.store,
            "by_claims": by_claims,
        }
        for one in grants
    ]
    if rows:
        await session.execute(insert(_GRANT), rows)


async def names(session: AsyncSession, scope: Scope) -> list[Name]:
    """How the regions and stores are called that a scope names."""
    regions = select(RegionRow).where(RegionRow.id.in_(scope.regions)).order_by(RegionRow.id)
    stores = select(StoreRow).where(StoreRow.id.in_(scope.stores)).order_by(StoreRow.number)
    rows = [*await session.scalars(regions), *await session.scalars(stores)]
    return [Name(zh=row.name_zh, en=row.name_en) for row in rows]


def within(scope: Scope, region: InstrumentedAttribute[str], store: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """The rows of stores that a scope covers, by the columns that hold a store's region and its id."""
    if scope.chain:
        return true()
    return or_(region.in_(scope.regions), store.in_(scope.stores))
