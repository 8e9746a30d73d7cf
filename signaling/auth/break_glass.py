"""An administrator's emergency sign-in: a link of one use, made on the server itself, when no other way leads in."""

from collections.abc import Callable

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import Action
from contract.errors import ErrorCode, Rejection
from contract.ids import PersonId
from runtime import clock, ids
from runtime.logs import get_logger
from signaling.auth.sign_ins import digest
from signaling.store import audit, organisation
from signaling.store.engine import Database
from signaling.store.organisation import By
from signaling.store.tables.accounts import BreakGlassRow
from signaling.store.tables.people import PersonRow

log = get_logger(__name__)

LIFE_MS = 15 * 60 * 1000


class BreakGlass:
    """Makes links and uses them up. Neither changes a password, a role, or who is let in."""

    def __init__(self, database: Database, wall_ms: Callable[[], int] = clock.wall_ms) -> None:
        self._database = database
        self._wall_ms = wall_ms

    async def make(self, login: str, by: By) -> str:
        """The secret of a new link; an earlier one of the same person works no more.

        Raises Rejection(`forbidden`) for anybody but an administrator of the whole chain who is not disabled.
        """
        secret, expires_ms = ids.secret(), self._wall_ms() + LIFE_MS

        async def work(session: AsyncSession) -> None:
            known = await organisation.administrators(session)
            if login not in known:
                raise Rejection(ErrorCode.FORBIDDEN, f"no administrator; they are: {', '.join(known) or 'none'}")
            person = await session.scalar(select(PersonRow.id).where(PersonRow.login == login))
            await session.execute(delete(BreakGlassRow).where(BreakGlassRow.person_id == person))
            row = {"token_hash": digest(secret), "person_id": person, "expires_ms": expires_ms}
            await session.execute(insert(BreakGlassRow).values(row))
            await audit.record(session, Action.BREAK_GLASS_MADE, by.person, object_id=person, address=by.address)

        await self._database.write(work)
        return secret

    async def use(self, secret: str) -> PersonId:
        """Who signs in; the link works no more. Raises Rejection: `not_found`, also for who administers no more;
        `over` (expired). A guess costs a look into the database, and holds up nobody who writes."""
        now_ms = self._wall_ms()
        async with self._database.read() as session:
            if await session.get(BreakGlassRow, digest(secret)) is None:
                raise Rejection(ErrorCode.NOT_FOUND)

        async def work(session: AsyncSession) -> PersonId | None:
            used = (
                await session.execute(
                    delete(BreakGlassRow)
                    .where(BreakGlassRow.token_hash == digest(secret))
                    .returning(BreakGlassRow.person_id, BreakGlassRow.expires_ms)
                )
            ).one_or_none()
            if used is None:
                raise Rejection(ErrorCode.NOT_FOUND)
            login = await session.scalar(select(PersonRow.login).where(PersonRow.id == used[0]))
            if login not in await organisation.administrators(session):
                raise Rejection(ErrorCode.NOT_FOUND)
            return PersonId(used[0]) if used[1] > now_ms else None

        person = await self._database.write(work)
        if person is None:
            raise Rejection(ErrorCode.OVER, "the link has expired")
        log.warning("an administrator signs in by breaking the glass", person=person)
        return person
