"""What became of each ring, and how reliably devices ring, in the database."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, case, delete, false, func, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncSession

from contract.ids import PersonId, RegionId, RoomId
from contract.organisation import Region
from contract.people import Name, Person
from contract.ringrates import MissedCall, RingRate
from contract.rings import CallRing, Ring, RingEnd, RingWay
from contract.rooms import MemberState, RoomState
from signaling.domain.access import Scope
from signaling.domain.draft import find
from signaling.domain.outgoing import by_store
from signaling.store import people
from signaling.store.grants import within
from signaling.store.tables.base import table
from signaling.store.tables.calls import RingRow
from signaling.store.tables.devices import DeviceRow
from signaling.store.tables.organisation import RegionRow, StoreRow
from signaling.store.tables.rooms import RoomMemberRow, RoomRow

_KEEP = insert(table(RingRow)).on_conflict_do_nothing()
MISSED_LOOKED_AT = 50
"""Calls of a store, or of somebody, that are looked through for missed ones: more are not made in a day."""


async def keep(session: AsyncSession, found: Sequence[tuple[RoomId, Ring]]) -> None:
    """Add them."""
    made = [
        {
            "room_id": room,
            "person_id": ring.person,
            "device": ring.device,
            "way": ring.way.value,
            "sent_ms": ring.sent_at,
            "shown_ms": ring.shown_at,
            "hidden": ring.hidden,
            "silent": ring.silent,
            "end": ring.end.value,
        }
        for room, ring in found
    ]
    await session.execute(_KEEP, made)


async def of_call(session: AsyncSession, room: RoomId) -> list[CallRing]:
    """The rings of one call, in the order in which they began."""
    rows = list(
        await session.scalars(
            select(RingRow).where(RingRow.room_id == room).order_by(RingRow.sent_ms, RingRow.person_id, RingRow.device)
        )
    )
    known = await _people(session, [row.person_id for row in rows])
    names = await _device_names(session, list(known))
    return [
        CallRing(
            who=known[PersonId(row.person_id)],
            name=names.get(row.person_id),
            ring=Ring(
                person=PersonId(row.person_id),
                device=row.device,
                way=RingWay(row.way),
                sent_at=row.sent_ms,
                shown_at=row.shown_ms,
                hidden=row.hidden,
                silent=row.silent,
                end=RingEnd(row.end),
            ),
        )
        for row in rows
        if row.person_id in known
    ]


async def rates(
    session: AsyncSession, scope: Scope, since_ms: int, region: RegionId | None, limit: int
) -> tuple[list[RingRate], int]:
    """Devices rung since then by calls of stores in reach, the least reliable first, and how many more there are."""
    wanted = and_(RingRow.sent_ms >= since_ms, _in_reach(scope, region))
    in_time = and_(RingRow.shown_ms.is_not(None), RingRow.end != RingEnd.LATE)
    took = RingRow.shown_ms - RingRow.sent_ms
    pair = (RingRow.person_id, RingRow.device)
    ordered = (
        select(
            *pair,
            took.label("took"),
            func.row_number().over(partition_by=pair, order_by=took).label("place"),
            func.count().over(partition_by=pair).label("among"),
        )
        .join(RoomRow, RoomRow.id == RingRow.room_id)
        .join(StoreRow, StoreRow.id == RoomRow.store_id)
        .where(wanted, in_time)
        .subquery()
    )
    middle = select(ordered).where(ordered.c.place == (ordered.c.among + 1) // 2).subquery()
    shown = _count(in_time)
    query = (
        select(
            *pair,
            func.count(),
            _count(RingRow.way == RingWay.PUSH),
            shown,
            _count(RingRow.hidden.is_(True)),
            _count(RingRow.silent.is_(True)),
            _count(RingRow.end == RingEnd.LATE),
            _count(RingRow.end == RingEnd.NOT_REACHED),
            _count(RingRow.end == RingEnd.ANSWERED),
            func.max(middle.c.took),
            func.max(RingRow.shown_ms),
        )
        .join(RoomRow, RoomRow.id == RingRow.room_id)
        .join(StoreRow, StoreRow.id == RoomRow.store_id)
        .join(middle, and_(middle.c.person_id == RingRow.person_id, middle.c.device == RingRow.device), isouter=True)
        .where(wanted)
        .group_by(*pair)
        .order_by(shown * 1.0 / func.count(), func.count().desc(), *pair)
    )
    found = (await session.execute(query)).all()
    left_out = max(0, len(found) - limit)
    found = found[:limit]
    known = await _people(session, [row[0] for row in found])
    names = await _device_names(session, list(known))
    lines = [
        RingRate(
            who=known[PersonId(person)],
            device=device,
            name=names.get(person),
            sent=sent,
            pushed=pushed,
            shown=shown_times,
            hidden=hidden,
            silent=silent,
            late=late,
            not_reached=not_reached,
            answered=answered,
            shown_ms=shown_ms,
            shown_at=shown_at,
        )
        for (
            person,
            device,
            sent,
            pushed,
            shown_times,
            hidden,
            silent,
            late,
            not_reached,
            answered,
            shown_ms,
            shown_at,
        ) in found
        if person in known
    ]
    return lines, left_out


async def regions(session: AsyncSession, scope: Scope) -> list[Region]:
    """Those in which a store in reach lies, by id."""
    query = (
        select(RegionRow)
        .where(RegionRow.id.in_(select(StoreRow.region_id).where(within(scope, StoreRow.region_id, StoreRow.id))))
        .order_by(RegionRow.id)
    )
    return [
        Region(id=RegionId(row.id), name=Name(zh=row.name_zh, en=row.name_en)) for row in await session.scalars(query)
    ]


async def forget(session: AsyncSession, before_ms: int) -> None:
    """Take away what is older."""
    await session.execute(delete(RingRow).where(RingRow.sent_ms < before_ms))


async def missed_by(session: AsyncSession, person: PersonId, since_ms: int) -> list[MissedCall]:
    """Calls of colleagues to `person` by name since then that they did not answer, newest first; an answered one
    between the two makes up for all before it."""
    query = (
        select(RoomRow.body)
        .join(RoomMemberRow, RoomMemberRow.room_id == RoomRow.id)
        .where(RoomMemberRow.person_id == person, RoomRow.store_id.is_(None), RoomRow.closed_ms >= since_ms)
        .order_by(RoomRow.closed_ms.desc())
        .limit(MISSED_LOOKED_AT)
    )
    found: list[MissedCall] = []
    spoken: set[PersonId] = set()
    for body in await session.scalars(query):
        state = RoomState.model_validate_json(body)
        call = state.call
        if call is None:
            continue
        me = find(state, person)
        if call.answered_by is not None:
            if me is not None and me.joined_at is not None:  # not if it only rang
                spoken |= {member.person.id for member in state.members if member.joined_at is not None}
            continue
        by_name = call.steps[0].person
        if by_name is None or by_name.id != person or me is None or me.state is not MemberState.MISSED:
            continue
        caller = find(state, call.caller)
        if caller is not None and call.caller not in spoken:
            found.append(MissedCall(by=caller.person, at=call.timings.tap))
    return found


async def missed(session: AsyncSession, store: str, since_ms: int) -> list[MissedCall]:
    """Calls of headquarters since then that nobody answered, newest first, up to the last call that was answered."""
    query = (
        select(RoomRow.body)
        .where(RoomRow.store_id == store, RoomRow.closed_ms >= since_ms)
        .order_by(RoomRow.closed_ms.desc())
        .limit(MISSED_LOOKED_AT)
    )
    found: list[MissedCall] = []
    for body in await session.scalars(query):
        state = RoomState.model_validate_json(body)
        call = state.call
        if call is None:
            continue
        if call.answered_by is not None:
            break  # they have spoken since
        if not by_store(state):
            caller = next(one.person for one in state.members if one.person.id == call.caller)
            found.append(MissedCall(by=caller, at=call.timings.tap))
    return found


def _in_reach(scope: Scope, region: RegionId | None) -> ColumnElement[bool]:
    reach = within(scope, StoreRow.region_id, StoreRow.id) if scope else false()
    return reach if region is None else and_(reach, StoreRow.region_id == region)


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


async def _people(session: AsyncSession, ids: Sequence[str]) -> dict[PersonId, Person]:
    return {one.id: one for one in await people.those(session, set(ids))}


async def _device_names(session: AsyncSession, ids: Sequence[str]) -> dict[str, str]:
    query = select(DeviceRow.person_id, DeviceRow.name).where(DeviceRow.person_id.in_(ids))
    return {row.person_id: row.name for row in await session.execute(query)}
