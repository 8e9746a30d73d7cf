"""What tablets said of themselves, and when at night they are to look; in the database."""

from pydantic import ValidationError
from sqlalchemy import delete, func, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import Action
from contract.ids import PersonId, StoreId
from contract.people import Role
from contract.selftest import SelfTest, SelfTestWindow
from runtime.logs import get_logger
from signaling.domain.access import Scope
from signaling.domain.selftest import KEPT_MS, Tablet
from signaling.store import audit
from signaling.store.grants import within
from signaling.store.organisation import By
from signaling.store.people import as_store
from signaling.store.tables.devices import DeviceRow, SelfTestRow, SelfTestWindowRow
from signaling.store.tables.organisation import StoreRow
from signaling.store.tables.people import PersonRow

log = get_logger(__name__)

MOST_KEPT = 60
"""Of one tablet: one a night for as long as any is kept, and as many that somebody asked for."""


async def keep(session: AsyncSession, tablet: PersonId, store: StoreId, test: SelfTest) -> None:
    """Add one; what is too old, or too much of this tablet, goes."""
    await session.execute(
        insert(SelfTestRow).values(
            person_id=tablet, store_id=store, at_ms=test.at, why=test.why.value, body=test.model_dump_json()
        )
    )
    await forget(session, test.at)
    newest = (
        select(SelfTestRow.id).where(SelfTestRow.person_id == tablet).order_by(SelfTestRow.id.desc()).limit(MOST_KEPT)
    )
    await session.execute(delete(SelfTestRow).where(SelfTestRow.person_id == tablet, SelfTestRow.id.not_in(newest)))


async def forget(session: AsyncSession, now_ms: int) -> None:
    """Take away what was kept for long enough."""
    await session.execute(delete(SelfTestRow).where(SelfTestRow.at_ms < now_ms - KEPT_MS))


async def last(session: AsyncSession, tablet: PersonId) -> SelfTest | None:
    """The newest of one tablet."""
    query = select(SelfTestRow.body).where(SelfTestRow.person_id == tablet).order_by(SelfTestRow.id.desc()).limit(1)
    body = await session.scalar(query)
    return _read(body)


async def tablets(session: AsyncSession, scope: Scope) -> list[Tablet]:
    """All that may sign in, of the open stores of a scope, with the newest of each."""
    newest = select(func.max(SelfTestRow.id)).group_by(SelfTestRow.person_id)
    query = (
        select(PersonRow.id, PersonRow.login, StoreRow, DeviceRow.name, DeviceRow.enrolled_ms, SelfTestRow.body)
        .join(StoreRow, PersonRow.store_id == StoreRow.id)
        .join(DeviceRow, DeviceRow.person_id == PersonRow.id, isouter=True)
        .join(SelfTestRow, (SelfTestRow.person_id == PersonRow.id) & SelfTestRow.id.in_(newest), isouter=True)
        .where(PersonRow.role == Role.STORE, PersonRow.disabled_ms.is_(None), StoreRow.closed_ms.is_(None))
        .order_by(StoreRow.number, PersonRow.login)
    )
    if not scope.chain:
        query = query.where(within(scope, StoreRow.region_id, StoreRow.id))
    rows = (await session.execute(query)).all()
    found = [
        Tablet(
            id=PersonId(person),
            name=name if name is not None else login,
            store=as_store(store),
            enrolled_ms=enrolled_ms,
            last=_read(body),
        )
        for person, login, store, name, enrolled_ms, body in rows
    ]
    unreadable = sum(body is not None and one.last is None for one, (*_, body) in zip(found, rows, strict=True))
    if unreadable:
        log.warning("self-tests cannot be read, and count as none", count=unreadable)
    return found


def _read(body: str | None) -> SelfTest | None:
    """None also for what another version wrote and this one does not know: the tablet says it anew tonight."""
    try:
        return SelfTest.model_validate_json(body) if body is not None else None
    except ValidationError:
        return None


async def window(session: AsyncSession) -> SelfTestWindow:
    """As an administrator set it, or the usual one."""
    row = await session.get(SelfTestWindowRow, 1)
    return SelfTestWindow(from_min=row.from_min, to_min=row.to_min) if row is not None else SelfTestWindow()


async def set_window(session: AsyncSession, new: SelfTestWindow, by: By) -> None:
    """Tablets hear of it within the hour."""
    statement = upsert(SelfTestWindowRow).values(id=1, from_min=new.from_min, to_min=new.to_min)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[SelfTestWindowRow.id], set_={"from_min": new.from_min, "to_min": new.to_min}
        )
    )
    words = "-".join(f"{minute // 60:02}:{minute % 60:02}" for minute in (new.from_min, new.to_min))
    await audit.record(
        session, Action.SELF_TEST_WINDOW_SET, by.person, object_id="self_tests", address=by.address, detail=words
    )
