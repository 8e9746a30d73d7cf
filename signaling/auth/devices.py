"""Tablets of stores: enrolled once by a code, signed in until somebody takes that back.

A device is somebody of the role `store` without a password: everything it does is audited under its own id, and what
ends a sign-in ends it.
"""

import secrets
from collections.abc import Callable
from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import Action
from contract.errors import ErrorCode, Rejection
from contract.ids import PersonId, StoreId
from contract.people import Role
from runtime import clock, ids
from signaling.auth.sign_ins import digest
from signaling.domain import enrolment
from signaling.store import audit, organisation
from signaling.store import devices as rows
from signaling.store.engine import Database
from signaling.store.organisation import By, NewPerson
from signaling.store.tables.organisation import StoreRow

LIFE_MS = 24 * 3600 * 1000
"""Long enough to send a code to a store that opens tomorrow."""
MAX_PER_STORE = 5
"""Codes that are good at a time; one more ends the oldest, which was lost as a rule."""


class Devices:
    """Makes and takes codes, and takes devices back; a code is told once and kept nowhere."""

    def __init__(self, database: Database, wall_ms: Callable[[], int] = clock.wall_ms) -> None:
        self._database = database
        self._wall_ms = wall_ms

    async def offer(self, store: StoreId, name: str, by: By) -> tuple[str, int]:
        """A code that enrols one tablet of this store, called `name`, and when it expires, UTC ms.

        Raises Rejection(`conflict`) for a store that is closed.
        """
        assert by.person is not None
        person, now_ms, code = by.person, self._wall_ms(), enrolment.made_up(secrets.choice)

        async def work(session: AsyncSession) -> None:
            if (await session.get_one(StoreRow, store)).closed_ms is not None:
                raise Rejection(ErrorCode.CONFLICT, "the store is closed")
            await rows.forget_oldest(session, store, but=MAX_PER_STORE - 1)
            await rows.offer(session, digest(code), store, name, person, now_ms=now_ms, expires_ms=now_ms + LIFE_MS)
            await audit.record(session, Action.DEVICE_INVITED, person, object_id=store, address=by.address)

        await self._database.write(work)
        return code, now_ms + LIFE_MS

    async def enrol(self, typed: str, address: str) -> PersonId:
        """The device that this code makes; the code is used up. Raises Rejection(`not_found`).

        Looked up by its hash: how long that takes says nothing of how much of a guess is right.
        """
        code, now_ms, device = enrolment.normal(typed), self._wall_ms(), PersonId(ids.uuid7())

        if code is None or not await self._database.fetch(partial(rows.known, code_hash=digest(code))):
            raise Rejection(ErrorCode.NOT_FOUND, "no such code")  # without a place in the queue of those who write

        async def work(session: AsyncSession) -> bool:
            found = await rows.take(session, digest(code), now_ms)
            if found is None:
                return False
            new = NewPerson(device, f"tablet-{device[-12:]}", Role.STORE, found.store_name, "", store=found.store)
            await organisation.add_person(session, new, By(found.by, address))
            await rows.add(session, device, found, now_ms)
            await audit.record(session, Action.DEVICE_ENROLLED, device, object_id=found.store, address=address)
            return True

        if not await self._database.write(work):  # committed even so: an expired code is gone
            raise Rejection(ErrorCode.NOT_FOUND, "no such code")
        return device

    async def revoke(self, device: PersonId, by: By) -> None:
        """Signed out at once and for good, in the middle of a call too. Raises Rejection(`not_found`)."""
        now_ms = self._wall_ms()

        async def work(session: AsyncSession) -> None:
            known = await rows.find(session, device)
            if known is None or known.revoked_ms is not None:
                raise Rejection(ErrorCode.NOT_FOUND, "no such device")
            await rows.revoke(session, device, now_ms)
            await organisation.disable(session, device, now_ms, by)
            await audit.record(session, Action.DEVICE_REVOKED, by.person, object_id=device, address=by.address)

        await self._database.write(work)
