"""Changes of people, stores and regions: the rows, the audit, and the number that tells a running server.

Every function runs in the caller's write transaction, so that several changes are made together or not at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, and_, bindparam, delete, exists, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import Action
from contract.ids import PersonId, RegionId, StoreId
from contract.people import Grant, Name, Role, Skill
from signaling.domain.roles import in_words
from signaling.store import audit, callbacks, grants, pins, take_overs
from signaling.store.tables.accounts import IdentityRow, InvitationRow, SignInRow
from signaling.store.tables.base import table
from signaling.store.tables.devices import DeviceRow, EnrolmentRow
from signaling.store.tables.organisation import ChainRow, DirectoryRow, RegionRow, StoreRow
from signaling.store.tables.people import GrantRow, PersonRow

_PERSON = table(PersonRow)
_STORE = table(StoreRow)
_VERSION = select(DirectoryRow.ver)


@dataclass(frozen=True)
class By:
    """Who makes the change: somebody signed in at an address, or nobody in particular on the command line."""

    person: PersonId | None = None
    address: str = "command line"


@dataclass(frozen=True)
class NewPerson:
    """A person or a tablet to add."""

    id: PersonId
    login: str
    role: Role
    name: Name
    password_hash: str
    """Empty: none yet, so nothing that is typed is right."""
    title: Name | None = None
    department: Name | None = None
    skills: list[Skill] = field(default_factory=list)
    store: StoreId | None = None
    """Of a tablet, or a store manager."""
    region: RegionId | None = None
    """Where the main role counts, if not in the whole chain."""
    also: list[Grant] = field(default_factory=list)
    """Further grants; only told of somebody new."""


@dataclass(frozen=True)
class NewStore:
    """A store to add, or as it is to be."""

    id: StoreId
    number: str
    name: Name
    region: RegionId


async def version(session: AsyncSession) -> int:
    """Grows with every change."""
    return (await session.execute(_VERSION)).scalar_one()


async def has_administrator(session: AsyncSession) -> bool:
    """Whether somebody can administer: not disabled."""
    return await _administrators(session) > 0


async def _administrators(session: AsyncSession) -> int:
    query = select(func.count()).select_from(PersonRow).where(_administers(), PersonRow.disabled_ms.is_(None))
    return (await session.execute(query)).scalar_one()


def _administers() -> ColumnElement[bool]:
    """Who may administer the whole chain, by the main role or by a further grant."""
    main = and_(PersonRow.role == Role.ADMIN, PersonRow.region_id.is_(None), PersonRow.store_id.is_(None))
    grant = (GrantRow.role == Role.ADMIN, GrantRow.region_id.is_(None), GrantRow.store_id.is_(None))
    return or_(main, exists().where(GrantRow.person_id == PersonRow.id, *grant))


async def administrators(session: AsyncSession) -> list[str]:
    """Logins of those who can administer the whole chain."""
    query = select(PersonRow.login).where(_administers(), PersonRow.disabled_ms.is_(None)).order_by(PersonRow.login)
    return list(await session.scalars(query))


async def is_last_administrator(session: AsyncSession, person: PersonRow) -> bool:
    """Whether nobody else could administer without this person."""
    one = select(PersonRow.id).where(PersonRow.id == person.id, PersonRow.disabled_ms.is_(None), _administers())
    return await session.scalar(one) is not None and await _administrators(session) == 1


async def person_by_login(session: AsyncSession, login: str) -> PersonRow | None:
    """Also somebody who is disabled."""
    return (await session.scalars(select(PersonRow).where(PersonRow.login == login))).one_or_none()


async def _changed(session: AsyncSession, action: Action, by: By, object_id: str, detail: str = "") -> None:
    await session.execute(update(DirectoryRow).values(ver=DirectoryRow.ver + 1))
    await audit.record(session, action, by.person, object_id=object_id, address=by.address, detail=detail)


async def name_chain(session: AsyncSession, name: Name, by: By) -> None:
    """Set the chain's name."""
    values = {"name_zh": name.zh, "name_en": name.en}
    if await session.get(ChainRow, 1) is None:
        await session.execute(insert(ChainRow).values(id=1, **values))
    else:
        await session.execute(update(ChainRow).values(**values))
    await _changed(session, Action.CHAIN_NAMED, by, "chain")


async def add_region(session: AsyncSession, region: RegionId, name: Name, by: By) -> None:
    await session.execute(insert(RegionRow).values(id=region, name_zh=name.zh, name_en=name.en))
    await _changed(session, Action.REGION_ADDED, by, region)


async def rename_region(session: AsyncSession, region: RegionId, name: Name, by: By) -> None:
    await session.execute(update(RegionRow).where(RegionRow.id == region).values(name_zh=name.zh, name_en=name.en))
    await _changed(session, Action.REGION_RENAMED, by, region)


def _tablet_of(store: StoreId) -> tuple[ColumnElement[bool], ...]:
    return PersonRow.role == Role.STORE, PersonRow.store_id == store


async def tablets(session: AsyncSession, store: StoreId) -> list[PersonRow]:
    """All of a store that are let in."""
    query = select(PersonRow).where(*_tablet_of(store), PersonRow.disabled_ms.is_(None)).order_by(PersonRow.id)
    return list(await session.scalars(query))


async def add_stores(session: AsyncSession, new: Sequence[NewStore], by: By) -> None:
    """Many at once, by few statements: whoever rings waits for this transaction."""
    if not new:
        return
    rows = [{"id": one.id, "number": one.number, **_names(one), "region_id": one.region} for one in new]
    await session.execute(insert(_STORE), rows)
    await _changed_each(session, Action.STORE_ADDED, by, [(one.id, "") for one in new])


async def change_stores(session: AsyncSession, changed: Sequence[NewStore], by: By) -> None:
    """Their names and regions; a store keeps its number. Its tablets are called like it, its manager is not."""
    if not changed:
        return
    names = [{"of": one.id, **_names(one)} for one in changed]
    rows = [{**called, "region_id": one.region} for called, one in zip(names, changed, strict=True)]
    await session.execute(update(_STORE).where(_STORE.c.id == bindparam("of")), rows)
    tablets = (_PERSON.c.store_id == bindparam("of"), _PERSON.c.role == Role.STORE.value)
    await session.execute(update(_PERSON).where(*tablets), names)
    await _changed_each(session, Action.STORE_CHANGED, by, [(one.id, "") for one in changed])


def _names(one: NewStore) -> dict[str, str]:
    return {"name_zh": one.name.zh, "name_en": one.name.en}


async def close_store(session: AsyncSession, store: StoreId, now_ms: int, by: By) -> None:
    """Its tablets are out for good, and no code enrols another one; nobody owes it a call any more. What happened there
    stays under its name."""
    tablets = select(PersonRow.id).where(*_tablet_of(store))
    await session.execute(update(StoreRow).where(StoreRow.id == store).values(closed_ms=now_ms))
    await session.execute(delete(EnrolmentRow).where(EnrolmentRow.store_id == store))
    await session.execute(delete(SignInRow).where(SignInRow.person_id.in_(tablets)))
    still_in = (*_tablet_of(store), PersonRow.disabled_ms.is_(None))
    gone = list(await session.scalars(select(PersonRow.id).where(*still_in)))
    await session.execute(update(PersonRow).where(*still_in).values(disabled_ms=now_ms))
    not_revoked = (DeviceRow.store_id == store, DeviceRow.revoked_ms.is_(None))
    await session.execute(update(DeviceRow).where(*not_revoked).values(revoked_ms=now_ms))
    await _changed_each(session, Action.PERSON_DISABLED, by, [(tablet, "store closed") for tablet in gone])
    await callbacks.drop(session, store, now_ms, by.person, by.address)
    await _changed(session, Action.STORE_CLOSED, by, store)


async def open_store(session: AsyncSession, store: StoreId, by: By) -> None:
    """Tablets may come again; each is let in, or enrolled, by itself."""
    await session.execute(update(StoreRow).where(StoreRow.id == store).values(closed_ms=None))
    await _changed(session, Action.STORE_OPENED, by, store)


async def stays_out(session: AsyncSession, tablet: PersonRow) -> bool:
    """Whether it cannot be let in again: a device that was taken back, or a tablet of a store that is closed."""
    if tablet.store_id is None or tablet.role != Role.STORE:
        return False
    device = await session.get(DeviceRow, tablet.id)
    store = await session.get_one(StoreRow, tablet.store_id)
    return (device is not None and device.revoked_ms is not None) or store.closed_ms is not None


async def add_person(session: AsyncSession, new: NewPerson, by: By) -> None:
    await add_people(session, [new], by)


async def add_people(session: AsyncSession, new: Sequence[NewPerson], by: By) -> None:
    """Many at once, by few statements: whoever rings waits for this transaction."""
    if not new:
        return
    rows = [
        {
            "id": one.id,
            "login": one.login,
            "password_hash": one.password_hash,
            "role": one.role.value,
            "store_id": one.store,
            **_told(one),
        }
        for one in new
    ]
    await session.execute(insert(_PERSON), rows)
    for one in new:
        if one.also:
            await grants.replace(session, one.id, one.also)
    await _changed_each(session, Action.PERSON_ADDED, by, [(one.id, one.role.value) for one in new])


async def change_people(session: AsyncSession, changed: Sequence[NewPerson], by: By) -> None:
    """Name, title, department, region and skills as in `changed`; login, roles, store and password stay."""
    if not changed:
        return
    rows = [{"of": one.id, **_told(one)} for one in changed]
    await session.execute(update(_PERSON).where(_PERSON.c.id == bindparam("of")), rows)
    await _changed_each(session, Action.PERSON_CHANGED, by, [(one.id, "") for one in changed])


def _told(one: NewPerson) -> dict[str, str | None]:
    """The columns of what others are told."""
    return {
        "name_zh": one.name.zh,
        "name_en": one.name.en,
        "title_zh": one.title.zh if one.title else None,
        "title_en": one.title.en if one.title else None,
        "department_zh": one.department.zh if one.department else None,
        "department_en": one.department.en if one.department else None,
        "region_id": one.region,
        "skills": ",".join(one.skills),
    }


async def give_roles(session: AsyncSession, person: PersonRow, main: Grant, also: Sequence[Grant], by: By) -> None:
    """Exactly these from now on. Only an expert has skills.

    What the identity provider's groups brought stays theirs if it is among these, and is gone if it is not, until the
    groups bring it again at a sign-in.
    """
    who = PersonId(person.id)
    _, claimed = await grants.by_origin(session, who)
    await session.execute(update(IdentityRow).where(IdentityRow.person_id == who).values(main_by_claims=False))
    await _set_main(session, who, main)
    await grants.replace(session, who, [one for one in also if one not in claimed])
    await grants.replace(session, who, [one for one in claimed if one in also], by_claims=True)
    await _roles_changed(session, who, (main, *also), by)


async def take_claims(
    session: AsyncSession, person: PersonRow, main: Grant, by_hand: Sequence[Grant], claimed: Sequence[Grant], by: By
) -> None:
    """The identity provider's groups bring exactly `claimed` from now on; what was given by hand stays."""
    who = PersonId(person.id)
    await _set_main(session, who, main)
    await grants.replace(session, who, claimed, by_claims=True)
    await _roles_changed(session, who, (main, *by_hand, *claimed), by)


async def _set_main(session: AsyncSession, person: PersonId, main: Grant) -> None:
    values = {"role": main.role.value, "region_id": main.region, "store_id": main.store}
    if main.role is not Role.EXPERT:
        values["skills"] = ""
    await session.execute(update(PersonRow).where(PersonRow.id == person).values(**values))


async def _roles_changed(session: AsyncSession, person: PersonId, held: tuple[Grant, ...], by: By) -> None:
    main, *also = held
    await _changed(session, Action.ROLES_CHANGED, by, person, detail=in_words(main, also))
    await callbacks.leave(session, person, held, by.person, by.address)


async def _changed_each(session: AsyncSession, action: Action, by: By, objects: list[tuple[str, str]]) -> None:
    await session.execute(update(DirectoryRow).values(ver=DirectoryRow.ver + 1))
    await audit.record_each(session, action, by.person, objects, address=by.address)


async def rename_person(session: AsyncSession, person: PersonId, name: Name, by: By) -> None:
    await session.execute(update(PersonRow).where(PersonRow.id == person).values(name_zh=name.zh, name_en=name.en))
    await _changed(session, Action.PERSON_RENAMED, by, person)


async def rename_login(session: AsyncSession, person: PersonId, login: str, by: By) -> None:
    """Another name to sign in with; who is signed in stays so."""
    await session.execute(update(PersonRow).where(PersonRow.id == person).values(login=login))
    await _changed(session, Action.PERSON_RENAMED, by, person, detail="login")


async def set_password(session: AsyncSession, person: PersonId, password_hash: str, by: By) -> None:
    """A new password; whoever is signed in with the old one is out, and an invitation works no more."""
    await session.execute(update(PersonRow).where(PersonRow.id == person).values(password_hash=password_hash))
    await session.execute(delete(InvitationRow).where(InvitationRow.person_id == person))
    await session.execute(delete(SignInRow).where(SignInRow.person_id == person))
    await _changed(session, Action.PASSWORD_SET, by, person)


async def disable(session: AsyncSession, person: PersonId, now_ms: int, by: By) -> None:
    """Out now and for good, by an invitation or a tablet's code too; what they did stays under their name."""
    await session.execute(update(PersonRow).where(PersonRow.id == person).values(disabled_ms=now_ms))
    await session.execute(delete(InvitationRow).where(InvitationRow.person_id == person))
    await session.execute(delete(EnrolmentRow).where(EnrolmentRow.by_id == person))
    await session.execute(delete(SignInRow).where(SignInRow.person_id == person))
    await take_overs.end_of(session, person, why="left", address=by.address)
    await pins.forget(session, person)
    await _changed(session, Action.PERSON_DISABLED, by, person)
    await callbacks.leave(session, person, (), by.person, by.address)


async def enable(session: AsyncSession, person: PersonId, by: By) -> None:
    """May sign in again, with the password they had."""
    await session.execute(update(PersonRow).where(PersonRow.id == person).values(disabled_ms=None))
    await _changed(session, Action.PERSON_ENABLED, by, person)
