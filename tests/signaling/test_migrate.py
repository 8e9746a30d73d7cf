"""A database of the first schema is upgraded at the start, whatever happens meanwhile; a newer one is refused.

`schemas/0001.sql` is a dump of what the first release wrote, with rows in every table. It never changes.
"""

import asyncio
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from signaling.domain.timings import Stage, took
from signaling.store.audit_lines import verify
from signaling.store.engine import Database
from signaling.store.migrate import COPIES, KEPT_COPIES, migrate
from signaling.store.schema import DATABASE, NEWEST, SchemaError, found_in
from tests.support import chain

pytestmark = pytest.mark.flow

DUMP = Path(__file__).parent / "schemas" / "0001.sql"
Rows = dict[str, list[dict[str, object]]]


def first_schema(path: Path) -> Path:
    """A database as the first release left it."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(DUMP.read_text())
        connection.execute("PRAGMA journal_mode=WAL")
    return path


def rows_of(path: Path, like: Rows | None = None) -> Rows:
    """Every row of every table; with `like` only its tables and columns."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        tables = set(names) - {"alembic_version"} if like is None else set(like)
        found: Rows = {}
        for table in tables:
            columns = ", ".join(like[table][0]) if like else "*"
            rows = connection.execute(f"SELECT {columns} FROM {table} ORDER BY rowid").fetchall()
            found[table] = [dict(row) for row in rows]
        return found


async def upgrade(path: Path) -> None:
    async with Database(path) as database:
        await migrate(database)


async def test_every_row_of_the_first_schema_is_there_after_the_upgrade(tmp_path: Path) -> None:
    path = first_schema(tmp_path / DATABASE)
    before = rows_of(path)
    assert all(before.values()), "a row in every table"
    await upgrade(path)
    assert found_in(path) == NEWEST
    assert rows_of(path, before) == before


async def test_the_audit_of_the_first_schema_is_chained_by_the_upgrade(tmp_path: Path) -> None:
    path = first_schema(tmp_path / DATABASE)
    with closing(sqlite3.connect(path)) as connection, connection:
        for number in range(2500):  # more than one batch
            connection.execute(
                "INSERT INTO audit (id, at_ms, action, address, detail) VALUES (?, ?, 'signed_out', '', '')",
                (f"{(number * 7919) % 2500}", number),
            )
    order = [row["id"] for row in rows_of(path)["audit"]]
    async with Database(path) as database:
        await migrate(database)
        head, faults = await verify(database)
    assert (head.seq, faults) == (len(order), [])
    assert [row["id"] for row in rows_of(path)["audit"]] == order


async def test_the_times_of_a_call_of_the_first_schema_are_kept_like_those_of_a_new_one(tmp_path: Path) -> None:
    path = first_schema(tmp_path / DATABASE)
    await upgrade(path)
    [kept] = rows_of(path)["call_timing"]
    call = chain.finished_call().state.call
    assert call is not None
    assert (kept["room_id"], kept["store_id"], kept["at_ms"]) == (chain.ROOM, "s-0117", chain.STARTED_MS)
    assert {stage: kept[f"{stage}_ms"] for stage in Stage} == {stage: took(call.timings).get(stage) for stage in Stage}


async def test_the_upgraded_database_serves_its_people(tmp_path: Path) -> None:
    """Live: not only rows, but somebody who signs in with the old password and finds the old call."""
    from tests.support.server import SignalingServer  # noqa: PLC0415 - heavy, and only for this

    first_schema(tmp_path / DATABASE)
    async with SignalingServer(tmp_path, rooms=[]) as server:
        client = await server.sign_in("chen")
        assert (await client.get(f"/api/archive/{chain.ROOM}")).status == 200


async def test_a_copy_of_the_old_schema_is_kept_before_the_upgrade(tmp_path: Path) -> None:
    path = first_schema(tmp_path / DATABASE)
    before = rows_of(path)
    copies = tmp_path / COPIES
    copies.mkdir()
    for old in ("0000a", "0000b", "0000c"):
        (copies / f"passline-{old}.db").touch()
    await upgrade(path)
    assert found_in(copies / "passline-0001.db") == "0001"
    assert rows_of(copies / "passline-0001.db") == before
    assert len(list(copies.iterdir())) == KEPT_COPIES


async def test_a_new_database_leaves_no_copy(tmp_path: Path) -> None:
    await upgrade(tmp_path / DATABASE)
    assert not (tmp_path / COPIES).exists()


async def test_an_upgrade_killed_at_any_statement_is_done_by_the_next_start(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    path = first_schema(tmp_path / DATABASE)
    before = rows_of(path)
    step = 1 if request.config.getoption("full") else 31
    command = [sys.executable, "-m", "tests.support.killed_migration", str(path), str(step)]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr
    killed = int(done.stdout.split()[-1])
    assert killed > 5
    for statement in range(1, killed + 1, step):
        copy = tmp_path / f"killed-{statement}.db"
        assert found_in(copy) == "0001", "all or nothing"
        await upgrade(copy)
        assert found_in(copy) == NEWEST
        assert rows_of(copy, before) == before


async def test_a_newer_schema_is_refused_with_words_and_left_alone(tmp_path: Path) -> None:
    path = first_schema(tmp_path / DATABASE)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaError, match=r"9999.*newer.*backup"):
        await upgrade(path)
    assert found_in(path) == "9999"
    assert not (tmp_path / COPIES).exists()


async def test_what_is_no_database_is_refused_with_words(tmp_path: Path) -> None:
    (tmp_path / DATABASE).write_bytes(b"not a database, but long enough to look like a file of one" * 20)
    with pytest.raises(SchemaError, match="backup"):
        found_in(tmp_path / DATABASE)
