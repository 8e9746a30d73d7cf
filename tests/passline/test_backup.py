"""A backup is whole or refused; a restore changes nothing unless it can do all of it."""

import hashlib
import shutil
import sqlite3
import tarfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from passline.backup import write
from passline.backup_file import MANIFEST, checked
from passline.data_lock import RESTORING, own_data
from passline.errors import CommandError
from passline.restore import put_back
from runtime.settings import SettingsError
from signaling.store.schema import DATABASE, NEWEST
from tests.signaling.test_migrate import first_schema
from tests.support import chain
from tests.support.stack import seeded_data

pytestmark = pytest.mark.flow


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The sample chain, with its recorded call, photos and something that another part keeps there."""
    made = tmp_path / "data"
    shutil.copytree(seeded_data(), made)
    (made / "tls").mkdir()
    (made / "tls" / "authority.key").write_text("a key")
    (made / "run").mkdir(exist_ok=True)
    (made / "run" / "lock").touch()
    return made


def contents(directory: Path) -> dict[str, str]:
    """Checksums of all files but the database's own and what is never backed up."""
    return {
        path.relative_to(directory).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in directory.rglob("*")
        if path.is_file() and not path.name.startswith(DATABASE) and path.parent.name != "run"
    }


def people(data: Path) -> int:
    with closing(sqlite3.connect(data / DATABASE)) as connection:
        count: int = connection.execute("SELECT count(*) FROM person").fetchone()[0]
        return count


def test_everything_comes_back_as_it_was(data: Path, tmp_path: Path) -> None:
    file, restored = tmp_path / "backup.tar", tmp_path / "back"
    done = write(data, file)
    assert (done.finished, done.running, done.damaged) == (1, 0, [])
    assert file.stat().st_mode & 0o777 == 0o600
    manifest, aside = put_back(file, restored, replace=False)
    assert (manifest.schema_, aside) == (NEWEST, None)
    assert contents(restored) == contents(data)
    assert "tls/authority.key" in contents(restored)
    assert people(restored) == people(data)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["back", "backup.tar", "data"]


def test_what_is_written_meanwhile_is_there_whole_or_not_at_all(data: Path, tmp_path: Path) -> None:
    """Each transaction writes two rows; a backup never has one of them."""
    stop, written = threading.Event(), 0

    def write_on() -> None:
        nonlocal written
        with closing(sqlite3.connect(data / DATABASE, timeout=10)) as connection:
            while not stop.is_set():
                for half in "ab":
                    connection.execute("INSERT INTO channel VALUES (?, 0)", (f"room:{written}{half}",))
                connection.commit()
                written += 1

    thread = threading.Thread(target=write_on)
    thread.start()
    try:
        for number in range(5):
            before = written
            write(data, tmp_path / f"{number}.tar")
            while written < before + 5 and thread.is_alive():
                time.sleep(0.001)
    finally:
        stop.set()
        thread.join()
    assert written >= 25
    for number in range(5):
        put_back(tmp_path / f"{number}.tar", tmp_path / f"b{number}", replace=False)
        with closing(sqlite3.connect(tmp_path / f"b{number}" / DATABASE)) as connection:
            halves = connection.execute("SELECT count(*) FROM channel WHERE id LIKE 'room:%a'").fetchone()
            assert connection.execute("SELECT count(*) FROM channel WHERE id LIKE 'room:%b'").fetchone() == halves


def test_a_recording_that_runs_is_taken_up_to_this_moment(data: Path, tmp_path: Path) -> None:
    folder = data / "objects" / "recordings" / "running"
    folder.mkdir()
    (folder / "manifest.jsonl").write_text('{"type": "started"}\n')
    with (folder / "live-0001.webm").open("ab") as live:
        live.write(b"x" * 5_000_000)
        stop = threading.Event()

        def grow() -> None:
            while not stop.is_set():
                live.write(b"y" * 10_000)
                live.flush()
                time.sleep(0.001)

        thread = threading.Thread(target=grow)
        thread.start()
        try:
            done = write(data, tmp_path / "backup.tar")
        finally:
            stop.set()
            thread.join()
    assert (done.finished, done.running) == (1, 1)
    put_back(tmp_path / "backup.tar", tmp_path / "back", replace=False)
    kept = (tmp_path / "back" / "objects" / "recordings" / "running" / "live-0001.webm").read_bytes()
    assert (folder / "live-0001.webm").read_bytes().startswith(kept)
    assert len(kept) >= 5_000_000


def test_a_file_that_is_not_what_was_recorded_is_told(data: Path, tmp_path: Path) -> None:
    part = next((data / "objects" / "recordings").glob("*/*.webm"))
    with part.open("r+b") as file:
        file.write(b"flipped")
    done = write(data, tmp_path / "backup.tar")
    assert done.damaged == [part.relative_to(data).as_posix()]
    part.unlink()
    assert write(data, tmp_path / "other.tar").damaged == [part.relative_to(data).as_posix()]


def broken(file: Path) -> Iterator[tuple[str, bytes]]:
    whole = file.read_bytes()
    middle = len(whole) // 2
    yield "cut off", whole[:middle]
    yield "one byte", whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
    yield "without its list", whole[: whole.rindex(MANIFEST.encode())]
    yield "something else", b"PK\x03\x04 not a backup" * 100
    yield "empty", b""


def test_a_damaged_backup_is_refused_before_anything_is_touched(data: Path, tmp_path: Path) -> None:
    write(data, tmp_path / "backup.tar")
    file = tmp_path / "broken.tar"
    for what, content in broken(tmp_path / "backup.tar"):
        file.write_bytes(content)
        with pytest.raises(CommandError, match=r"broken\.tar"):
            put_back(file, tmp_path / "back", replace=True)
        assert not (tmp_path / "back").exists(), what


def test_a_backup_never_overwrites_and_a_restore_only_when_told(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar"
    write(data, file)
    with pytest.raises(CommandError, match="exists"):
        write(data, file)
    with pytest.raises(CommandError, match="lies in the data directory"):
        write(data, data / "backup.tar")
    before = contents(data)
    with pytest.raises(CommandError, match="--replace"):
        put_back(file, data, replace=False)
    (data / "objects" / "stills" / "new").write_bytes(b"new")
    _, aside = put_back(file, data, replace=True)
    assert aside is not None
    assert contents(aside) == before | {"objects/stills/new": hashlib.sha256(b"new").hexdigest()}
    assert {name: found for name, found in contents(data).items() if not name.startswith("replaced")} == before


def test_nothing_is_restored_under_a_running_server(data: Path, tmp_path: Path) -> None:
    write(data, tmp_path / "backup.tar")
    with own_data(data), pytest.raises(SettingsError, match="another Passline runs"):
        put_back(tmp_path / "backup.tar", data, replace=True)
    assert not (data / RESTORING).exists()


def test_a_backup_of_an_older_schema_is_taken_and_one_of_a_newer_is_refused(tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.mkdir()
    first_schema(old / DATABASE)
    done = write(old, tmp_path / "old.tar")
    assert [name.rpartition("/")[2] for name in done.damaged] == [chain.FILE, chain.STILL], "rows without their files"
    put_back(tmp_path / "old.tar", tmp_path / "back", replace=False)
    assert checked(tmp_path / "old.tar").schema_ == "0001"
    with closing(sqlite3.connect(old / DATABASE)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    write(old, tmp_path / "newer.tar")
    with pytest.raises(CommandError, match=r"9999.*newer"):
        put_back(tmp_path / "newer.tar", tmp_path / "other", replace=False)


def test_names_that_leave_the_directory_are_refused(tmp_path: Path) -> None:
    for name in ("../outside", "/etc/passwd", "a/../../b", ".hidden"):
        with tarfile.open(tmp_path / "evil.tar", "w") as tar:
            tar.addfile(tarfile.TarInfo(name))
        with pytest.raises(CommandError, match="no backup"):
            checked(tmp_path / "evil.tar")
    with tarfile.open(tmp_path / "evil.tar", "w") as tar:
        link = tarfile.TarInfo("objects")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc"
        tar.addfile(link)
    with pytest.raises(CommandError, match="no backup"):
        checked(tmp_path / "evil.tar")
