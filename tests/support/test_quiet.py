"""The check of the logs finds what it is for, and no ids."""

import json
import sqlite3
from pathlib import Path

import pytest

from passline.demo import PASSWORD
from runtime import ids
from tests.support.quiet import secrets_in

pytestmark = pytest.mark.unit


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "passline.db"
    made = sqlite3.connect(path)
    made.executescript(
        """create table person (name_zh, name_en); insert into person values ('陈立群', 'Chen Liqun');
        create table store (name_zh, name_en); insert into store values ('静安寺店', 'Jing''an Temple');
        create table message (body); insert into message values ('先断电再开盖'), ('ok');"""
    )
    made.close()
    return path


@pytest.mark.parametrize(
    "secret",
    [
        PASSWORD,
        pytest.param(ids.secret(), id="token"),
        "陈立群",
        "Chen Liqun",
        "静安寺店",
        "先断电再开盖",
        "a=ice-pwd:x",
        "m=audio 9 UDP",
        "$argon2id$v=19$m=65536",
    ],
)
def test_every_kind_of_secret_is_found(database: Path, secret: str) -> None:
    assert secrets_in(f"plain {secret} text", database)
    assert secrets_in(json.dumps({"event": "x", "detail": f"of {secret}"}), database)


def test_ids_checksums_and_the_setup_link_are_no_secrets(database: Path) -> None:
    fine = {"event": "ok", "session": ids.uuid7(), "person": "p-chen", "sha256": "ab" * 32, "address": "203.0.113.9"}
    assert secrets_in(json.dumps(fine), database) == []
    assert secrets_in(f"open http://localhost:8080/setup#{ids.secret()}", database) == []
