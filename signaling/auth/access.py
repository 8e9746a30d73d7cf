"""The only way to an object: every function returns it, or raises as if it did not exist.

Who may not see something gets `not_found`, the same as for something that is not there: ids of other stores cannot
be told from random ones. `forbidden` is only for what everybody knows to exist: an action of another role, or on
something that the person sees.
"""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from contract.callbacks import Callback
from contract.errors import ErrorCode, Rejection
from contract.ids import EquipmentId, PersonId, RegionId, RoomId, StillId, StoreId
from contract.people import Role
from contract.recording import Part, RecordingSummary
from contract.rooms import RoomState
from signaling.auth.principal import Principal
from signaling.domain.access import CHAIN, Act, Place, may
from signaling.domain.archive import Kept, may_publish
from signaling.domain.callbacks import may_see
from signaling.domain.draft import concerns
from signaling.store import archive, callbacks, equipment
from signaling.store.tables.devices import DeviceRow
from signaling.store.tables.organisation import RegionRow, StoreRow
from signaling.store.tables.people import PersonRow


class Live(Protocol):
    """A room in memory."""

    @property
    def state(self) -> RoomState: ...


L = TypeVar("L", bound=Live)
R = TypeVar("R", PersonRow, DeviceRow, StoreRow, RegionRow)


def access_room(who: Principal, room: L | None) -> L:
    """A live room that concerns `who`. Raises Rejection(`not_found`). What they may do in it, the domain decides."""
    if room is None or not concerns(room.state, who.id):
        raise Rejection(ErrorCode.NOT_FOUND)
    return room


async def access_callback(session: AsyncSession, who: Principal, room: RoomId) -> Callback:
    """A callback that `who` may see. Raises Rejection(`not_found`)."""
    item = await callbacks.find(session, room)
    if item is None or not may_see(who, item):
        raise Rejection(ErrorCode.NOT_FOUND)
    return item


async def access_archive(session: AsyncSession, who: Principal, room: RoomId) -> Kept:
    """A room that is over. Raises Rejection(`not_found`)."""
    kept = await archive.find(session, who, room)
    if kept is None:
        raise Rejection(ErrorCode.NOT_FOUND)
    return kept


async def access_quality(session: AsyncSession, who: Principal, room: RoomId) -> Kept:
    """A room that is over and for which `who` answers. Raises Rejection(`not_found`), also to who may only replay."""
    kept = await archive.find_overseen(session, who, room)
    if kept is None:
        raise Rejection(ErrorCode.NOT_FOUND)
    return kept


async def access_publish(session: AsyncSession, who: Principal, room: RoomId) -> Kept:
    """A recording that `who` may show to others. Raises Rejection(`not_found` or `forbidden`)."""
    kept = await access_archive(session, who, room)
    if not may_publish(who, kept):
        raise Rejection(ErrorCode.FORBIDDEN, "only who led it, or an administrator, and once it is safe")
    return kept


async def access_recording_file(
    session: AsyncSession, who: Principal, room: RoomId, file: str
) -> tuple[RecordingSummary, Part]:
    """A file of a recording, by a name that its summary has. Raises Rejection(`not_found`)."""
    kept = await access_archive(session, who, room)
    if kept.summary is not None and kept.replayable:
        for part in kept.summary.parts:
            if part.file == file:
                return kept.summary, part
    raise Rejection(ErrorCode.NOT_FOUND)


async def access_still(session: AsyncSession, who: Principal, room: RoomId, still: StillId) -> archive.KeptStill:
    """A photo of a room in which `who` takes part, or that `who` may replay. Raises Rejection(`not_found`)."""
    found = await archive.still(session, who, room, still)
    if found is None:
        raise Rejection(ErrorCode.NOT_FOUND)
    return found


async def access_person(session: AsyncSession, who: Principal, person: PersonId, *, erased: bool = False) -> PersonRow:
    """Somebody, or a tablet, whom `who` may change; a visitor is nobody's to change, nor is who was deleted, but where
    `erased` is asked for. Raises Rejection(`not_found`)."""
    row = await session.get(PersonRow, person)
    if row is not None and (row.role == Role.VISITOR or (row.erased_ms is not None and not erased)):
        raise Rejection(ErrorCode.NOT_FOUND)
    at = await _place(session, row.store_id if row is not None and row.role == Role.STORE else None)
    return _reached(Act.CHANGE_PEOPLE, who, row, at)


async def access_device(session: AsyncSession, who: Principal, device: PersonId) -> DeviceRow:
    """A device that `who` may take back. Raises Rejection(`not_found`)."""
    row = await session.get(DeviceRow, device)
    return _reached(Act.CHANGE_STORES, who, row, await _place(session, row.store_id if row is not None else None))


async def access_tablet(session: AsyncSession, who: Principal, tablet: PersonId) -> PersonRow:
    """A tablet whose self-tests `who` may see. Raises Rejection(`not_found`)."""
    row = await session.get(PersonRow, tablet)
    if row is not None and (row.role != Role.STORE or row.disabled_ms is not None):
        row = None
    return _reached(Act.SEE_SELF_TESTS, who, row, await _place(session, row.store_id if row is not None else None))


async def access_store(session: AsyncSession, who: Principal, store: StoreId) -> StoreRow:
    """A store that `who` may change. Raises Rejection(`not_found`)."""
    return _reached(Act.CHANGE_STORES, who, await session.get(StoreRow, store), await _place(session, store))


async def access_equipment(session: AsyncSession, who: Principal, wanted: EquipmentId, act: Act) -> equipment.Found:
    """A machine with the store it stands in, on which `who` may do `act`. Raises Rejection(`not_found`)."""
    return _equipped(await equipment.find(session, wanted), who, act)


async def access_each_equipment(
    session: AsyncSession, who: Principal, wanted: Sequence[EquipmentId]
) -> list[equipment.Found]:
    """These machines in this order, if `who` may see every one. Raises Rejection(`not_found`)."""
    found = {row[0].id: row for row in await equipment.find_each(session, wanted)}
    return [_equipped(found.get(one), who, Act.SEE_EQUIPMENT) for one in wanted]


async def access_sticker(session: AsyncSession, who: Principal, code: str | None) -> equipment.Found:
    """The same by the code on its sticker, to see it. Raises Rejection(`not_found`)."""
    return _equipped(await equipment.by_code(session, code) if code is not None else None, who, Act.SEE_EQUIPMENT)


async def access_equipped_store(session: AsyncSession, who: Principal, store: StoreId) -> StoreRow:
    """A store whose machines `who` may change. Raises Rejection(`not_found`)."""
    return _reached(Act.CHANGE_EQUIPMENT, who, await session.get(StoreRow, store), await _place(session, store))


def _equipped(found: equipment.Found | None, who: Principal, act: Act) -> equipment.Found:
    if found is not None and may(act, who.grants, Place(RegionId(found[1].region_id), StoreId(found[1].id))):
        return found
    raise Rejection(ErrorCode.NOT_FOUND)


async def access_pins(session: AsyncSession, who: Principal, store: StoreId) -> StoreRow:
    """A store for whose people `who` may make PINs. Raises Rejection(`not_found`)."""
    return _reached(Act.GIVE_PIN, who, await session.get(StoreRow, store), await _place(session, store))


async def access_region(session: AsyncSession, who: Principal, region: RegionId) -> RegionRow:
    """A region that `who` may rename, or put a store into. Raises Rejection(`not_found`)."""
    return _reached(Act.CHANGE_STORES, who, await session.get(RegionRow, region), Place(region=region))


async def _place(session: AsyncSession, store: str | None) -> Place:
    """Where a store lies now; what belongs to none lies in the chain."""
    row = await session.get(StoreRow, store) if store is not None else None
    return Place(RegionId(row.region_id), StoreId(row.id)) if row is not None else CHAIN


def _reached(act: Act, who: Principal, row: R | None, at: Place) -> R:
    if row is None or not may(act, who.grants, at):
        raise Rejection(ErrorCode.NOT_FOUND)
    return row
