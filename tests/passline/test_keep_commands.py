"""`passline verify` and `passline retention` as an administrator types them."""

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from runtime import clock
from runtime.settings import Settings
from signaling.store.schema import DATABASE
from tests.passline.test_people_commands import passline, rows
from tests.support import chain
from tests.support.chain import RECORDING, finished_call, seed_chain

pytestmark = pytest.mark.flow

DAY_MS = 24 * 3600 * 1000


@pytest.fixture
def data(tmp_path: Path) -> Path:
    asyncio.run(seed_chain(Settings(data=tmp_path), [finished_call()]))
    with closing(sqlite3.connect(tmp_path / DATABASE)) as connection, connection:
        connection.execute("UPDATE recording SET stopped_ms = ?", (clock.wall_ms() - 40 * DAY_MS,))
    return tmp_path


def test_damage_is_told_by_words_status_and_json_and_marked_in_the_archive(data: Path) -> None:
    well = passline(data, "verify")
    assert (well.returncode, well.stdout) == (0, "1 recordings checked, 0 damaged\n"), well.stderr
    file = data / "objects" / "recordings" / RECORDING / chain.FILE
    file.write_bytes(file.read_bytes()[:-1] + b"\0")
    bad = passline(data, "verify", "--json")
    assert bad.returncode == 1
    assert json.loads(bad.stdout) == {
        "checked": 1,
        "damaged": [{"recording": RECORDING, "room": chain.ROOM, "files": [chain.FILE]}],
    }
    assert rows(data, "SELECT damaged FROM recording") == [(chain.FILE,)]


def test_what_would_go_is_shown_before_it_goes(data: Path) -> None:
    folder = data / "objects" / "recordings" / RECORDING
    young = passline(data, "retention", "--preview", "--days", "41")
    assert "0 recordings older than" in young.stdout, young.stderr
    shown = passline(data, "retention", "--preview", "--days", "1")
    assert RECORDING in shown.stdout
    assert "1 recordings older than 1 days would be deleted, 0.0 MB" in shown.stdout
    assert folder.exists()
    done = passline(data, "retention", "--now", "--days", "1")
    assert (done.returncode, folder.exists()) == (0, False), done.stderr
    assert rows(data, "SELECT state FROM recording") == [("deleted",)]
