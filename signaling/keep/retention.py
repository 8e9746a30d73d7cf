"""Deletes recordings whose time to be kept is over: files first, then the row says so, with a line in the audit."""

import asyncio
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from runtime import clock
from runtime.logs import get_logger
from signaling.domain.keeping import expired
from signaling.keep.files import folder, remove, size_bytes
from signaling.store import recordings
from signaling.store.engine import Database
from signaling.store.recordings import KeptRecording

log = get_logger(__name__)


@dataclass(frozen=True)
class Due:
    """A recording that goes."""

    recording: KeptRecording
    size_bytes: int


async def due(database: Database, data: Path, keep_days: float) -> list[Due]:
    """What goes by now, the oldest first; nothing is changed."""
    async with database.read() as session:
        found = await recordings.kept(session)
    now_ms = clock.wall_ms()
    going = [
        one
        for one in found
        if expired(one.state, one.ended_ms, published=one.published, now_ms=now_ms, keep_days=keep_days)
    ]
    return [Due(one, await asyncio.to_thread(size_bytes, folder(data, one.id))) for one in going]


async def delete(database: Database, data: Path, one: Due) -> bool:
    """Delete one; False, logged, if its files cannot be removed: it is tried again the next night."""
    try:
        await asyncio.to_thread(remove, folder(data, one.recording.id))
    except OSError as error:
        log.error("recording cannot be deleted", recording=one.recording.id, errno=error.errno)
        return False
    await database.write(partial(recordings.mark_deleted, recording=one.recording, at_ms=clock.wall_ms()))
    log.info("recording deleted by age", recording=one.recording.id, room=one.recording.room, size_bytes=one.size_bytes)
    return True
