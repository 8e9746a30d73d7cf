"""Rooms that are over: who may see which is one SQL clause, used by the list and by every single look-up."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Select, and_, delete, exists, false, func, or_, select, true, tuple_
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from contract.ids import EquipmentId, PersonId, RoomId, StillId, room_channel
from contract.people import Role
from contract.policies import Policies
from contract.recording import RecordingSummary
from contract.rooms import MemberState, RecordingState, RoomEvent, RoomState, Still
from contract.server import ChatMessage
from signaling.auth.principal import Principal
from signaling.domain.access import Act, Scope, scope_of, somewhere
from signaling.domain.archive import REPLAYABLE, Kept
from signaling.domain.draft import SEATED
from signaling.domain.policies import ArchiveReach, archive_reach
from signaling.store import policies
from signaling.store.grants import within
from signaling.store.messages import as_message
from signaling.store.tables.messages import MessageRow
from signaling.store.tables.organisation import StoreRow
from signaling.store.tables.people import HandoverRow
from signaling.store.tables.recordings import ProgressRow, PublicationRow, RecordingRow
from signaling.store.tables.rooms import RoomEventRow, RoomMemberRow, RoomRow, StillRow

_EVENT: TypeAdapter[RoomEvent] = TypeAdapter(RoomEvent)
_HELPING = [state.value for state in (MemberState.RINGING, *SEATED)]


@dataclass(frozen=True)
class KeptStill:
    still: Still
    mime: str
    size_bytes: int


def _took_part(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(RoomMemberRow.room_id == RoomRow.id, RoomMemberRow.participated, *conditions)


def visible_to(who: Principal, rules: Policies) -> ColumnElement[bool]:
    """The rooms of which `who` may see what is kept, open or over."""
    own = _took_part(or_(RoomMemberRow.person_id == who.id, RoomMemberRow.person_id.in_(_inherited_by(who))))
    same_machine = RoomRow.equipment_id.in_(_helping_with(who)) if somewhere(Act.BE_RUNG, who.grants) else false()
    published = and_(
        RecordingRow.state.in_(REPLAYABLE),
        exists().where(PublicationRow.room_id == RoomRow.id, PublicationRow.role.in_({one.role for one in who.grants})),
    )
    return or_(own, published, same_machine, _told_by_rule(archive_reach(rules, who.grants)))


def _helping_with(who: Principal) -> Select[str | None]:
    """The machines of the open calls that ring `who` or in which they sit: whoever helps may see what was done to the
    machine before. Who declined, was too late or left does not help any more, though the call goes on."""
    call = aliased(RoomRow)
    member = func.json_each(call.body, "$.members").table_valued("value", name="member")
    helps = exists().where(
        func.json_extract(member.c.value, "$.person.id") == who.id,
        func.json_extract(member.c.value, "$.state").in_(_HELPING),
    )
    return (
        select(call.equipment_id)
        .join(RoomMemberRow, RoomMemberRow.room_id == call.id)
        .where(RoomMemberRow.person_id == who.id, call.closed_ms.is_(None), call.equipment_id.is_not(None), helps)
    )


def _inherited_by(who: Principal) -> Select[str]:
    """Those who left, and whose successor `who` is."""
    return select(HandoverRow.person_id).where(HandoverRow.successor_id == who.id)


def _told_by_rule(reach: ArchiveReach) -> ColumnElement[bool]:
    if reach.scope.chain or not reach.around:
        return in_reach(reach.scope)
    regions = select(StoreRow.region_id).where(StoreRow.id.in_(reach.around))
    around = _took_part(RoomMemberRow.store_id == StoreRow.id, StoreRow.region_id.in_(regions))
    return or_(in_reach(reach.scope), around)


def in_reach(scope: Scope) -> ColumnElement[bool]:
    """The rooms in which a store within the scope took part; all of them, if that is the chain."""
    if not scope:
        return false()
    if scope.chain:
        return true()
    return _took_part(RoomMemberRow.store_id == StoreRow.id, within(scope, StoreRow.region_id, StoreRow.id))


def _over(who: Principal, rules: Policies) -> Select[RoomRow, RecordingRow, ProgressRow]:
    """Rooms that are over and visible to `who`."""
    return (
        select(RoomRow, RecordingRow, ProgressRow)
        .join(RecordingRow, RecordingRow.room_id == RoomRow.id, isouter=True)
        .join(ProgressRow, and_(ProgressRow.room_id == RoomRow.id, ProgressRow.person_id == who.id), isouter=True)
        .where(RoomRow.closed_ms.is_not(None), visible_to(who, rules))
    )


async def find(session: AsyncSession, who: Principal, room: RoomId) -> Kept | None:
    """One room, if it is over and visible to `who`."""
    rows = (await session.execute(_over(who, await policies.current(session)).where(RoomRow.id == room))).all()
    return (await _kept(session, who, rows))[0] if rows else None


async def find_overseen(session: AsyncSession, who: Principal, room: RoomId) -> Kept | None:
    """One room, if it is over and `who` may see how well it went."""
    overseen = in_reach(scope_of(Act.SEE_QUALITY, who.grants))
    rules = await policies.current(session)
    rows = (await session.execute(_over(who, rules).where(RoomRow.id == room, overseen))).all()
    return (await _kept(session, who, rows))[0] if rows else None


async def page(
    session: AsyncSession,
    who: Principal,
    before: tuple[int, str] | None,
    limit: int,
    *,
    equipment: EquipmentId | None = None,
) -> list[Kept]:
    """Newest first; `before` is (opened_ms, room id) of the last one of the page before. With `equipment` only the
    calls about this machine."""
    visible = _over(who, await policies.current(session))
    query = visible.order_by(RoomRow.opened_ms.desc(), RoomRow.id.desc()).limit(limit)
    if before is not None:
        query = query.where(tuple_(RoomRow.opened_ms, RoomRow.id) < before)
    if equipment is not None:
        query = query.where(RoomRow.equipment_id == equipment)
    return await _kept(session, who, (await session.execute(query)).all())


async def _kept(session: AsyncSession, who: Principal, rows: Sequence[Any]) -> list[Kept]:
    ids = [room.id for room, _, _ in rows]
    published: dict[str, list[Role]] = {}
    for room_id, role in await session.execute(
        select(PublicationRow.room_id, PublicationRow.role).where(PublicationRow.room_id.in_(ids))
    ):
        published.setdefault(room_id, []).append(Role(role))
    participants: dict[str, set[PersonId]] = {}
    for room_id, person in await session.execute(
        select(RoomMemberRow.room_id, RoomMemberRow.person_id).where(
            RoomMemberRow.room_id.in_(ids), RoomMemberRow.participated
        )
    ):
        participants.setdefault(room_id, set()).add(PersonId(person))
    left = {PersonId(person) for person in await session.scalars(_inherited_by(who))}
    return [
        _one(
            room,
            recording,
            progress,
            sorted(published.get(room.id, [])),
            participants.get(room.id, set()),
            inherited=not left.isdisjoint(participants.get(room.id, set())),
        )
        for room, recording, progress in rows
    ]


def _one(
    room: RoomRow,
    recording: RecordingRow | None,
    progress: ProgressRow | None,
    published: list[Role],
    participants: set[PersonId],
    *,
    inherited: bool,
) -> Kept:
    state = RoomState.model_validate_json(room.body)
    summary = None
    if recording is not None and recording.summary is not None:
        summary = RecordingSummary.model_validate_json(recording.summary)
    if recording is not None:
        recorded = RecordingState(recording.state)
    else:
        recorded = state.recording.state if state.recording else RecordingState.OFF
    return Kept(
        state=state,
        recording=recorded,
        summary=summary,
        participants=frozenset(participants),
        inherited=inherited,
        published=published,
        progress_s=progress.position_s if progress else None,
        done=bool(progress and progress.done),
        deleted_ms=recording.deleted_ms if recording else None,
        damaged=bool(recording and recording.damaged),
    )


async def events(session: AsyncSession, room: RoomId) -> list[tuple[int, RoomEvent]]:
    """Every fact of a room with its UTC ms, in order."""
    query = select(RoomEventRow.at_ms, RoomEventRow.body).where(RoomEventRow.room_id == room).order_by(RoomEventRow.ver)
    return [(at_ms, _EVENT.validate_json(body)) for at_ms, body in await session.execute(query)]


async def messages(session: AsyncSession, room: RoomId) -> list[ChatMessage]:
    """The whole chat of a room, in order."""
    channel = room_channel(room)
    query = select(MessageRow).where(MessageRow.channel_id == channel).order_by(MessageRow.seq)
    return [as_message(row) for row in await session.scalars(query)]


async def still(session: AsyncSession, who: Principal, room: RoomId, still_id: StillId) -> KeptStill | None:
    """A photo of a room that `who` takes part in, or may see in the archive."""
    query = (
        select(StillRow)
        .join(RoomRow, RoomRow.id == StillRow.room_id)
        .join(RecordingRow, RecordingRow.room_id == RoomRow.id, isouter=True)
        .where(StillRow.id == still_id, StillRow.room_id == room, visible_to(who, await policies.current(session)))
        .where(or_(RoomRow.closed_ms.is_not(None), _took_part(RoomMemberRow.person_id == who.id)))
    )
    row = (await session.scalars(query)).one_or_none()
    if row is None:
        return None
    return KeptStill(Still.model_validate_json(row.body), row.mime, row.size_bytes)


async def publish(session: AsyncSession, room: RoomId, roles: Sequence[Role], by: PersonId, at_ms: int) -> None:
    """From now on exactly these roles may replay it."""
    await session.execute(
        delete(PublicationRow).where(PublicationRow.room_id == room, PublicationRow.role.not_in(roles))
    )
    for role in roles:
        row = {"room_id": room, "role": role, "by_id": by, "at_ms": at_ms}
        await session.execute(upsert(PublicationRow).values(**row).on_conflict_do_nothing())


async def set_progress(
    session: AsyncSession, room: RoomId, person: PersonId, position_s: float, *, done: bool, at_ms: int
) -> None:
    """How far `person` has watched; once done it stays done."""
    row = {"room_id": room, "person_id": person, "position_s": position_s, "done": done, "at_ms": at_ms}
    statement = upsert(ProgressRow).values(**row)
    changed = {
        "position_s": statement.excluded.position_s,
        "done": or_(ProgressRow.done, statement.excluded.done),
        "at_ms": statement.excluded.at_ms,
    }
    await session.execute(statement.on_conflict_do_update(index_elements=["person_id", "room_id"], set_=changed))
