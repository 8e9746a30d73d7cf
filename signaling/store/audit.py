"""The audit: who did what to whom, when. Rows are only ever added."""

from enum import StrEnum

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from contract.ids import PersonId
from runtime import clock, ids
from signaling.store.tables import AuditRow


class Action(StrEnum):
    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGNED_OUT = "signed_out"
    CALL_STARTED = "call_started"
    CALL_ANSWERED = "call_answered"
    SESSION_OPENED = "session_opened"
    ROOM_JOINED = "room_joined"
    ROOM_CLOSED = "room_closed"
    REPLAY_OPENED = "replay_opened"
    FILE_OPENED = "file_opened"
    STILL_OPENED = "still_opened"
    PUBLISHED = "published"


async def record(
    session: AsyncSession,
    action: Action,
    person: PersonId | None,
    *,
    object_id: str | None = None,
    address: str = "",
    detail: str = "",
) -> None:
    """Add a row. `detail` holds codes and counts, never content or names."""
    await session.execute(
        insert(AuditRow).values(
            id=ids.uuid7(),
            at_ms=clock.wall_ms(),
            person_id=person,
            action=action,
            object=object_id,
            address=address[:64],
            detail=detail[:200],
        )
    )
