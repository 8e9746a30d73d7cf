"""`passline restore`: puts a backup back, after looking at every byte of it.

The files are laid out beside what is there, and only whole they take its place. An interrupted restore leaves the
directory `restoring`, and `passline serve` refuses to start on half of a chain.
"""

import os
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Annotated

from cyclopts import Parameter

from contract.audit import Action
from passline.backup_file import CHUNK_BYTES, MANIFEST, BackupManifest, checked, reading
from passline.chain import Where, note, owned
from passline.data_lock import RESTORING, own_data
from passline.errors import CommandError
from signaling.store.schema import SchemaError, refuse_newer

ROOM_BYTES = 64 * 1024 * 1024
"""What must stay free besides the backup itself."""


def restore(
    file: Path,
    /,
    *,
    replace: Annotated[bool, Parameter(negative="")] = False,
    at: Annotated[Where, Parameter(name="*")] = Where(),  # noqa: B008 - frozen
) -> int:
    """Put a backup into the data directory. Passline must not run on it.

    Parameters
    ----------
    file
        Made by `passline backup`, by this or an older version.
    replace
        Also if there is a chain in the data directory: it is put aside, not deleted.
    """
    manifest, aside = put_back(file.absolute(), at.settings().data.absolute(), replace=replace)
    print(f"{len(manifest.files)} files, {manifest.size_bytes / 2**20:.0f} MiB are back. Start Passline.")
    if aside is not None:
        print(f"What was there before is in {aside}; delete it once all is well.")
    made = datetime.fromtimestamp(manifest.made_ms / 1000, UTC)
    note(at, Action.RESTORED, about="chain", detail=f"made {made:%FT%TZ}")
    return 0


def put_back(file: Path, data: Path, *, replace: bool) -> tuple[BackupManifest, Path | None]:
    """Restore, and say where the old content went. Raises CommandError or SettingsError; then nothing has changed."""
    manifest = checked(file)
    try:
        refuse_newer(manifest.schema_, str(file))
    except SchemaError as error:
        raise CommandError(str(error)) from error
    owned(data)
    with own_data(data):
        old = sorted(path for path in data.iterdir() if path.name not in ("run", RESTORING))
        if old and not replace:
            raise CommandError(f"PASSLINE_DATA: {data} is not empty; --replace puts aside what is there")
        try:
            return manifest, _swap(file, data, manifest, old)
        except OSError as error:
            raise CommandError(f"{error.filename or data}: {error.strerror}") from error


def _swap(file: Path, data: Path, manifest: BackupManifest, old: list[Path]) -> Path | None:
    fresh = data / RESTORING
    if fresh.exists():
        shutil.rmtree(fresh)
    if shutil.disk_usage(data).free < manifest.size_bytes + ROOM_BYTES:
        raise CommandError(f"{data} has no room for {manifest.size_bytes / 2**20:.0f} MiB: free space on its disk")
    fresh.mkdir(mode=0o700)
    with reading(file) as members:
        for name, content, _ in members:
            if name != MANIFEST:
                _lay_out(fresh / name, content)
    os.sync()  # all of it is on the disk before anything is moved
    aside = None
    if old:
        aside = data / time.strftime("replaced-%Y%m%d-%H%M%S", time.gmtime())
        aside.mkdir(mode=0o700)
        for path in old:
            if not path.name.startswith("replaced-"):
                path.rename(aside / path.name)
    for path in fresh.iterdir():
        path.rename(data / path.name)
    os.sync()
    fresh.rmdir()
    return aside


def _lay_out(path: Path, content: IO[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as out:
        shutil.copyfileobj(content, out, CHUNK_BYTES)
