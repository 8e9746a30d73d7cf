"""Deletes somebody in the database: what is theirs alone goes, what others remember of them keeps only the id.

Every function runs in the caller's write transaction.
"""

import json
from collections.abc import Sequence

from sqlalchemy import ColumnElement, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from contract.ids import PersonId, RoomId, room_channel
from contract.people import Name, Role
from signaling.domain.erasure import DELETED, Standing, without
from signaling.store import identities
from signaling.store.organisation import is_last_administrator
from signaling.store.rooms import UNFINISHED
from signaling.store.tables.accounts import (
    BreakGlassRow,
    ClientSessionRow,
    InvitationRow,
    PasskeyRow,
    SignInRow,
    TicketRow,
)
from signaling.store.tables.calls import CallbackRow, RingRow
from signaling.store.tables.devices import EnrolmentRow, PinRow, PinTriesRow, TakeOverRow
from signaling.store.tables.messages import MessageRow
from signaling.store.tables.notices import PushBrowserRow
from signaling.store.tables.organisation import DirectoryRow
from signaling.store.tables.people import ExpertProfileRow, GrantRow, PersonRow, QuietRow
from signaling.store.tables.recordings import ProgressRow, RecordingRow
from signaling.store.tables.rooms import DoneCommandRow, RoomEventRow, RoomRow
from signaling.store.traces import rooms_of

LINGER_MS = 2 * 60 * 1000
"""A room that is over stays in memory for a minute (signaling.live.room.LINGER_S), and might be written once more."""

THEIRS: tuple[InstrumentedAttribute[str], ...] = (
    TicketRow.person_id,
    PushBrowserRow.person_id,
    SignInRow.person_id,
    ClientSessionRow.person_id,
    InvitationRow.person_id,
    BreakGlassRow.person_id,
    PasskeyRow.person_id,
    PinRow.person_id,
    PinTriesRow.subject_id,
    TakeOverRow.person_id,
    EnrolmentRow.by_id,
    GrantRow.person_id,
    ExpertProfileRow.person_id,
    QuietRow.person_id,
    ProgressRow.person_id,
    RingRow.person_id,
    DoneCommandRow.person_id,
)
"""Whose rows go: what lets them in, what they set, and what tells of their devices and habits."""

_KEPT = ("id", "role", "disabled_ms")
"""Of their own row; whatever else it says of somebody goes, also what it will say one day."""


async def standing(session: AsyncSession, row: PersonRow, by: PersonId | None, now_ms: int) -> Standing:
    """What decides whether they may be deleted, as `by` asks."""
    ended = func.max(func.coalesce(RoomRow.closed_ms, now_ms), func.coalesce(RecordingRow.safe_ms, 0))
    unsettled = (
        select(RoomRow.id)
        .join(RecordingRow, RecordingRow.room_id == RoomRow.id, isouter=True)
        .where(or_(RoomRow.recording_state.in_(UNFINISHED), ended > now_ms - LINGER_MS))
        .where(_remembers(PersonId(row.id)))
        .limit(1)
    )
    return Standing(
        role=Role(row.role),
        name=Name(zh=row.name_zh, en=row.name_en),
        disabled=row.disabled_ms is not None,
        own=row.id == by,
        last_administrator=await is_last_administrator(session, row),
        unsettled=await session.scalar(unsettled) is not None,
    )


async def rooms(session: AsyncSession, person: PersonId) -> list[RoomId]:
    """In which of them others remember them; reads all there are."""
    return [RoomId(room) for room in await session.scalars(select(RoomRow.id).where(_remembers(person)))]


async def unname(session: AsyncSession, person: PersonId, those: Sequence[RoomId]) -> None:
    """In these rooms, what happened there and what was said there they are nobody in particular from now on.

    Twice is once.
    """
    rooms = select(RoomRow.id, RoomRow.body).where(RoomRow.id.in_(those), _mentions(RoomRow.body, person))
    for room, body in await session.execute(rooms):
        await session.execute(update(RoomRow).where(RoomRow.id == room).values(body=_unnamed(body, person)))
    events = select(RoomEventRow.room_id, RoomEventRow.ver, RoomEventRow.body)
    named = (RoomEventRow.room_id.in_(those), _mentions(RoomEventRow.body, person))
    for room, ver, body in await session.execute(events.where(*named)):
        which = update(RoomEventRow).where(RoomEventRow.room_id == room, RoomEventRow.ver == ver)
        await session.execute(which.values(body=_unnamed(body, person)))
    messages = select(MessageRow.channel_id, MessageRow.seq, MessageRow.operator)
    said = (MessageRow.channel_id.in_([room_channel(room) for room in those]), _mentions(MessageRow.operator, person))
    for channel, seq, operator in await session.execute(messages.where(*said)):
        assert operator is not None, "it mentions them"
        which = update(MessageRow).where(MessageRow.channel_id == channel, MessageRow.seq == seq)
        await session.execute(which.values(operator=_unnamed(operator, person)))


async def erase(session: AsyncSession, person: PersonId, now_ms: int) -> None:
    """What is theirs alone is gone. Whatever asks for them from now on finds that they are deleted."""
    for column in THEIRS:
        await session.execute(delete(column.class_).where(column == person))
    await identities.forget(session, person)
    owed = select(CallbackRow.room_id, CallbackRow.body).where(_mentions(CallbackRow.body, person))
    for room, body in await session.execute(owed):
        which = update(CallbackRow).where(CallbackRow.room_id == room)
        await session.execute(which.values(body=_unnamed(body, person)))
    said = {column.key: None for column in PersonRow.__table__.columns if column.nullable and column.key not in _KEPT}
    nobody = {
        "login": f"erased:{person}",  # nobody's: a login has no colon
        "password_hash": "",
        "name_zh": DELETED.zh,
        "name_en": DELETED.en,
        "skills": "",
        "erased_ms": now_ms,
    }
    await session.execute(update(PersonRow).where(PersonRow.id == person).values(**said | nobody))
    await session.execute(update(DirectoryRow).values(ver=DirectoryRow.ver + 1))


def _remembers(person: PersonId) -> ColumnElement[bool]:
    """Whether a room does: also one that called them by name and did not ring, or a tablet that they only had."""
    told = exists().where(RoomEventRow.room_id == RoomRow.id, _mentions(RoomEventRow.body, person))
    return or_(RoomRow.id.in_(rooms_of(person)), _mentions(RoomRow.body, person), told)


def _mentions(
    column: InstrumentedAttribute[str] | InstrumentedAttribute[str | None], person: str
) -> ColumnElement[bool]:
    return func.instr(column, f'"{person}"') > 0


def _unnamed(body: str, person: str) -> str:
    return json.dumps(without(json.loads(body), person), ensure_ascii=False, separators=(",", ":"))
