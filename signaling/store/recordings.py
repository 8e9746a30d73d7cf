"""Recordings as files that are looked after: which are kept, which were checked, which are gone."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import Action
from contract.ids import RecordingId, RoomId
from contract.recording import RecordingSummary
from contract.rooms import RecordingState
from signaling.domain.keeping import ENDED
from signaling.store import audit, quality
from signaling.store.tables.recordings import PublicationRow, RecordingRow


@dataclass(frozen=True)
class KeptRecording:
    """A recording that is over and not deleted."""

    id: RecordingId
    room: RoomId
    state: RecordingState
    ended_ms: int
    published: bool
    summary: RecordingSummary | None
    damaged: tuple[str, ...]
    """Names of files whose bytes are not what was written, as of the last check."""
    checked_ms: int | None


async def kept(session: AsyncSession) -> list[KeptRecording]:
    """All of them, the one that ended first in front."""
    published = exists().where(PublicationRow.room_id == RecordingRow.room_id)
    ended = func.coalesce(RecordingRow.stopped_ms, RecordingRow.safe_ms)
    query = select(RecordingRow, ended, published).where(RecordingRow.state.in_(ENDED)).order_by(ended)
    return [
        KeptRecording(
            id=RecordingId(row.id),
            room=RoomId(row.room_id),
            state=RecordingState(row.state),
            ended_ms=ended_ms or 0,
            published=pinned,
            summary=RecordingSummary.model_validate_json(row.summary) if row.summary is not None else None,
            damaged=tuple(row.damaged.split(",")) if row.damaged else (),
            checked_ms=row.checked_ms,
        )
        for row, ended_ms, pinned in await session.execute(query)
    ]


async def damaged(session: AsyncSession) -> int:
    """How many kept recordings have a damaged file."""
    query = select(func.count()).select_from(RecordingRow)
    found = await session.scalar(query.where(RecordingRow.damaged.is_not(None), RecordingRow.state.in_(ENDED)))
    return found or 0


async def mark_checked(session: AsyncSession, recording: KeptRecording, files: Sequence[str], at_ms: int) -> None:
    """Its files were read; these are not what was written. What is well again is no longer marked."""
    await session.execute(
        update(RecordingRow)
        .where(RecordingRow.id == recording.id)
        .values(checked_ms=at_ms, damaged=",".join(files) or None)
    )
    if set(files) - set(recording.damaged):
        await audit.record(session, Action.DAMAGE_FOUND, None, object_id=recording.room, detail=f"{len(files)} files")


async def mark_deleted(session: AsyncSession, recording: KeptRecording, at_ms: int) -> None:
    """Its files are gone by the rule of age, and how well its media went; the entry stays and says so."""
    summary = recording.summary
    rest = summary.model_copy(update={"parts": [], "points": []}).model_dump_json() if summary is not None else None
    await session.execute(
        update(RecordingRow)
        .where(RecordingRow.id == recording.id)
        .values(state=RecordingState.DELETED.value, deleted_ms=at_ms, damaged=None, summary=rest)
    )
    await quality.forget(session, recording.room)
    await audit.record(session, Action.RECORDING_DELETED, None, object_id=recording.room, detail="age")
