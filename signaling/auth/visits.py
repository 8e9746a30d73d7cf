"""Links for visitors: each lets one person into one call's lobby, once, until it expires or the call is over.

The token is 256 random bits and looked up by its hash. One that is unknown, has expired, was used or withdrawn is
answered alike.
"""

from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import Action
from contract.errors import ErrorCode, Rejection
from contract.ids import PersonId, RoomId, VisitId
from contract.people import Name, Role
from contract.visits import OpenVisit, VisitEntry
from runtime import clock, ids
from signaling.auth.sign_ins import begin, digest
from signaling.domain.policies import check_guests
from signaling.domain.visitor_names import check_name, visible
from signaling.store import audit, policies
from signaling.store import visits as rows
from signaling.store.engine import Database
from signaling.store.organisation import By
from signaling.store.visits import Offered

MAX_PER_ROOM = 10
"""Links that open one call at a time."""


class Visits:
    """Makes, takes and withdraws links. Whether somebody may is decided by the caller."""

    def __init__(self, database: Database, wall_ms: Callable[[], int] = clock.wall_ms) -> None:
        self._database = database
        self._wall_ms = wall_ms

    async def offer(self, room: RoomId, life_s: int, by: By) -> tuple[VisitId, str, int]:
        """A new link to an open call: its id, its token, and when it expires, UTC ms.

        Raises Rejection `policy`, `over` or `too_many`.
        """
        assert by.person is not None
        person, visit, token, now_ms = by.person, VisitId(ids.uuid7()), ids.secret(), self._wall_ms()
        expires_ms = now_ms + life_s * 1000

        async def work(session: AsyncSession) -> None:
            check_guests(await policies.current(session))
            if not await rows.is_open(session, room):
                raise Rejection(ErrorCode.OVER, "the call has ended")
            if await rows.count(session, room, now_ms) >= MAX_PER_ROOM:
                raise Rejection(ErrorCode.TOO_MANY, f"{MAX_PER_ROOM} links to this call")
            await rows.add(session, visit, digest(token), room, person, now_ms=now_ms, expires_ms=expires_ms)
            await audit.record(
                session,
                Action.VISIT_OFFERED,
                person,
                object_id=room,
                address=by.address,
                detail=f"visit={visit} for_s={life_s}",
            )

        await self._database.write(work)
        return visit, token, expires_ms

    async def unused(self, room: RoomId) -> list[OpenVisit]:
        """The links that open this call."""
        now_ms = self._wall_ms()
        return await self._database.fetch(lambda session: rows.unused(session, room, now_ms))

    async def withdraw(self, visit: VisitId, room: RoomId, by: By) -> None:
        """This link opens nothing any more. Raises Rejection(`not_found`), also for one that was used."""
        now_ms = self._wall_ms()

        async def work(session: AsyncSession) -> None:
            if not await rows.withdraw(session, visit, room, now_ms):
                raise Rejection(ErrorCode.NOT_FOUND, "no such link")
            await audit.record(
                session,
                Action.VISIT_WITHDRAWN,
                by.person,
                object_id=room,
                address=by.address,
                detail=f"visit={visit}",
            )

        await self._database.write(work)

    async def look(self, token: str, address: str) -> Offered:
        """What a link offers; it stays as good as it is. Raises Rejection(`not_found`)."""
        now_ms = self._wall_ms()
        found = await self._find(token, now_ms)
        if found.opened:
            return found

        async def work(session: AsyncSession) -> None:
            if await rows.opened(session, found.id, now_ms):
                await audit.record(
                    session,
                    Action.VISIT_OPENED,
                    None,
                    object_id=found.room,
                    address=address,
                    detail=f"visit={found.id}",
                )

        await self._database.write(work)
        return found

    async def enter(self, asked: VisitEntry, address: str, user_agent: str) -> tuple[PersonId, str]:
        """Use a link up: whoever comes by it is a visitor from now on, and signed in; their id and the cookie's secret.

        Raises Rejection(`not_found`).
        """
        name, company, now_ms = check_name(asked.name), visible(asked.company), self._wall_ms()
        await self._find(asked.token, now_ms)  # without a place in the queue of those who write
        visitor = PersonId(ids.uuid7())

        async def work(session: AsyncSession) -> str:
            found = await rows.find(session, digest(asked.token), now_ms)
            if found is None or not (await policies.current(session)).guests:
                raise Rejection(ErrorCode.NOT_FOUND, "no such link")
            called = Name(zh=name, en=name)
            await rows.use(session, found.id, visitor, called, Name(zh=company, en=company) if company else None)
            await audit.record(
                session,
                Action.VISITOR_CAME,
                visitor,
                object_id=found.room,
                address=address,
                detail=f"consent visit={found.id}",
            )
            # In the same transaction: a link that is used up has let somebody in.
            secret = await begin(session, visitor, Role.VISITOR, user_agent, now_ms)
            await audit.record(session, Action.SIGNED_IN, visitor, address=address)
            return secret

        return visitor, await self._database.write(work)

    async def room_of(self, visitor: PersonId) -> RoomId:
        """Where a visitor may come in. Raises Rejection(`not_found`)."""
        room = await self._database.fetch(lambda session: rows.room_of(session, visitor))
        if room is None:
            raise Rejection(ErrorCode.NOT_FOUND, "no such visit")
        return room

    async def _find(self, token: str, now_ms: int) -> Offered:
        async with self._database.read() as session:
            found = await rows.find(session, digest(token), now_ms)
            rules = await policies.current(session)
        if found is None or not rules.guests:  # alike: a rule of the house is no stranger's business
            raise Rejection(ErrorCode.NOT_FOUND, "no such link")
        return found
