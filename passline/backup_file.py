"""What a backup is: one tar file, its last member a manifest with the checksum of every other.

A tar, because recordings do not shrink further and any machine can look into it (`tar -tf`). The manifest comes last:
sizes and checksums are known only once the live files were copied.
"""

import hashlib
import re
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pydantic import BaseModel, ConfigDict, ValidationError

from passline.errors import CommandError

FORMAT = 1
MANIFEST = "passline-backup.json"
CHUNK_BYTES = 1024 * 1024
MAX_MANIFEST_BYTES = 256 * 1024 * 1024
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*){0,8}")


class BackupEntry(BaseModel):
    """One file, by its path below the data directory."""

    model_config = ConfigDict(frozen=True)

    name: str
    size_bytes: int
    sha256: str


class BackupManifest(BaseModel):
    """What is in the file, and who wrote it."""

    model_config = ConfigDict(frozen=True)

    format: int
    version: str
    schema_: str
    """Revision of the database."""
    made_ms: int
    files: list[BackupEntry]

    @property
    def size_bytes(self) -> int:
        return sum(entry.size_bytes for entry in self.files)


def may_be_named(name: str) -> bool:
    """Whether a file may go into a backup under this path: nothing hidden, nothing that leaves the directory."""
    return _NAME.fullmatch(name) is not None


@contextmanager
def reading(path: Path) -> Iterator[Iterator[tuple[str, IO[bytes], int]]]:
    """Name, content and size of each member, in order. Raises CommandError for what is no backup, or is cut off."""
    try:
        tar = tarfile.open(path, "r:")  # noqa: SIM115 - closed below; opening fails in words of its own
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror or error}") from error
    except tarfile.TarError as error:
        raise CommandError(f"{path} is no backup of Passline: {error}") from error
    with tar:
        try:
            yield _members(path, tar)
        except tarfile.TarError as error:
            raise CommandError(f"{path} is damaged: {error}") from error


def _members(path: Path, tar: tarfile.TarFile) -> Iterator[tuple[str, IO[bytes], int]]:
    for member in tar:
        content = tar.extractfile(member) if member.isreg() else None
        if content is None or not may_be_named(member.name):
            raise CommandError(f"{path} is no backup of Passline: it holds {member.name[:80]!r}")
        yield member.name, content, member.size


def checked(path: Path) -> BackupManifest:
    """The manifest, once every file was read and is what it was. Raises CommandError naming the first that is not."""
    found: dict[str, tuple[int, str]] = {}
    manifest: BackupManifest | None = None
    with reading(path) as members:
        for name, content, size_bytes in members:
            if name == MANIFEST:
                manifest = _manifest(path, content.read(min(size_bytes, MAX_MANIFEST_BYTES)))
            else:
                found[name] = (size_bytes, digest(content))
    if manifest is None:
        raise CommandError(f"{path} is not whole: the list of its files, which comes last, is missing")
    for entry in manifest.files:
        if found.pop(entry.name, None) != (entry.size_bytes, entry.sha256):
            raise CommandError(f"{path} is damaged: {entry.name} is not what was backed up")
    if found:
        raise CommandError(f"{path} holds files that its list does not name: {min(found)}")
    return manifest


def _manifest(path: Path, data: bytes) -> BackupManifest:
    try:
        manifest = BackupManifest.model_validate_json(data)
    except ValidationError as error:
        raise CommandError(f"{path}: the list of its files cannot be read") from error
    if manifest.format != FORMAT:
        raise CommandError(f"{path} was made by Passline {manifest.version}, in a form this version does not know")
    return manifest


def digest(content: IO[bytes]) -> str:
    """SHA-256 of the rest of a file, in hex."""
    sha256 = hashlib.sha256()
    while chunk := content.read(CHUNK_BYTES):
        sha256.update(chunk)
    return sha256.hexdigest()
