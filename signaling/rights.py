"""What people may ask of us about themselves: a copy of all that is kept about them, and that it is deleted."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import Action
from contract.base import encode
from contract.errors import ErrorCode, Rejection
from contract.ids import PersonId
from contract.people import Role
from runtime import clock
from signaling.domain.erasure import check
from signaling.store import audit, erasure, held
from signaling.store.engine import Database
from signaling.store.organisation import By
from signaling.store.tables.people import PersonRow

BATCH_ITEMS = 500
"""Read at a time, so that a copy of years costs no more memory than one of a day."""
BATCH_ROOMS = 20
"""Changed in one transaction: whoever rings waits for it."""


class Rights:
    """Every copy and every deletion is audited as `by`."""

    def __init__(self, database: Database, by: By, turn: asyncio.Lock | None = None) -> None:
        """Copies that share a `turn` read one after another, and leave the database to others besides."""
        self._database = database
        self._by = by
        self._turn = turn or asyncio.Lock()

    async def copy(self, person: PersonId) -> AsyncIterator[bytes]:
        """All that is kept about somebody, as the JSON of contract.rights.PersonCopy, piece by piece.

        It is audited, and refused, before there is anything to read. Raises Rejection: `not_found`, `conflict` for a
        tablet, which is no person.
        """
        await self._database.write(partial(self._handed_out, person=person))
        return self._pieces(person)

    async def _handed_out(self, session: AsyncSession, *, person: PersonId) -> None:
        if (await _row(session, person)).role == Role.STORE:
            raise Rejection(ErrorCode.CONFLICT, "a tablet is no person")
        await self._record(session, Action.PERSON_EXPORTED, person)

    async def _pieces(self, person: PersonId) -> AsyncIterator[bytes]:
        async with self._turn:
            account = await self._database.fetch(partial(held.account, person=person))
        yield b'{"made_at":%d,\n"account":%s' % (clock.wall_ms(), encode(account))
        for part in held.PARTS:
            yield f',\n"{part.name}":['.encode()
            after: held.Place | None = None
            while True:
                read = partial(held.page, part=part, person=person, after=after, limit=BATCH_ITEMS)
                async with self._turn:
                    items, last = await self._database.fetch(read)
                if items:
                    yield (b"\n" if after is None else b",\n") + b",\n".join(items)
                if last is None:
                    break
                after = last
            yield b"]"
        yield b"}\n"

    async def erase(self, person: PersonId, name: str) -> None:
        """Somebody who has left is deleted, for good; somebody who is deleted already stays so.

        Others' memory of them goes first, in pieces, and they last: cut short, it is begun again with the same words.
        Raises Rejection: `not_found`; `conflict` and `bad_message` as signaling.domain.erasure.check.
        """
        if not await self._database.fetch(partial(self._may_go, person=person, name=name)):
            return
        async with self._database.read() as session:
            rooms = await erasure.rooms(session, person)
        for at in range(0, len(rooms), BATCH_ROOMS):
            await self._database.write(partial(erasure.unname, person=person, those=rooms[at : at + BATCH_ROOMS]))
        await self._database.write(partial(self._erase, person=person, name=name))

    async def _may_go(self, session: AsyncSession, *, person: PersonId, name: str) -> bool:
        """False if they are deleted already."""
        row = await _row(session, person)
        if row.erased_ms is not None:
            return False
        check(await erasure.standing(session, row, self._by.person, clock.wall_ms()), name)
        return True

    async def _erase(self, session: AsyncSession, *, person: PersonId, name: str) -> None:
        if not await self._may_go(session, person=person, name=name):  # asked again: others may have been quicker
            return
        await erasure.erase(session, person, clock.wall_ms())
        await self._record(session, Action.PERSON_ERASED, person)

    async def _record(self, session: AsyncSession, action: Action, person: PersonId) -> None:
        await audit.record(session, action, self._by.person, object_id=person, address=self._by.address)


async def _row(session: AsyncSession, person: PersonId) -> PersonRow:
    row = await session.get(PersonRow, person)
    if row is None:
        raise Rejection(ErrorCode.NOT_FOUND)
    session.expunge(row)  # only read: what is changed is said in statements
    return row
