"""Whether a time can be booked, read and written in one transaction: of two for the last place exactly one gets it."""

from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import Action
from contract.callbacks import BookCallback, Callback
from contract.errors import ErrorCode, Rejection
from contract.ids import RoomId
from contract.people import Role, Store
from contract.quiet import Quiet
from contract.rooms import Reason
from contract.routing import ExpertProfile
from signaling.domain import bookings
from signaling.domain.access import Act, scope_of
from signaling.domain.bookings import Diary
from signaling.domain.routing import Expert
from signaling.store import callbacks, grants, people, quiet, rooms, routing
from signaling.store.organisation import By
from signaling.store.tables.organisation import StoreRow


async def diary(session: AsyncSession, store: Store, reason: Reason) -> Diary:
    """As it is at this moment of the database."""
    profiles, held = await routing.profiles(session), await grants.of_everybody(session, Role.EXPERT)
    wishes = await quiet.of_everybody(session)
    experts = [
        Expert(
            person=person,
            free=False,
            profile=profiles.get(person.id) or ExpertProfile(),
            reach=scope_of(Act.BE_RUNG, held[person.id]),
            quiet=wishes.get(person.id) or Quiet(),
        )
        for person in await people.everybody(session, Role.EXPERT)
    ]
    return Diary(store, reason, experts, await callbacks.unfinished(session))


async def book(
    session: AsyncSession,
    wish: BookCallback,
    store: Store,
    *,
    fresh: RoomId,
    now_ms: int,
    within_ms: int,
    by: By,
) -> Callback:
    """The store's callback for this reason, new as `fresh` if it has none; of a wish that is said again the one it led
    to, as that is now.

    Raises Rejection: `over` or `conflict` for the time, or `forbidden` for a store that is closed.
    """
    if (led := await _led_to(session, wish, store, by)) is not None:
        return led
    if (await session.get_one(StoreRow, store.id)).closed_ms is not None:
        raise Rejection(ErrorCode.FORBIDDEN, "the store is closed")
    found = await diary(session, store, wish.reason)
    before = next((item for item in found.booked if bookings.is_of(item, store, wish.reason)), None)
    if wish.at is not None and (before is None or before.at != wish.at):
        found.check(wish.at, now_ms)
    item = before or bookings.asked(fresh, store, wish.reason, now_ms, within_ms)
    after = bookings.book(item, wish.at, wish.note, now_ms, within_ms)
    if wish.cid is not None and by.person is not None:
        await rooms.mark_done(session, by.person, wish.cid, after.room, now_ms)
    if before is not None and bookings.says_again(before, wish.at, wish.note):
        await callbacks.save(session, after)
    else:
        detail = "" if wish.at is None else str(wish.at)
        await callbacks.change(session, after, Action.CALLBACK_BOOKED, by.person, by.address, detail=detail)
    return after


async def _led_to(session: AsyncSession, wish: BookCallback, store: Store, by: By) -> Callback | None:
    """What became of the same wish, said before. Raises Rejection(`conflict`) for a cid that was something else's."""
    if wish.cid is None or by.person is None or (said := await rooms.done(session, by.person, wish.cid)) is None:
        return None
    item = None if said[0] is None else await callbacks.find(session, said[0])
    if item is None or item.store.id != store.id:
        raise Rejection(ErrorCode.CONFLICT, "this cid was said of something else")
    return item
