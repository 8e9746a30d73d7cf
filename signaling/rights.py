"""What people may ask of us about themselves: a copy of all that is kept about them, and that it is deleted."""

from collections.abc import AsyncIterator
from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import Action
from contract.base import encode
from contract.errors import ErrorCode, Rejection
from contract.ids import PersonId, RoomId
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

    def __init__(self, database: Database, by: By) -> None:
        self._database = database
        self._by = by

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
        account = await self._database.fetch(partial(held.account, person=person))
        yield b'{"made_at":%d,\n"account":%s' % (clock.wall_ms(), encode(account))
        for part in held.PARTS:
            yield f',\n"{part.name}":['.encode()
            offset = 0
            while True:
                read = partial(held.page, part=part, person=person, offset=offset, limit=BATCH_ITEMS)
                items = await self._database.fetch(read)
                if items:
                    yield (b"\n" if offset == 0 else b",\n") + b",\n".join(map(encode, items))
                offset += len(items)
                if len(items) < BATCH_ITEMS:
                    break
            yield b"]"
        yield b"}\n"

    async def erase(self, person: PersonId, name: str) -> None:
        """Somebody who has left is deleted, for good; somebody who is deleted already stays so.

        Others' memory of them goes first, in pieces, and they last: cut short, it is begun again with the same words.
        Raises Rejection: `not_found`; `conflict` and `bad_message` as signaling.domain.erasure.check.
        """
        rooms = await self._database.fetch(partial(self._may_go, person=person, name=name))
        if rooms is None:
            return
        for at in range(0, len(rooms), BATCH_ROOMS):
            await self._database.write(partial(erasure.unname, person=person, those=rooms[at : at + BATCH_ROOMS]))
        await self._database.write(partial(self._erase, person=person, name=name))

    async def _may_go(self, session: AsyncSession, *, person: PersonId, name: str) -> list[RoomId] | None:
        """The rooms in which they are remembered; None if they are deleted already."""
        row = await _row(session, person)
        if row.erased_ms is not None:
            return None
        check(await erasure.standing(session, row, self._by.person, clock.wall_ms()), name)
        return await erasure.rooms(session, person)

    async def _erase(self, session: AsyncSession, *, person: PersonId, name: str) -> None:
        if await self._may_go(session, person=person, name=name) is None:  # asked again: others may have been quicker
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
