"""What a crash left behind: found at start-up, before anything new begins."""

from typing import NamedTuple

from contract.ids import RecordingId
from recorder.manifest import Manifest
from recorder.storage import Storage
from runtime.logs import get_logger

log = get_logger(__name__)


class Found(NamedTuple):
    """An unfinished recording and its manifest."""

    recording: RecordingId
    manifest: Manifest


def unfinished(storage: Storage) -> list[Found]:
    """All recordings without a summary. A directory that holds nothing at all is removed: its recording had not begun.

    Reads the disk; one that cannot be read is skipped with a warning and found again at the next start.
    """
    found: list[Found] = []
    for recording in storage.unfinished():
        folder = storage.folder(recording)
        try:
            manifest = folder.manifest()
            if manifest.started is None and not manifest.segments and not any(folder.path.glob("live-*")):
                folder.manifest_path.unlink(missing_ok=True)
                folder.path.rmdir()
                continue
        except OSError as error:
            log.warning("recording cannot be read", recording=recording, error=type(error).__name__)
            continue
        found.append(Found(recording, manifest))
    return found
