"""People, stores and tablets with what only administrators are told of them."""

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from contract.ids import PersonId, RegionId, StoreId
from contract.organisation import PersonChange, PersonRecord, Region, Roles, StoreChange, StoreRecord, Stores
from contract.people import Grant, Name, Role
from signaling.domain.access import Scope
from signaling.domain.tags import tag_of
from signaling.store import devices
from signaling.store.grants import claimed_of_each, further_of_each, main_grant, within
from signaling.store.people import as_person
from signaling.store.tables.accounts import InvitationRow, PasskeyRow, SignInRow
from signaling.store.tables.devices import DeviceRow
from signaling.store.tables.organisation import RegionRow, StoreRow
from signaling.store.tables.people import PersonRow


async def people(session: AsyncSession, now_ms: int) -> list[PersonRecord]:
    """Everybody but tablets, visitors and who was deleted, by login."""
    also, claimed = await further_of_each(session), await claimed_of_each(session)
    which = PersonRow.role.not_in((Role.STORE, Role.VISITOR)) & PersonRow.erased_ms.is_(None)
    rows = await session.execute(_persons(now_ms, which))
    return [
        _record(*row, also=also.get(person), by_groups=claimed.get(person))
        for row in rows
        for person in (PersonId(row[0].id),)
    ]


async def stores(session: AsyncSession, now_ms: int, scope: Scope) -> Stores:
    """The stores of a scope by number, and the regions they lie in; of the chain, or a region, all there are."""
    regions, places = select(RegionRow).order_by(RegionRow.id), select(StoreRow).order_by(StoreRow.number)
    if not scope.chain:
        places = places.where(within(scope, StoreRow.region_id, StoreRow.id))
        around = select(StoreRow.region_id).where(StoreRow.id.in_(scope.stores))
        regions = regions.where(or_(RegionRow.id.in_(scope.regions), RegionRow.id.in_(around)))
    enrolled = await devices.by_store(session, now_ms)
    tablets: dict[str, list[PersonRecord]] = {}
    which = (PersonRow.role == Role.STORE) & PersonRow.id.not_in(select(DeviceRow.person_id))
    for row in await session.execute(_persons(now_ms, which)):
        tablets.setdefault(row[1].id, []).append(_record(*row))
    return Stores(
        regions=[
            Region(id=RegionId(row.id), name=Name(zh=row.name_zh, en=row.name_en))
            for row in await session.scalars(regions)
        ],
        stores=[
            StoreRecord(
                id=StoreId(row.id),
                number=row.number,
                name=Name(zh=row.name_zh, en=row.name_en),
                region=RegionId(row.region_id),
                closed=row.closed_ms is not None,
                tablets=tablets.get(row.id, []),
                devices=enrolled.get(StoreId(row.id), []),
                tag=tag_of(store_as_it_is(row)),
            )
            for row in await session.scalars(places)
        ],
    )


def _persons(now_ms: int, which: ColumnElement[bool]) -> Select[PersonRow, StoreRow, int | None, int | None, int]:
    seen = (
        select(SignInRow.person_id, func.max(SignInRow.seen_ms).label("seen_ms"))
        .where(SignInRow.expires_ms > now_ms)
        .group_by(SignInRow.person_id)
        .subquery()
    )
    passkeys = (
        select(func.count(PasskeyRow.id)).where(PasskeyRow.person_id == PersonRow.id).correlate(PersonRow)
    ).scalar_subquery()
    return (
        select(PersonRow, StoreRow, InvitationRow.expires_ms, seen.c.seen_ms, passkeys)
        .join(StoreRow, PersonRow.store_id == StoreRow.id, isouter=True)
        .join(InvitationRow, InvitationRow.person_id == PersonRow.id, isouter=True)
        .join(seen, seen.c.person_id == PersonRow.id, isouter=True)
        .where(which)
        .order_by(PersonRow.login)
    )


def _record(
    row: PersonRow,
    store: StoreRow | None,
    invited_ms: int | None,
    seen_ms: int | None,
    passkeys: int,
    *,
    also: list[Grant] | None = None,
    by_groups: list[Grant] | None = None,
) -> PersonRecord:
    return PersonRecord(
        person=as_person(row, store),
        login=row.login,
        region=RegionId(row.region_id) if row.region_id is not None else None,
        also=also or [],
        by_groups=by_groups or [],
        disabled=row.disabled_ms is not None,
        has_password=bool(row.password_hash),
        passkeys=passkeys,
        invited_until=invited_ms,
        seen_at=seen_ms,
        tag=tag_of(told_of(row)),
        roles_tag=tag_of(roles_of(row, also or [])),
    )


def told_of(row: PersonRow) -> PersonChange:
    """What others are told of somebody, as it would be set again."""
    person = as_person(row, None)
    return PersonChange(name=person.name, title=person.title, department=person.department, skills=person.skills)


def roles_of(row: PersonRow, also: list[Grant]) -> Roles:
    """What somebody may do, as it would be given again."""
    main = main_grant(row)
    # Groups of the identity provider may bring more than can be given.
    return Roles.model_construct(role=main.role, region=main.region, store=main.store, also=also)


def store_as_it_is(row: StoreRow) -> StoreChange:
    """A store, as it would be set again."""
    return StoreChange(name=Name(zh=row.name_zh, en=row.name_en), region=RegionId(row.region_id))
