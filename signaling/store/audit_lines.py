"""Reads the audit: the lines that were asked for with the names of today, and the bare rows in order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import Action, AuditLine
from contract.ids import PersonId
from contract.people import Name, Role
from signaling.domain.access import EVERYWHERE, Scope
from signaling.domain.audit_chain import Checker, Fault, Head, Row
from signaling.store import audit
from signaling.store.engine import Database
from signaling.store.grants import within
from signaling.store.tables.audit import AuditRow
from signaling.store.tables.calls import CallbackRow
from signaling.store.tables.organisation import EquipmentRow, RegionRow, StoreRow
from signaling.store.tables.people import PersonRow
from signaling.store.tables.rooms import RoomMemberRow

BATCH_ROWS = 1000
"""Read at a time: a few hundred kilobytes, some milliseconds of a thread."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which lines; every part narrows them, an empty one does not."""

    who: str | None = None
    """An id, or part of a login or name."""
    about: str | None = None
    """An id, or part of a login, a name, or a store's number."""
    action: Action | None = None
    from_ms: int | None = None
    to_ms: int | None = None
    """The first moment that is too late."""
    scope: Scope = EVERYWHERE
    """Where the reader may look; what lies in no store and no region is for those of the whole chain."""

    def clauses(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.who:
            by = (AuditRow.person_id, AuditRow.operator_id)
            found.append(or_(*(one == self.who for one in by), *(one.in_(_people(self.who)) for one in by)))
        if self.about:
            named = union_all(_people(self.about), _places(self.about))
            found.append(or_(AuditRow.object == self.about, AuditRow.object.in_(named)))
        if self.action is not None:
            found.append(AuditRow.action == self.action)
        if self.from_ms is not None:
            found.append(AuditRow.at_ms >= self.from_ms)
        if self.to_ms is not None:
            found.append(AuditRow.at_ms < self.to_ms)
        if not self.scope.chain:
            tablets, places, rooms = _within(self.scope)
            found.append(or_(AuditRow.person_id.in_(tablets), AuditRow.object.in_(union_all(tablets, places, rooms))))
        return found


def _people(text: str) -> Select[str]:
    columns = (PersonRow.login, PersonRow.name_zh, PersonRow.name_en)
    return select(PersonRow.id).where(or_(*(column.icontains(text, autoescape=True) for column in columns)))


def _within(scope: Scope) -> tuple[Select[str], Select[str], Select[str]]:
    """The ids of what lies in a scope: tablets, stores with their machines and regions, rooms with such a store and
    what is owed to one, which may be no room's."""
    stores = select(StoreRow.id).where(within(scope, StoreRow.region_id, StoreRow.id))
    tablets = select(PersonRow.id).where(PersonRow.role == Role.STORE, PersonRow.store_id.in_(stores))
    machines = select(EquipmentRow.id).where(EquipmentRow.store_id.in_(stores))
    regions = select(RegionRow.id).where(RegionRow.id.in_(scope.regions))
    places = select(union_all(stores, machines, regions).subquery().c.id)
    joined = select(RoomMemberRow.room_id).where(RoomMemberRow.store_id.in_(stores))
    owed = select(CallbackRow.room_id).where(CallbackRow.store_id.in_(stores))
    rooms = select(union_all(joined, owed).subquery().c.room_id)
    return tablets, places, rooms


def _places(text: str) -> Select[str]:
    """Stores, their machines, and the regions."""
    machines = (EquipmentRow.code, EquipmentRow.serial, EquipmentRow.name_zh, EquipmentRow.name_en)
    stores = (StoreRow.number, StoreRow.name_zh, StoreRow.name_en)
    regions = (RegionRow.name_zh, RegionRow.name_en)
    return select(
        union_all(
            select(StoreRow.id).where(or_(*(column.icontains(text, autoescape=True) for column in stores))),
            select(RegionRow.id).where(or_(*(column.icontains(text, autoescape=True) for column in regions))),
            select(EquipmentRow.id).where(or_(*(column.icontains(text, autoescape=True) for column in machines))),
        )
        .subquery()
        .c.id
    )


async def page(session: AsyncSession, wanted: Wanted, before: int | None, limit: int) -> list[AuditLine]:
    """Newest first; `before` is the number of the last line of the page before."""
    query = select(AuditRow).where(*wanted.clauses()).order_by(AuditRow.seq.desc()).limit(limit)
    if before is not None:
        query = query.where(AuditRow.seq < before)
    rows = list(await session.scalars(query))
    names = await _names(
        session, {id_ for row in rows for id_ in (row.person_id, row.operator_id, row.object) if id_ is not None}
    )
    return [
        AuditLine(
            seq=row.seq,
            at=row.at_ms,
            action=Action(row.action),
            person=PersonId(row.person_id) if row.person_id is not None else None,
            name=names.get(row.person_id) if row.person_id is not None else None,
            operator=PersonId(row.operator_id) if row.operator_id is not None else None,
            operator_name=names.get(row.operator_id) if row.operator_id is not None else None,
            object=row.object,
            about=names.get(row.object) if row.object is not None else None,
            address=row.address,
            detail=row.detail,
            hash=row.hash.hex(),
        )
        for row in rows
    ]


async def _names(session: AsyncSession, ids: Iterable[str]) -> dict[str, Name]:
    """What people, stores, machines and regions among `ids` are called."""
    wanted = list(ids)
    found: dict[str, Name] = {}
    for table in (RegionRow, StoreRow, EquipmentRow, PersonRow):
        query = select(table.id, table.name_zh, table.name_en).where(table.id.in_(wanted))
        found |= {id_: Name(zh=zh, en=en) for id_, zh, en in await session.execute(query)}
    return found


async def rows_after(session: AsyncSession, seq: int, wanted: Wanted | None = None) -> Sequence[Row]:
    """The next rows in order, at most BATCH_ROWS; fewer only at the end."""
    query = select(AuditRow).where(AuditRow.seq > seq).order_by(AuditRow.seq).limit(BATCH_ROWS)
    if wanted is not None:
        query = query.where(*wanted.clauses())
    return [
        Row(
            seq=row.seq,
            id=row.id,
            at_ms=row.at_ms,
            person=row.person_id,
            action=row.action,
            object=row.object,
            address=row.address,
            detail=row.detail,
            operator=row.operator_id,
            prev=row.prev,
            hash=row.hash,
        )
        for row in await session.scalars(query)
    ]


async def verify(database: Database, noted: Head | None = None) -> tuple[Head, list[Fault]]:
    """Read the whole chain: where it ends, and everything that is wrong. It may grow meanwhile."""

    async def look(session: AsyncSession) -> tuple[Sequence[Row], Head]:
        return await rows_after(session, checker.last.seq), await audit.head(session)

    checker = Checker(noted)
    faults: list[Fault] = []
    while True:
        rows, head = await database.fetch(look)
        for row in rows:
            faults += checker.take(row)
        if len(rows) < BATCH_ROWS:
            return head, [*faults, *checker.end(head)]
