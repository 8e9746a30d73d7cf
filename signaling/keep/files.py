"""Where recordings lie, as signaling sees it: it only reads them, and takes away whole ones."""

import shutil
from pathlib import Path

from contract.ids import RecordingId

RECORDINGS = Path("objects/recordings")
"""Below the data directory."""
_GOING = ".deleted"
"""Marks a directory whose deletion has begun: no recorder takes that for a name."""


def folder(data: Path, recording: RecordingId) -> Path:
    """The directory of one recording."""
    return data / RECORDINGS / recording


def size_bytes(directory: Path) -> int:
    """What all its files take."""
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())


def remove(directory: Path) -> None:
    """Delete it whole; may be repeated after a crash at any point. Raises OSError."""
    going = directory.with_name(directory.name + _GOING)
    if directory.exists():
        if going.exists():
            shutil.rmtree(going)
        directory.rename(going)
    if going.exists():
        shutil.rmtree(going)
