"""The first administrator: a link that is written to the log at every start until one was made with it."""

from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncSession

from contract.http import Setup
from contract.ids import PersonId
from contract.people import Role
from runtime import clock, ids
from runtime.logs import get_logger
from signaling.auth.accounts import free_login
from signaling.auth.passwords import Passwords
from signaling.auth.sign_ins import digest
from signaling.domain.accounts import check_password
from signaling.store import organisation
from signaling.store import setup as rows
from signaling.store.engine import Database
from signaling.store.organisation import By, NewPerson

log = get_logger(__name__)

LIFE_MS = 24 * 3600 * 1000


class FirstAdministrator:
    """Offers, checks and uses the link. Its secret stands behind `#`: no server log and no proxy ever sees it."""

    def __init__(self, database: Database, passwords: Passwords, wall_ms: Callable[[], int] = clock.wall_ms) -> None:
        self._database = database
        self._passwords = passwords
        self._wall_ms = wall_ms

    async def offer(self, address: str) -> str | None:
        """Write a new link for `address` to the log; None, and no link works, if there is an administrator.

        The one secret that is logged: whoever reads this log owns the machine anyway.
        """
        token = ids.secret()
        expires_ms = self._wall_ms() + LIFE_MS
        if not await self._database.write(lambda session: rows.renew(session, digest(token), expires_ms)):
            return None
        link = f"{address}/setup#{token}"
        log.warning("no administrator yet: open the link to set up", link=link, works_h=LIFE_MS // 3_600_000)
        return link

    async def needed(self) -> bool:
        """Whether there is no administrator."""
        async with self._database.read() as session:
            return not await organisation.has_administrator(session)

    async def check(self, token: str) -> None:
        """Raises Rejection(`setup_done`, `setup_wrong` or `setup_expired`)."""
        async with self._database.read() as session:
            await rows.check(session, digest(token), self._wall_ms())

    async def use(self, asked: Setup, address: str) -> PersonId:
        """Name the chain and make the administrator, once. Raises as `check`, `weak_password`, or `conflict`."""
        await self.check(asked.token)  # before the costly hash
        check_password(asked.password, asked.login)
        new = NewPerson(
            id=PersonId(ids.uuid7()),
            login=asked.login,
            role=Role.ADMIN,
            name=asked.name,
            password_hash=await self._passwords.hash(asked.password),
        )
        by = By(new.id, address)

        async def work(session: AsyncSession) -> None:
            await rows.check(session, digest(asked.token), self._wall_ms())
            await free_login(session, asked.login)
            await organisation.name_chain(session, asked.chain, by)
            await organisation.add_person(session, new, by)
            await rows.use_up(session)

        await self._database.write(work)
        log.info("the first administrator was made", person=new.id)
        return new.id
