"""Writes the audit: who did what to whom, when. Rows are only ever added, each chained to the one before."""

from collections.abc import Iterable
from typing import cast
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, CursorResult, Engine, bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import Action
from contract.ids import PersonId
from contract.people import Person
from contract.rooms import (
    CallChanged,
    MemberChanged,
    MemberState,
    RoomClosed,
    RoomEvent,
    RoomKind,
    RoomState,
    StillRequested,
    VisitorMoved,
    VisitStep,
)
from runtime import clock, ids
from signaling.domain.audit_chain import Head, Row, follow
from signaling.store.tables.audit import AuditHeadRow, AuditRow
from signaling.store.tables.base import table
from signaling.store.tables.devices import TakeOverRow

_OPERATOR = select(TakeOverRow.person_id).where(TakeOverRow.device_id == bindparam("device"))
_HEAD = select(AuditHeadRow.seq, AuditHeadRow.hash)
_ADD = insert(table(AuditRow))
_kept = table(AuditHeadRow)
_MOVE = update(_kept).where(_kept.c.seq == bindparam("from_seq"), _kept.c.hash == bindparam("from_hash"))

IN_VAIN = frozenset({MemberState.DECLINED, MemberState.MISSED})

VISITOR_STEPS = {
    VisitStep.KNOCKED: Action.VISITOR_WAITS,
    VisitStep.ADMITTED: Action.VISITOR_ADMITTED,
    VisitStep.REFUSED: Action.VISITOR_REFUSED,
    VisitStep.REMOVED: Action.VISITOR_REMOVED,
    VisitStep.LEFT: Action.VISITOR_LEFT,
    VisitStep.GONE: Action.VISITOR_LEFT,
}

NOT_THEIRS = frozenset({Action.SIGNED_IN, Action.SIGN_IN_FAILED, Action.PIN_WRONG, Action.PIN_LOCKED})
"""What is done in a tablet's name by whoever it may be: by another browser under its password, or by somebody who types
PINs at it. Whoever has it now has nothing to do with that."""

_last: WeakKeyDictionary[Engine | Connection, Head] = WeakKeyDictionary()
"""Where the chain ended when something was last written here; a guess, see `_append`. A ringing call waits for this
commit, so there is no reading in it."""


async def record(
    session: AsyncSession,
    action: Action,
    person: PersonId | None,
    *,
    object_id: str | None = None,
    address: str = "",
    detail: str = "",
    at_ms: int | None = None,
) -> None:
    """Add a row, of now unless `at_ms` is given. `detail` holds codes and counts, never content or names.

    What a tablet does that somebody has taken over is theirs too, but for `NOT_THEIRS`.
    """
    at_ms = clock.wall_ms() if at_ms is None else at_ms
    operator = None
    if action not in NOT_THEIRS:
        operator = await session.scalar(_OPERATOR, {"device": person})
    await _append(session, [_row(action, person, object_id, at_ms, address=address, detail=detail, operator=operator)])


async def record_each(
    session: AsyncSession,
    action: Action,
    person: PersonId | None,
    objects: Iterable[tuple[str, str]],
    *,
    address: str = "",
) -> None:
    """The same act on many objects, each with its detail: one statement for all."""
    at_ms = clock.wall_ms()
    rows = [_row(action, person, object_id, at_ms, address=address, detail=detail) for object_id, detail in objects]
    await _append(session, rows)


def _row(
    action: Action,
    person: PersonId | None,
    object_id: str | None,
    at_ms: int,
    *,
    address: str = "",
    detail: str = "",
    operator: str | None = None,
) -> Row:
    """Not yet in its place."""
    return Row(
        seq=0,
        id=ids.uuid7(),
        at_ms=at_ms,
        person=person,
        action=action,
        object=object_id,
        address=address[:64],
        detail=detail[:200],
        operator=operator,
    )


async def _append(session: AsyncSession, rows: list[Row]) -> None:
    """Add `rows` in their order, by two statements.

    Only in a write transaction, of which there is one at a time, among processes too: so rows follow each other. The
    head is moved from where it is thought to be. If it is not there, because another process wrote or because what
    was written here last was undone, it is read.
    """
    if not rows:
        return
    engine = session.get_bind()
    guess = _last.get(engine)
    chained = _follow(guess, rows) if guess is not None else []
    if guess is None or not await _move(session, guess, chained[-1]):
        there = await head(session)
        chained = _follow(there, rows)
        moved = await _move(session, there, chained[-1])
        assert moved, "nobody else writes in this transaction"
    await session.execute(_ADD, [columns_of(row) for row in chained])
    _last[engine] = Head(chained[-1].seq, chained[-1].hash)


def _follow(head: Head, rows: list[Row]) -> list[Row]:
    chained = []
    for row in rows:
        chained.append(follow(head, row))
        head = Head(chained[-1].seq, chained[-1].hash)
    return chained


async def _move(session: AsyncSession, head: Head, last: Row) -> bool:
    """Whether the chain ended at `head`; it now ends at `last`."""
    values = {"from_seq": head.seq, "from_hash": head.hash, "seq": last.seq, "hash": last.hash}
    done = cast("CursorResult[tuple[()]]", await session.execute(_MOVE, values))
    return done.rowcount == 1


async def head(session: AsyncSession) -> Head:
    """Where the chain ends."""
    seq, digest = (await session.execute(_HEAD)).one()
    return Head(seq, digest)


def columns_of(row: Row) -> dict[str, object]:
    """The columns of the table; the person's is called otherwise."""
    return {
        "seq": row.seq,
        "id": row.id,
        "at_ms": row.at_ms,
        "person_id": row.person,
        "action": row.action,
        "object": row.object,
        "address": row.address,
        "detail": row.detail,
        "operator_id": row.operator,
        "prev": row.prev,
        "hash": row.hash,
    }


async def record_opened(session: AsyncSession, opened: RoomState) -> None:
    """A call or session begins; whoever is in it from the start opened it."""
    action = Action.CALL_STARTED if opened.kind is RoomKind.CALL else Action.SESSION_OPENED
    present = [member.person for member in opened.members if member.joined_at is not None]
    rows = [_row(action, one.id, opened.id, opened.opened_at, operator=_operator(one)) for one in present]
    await _append(session, rows)


async def record_events(session: AsyncSession, room: RoomState, events: Iterable[RoomEvent], at_ms: int) -> None:
    """What happened at `at_ms` in a room, as far as it concerns who was there and who saw what."""
    rows: dict[tuple[Action, PersonId | None], str] = {}
    for event in events:
        match event:
            case MemberChanged(member=member) if member.joined_at == at_ms:
                rows[Action.ROOM_JOINED, member.person.id] = ""
            case MemberChanged(member=member) if member.left_at == at_ms:
                rows[Action.ROOM_LEFT, member.person.id] = ""
            case MemberChanged(member=member) if member.asked is not None and member.state is MemberState.RINGING:
                how = "instead" if member.asked.instead else "join"
                rows[Action.ASKED_IN, member.asked.by] = f"{how}@{member.person.id}"
            case MemberChanged(member=member) if member.asked is not None and member.state in IN_VAIN:
                rows[Action.ASKED_IN_VAIN, member.person.id] = member.state
            case VisitorMoved(knock=knock, step=step, by=by):
                visitor = knock.person.id
                rows[VISITOR_STEPS[step], by or visitor] = f"visitor={visitor}" if by is not None else step
            case StillRequested(by=by):
                rows[Action.STILL_ASKED, by] = ""
            case CallChanged(call=call) if call.urgent_at == at_ms:
                rows[Action.CALL_URGENT, call.caller] = ""
            case CallChanged(call=call) if call.hold is not None and call.hold.since == at_ms:
                rows[Action.CALL_HELD, call.hold.by] = ""
            case CallChanged(call=call) if call.holds and call.holds[-1].until == at_ms:
                rows[Action.CALL_RESUMED, call.holds[-1].ended_by] = ""
            case RoomClosed(end=end):
                rows[Action.ROOM_CLOSED, None] = end
            case _:
                pass
    operators = {member.person.id: _operator(member.person) for member in room.members}
    done = [
        _row(action, person, room.id, at_ms, detail=detail, operator=operators.get(person) if person else None)
        for (action, person), detail in rows.items()
    ]
    await _append(session, done)


def _operator(person: Person) -> PersonId | None:
    """Who has taken over this tablet, as its room knows."""
    return person.operator.id if person.operator is not None else None
