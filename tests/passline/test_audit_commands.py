"""`passline audit` as an administrator types it: what somebody did to the database is named."""

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from runtime.settings import Settings
from signaling.store.schema import DATABASE
from tests.passline.test_people_commands import passline, rows
from tests.support.chain import seed_chain

pytestmark = pytest.mark.flow


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A chain with four rows in the audit."""
    data = tmp_path_factory.mktemp("written")
    asyncio.run(seed_chain(Settings(data=data), []))
    for verb, *more in (("rename", "--name", "陈工"), ("disable",), ("enable",), ("rename", "--name", "陈")):
        done = passline(data, "user", verb, "chen", *more)
        assert done.returncode == 0, done.stderr
    return data


@pytest.fixture
def data(written: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    with (
        closing(sqlite3.connect(written / DATABASE)) as source,
        closing(sqlite3.connect(tmp_path / DATABASE)) as copy,
    ):
        source.backup(copy)
    return tmp_path


def tamper(data: Path, statement: str) -> None:
    """As somebody who may write to the file, and knows it well."""
    with closing(sqlite3.connect(data / DATABASE)) as connection, connection:
        connection.executescript(f"DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete; {statement};")


def test_an_audit_that_nobody_touched_is_whole_and_says_where_it_ends(data: Path) -> None:
    well = passline(data, "audit", "verify")
    [(digest,)] = rows(data, "SELECT lower(hex(hash)) FROM audit_head")
    assert well.returncode == 0, well.stderr
    assert well.stdout == f"4 rows of the audit, 0 faults\nhead 4:{digest}\n"
    told = json.loads(passline(data, "audit", "verify", "--json").stdout)
    assert told == {"rows": 4, "head": f"4:{digest}", "faults": []}


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE audit SET person_id = 'p-liu' WHERE seq = 2", "row 2 changed"),
        ("DELETE FROM audit WHERE seq = 2", "row 2 missing"),
        ("DELETE FROM audit WHERE seq > 2", "rows 3 to 4 missing"),
        ("UPDATE audit SET seq = 9 WHERE seq = 2; UPDATE audit SET seq = 2 WHERE seq = 3;"
         "UPDATE audit SET seq = 3 WHERE seq = 9", "row 3 changed"),
    ],
    ids=["changed", "removed", "cut off", "reordered"],
)  # fmt: skip
def test_a_row_that_was_tampered_with_is_named(data: Path, statement: str, said: str) -> None:
    tamper(data, statement)
    bad = passline(data, "audit", "verify")
    assert bad.returncode == 1
    assert said in bad.stdout


def test_an_audit_that_was_written_anew_betrays_itself_by_a_head_that_was_noted(data: Path) -> None:
    noted = passline(data, "audit", "verify").stdout.split()[-1]
    grown = passline(data, "user", "disable", "chen")
    assert grown.returncode == 0
    assert passline(data, "audit", "verify", "--head", noted).returncode == 0, "it only grew"
    forged = passline(data, "audit", "verify", "--head", noted[:-1] + ("0" if noted[-1] != "0" else "1"))
    assert (forged.returncode, "row 4 replaced" in forged.stdout) == (1, True)
    wrong = passline(data, "audit", "verify", "--head", "4")
    assert (wrong.returncode, "--head" in wrong.stderr) == (1, True)


def test_the_database_itself_refuses_to_change_or_remove_a_row(data: Path) -> None:
    with closing(sqlite3.connect(data / DATABASE)) as connection:
        for statement in ("UPDATE audit SET detail = 'x'", "DELETE FROM audit"):
            with pytest.raises(sqlite3.IntegrityError, match="only ever added"):
                connection.execute(statement)


def test_all_of_it_is_exported_as_json_lines(data: Path) -> None:
    lines = [json.loads(line) for line in passline(data, "audit", "export").stdout.splitlines()]
    assert [(line["seq"], line["action"], line["person"], line["address"]) for line in lines] == [
        (1, "person_renamed", None, "command line"),
        (2, "person_disabled", None, "command line"),
        (3, "person_enabled", None, "command line"),
        (4, "person_renamed", None, "command line"),
        (5, "audit_exported", None, "command line"),
    ]


def test_a_backup_is_written_down_where_it_was_made_and_a_restore_where_it_was_put(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.nice", lambda _: 0)
    file, restored = tmp_path.with_name("backup.tar"), tmp_path / "back"
    acts = "SELECT action, object, detail FROM audit WHERE seq > 4 ORDER BY seq"
    assert passline(data, "backup", str(file)).returncode == 0
    [(backed_up, chain, files)] = rows(data, acts)
    assert (backed_up, chain, files) == ("backed_up", "chain", "files 1")
    assert passline(restored, "restore", str(file)).returncode == 0
    [(action, about, made)] = rows(restored, acts)
    assert (action, about) == ("restored", "chain")
    assert str(made).startswith("made 20")
    assert passline(restored, "audit", "verify").returncode == 0
