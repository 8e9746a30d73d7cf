"""Rooms, their events and members, and which commands were carried out.

`save` is the one way a room changes: state, events, index and idempotency key in one work of the write transaction.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import bindparam, delete, or_, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncSession

from contract.ids import ClientMessageId, PersonId, RoomId, room_channel
from contract.recording import RecordingSummary
from contract.rooms import (
    Member,
    MemberChanged,
    RecordingChanged,
    RecordingState,
    RoomClosed,
    RoomEvent,
    RoomKind,
    RoomState,
    Still,
)
from signaling.domain import draft
from signaling.domain.access import at_store, visits
from signaling.store import audit, timings
from signaling.store.tables.base import table
from signaling.store.tables.messages import ChannelRow
from signaling.store.tables.recordings import RecordingRow
from signaling.store.tables.rooms import DoneCommandRow, RoomEventRow, RoomMemberRow, RoomRow, StillRow

_room = table(RoomRow)
_OPEN = insert(_room)
_OPEN_CHANNEL = insert(table(ChannelRow))
_CHANGE = update(_room).where(_room.c.id == bindparam("room"))
_EVENTS = insert(table(RoomEventRow))
_member = table(RoomMemberRow)
_new_members = insert(_member)
_MEMBERS = _new_members.on_conflict_do_update(
    index_elements=["room_id", "person_id"],
    set_={"participated": or_(_member.c.participated, _new_members.excluded.participated)},
)
_new_recording = insert(table(RecordingRow))
_RECORDING = _new_recording.on_conflict_do_update(
    index_elements=["id"], set_={name: _new_recording.excluded[name] for name in ("state", "stopped_ms", "safe_ms")}
)
_command = table(DoneCommandRow)
_MARK_DONE = insert(_command).on_conflict_do_nothing().returning(_command.c.cid)
_DONE = select(_command.c.room_id).where(
    _command.c.person_id == bindparam("person"), _command.c.cid == bindparam("cid")
)

UNFINISHED = (RecordingState.RECORDING.value, RecordingState.PAUSED.value, RecordingState.SAVING.value)


class AlreadyDone(Exception):
    """A command with this cid was carried out before, and led to `room`; nothing of this work is kept."""

    def __init__(self, room: RoomId | None) -> None:
        super().__init__("already done")
        self.room = room


async def create(session: AsyncSession, opened: RoomState) -> None:
    """A room begins with this snapshot; `save` then brings its first events."""
    await session.execute(
        _OPEN,
        {
            "id": opened.id,
            "ver": opened.ver,
            "kind": opened.kind.value,
            "opened_ms": opened.opened_at,
            "closed_ms": None,
            "store_id": opened.call.store.id if opened.call and opened.call.store else None,
            "equipment_id": opened.call.equipment.id if opened.call and opened.call.equipment else None,
            "recording_id": None,
            "recording_state": RecordingState.OFF.value,
            "body": opened.model_dump_json(),
        },
    )
    await session.execute(_OPEN_CHANNEL, {"id": room_channel(opened.id), "head": 0})
    await _index(session, opened.id, opened.members)
    await audit.record_opened(session, opened)


async def save(session: AsyncSession, state: RoomState, events: Sequence[RoomEvent], now_ms: int) -> None:
    """`events` led to `state`; the last of them made its `ver`."""
    recording = state.recording
    await session.execute(
        _CHANGE,
        {
            "room": state.id,
            "ver": state.ver,
            "closed_ms": state.closed_at,
            "recording_id": recording.id if recording else None,
            "recording_state": (recording.state if recording else RecordingState.OFF).value,
            "body": state.model_dump_json(),
        },
    )
    if not events:
        return
    first = state.ver - len(events) + 1
    await session.execute(
        _EVENTS,
        [
            {"room_id": state.id, "ver": first + i, "at_ms": now_ms, "body": event.model_dump_json()}
            for i, event in enumerate(events)
        ],
    )
    await _index(session, state.id, [event.member for event in events if isinstance(event, MemberChanged)])
    await audit.record_events(session, state, events, now_ms)
    if any(isinstance(event, RecordingChanged | RoomClosed) for event in events):
        await _recording(session, state, now_ms)
    if any(isinstance(event, RoomClosed) for event in events):
        await timings.keep(session, state)


async def _index(session: AsyncSession, room: RoomId, members: Iterable[Member]) -> None:
    rows = {
        member.person.id: {
            "room_id": room,
            "person_id": member.person.id,
            "store_id": member.person.store.id if member.person.store and at_store(member.person) else None,
            "participated": member.joined_at is not None,
        }
        for member in members
        if member.guest is None and not visits(member.person)  # no account that could ask for what is kept
    }
    if rows:
        await session.execute(_MEMBERS, list(rows.values()))


async def _recording(session: AsyncSession, state: RoomState, now_ms: int) -> None:
    recording = state.recording
    if recording is None:
        return
    over = recording.state.value not in UNFINISHED
    await session.execute(
        _RECORDING,
        {
            "id": recording.id,
            "room_id": state.id,
            "state": recording.state.value,
            "stopped_ms": state.closed_at,
            "safe_ms": now_ms if over else None,
        },
    )


async def keep_summary(session: AsyncSession, summary: RecordingSummary) -> None:
    """What the recorder says of a recording that is over; after `save` in the same work."""
    await session.execute(
        update(RecordingRow).where(RecordingRow.id == summary.id).values(summary=summary.model_dump_json())
    )


async def keep_still(session: AsyncSession, room: RoomId, still: Still, size_bytes: int, sha256: str) -> None:
    """A photo's facts, in the same work as the event that tells it."""
    await session.execute(
        insert(StillRow).values(
            id=still.id,
            room_id=room,
            mime="image/jpeg",
            size_bytes=size_bytes,
            sha256=sha256,
            body=still.model_dump_json(),
        )
    )


async def unfinished(session: AsyncSession) -> list[RoomState]:
    """Rooms that are open, or whose recording is."""
    query = select(RoomRow.body).where(or_(RoomRow.closed_ms.is_(None), RoomRow.recording_state.in_(UNFINISHED)))
    return [RoomState.model_validate_json(body) for body in await session.scalars(query)]


async def answered_since(session: AsyncSession, since_ms: int) -> list[RoomState]:
    """The answered calls that are over and were opened then or later, oldest first."""
    query = select(RoomRow.body).where(
        RoomRow.opened_ms >= since_ms, RoomRow.closed_ms.is_not(None), RoomRow.kind == RoomKind.CALL.value
    )
    states = [RoomState.model_validate_json(body) for body in await session.scalars(query.order_by(RoomRow.opened_ms))]
    return [state for state in states if state.call is not None and state.call.answered_by is not None]


async def find(session: AsyncSession, room: RoomId) -> RoomState | None:
    """The last state of a room, open or not."""
    body = await session.scalar(select(RoomRow.body).where(RoomRow.id == room))
    return RoomState.model_validate_json(body) if body is not None else None


async def seated(session: AsyncSession, person: PersonId) -> bool:
    """Whether `person` holds a seat in an open room: exactly, in a write transaction, where no room opens meanwhile."""
    query = (
        select(RoomRow.body)
        .join(RoomMemberRow, RoomMemberRow.room_id == RoomRow.id)
        .where(RoomMemberRow.person_id == person, RoomRow.closed_ms.is_(None))
    )
    members = [draft.find(RoomState.model_validate_json(body), person) for body in await session.scalars(query)]
    return any(member is not None and member.state in draft.SEATED for member in members)


async def participated(session: AsyncSession, person: PersonId, rooms: Iterable[RoomId]) -> set[RoomId]:
    """Those of `rooms` where `person` had a seat."""
    query = select(RoomMemberRow.room_id).where(
        RoomMemberRow.person_id == person, RoomMemberRow.participated, RoomMemberRow.room_id.in_(list(rooms))
    )
    return {RoomId(room) for room in await session.scalars(query)}


async def mark_done(
    session: AsyncSession, person: PersonId, cid: ClientMessageId, room: RoomId | None, now_ms: int
) -> None:
    """The command with this cid is carried out, first in the same work as what it changes. Raises AlreadyDone."""
    marked = await session.execute(_MARK_DONE, {"person_id": person, "cid": cid, "room_id": room, "at_ms": now_ms})
    if marked.first() is None and (before := await done(session, person, cid)) is not None:
        raise AlreadyDone(before[0])


async def forget_done(session: AsyncSession, before_ms: int) -> None:
    """Sweep the cids of commands that nobody repeats any more."""
    await session.execute(delete(DoneCommandRow).where(DoneCommandRow.at_ms < before_ms))


async def done(session: AsyncSession, person: PersonId, cid: ClientMessageId) -> tuple[RoomId | None] | None:
    """The room of a command that was carried out before, in a tuple; None if it was not."""
    row = (await session.execute(_DONE, {"person": person, "cid": cid})).first()
    if row is None:
        return None
    return (RoomId(row[0]) if row[0] is not None else None,)
