"""The audit: who did what to whom, when. Rows are only ever added."""

from collections.abc import Iterable
from enum import StrEnum

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from contract.ids import PersonId
from contract.rooms import MemberChanged, RoomClosed, RoomEvent, RoomKind, RoomState, StillRequested
from runtime import clock, ids
from signaling.store.tables import AuditRow


class Action(StrEnum):
    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGNED_OUT = "signed_out"
    CALL_STARTED = "call_started"
    SESSION_OPENED = "session_opened"
    ROOM_JOINED = "room_joined"
    """With consent to the recording: nobody joins without."""
    ROOM_LEFT = "room_left"
    ROOM_CLOSED = "room_closed"
    TOKEN_ISSUED = "token_issued"
    """For a guest of WHIP or WHEP; whoever issued it gave the consent for whoever is before that device."""
    STILL_ASKED = "still_asked"
    REPLAY_OPENED = "replay_opened"
    FILE_OPENED = "file_opened"
    STILL_OPENED = "still_opened"
    QUALITY_OPENED = "quality_opened"
    PUBLISHED = "published"
    RECORDING_DELETED = "recording_deleted"
    """By the rule of age, so by nobody."""
    DAMAGE_FOUND = "damage_found"
    PERSON_ADDED = "person_added"
    PERSON_DISABLED = "person_disabled"
    PERSON_ENABLED = "person_enabled"
    PERSON_RENAMED = "person_renamed"
    PASSWORD_SET = "password_set"
    CHAIN_NAMED = "chain_named"
    REGION_ADDED = "region_added"
    REGION_RENAMED = "region_renamed"
    STORE_ADDED = "store_added"
    STORE_CHANGED = "store_changed"
    """Its name or its region."""


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
    """Add a row, of now unless `at_ms` is given. `detail` holds codes and counts, never content or names."""
    await session.execute(
        insert(AuditRow).values(
            id=ids.uuid7(),
            at_ms=clock.wall_ms() if at_ms is None else at_ms,
            person_id=person,
            action=action,
            object=object_id,
            address=address[:64],
            detail=detail[:200],
        )
    )


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
