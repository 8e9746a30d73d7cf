"""Writes the audit: who did what to whom, when. Rows are only ever added, each chained to the one before."""

from collections.abc import Iterable

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import Action
from contract.ids import PersonId
from contract.rooms import MemberChanged, RoomClosed, RoomEvent, RoomKind, RoomState, StillRequested
from runtime import clock, ids
from signaling.domain.audit_chain import Head, Row, follow
from signaling.store.tables import AuditHeadRow, AuditRow, Base

_HEAD = select(AuditHeadRow.seq, AuditHeadRow.hash)
_ADD = insert(Base.metadata.tables[AuditRow.__tablename__])
_MOVE = update(Base.metadata.tables[AuditHeadRow.__tablename__])


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

    Only in a write transaction, of which there is one at a time, among processes too: so rows follow each other.
    """
    row = follow(
        await head(session),
        Row(
            seq=0,
            id=ids.uuid7(),
            at_ms=clock.wall_ms() if at_ms is None else at_ms,
            person=person,
            action=action,
            object=object_id,
            address=address[:64],
            detail=detail[:200],
        ),
    )
    await session.execute(_ADD, columns_of(row))
    await session.execute(_MOVE, {"seq": row.seq, "hash": row.hash})


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
        "prev": row.prev,
        "hash": row.hash,
    }


async def record_opened(session: AsyncSession, opened: RoomState) -> None:
    """A call or session begins; whoever is in it from the start opened it."""
    action = Action.CALL_STARTED if opened.kind is RoomKind.CALL else Action.SESSION_OPENED
    for member in opened.members:
        if member.joined_at is not None:
            await record(session, action, member.person.id, object_id=opened.id, at_ms=opened.opened_at)


async def record_events(session: AsyncSession, room: RoomState, events: Iterable[RoomEvent], at_ms: int) -> None:
    """What happened at `at_ms` in a room, as far as it concerns who was there and who saw what."""
    rows: dict[tuple[Action, PersonId | None], str] = {}
    for event in events:
        match event:
            case MemberChanged(member=member) if member.joined_at == at_ms:
                rows[Action.ROOM_JOINED, member.person.id] = ""
            case MemberChanged(member=member) if member.left_at == at_ms:
                rows[Action.ROOM_LEFT, member.person.id] = ""
            case StillRequested(by=by):
                rows[Action.STILL_ASKED, by] = ""
            case RoomClosed(end=end):
                rows[Action.ROOM_CLOSED, None] = end
            case _:
                pass
    for (action, person), detail in rows.items():
        await record(session, action, person, object_id=room.id, detail=detail, at_ms=at_ms)
