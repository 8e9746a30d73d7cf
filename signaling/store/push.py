"""Browsers that Web Push rings, and the key that we push with, in the database."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, select, true
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import Action
from contract.errors import ErrorCode, Rejection
from contract.ids import PersonId
from contract.push import PushBrowser
from signaling.store import audit
from signaling.store.organisation import By
from signaling.store.tables.accounts import SignInRow
from signaling.store.tables.notices import PushBrowserRow, PushKeyRow
from signaling.store.tables.people import PersonRow

MOST = 8
"""Browsers of one person. Policy: the one that was set longest ago goes."""


@dataclass(frozen=True, slots=True)
class KeptBrowser:
    """A browser that may be rung now."""

    person: PersonId
    device: str
    browser: PushBrowser


async def key(session: AsyncSession, fresh_pem: str) -> str:
    """Our key, as PEM: made once, `fresh_pem` the first time."""
    await session.execute(insert(PushKeyRow).values(id=1, pem=fresh_pem).on_conflict_do_nothing())
    return (await session.execute(select(PushKeyRow.pem))).scalar_one()


async def put(session: AsyncSession, one: KeptBrowser, sign_in: bytes, by: By, now_ms: int) -> None:
    """It rings this browser from now on, while this sign-in counts.

    One that another person had set is theirs no more. The audit has it when something changed. Raises
    Rejection(`sign_in`) if the sign-in is over.
    """
    if await session.get(SignInRow, sign_in) is None:
        raise Rejection(ErrorCode.SIGN_IN)
    row = await session.get(PushBrowserRow, (one.person, one.device))
    new = row is None or row.endpoint != one.browser.endpoint
    await _remove(
        session,
        (PushBrowserRow.endpoint == one.browser.endpoint)
        & ((PushBrowserRow.person_id != one.person) | (PushBrowserRow.device != one.device)),
        by,
        "moved",
    )
    values = {
        "sign_in_hash": sign_in,
        "endpoint": one.browser.endpoint,
        "body": one.browser.model_dump_json(),
        "set_ms": now_ms,
    }
    await session.execute(
        insert(PushBrowserRow)
        .values(person_id=one.person, device=one.device, **values)
        .on_conflict_do_update(index_elements=["person_id", "device"], set_=values)
    )
    if not new:
        return
    await audit.record(session, Action.PUSH_ON, by.person, object_id=one.device, address=by.address)
    oldest = (
        select(PushBrowserRow.device)
        .where(PushBrowserRow.person_id == one.person)
        .order_by(PushBrowserRow.set_ms.desc(), PushBrowserRow.device)
        .offset(MOST)
    )
    many = list(await session.scalars(oldest))
    await _remove(session, (PushBrowserRow.person_id == one.person) & PushBrowserRow.device.in_(many), by, "too_many")


async def remove(session: AsyncSession, person: PersonId, device: str, by: By) -> None:
    """It does not ring there any more."""
    await _remove(session, (PushBrowserRow.person_id == person) & (PushBrowserRow.device == device), by, "")


async def gone(session: AsyncSession, endpoint: str) -> None:
    """Its push service knows it no more."""
    await _remove(session, PushBrowserRow.endpoint == endpoint, By(None, ""), "gone")


async def of(session: AsyncSession, person: PersonId, now_ms: int) -> list[KeptBrowser]:
    """Where `person` may be rung now."""
    return [one for one, _ in await _good(session, PushBrowserRow.person_id == person, now_ms)]


async def good(session: AsyncSession, now_ms: int) -> list[tuple[KeptBrowser, int]]:
    """Every browser that may be rung now, and until when that is so, UTC ms."""
    return await _good(session, true(), now_ms)


async def _good(session: AsyncSession, which: ColumnElement[bool], now_ms: int) -> list[tuple[KeptBrowser, int]]:
    """Those whose sign-in counts, of people who are not disabled."""
    query = (
        select(PushBrowserRow, SignInRow.expires_ms)
        .join(SignInRow, SignInRow.token_hash == PushBrowserRow.sign_in_hash)
        .join(PersonRow, PersonRow.id == PushBrowserRow.person_id)
        .where(
            which,
            SignInRow.person_id == PushBrowserRow.person_id,
            SignInRow.expires_ms > now_ms,
            PersonRow.disabled_ms.is_(None),
        )
        .order_by(PushBrowserRow.device)
    )
    return [(_kept(row), expires_ms) for row, expires_ms in await session.execute(query)]


async def _remove(session: AsyncSession, which: ColumnElement[bool], by: By, why: str) -> None:
    devices: Iterable[str] = await session.scalars(delete(PushBrowserRow).where(which).returning(PushBrowserRow.device))
    for device in list(devices):
        await audit.record(session, Action.PUSH_OFF, by.person, object_id=device, address=by.address, detail=why)


def _kept(row: PushBrowserRow) -> KeptBrowser:
    return KeptBrowser(PersonId(row.person_id), row.device, PushBrowser.model_validate_json(row.body))
