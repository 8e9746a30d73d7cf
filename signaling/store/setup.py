"""The set-up link in the database: one row at most, only while there is no administrator."""

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from contract.errors import ErrorCode, Rejection
from signaling.store.organisation import has_administrator
from signaling.store.tables.accounts import SetupLinkRow


async def renew(session: AsyncSession, token_hash: bytes, expires_ms: int) -> bool:
    """Replace the link; False, and none left, if there is an administrator."""
    await session.execute(delete(SetupLinkRow))
    if await has_administrator(session):
        return False
    await session.execute(insert(SetupLinkRow).values(token_hash=token_hash, expires_ms=expires_ms))
    return True


async def check(session: AsyncSession, token_hash: bytes, now_ms: int) -> None:
    """Raises Rejection(`setup_done`, `setup_wrong` or `setup_expired`) unless the link works."""
    if await has_administrator(session):
        raise Rejection(ErrorCode.SETUP_DONE)
    query = select(SetupLinkRow.expires_ms).where(SetupLinkRow.token_hash == token_hash)
    expires_ms = (await session.execute(query)).scalar_one_or_none()
    if expires_ms is None:
        raise Rejection(ErrorCode.SETUP_WRONG)
    if expires_ms <= now_ms:
        raise Rejection(ErrorCode.SETUP_EXPIRED)


async def use_up(session: AsyncSession) -> None:
    """The link works no more."""
    await session.execute(delete(SetupLinkRow))
