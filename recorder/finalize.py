"""Making a finished recording safe: each segment becomes a verified part, then the summary commits.

Runs in a thread, the copying in a child process. May be repeated after a crash at any point: a part counts only
once the summary names it. A segment that cannot be copied is kept as it is if it holds anything at all (live files
play, they only seek worse).
"""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contract.ids import RecordingId
from contract.media import Codec
from contract.recording import ManifestPart, ManifestSegment, RecordingSummary
from recorder import timeline
from recorder.copied import Result
from recorder.copier import Cancelled, Copier, CopyFailed
from recorder.disk import sync_file
from recorder.manifest import Manifest
from recorder.storage import Folder, Storage
from runtime.logs import get_logger

log = get_logger(__name__)

USUAL = {Codec.VP8: "vp8", Codec.H264: "avc1.42E01F", Codec.VP9: "vp9", Codec.AV1: "av01.0.08M.08"}
"""What to call a picture that could not be looked into (RFC 6381)."""


class Finalizer:
    """Turns folders into summaries; `cancel` ends running children."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._lock = threading.Lock()
        self._copiers: set[Copier] = set()
        self._cancelled = False

    def save(self, recording: RecordingId) -> RecordingSummary:
        """Make `recording` safe. Raises OSError (disk), ValueError (nothing to save from), Cancelled."""
        folder = self._storage.folder(recording)
        summary = folder.summary()
        if summary is None:
            manifest = folder.manifest()
            with self._copier() as copier:
                files = {
                    segment.file: file
                    for number, segment in enumerate(manifest.segments, 1)
                    if (file := _part(copier, folder, manifest, segment, number)) is not None
                }
            summary = timeline.summarize(manifest, files)
            folder.append(
                [
                    ManifestPart(file=part.file, segment=segment, size_bytes=part.size_bytes, sha256=part.sha256)
                    for segment, part in files.items()
                ]
            )
            folder.write_summary(summary)
        folder.remove_leftovers({part.file for part in summary.parts})
        return summary

    def cancel(self) -> None:
        """From any thread: no more work, running children die."""
        with self._lock:
            self._cancelled = True
            for copier in self._copiers:
                copier.cancel()

    @contextmanager
    def _copier(self) -> Iterator[Copier]:
        """A copier that `cancel` reaches. Raises Cancelled."""
        with Copier() as copier:
            with self._lock:
                if self._cancelled:
                    raise Cancelled
                self._copiers.add(copier)
            try:
                yield copier
            finally:
                with self._lock:
                    self._copiers.discard(copier)


def _part(
    copier: Copier, folder: Folder, manifest: Manifest, segment: ManifestSegment, number: int
) -> timeline.PartFile | None:
    live = folder.file(segment.file)
    if not live.exists():
        log.warning("segment has no file", file=segment.file)
        return None
    name = f"part-{number:04d}{live.suffix}"
    temporary = folder.file(name + ".tmp")
    try:
        result = copier.copy(live, temporary)
    except CopyFailed:
        log.warning("segment cannot be copied, kept as it is", file=segment.file)
        temporary.unlink(missing_ok=True)
        return _as_it_is(live, manifest, segment)
    except OSError:
        # A full disk needs the room most.
        temporary.unlink(missing_ok=True)
        raise
    if not result["packets"]:
        return None
    temporary.rename(folder.file(name))
    return _part_file(name, result)


def _part_file(name: str, result: Result) -> timeline.PartFile:
    return timeline.PartFile(
        file=name,
        mime=timeline.mime(picture=result["picture"], has_audio=result["has_audio"]),
        has_video=result["has_video"],
        has_audio=result["has_audio"],
        duration_s=result["duration_s"],
        width_px=result["width_px"],
        height_px=result["height_px"],
        size_bytes=result["size_bytes"],
        sha256=result["sha256"],
    )


def _as_it_is(live: Path, manifest: Manifest, segment: ManifestSegment) -> timeline.PartFile | None:
    """The live file itself as a part; its length is known only if it was closed."""
    done = manifest.done.get(segment.file)
    if done is None:
        return None
    sync_file(live)
    with live.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.tell()
    picture = next((codec for codec in segment.codecs if codec is not Codec.OPUS), None)
    return timeline.PartFile(
        file=segment.file,
        mime=timeline.mime(picture=USUAL[picture] if picture else "", has_audio=True),
        has_video=picture is not None,
        has_audio=True,
        duration_s=max(0.0, (done.wall_ns - segment.wall_ns) / 1e9),
        width_px=segment.width_px,
        height_px=segment.height_px,
        size_bytes=size,
        sha256=digest,
    )
