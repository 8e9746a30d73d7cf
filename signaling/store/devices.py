"""Enrolled tablets and the codes that enrol them, in the database. A code is kept only as its hash."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from contract.ids import PersonId, StoreId
from contract.organisation import DeviceRecord
from contract.people import Name
from signaling.store.tables.accounts import SignInRow
from signaling.store.tables.devices import DeviceRow, EnrolmentRow
from signaling.store.tables.organisation import StoreRow
from signaling.store.tables.people import PersonRow


@dataclass(frozen=True)
class Enrolment:
    """What a code says."""

    store: StoreId
    store_name: Name
    device: str
    by: PersonId
    expires_ms: int


async def offer(
    session: AsyncSession, code_hash: bytes, store: StoreId, device: str, by: PersonId, *, now_ms: int, expires_ms: int
) -> None:
    """Keep a new code; what has expired is swept."""
    await session.execute(delete(EnrolmentRow).where(EnrolmentRow.expires_ms <= now_ms))
    row = {"code_hash": code_hash, "store_id": store, "name": device, "by_id": by, "expires_ms": expires_ms}
    await session.execute(insert(EnrolmentRow).values(**row))


async def forget_oldest(session: AsyncSession, store: StoreId, *, but: int) -> None:
    """Keep only the newest codes of this store, so many."""
    newest = (
        select(EnrolmentRow.code_hash)
        .where(EnrolmentRow.store_id == store)
        .order_by(EnrolmentRow.expires_ms.desc())
        .limit(but)
    )
    await session.execute(
        delete(EnrolmentRow).where(EnrolmentRow.store_id == store, EnrolmentRow.code_hash.not_in(newest))
    )


async def known(session: AsyncSession, code_hash: bytes) -> bool:
    """Whether there is such a code, good or not any more."""
    query = select(EnrolmentRow.store_id).where(EnrolmentRow.code_hash == code_hash)
    return await session.scalar(query) is not None


async def take(session: AsyncSession, code_hash: bytes, now_ms: int) -> Enrolment | None:
    """Use a code up; None if it was used, has expired, or never was."""
    row = (
        await session.scalars(delete(EnrolmentRow).where(EnrolmentRow.code_hash == code_hash).returning(EnrolmentRow))
    ).one_or_none()
    if row is None or row.expires_ms <= now_ms:
        return None
    store = await session.get_one(StoreRow, row.store_id)
    return Enrolment(
        StoreId(store.id), Name(zh=store.name_zh, en=store.name_en), row.name, PersonId(row.by_id), row.expires_ms
    )


async def add(session: AsyncSession, device: PersonId, one: Enrolment, now_ms: int) -> None:
    """A tablet was enrolled; it is a person of the role `store` already."""
    row = {"person_id": device, "store_id": one.store, "name": one.device, "enrolled_ms": now_ms, "by_id": one.by}
    await session.execute(insert(DeviceRow).values(**row))


async def find(session: AsyncSession, device: PersonId) -> DeviceRow | None:
    return await session.get(DeviceRow, device)


async def revoke(session: AsyncSession, device: PersonId, now_ms: int) -> None:
    await session.execute(update(DeviceRow).where(DeviceRow.person_id == device).values(revoked_ms=now_ms))


async def by_store(session: AsyncSession, now_ms: int) -> Mapping[StoreId, list[DeviceRecord]]:
    """All of them, the one that was enrolled last first."""
    query = (
        select(DeviceRow, PersonRow.name_zh, PersonRow.name_en, func.max(SignInRow.seen_ms))
        .join(PersonRow, DeviceRow.by_id == PersonRow.id)
        .join(SignInRow, (SignInRow.person_id == DeviceRow.person_id) & (SignInRow.expires_ms > now_ms), isouter=True)
        .group_by(DeviceRow.person_id)
        .order_by(DeviceRow.enrolled_ms.desc(), DeviceRow.person_id)
    )
    found: dict[StoreId, list[DeviceRecord]] = {}
    for row, zh, en, seen_ms in await session.execute(query):
        record = DeviceRecord(
            id=PersonId(row.person_id),
            name=row.name,
            enrolled_at=row.enrolled_ms,
            enrolled_by=Name(zh=zh, en=en),
            seen_at=seen_ms,
            revoked_at=row.revoked_ms,
        )
        found.setdefault(StoreId(row.store_id), []).append(record)
    return found
