"""`passline backup`: everything a chain owns in one file, made while calls run and recordings grow.

The database first, as SQLite's online backup sees it in one moment; then the files. So every file that the database
names is there. A recording that runs is taken as a crash would leave it, and restored the same way: up to this moment.
"""

import hashlib
import io
import os
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import IO, Annotated

from cyclopts import Parameter

from contract.audit import Action
from contract.recording import RecordingSummary
from passline.backup_file import CHUNK_BYTES, FORMAT, MANIFEST, BackupEntry, BackupManifest, may_be_named
from passline.chain import Where, note
from passline.errors import CommandError
from recorder.storage import RECORDINGS
from runtime import clock
from signaling.store.migrate import COPIES
from signaling.store.schema import DATABASE, SchemaError, found_in

NICE = 10
"""A backup may take a little longer; a call may not."""
ATTEMPTS = 5
"""Of taking one recording or the whole, while others finish and remove files under our hands."""
LEFT_OUT = ("run", COPIES, "restoring")
_PASSING = (".tmp", ".part")


@dataclass
class Done:
    """What was taken."""

    files: list[BackupEntry] = field(default_factory=list)
    finished: int = 0
    running: int = 0
    damaged: list[str] = field(default_factory=list)
    """Files that are not what was recorded: they were taken as they are."""

    @property
    def size_bytes(self) -> int:
        return sum(entry.size_bytes for entry in self.files)


class _Gone(Exception):
    """A file that was listed is not there any more."""


def backup(file: Path, /, *, at: Annotated[Where, Parameter(name="*")] = Where()) -> int:  # noqa: B008 - frozen
    """Write everything of the chain into one file; the server may run, with calls and recordings under way.

    Parameters
    ----------
    file
        Must not exist. Put it on another machine: it holds all that the chain owns, passwords' hashes too.
    """
    os.nice(NICE)
    done = write(at.settings().data.absolute(), file.absolute())
    print(
        f"{file}: {len(done.files)} files, {done.size_bytes / 2**20:.0f} MiB,"
        f" {done.finished} recordings and {done.running} that run"
    )
    for name in done.damaged:
        print(f"  warning: {name} is not what was recorded; it was taken as it is (alarm integrity)")
    note(at, Action.BACKED_UP, about="chain", detail=f"files {len(done.files)}")
    return 0


def write(data: Path, target: Path) -> Done:
    """Back up `data` into `target`, whole or not at all. Raises CommandError."""
    if target.exists():
        raise CommandError(f"{target} exists; a backup never overwrites anything")
    if target.is_relative_to(data):
        raise CommandError(f"{target} lies in the data directory, which it is to protect")
    if not (data / DATABASE).exists():
        raise CommandError(f"PASSLINE_DATA: there is no database in {data}")
    aside, snapshot = target.with_name(target.name + ".part"), target.with_name(target.name + ".db")
    try:
        for attempt in range(1, ATTEMPTS + 1):
            _snapshot(data / DATABASE, snapshot)
            done = _write(data, aside, snapshot)
            lost = _named(snapshot) - {entry.name for entry in done.files}
            # What the database named and was removed meanwhile (retention): the next database does not name it.
            if not lost or attempt == ATTEMPTS or not lost - _named(data / DATABASE):
                break
        done.damaged += sorted(lost)
        aside.rename(target)
        _sync(target.parent)
        return done
    except OSError as error:
        raise CommandError(f"{error.filename or target}: {error.strerror}") from error
    except (sqlite3.Error, SchemaError) as error:
        raise CommandError(f"{data / DATABASE} cannot be copied: {error}") from error
    finally:
        aside.unlink(missing_ok=True)
        snapshot.unlink(missing_ok=True)


def _snapshot(database: Path, copy: Path) -> None:
    """The database of one moment, checked; writers go on meanwhile."""
    copy.unlink(missing_ok=True)
    copy.touch(mode=0o600)
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")
        wrong = target.execute("PRAGMA quick_check").fetchone()[0]
    if wrong != "ok":
        raise CommandError(f"{database} is damaged ({wrong}): restore the last backup, this one was not made")


def _named(database: Path) -> set[str]:
    """Paths of the files without which an entry of the archive would be empty."""
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT id, summary FROM recording WHERE summary IS NOT NULL").fetchall()
        stills = connection.execute("SELECT id FROM still").fetchall()
    parts = {
        f"{RECORDINGS}/{recording}/{part.file}"
        for recording, summary in rows
        for part in RecordingSummary.model_validate_json(summary, extra="ignore").parts
    }
    return parts | {f"objects/stills/{row[0]}" for row in stills}


def _write(data: Path, aside: Path, snapshot: Path) -> Done:
    done = Done()
    aside.unlink(missing_ok=True)
    with os.fdopen(os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
            with snapshot.open("rb") as content:
                _add(tar, done, DATABASE, content)
            for path in _loose(data):
                try:
                    with path.open("rb") as content:
                        _add(tar, done, path.relative_to(data).as_posix(), content)
                except FileNotFoundError:
                    continue
            for folder in sorted((data / RECORDINGS).glob("*/")):
                _add_recording(tar, done, data, folder)
            manifest = BackupManifest(
                format=FORMAT,
                version=version("passline"),
                schema_=found_in(snapshot) or "",
                made_ms=clock.wall_ms(),
                files=done.files,
            )
            text = manifest.model_dump_json().encode()
            tar.addfile(_member(MANIFEST, len(text)), io.BytesIO(text))
        file.flush()
        os.fsync(file.fileno())
    return done


def _loose(data: Path) -> Iterator[Path]:
    """Every file but the database, the recordings, and what is made anew by itself."""
    for directory, names, files in os.walk(data):
        here = Path(directory).relative_to(data)
        names[:] = sorted(
            name
            for name in names
            if (here / name).as_posix() not in (*LEFT_OUT, RECORDINGS) and not name.startswith("replaced-")
        )
        for name in sorted(files):
            path = here / name
            if path.parent == Path() and name.startswith(DATABASE):
                continue
            if may_be_named(path.as_posix()) and not name.endswith(_PASSING):
                yield data / path


def _add_recording(tar: tarfile.TarFile, done: Done, data: Path, folder: Path) -> None:
    """Either all that a finished recording names, or the growing files of one that runs, as they are this moment."""
    for _ in range(ATTEMPTS):
        with ExitStack() as opened:
            try:
                files, summary = _open_recording(opened, folder)
            except _Gone:
                continue  # it was finished, or removed, between looking and opening
            for name, (content, size_bytes) in files.items():
                entry = _add(tar, done, (folder / name).relative_to(data).as_posix(), content, size_bytes)
                if summary is not None and any(p.file == name and p.sha256 != entry.sha256 for p in summary.parts):
                    done.damaged.append(entry.name)
            done.finished += summary is not None
            done.running += summary is None and bool(files)
            return
    raise CommandError(f"{folder} changes faster than it can be copied; try again")


def _open_recording(
    opened: ExitStack, folder: Path
) -> tuple[dict[str, tuple[IO[bytes], int]], RecordingSummary | None]:
    """Open files, with the size that counts. Once all are open they cannot go away any more.

    The manifest is measured before the directory is listed: every file that it names is in the list then.
    """
    files: dict[str, tuple[IO[bytes], int]] = {}

    def take(name: str) -> None:
        try:
            content = opened.enter_context((folder / name).open("rb"))
        except FileNotFoundError as error:
            raise _Gone from error
        files[name] = (content, os.fstat(content.fileno()).st_size)

    try:
        names = sorted(path.name for path in folder.iterdir() if path.is_file())
        if "manifest.jsonl" in names:
            take("manifest.jsonl")
            names = sorted(path.name for path in folder.iterdir() if path.is_file())
    except FileNotFoundError:
        return {}, None
    if "summary.json" in names:
        take("summary.json")
        text = files["summary.json"][0]
        summary = RecordingSummary.model_validate_json(text.read(), extra="ignore")
        text.seek(0)
        for part in summary.parts:
            if part.file in names:
                take(part.file)
        return files, summary
    for name in names:
        if name not in files and not name.endswith(_PASSING) and may_be_named(name):
            take(name)
    return files, None


def _add(tar: tarfile.TarFile, done: Done, name: str, content: IO[bytes], size_bytes: int | None = None) -> BackupEntry:
    size = os.fstat(content.fileno()).st_size if size_bytes is None else size_bytes
    counted = _Counted(content, size)
    tar.addfile(_member(name, size), counted)
    entry = BackupEntry(name=name, size_bytes=size, sha256=counted.sha256.hexdigest())
    done.files.append(entry)
    return entry


class _Counted(io.RawIOBase):
    """The first `size_bytes` of a file that may grow, with their checksum."""

    def __init__(self, content: IO[bytes], size_bytes: int) -> None:
        self._content = content
        self._left_bytes = size_bytes
        self.sha256 = hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        data = self._content.read(min(CHUNK_BYTES, self._left_bytes, size if size >= 0 else self._left_bytes))
        self._left_bytes -= len(data)
        self.sha256.update(data)
        return data


def _member(name: str, size_bytes: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size = size_bytes
    member.mode = 0o600
    return member


def _sync(directory: Path) -> None:
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
