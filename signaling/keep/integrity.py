"""Reads every kept file of the archive and compares it with the checksum that was taken when it was written."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

from contract.recording import Part
from runtime import clock
from runtime.logs import get_logger
from signaling.keep.files import folder
from signaling.store import recordings
from signaling.store.engine import Database
from signaling.store.recordings import KeptRecording

log = get_logger(__name__)

CHUNK_BYTES = 4 * 1024 * 1024


async def verify(
    database: Database, data: Path, *, checked_before_ms: int | None = None, bytes_per_s: float | None = None
) -> AsyncIterator[tuple[KeptRecording, list[str]]]:
    """Check one recording after the other, mark each, and yield it with its damaged files.

    With `checked_before_ms` those checked later than that are left out. `bytes_per_s` bounds the reading, so that
    nobody's call notices.
    """
    async with database.read() as session:
        found = await recordings.kept(session)
    for recording in found:
        late = checked_before_ms is None or recording.checked_ms is None or recording.checked_ms < checked_before_ms
        if recording.summary is None or not recording.summary.parts or not late:
            continue
        place = folder(data, recording.id)
        bad = [part.file for part in recording.summary.parts if not await _well(place / part.file, part, bytes_per_s)]
        if bad:
            log.error("a file of the archive is damaged", recording=recording.id, files=len(bad))
        await database.write(partial(recordings.mark_checked, recording=recording, files=bad, at_ms=clock.wall_ms()))
        yield recording, bad


async def _well(path: Path, part: Part, bytes_per_s: float | None) -> bool:
    """Whether the file holds what was written. Read in pieces, so that whoever is told to end does so at once."""
    try:
        digest = hashlib.sha256()
        with await asyncio.to_thread(path.open, "rb") as file:
            while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
                await asyncio.to_thread(digest.update, chunk)
                if bytes_per_s is not None:
                    await asyncio.sleep(len(chunk) / bytes_per_s)
    except OSError as error:
        log.error("a file of the archive cannot be read", file=part.file, errno=error.errno)
        return False
    return digest.hexdigest() == part.sha256
