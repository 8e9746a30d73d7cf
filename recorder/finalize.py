"""Making a finished recording safe: each segment becomes a verified part, then the summary commits.

Runs in a thread, the copying in a child process. May be repeated after a crash at any point: a part counts only
once the summary names it. A segment that cannot be copied is kept as it is if it holds anything at all (live files
play, they only seek worse).
"""

import hashlib
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import NamedTuple

from contract.ids import RecordingId
from contract.media import Codec
from contract.recording import ManifestPart, ManifestSegment, RecordingSummary
from recorder import timeline
from recorder.disk import sync_file
from recorder.manifest import Manifest
from recorder.storage import Folder, Storage
from runtime.logs import get_logger

log = get_logger(__name__)

REMUX_NICE = 10
"""Copying may take a moment longer; a call that rings meanwhile may not. Already its start costs 0.3 s of a core."""
REMUX_LIMIT_S = 600.0
"""An hour of recording takes about four seconds; a child that takes this long hangs."""


class Cancelled(Exception):
    """The recorder is going down; the next start finishes the recording."""


class _Copied(NamedTuple):
    packets: int
    part: timeline.PartFile


class Finalizer:
    """Turns folders into summaries; `cancel` ends the running child."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._lock = threading.Lock()
        self._children: set[subprocess.Popen[bytes]] = set()
        self._cancelled = False

    def save(self, recording: RecordingId) -> RecordingSummary:
        """Make `recording` safe. Raises OSError (disk), ValueError (nothing to save from), Cancelled."""
        folder = self._storage.folder(recording)
        summary = folder.summary()
        if summary is None:
            manifest = folder.manifest()
            files = {
                segment.file: file
                for number, segment in enumerate(manifest.segments, 1)
                if (file := self._part(folder, manifest, segment, number)) is not None
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
            for child in self._children:
                child.kill()

    def _part(
        self, folder: Folder, manifest: Manifest, segment: ManifestSegment, number: int
    ) -> timeline.PartFile | None:
        live = folder.file(segment.file)
        if not live.exists():
            log.warning("segment has no file", file=segment.file)
            return None
        name = f"part-{number:04d}{live.suffix}"
        temporary = folder.file(name + ".tmp")
        try:
            copied = self._remux(live, temporary)
        except (subprocess.SubprocessError, ValueError, KeyError) as error:
            log.warning("segment cannot be copied, kept as it is", file=segment.file, error=type(error).__name__)
            temporary.unlink(missing_ok=True)
            return _as_it_is(live, manifest, segment)
        except OSError:
            # A full disk needs the room most.
            temporary.unlink(missing_ok=True)
            raise
        if not copied.packets:
            return None
        temporary.rename(folder.file(name))
        return copied.part._replace(file=name)

    def _remux(self, live: Path, target: Path) -> _Copied:
        command = ["nice", "-n", str(REMUX_NICE), sys.executable, "-m", "recorder.remux", str(live), str(target)]
        with self._lock:
            if self._cancelled:
                raise Cancelled
            child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self._children.add(child)
        try:
            out, errors = child.communicate(timeout=REMUX_LIMIT_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            raise
        finally:
            with self._lock:
                self._children.discard(child)
        if self._cancelled:
            raise Cancelled
        if child.returncode != 0:
            log.warning("remux failed", code=child.returncode, output=errors[-400:].decode(errors="replace"))
            if b"No space left" in errors:
                raise OSError(28, "No space left on device")
            raise subprocess.CalledProcessError(child.returncode, "recorder.remux")
        result = json.loads(out)
        picture = (Codec.H264 if live.suffix == ".mp4" else Codec.VP8) if result["has_video"] else None
        has_audio = bool(result["has_audio"])
        part = timeline.PartFile(
            file="",
            mime=timeline.mime(picture=picture, has_audio=has_audio, avc_level=result["avc_level"]),
            has_video=picture is not None,
            has_audio=has_audio,
            duration_s=result["duration_s"],
            width_px=result["width_px"],
            height_px=result["height_px"],
            size_bytes=result["size_bytes"],
            sha256=result["sha256"],
        )
        return _Copied(result["packets"], part)


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
        mime=timeline.mime(picture=picture, has_audio=True, avc_level="42E01F"),
        has_video=picture is not None,
        has_audio=True,
        duration_s=max(0.0, (done.wall_ns - segment.wall_ns) / 1e9),
        width_px=segment.width_px,
        height_px=segment.height_px,
        size_bytes=size,
        sha256=digest,
    )
