"""Media tokens: each lets one guest publish into, or watch, one room, until it expires or the room is closed.

Random and looked up, as every secret here; only the hash is kept.
"""

from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import Action
from contract.errors import ErrorCode, Rejection
from contract.http import MediaToken, MediaTokenWish
from contract.ids import PersonId, RoomId
from contract.media import MediaUse
from contract.people import Person, Role
from runtime import clock, ids
from signaling.auth.sign_ins import digest
from signaling.domain.guests import check_open
from signaling.domain.policies import check_guests
from signaling.store import audit, media_tokens, policies, rooms
from signaling.store.engine import Database
from signaling.store.media_tokens import Pass
from signaling.store.organisation import By

MAX_PER_ROOM = 50
"""Not expired."""
DOORS = {MediaUse.PUBLISH: "whip", MediaUse.WATCH: "whep"}


class MediaTokens:
    """Issues and recognises them."""

    def __init__(self, database: Database, wall_ms: Callable[[], int] = clock.wall_ms) -> None:
        self._database = database
        self._wall_ms = wall_ms

    async def issue(self, wish: MediaTokenWish, room: RoomId, by: By) -> MediaToken:
        """A token for an open room; who may ask is decided by the caller, and what `by` consented to is audited.

        Raises Rejection `consent`, `policy`, `not_found`, `over`, `conflict` (a call that nobody answered) or
        `too_many`.
        """
        if not wish.consent:
            raise Rejection(ErrorCode.CONSENT, "nobody joins without consent to the recording")
        token, now_ms = ids.secret(), self._wall_ms()
        guest = Person(id=PersonId(ids.uuid7()), role=Role.GUEST, name=wish.name)
        one = Pass(guest, room, wish.use, now_ms + wish.life_s * 1000)

        async def work(session: AsyncSession) -> None:
            state = await rooms.find(session, room)
            if state is None:
                raise Rejection(ErrorCode.NOT_FOUND, "no such room")
            check_open(state)
            check_guests(await policies.current(session))
            if await media_tokens.count(session, room, now_ms) >= MAX_PER_ROOM:
                raise Rejection(ErrorCode.TOO_MANY, f"{MAX_PER_ROOM} tokens for this room")
            await media_tokens.add(session, digest(token), one, now_ms)
            await audit.record(
                session,
                Action.TOKEN_ISSUED,
                by.person,
                object_id=room,
                address=by.address,
                detail=f"{wish.use} consent guest={guest.id} for_s={wish.life_s}",
            )

        await self._database.write(work)
        return MediaToken(token=token, guest=guest.id, path=f"/{DOORS[wish.use]}/{room}", expires_at=one.expires_ms)

    async def listed(self, room: RoomId | None = None) -> list[Pass]:
        """The good ones of a room, or of all."""
        now_ms = self._wall_ms()
        return await self._database.fetch(lambda session: media_tokens.listed(session, now_ms, room))

    async def revoke(self, guest: PersonId, by: By, room: RoomId | None = None) -> None:
        """This guest's token opens nothing any more; whoever is in by it goes when signaling.live.guests looks.

        Raises Rejection(`not_found`), also if it is not of `room`.
        """

        async def work(session: AsyncSession) -> None:
            gone = await media_tokens.remove(session, guest, room)
            if gone is None:
                raise Rejection(ErrorCode.NOT_FOUND, "no such token")
            await audit.record(
                session,
                Action.TOKEN_REVOKED,
                by.person,
                object_id=gone.room,
                address=by.address,
                detail=f"{gone.use} guest={guest}",
            )

        await self._database.write(work)

    async def recognise(self, token: str) -> Pass | None:
        """What this token says; None if it is unknown or has expired."""
        now_ms = self._wall_ms()
        return await self._database.fetch(lambda session: media_tokens.find(session, digest(token), now_ms))

    async def expiries(self, guests: list[PersonId]) -> dict[PersonId, int]:
        """When the tokens of these guests expire, UTC ms."""
        found = await self._database.fetch(lambda session: media_tokens.of_guests(session, guests))
        return {one.guest.id: one.expires_ms for one in found}
