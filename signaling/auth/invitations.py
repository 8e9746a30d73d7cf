"""Invitations: a link of one use with which somebody chooses the own password, instead of one that others know."""

from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import Action
from contract.errors import ErrorCode, Rejection
from contract.ids import PersonId
from contract.people import Role
from runtime import clock, ids
from signaling.auth.passwords import Passwords
from signaling.auth.sign_ins import digest
from signaling.domain.accounts import check_password
from signaling.store import audit, organisation, passkeys
from signaling.store import invitations as rows
from signaling.store.engine import Database
from signaling.store.invitations import Invited
from signaling.store.organisation import By

LIFE_MS = 14 * 24 * 3600 * 1000
"""Two weeks: lists are sent out before a holiday too."""


class Invitations:
    """Makes, checks and uses them; the secret itself is told once and kept nowhere."""

    def __init__(self, database: Database, passwords: Passwords, wall_ms: Callable[[], int] = clock.wall_ms) -> None:
        self._database = database
        self._passwords = passwords
        self._wall_ms = wall_ms

    async def invite(self, login: str, by: By) -> str:
        """The secret of a new one, for somebody new or who forgot the password; the old password works until it is
        used. Raises Rejection: `not_found`, `conflict` for a tablet or somebody disabled.
        """
        secret, expires_ms = ids.secret(), self._wall_ms() + LIFE_MS

        async def work(session: AsyncSession) -> None:
            who = await organisation.person_by_login(session, login)
            if who is None:
                raise Rejection(ErrorCode.NOT_FOUND, "nobody signs in under this name")
            if who.role == Role.STORE or who.disabled_ms is not None:
                raise Rejection(ErrorCode.CONFLICT, "a tablet, or somebody who is disabled, is not invited")
            await rows.renew(session, {PersonId(who.id): digest(secret)}, expires_ms)
            await audit.record(session, Action.INVITED, by.person, object_id=who.id, address=by.address)

        await self._database.write(work)
        return secret

    async def check(self, secret: str) -> Invited:
        """Whom it is for. Raises Rejection(`not_found` or `over`)."""
        now_ms = self._wall_ms()
        return await self._database.fetch(lambda session: rows.find(session, digest(secret), now_ms))

    async def use(self, secret: str, password: str, address: str) -> PersonId:
        """Set the password; the invitation works no more. Raises as `check`, and `weak_password`."""
        invited = await self.check(secret)  # before the costly hash
        check_password(password, invited.login)
        made = await self._passwords.hash(password)
        now_ms = self._wall_ms()

        async def work(session: AsyncSession) -> None:
            await rows.find(session, digest(secret), now_ms)
            by = By(invited.id, address)
            await passkeys.take_away(session, invited.id, by)  # perhaps of who knew the old password
            await organisation.set_password(session, invited.id, made, by)

        await self._database.write(work)
        return invited.id
