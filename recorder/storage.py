"""Where recordings lie: `objects/recordings/<recording id>/` with a manifest, live files, parts, and a summary.

`summary.json` is written last and by rename: if it is there, the recording is finished and everything it names is
whole. Live files go only after that.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from contract.base import encode
from contract.ids import RecordingId
from contract.recording import ManifestLine, RecordingSummary
from recorder.disk import sync_directory
from recorder.manifest import RESUME, Manifest, line_bytes, parse

RECORDINGS = "objects/recordings"
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TEMPORARY = ".tmp"


class Storage:
    """The recordings directory. All methods do disk IO and may raise OSError."""

    def __init__(self, data: Path) -> None:
        self.root = data / RECORDINGS

    def folder(self, recording: RecordingId) -> "Folder":
        """Raises ValueError if the id cannot be a name."""
        if not _ID.fullmatch(recording):
            raise ValueError(f"recording: {recording[:80]!r} is no name")
        return Folder(self.root / recording)

    def unfinished(self) -> list[RecordingId]:
        """Recordings that have no summary yet, oldest name first."""
        if not self.root.is_dir():
            return []
        names = sorted(entry.name for entry in self.root.iterdir() if _ID.fullmatch(entry.name))
        return [RecordingId(name) for name in names if not (self.root / name / "summary.json").exists()]


class Folder:
    """One recording's directory."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def manifest_path(self) -> Path:
        return self.path / "manifest.jsonl"

    def create(self) -> None:
        """Make it, durably; it may exist."""
        if not self.path.is_dir():
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            sync_directory(self.path.parent)

    def file(self, name: str) -> Path:
        return self.path / name

    def manifest(self) -> Manifest:
        """The manifest; an empty one if there is no file."""
        try:
            return parse(self.manifest_path.read_bytes())
        except FileNotFoundError:
            return Manifest()

    def append(self, lines: Sequence[ManifestLine]) -> None:
        """Add to the manifest of a recording that runs no more, durably; whatever its last line was."""
        fd = os.open(self.manifest_path, os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            os.write(fd, RESUME + b"".join(line_bytes(line) for line in lines))
            os.fdatasync(fd)
        finally:
            os.close(fd)

    def summary(self) -> RecordingSummary | None:
        """The summary, or None while unfinished (or if somebody damaged it: then it is made again)."""
        try:
            return RecordingSummary.model_validate_json((self.path / "summary.json").read_bytes(), extra="ignore")
        except (FileNotFoundError, NotADirectoryError, ValidationError):
            return None

    def write_summary(self, summary: RecordingSummary) -> None:
        """Commit: durable and whole, or not there at all."""
        write_whole(self.path / "summary.json", encode(summary))

    def remove_leftovers(self, keep: set[str]) -> None:
        """Drop live and temporary files that no part names."""
        for entry in self.path.iterdir():
            if entry.name not in keep and (entry.name.startswith("live-") or entry.name.endswith(_TEMPORARY)):
                entry.unlink(missing_ok=True)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file durably by rename."""
    temporary = path.with_name(path.name + _TEMPORARY)
    fd = os.open(temporary, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(fd, rest) :]
        os.fsync(fd)
    finally:
        os.close(fd)
    temporary.rename(path)
    sync_directory(path.parent)
