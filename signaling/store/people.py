"""The chain's people, stores and regions, read from the database."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from contract.ids import PersonId, RegionId, StoreId
from contract.people import Name, Operator, Person, Role, Skill, Store
from signaling.store.tables.devices import TakeOverRow
from signaling.store.tables.organisation import ChainRow, StoreRow
from signaling.store.tables.people import PersonRow

OPERATOR = aliased(PersonRow)
"""Who has taken a tablet over."""
_WITH_STORE = (
    select(PersonRow, StoreRow, OPERATOR)
    .join(StoreRow, PersonRow.store_id == StoreRow.id, isouter=True)
    .join(TakeOverRow, TakeOverRow.device_id == PersonRow.id, isouter=True)
    .join(OPERATOR, OPERATOR.id == TakeOverRow.person_id, isouter=True)
)

Found = Row[tuple[PersonRow, StoreRow]]


def as_store(row: StoreRow) -> Store:
    """The contract's view of a store."""
    return Store(
        id=StoreId(row.id),
        number=row.number,
        name=Name(zh=row.name_zh, en=row.name_en),
        region=RegionId(row.region_id),
    )


def as_person(row: PersonRow, store: StoreRow | None, operator: PersonRow | None = None) -> Person:
    """The contract's view of a person or tablet."""
    return Person(
        id=PersonId(row.id),
        role=Role(row.role),
        name=Name(zh=row.name_zh, en=row.name_en),
        title=optional_name(row.title_zh, row.title_en),
        department=optional_name(row.department_zh, row.department_en),
        store=as_store(store) if store is not None else None,
        skills=[Skill(skill) for skill in row.skills.split(",") if skill],
        operator=as_operator(operator) if operator is not None else None,
    )


def optional_name(zh: str | None, en: str | None) -> Name | None:
    """A name in two columns, of which the English one may be missing."""
    return Name(zh=zh, en=en or zh) if zh else None


def as_operator(row: PersonRow) -> Operator:
    """Somebody before a tablet."""
    return Operator(id=PersonId(row.id), name=Name(zh=row.name_zh, en=row.name_en))


async def everybody(session: AsyncSession, role: Role | None = None) -> list[Person]:
    """All who may sign in, or those of one role, by id; a visitor is in nobody's directory."""
    whose = PersonRow.role != Role.VISITOR if role is None else PersonRow.role == role
    rows = await session.execute(_WITH_STORE.where(PersonRow.disabled_ms.is_(None), whose).order_by(PersonRow.id))
    return [as_person(*row) for row in rows]


async def by_id(session: AsyncSession, person: PersonId) -> Person | None:
    """One of them."""
    row = (await session.execute(_WITH_STORE.where(PersonRow.id == person))).one_or_none()
    return as_person(*row) if row is not None else None


async def those(session: AsyncSession, ids: Collection[str]) -> list[Person]:
    """The people with these ids, also who may not sign in any more."""
    rows = await session.execute(_WITH_STORE.where(PersonRow.id.in_(ids)))
    return [as_person(*row) for row in rows]


async def by_login(session: AsyncSession, login: str) -> tuple[PersonId, str] | None:
    """Id and password hash of whoever signs in under this name."""
    query = select(PersonRow.id, PersonRow.password_hash)
    row = (await session.execute(query.where(PersonRow.login == login, PersonRow.disabled_ms.is_(None)))).one_or_none()
    return (PersonId(row[0]), row[1]) if row is not None else None


async def chain_name(session: AsyncSession) -> Name:
    """What the chain is called; Passline's own name before it was set."""
    row = await session.get(ChainRow, 1)
    return Name(zh=row.name_zh, en=row.name_en) if row is not None else Name(zh="Passline", en="Passline")
