"""`passline user` and `passline org` as an administrator types them."""

import contextlib
import io
import logging
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import pytest
import structlog

from contract.rights import PersonCopy
from passline.__main__ import main
from runtime import clock
from signaling.store.schema import DATABASE
from tests.support.promise import Promise
from tests.support.stack import environ

pytestmark = pytest.mark.flow

PASSWORD = "four words are long"


@dataclass(frozen=True)
class Ended:
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


def passline(data: Path, *arguments: str, typed: str = "") -> Ended:
    """The command as `passline` runs it, in this process: loading it anew each time takes two seconds of CPU."""
    out, err, handlers = io.StringIO(), io.StringIO(), logging.getLogger().handlers[:]
    try:
        with (
            mock.patch.dict("os.environ", environ({"data": data}), clear=True),
            mock.patch("sys.stdin", io.StringIO(typed)),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            pytest.raises(SystemExit) as ended,
        ):
            main(arguments)
    finally:
        logging.getLogger().handlers[:] = handlers
        structlog.reset_defaults()
    assert isinstance(ended.value.code, int)
    return Ended(ended.value.code, out.getvalue(), err.getvalue())


def rows(data: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(data / DATABASE)) as connection:
        return connection.execute(query).fetchall()


def test_a_list_of_stores_is_imported_whole_or_not_at_all(tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "stores.csv"
    file.write_text("number,name,region,tablet\n0117,静安寺店,华东,store-0117\n0201,国贸店,,\n")
    bad = passline(data, "org", "import", str(file))
    assert (bad.returncode, bad.stdout) == (1, "")
    assert "line 3: region is empty" in bad.stderr
    assert "Traceback" not in bad.stderr
    assert not (data / DATABASE).exists()

    file.write_text("number,name,region,tablet\n0117,静安寺店,华东,store-0117\n0201,国贸店,华北,store-0201\n")
    asked = passline(data, "org", "import", str(file), "--dry-run")
    assert "2 regions, 2 stores, 2 tablets would be added" in asked.stderr
    assert rows(data, "SELECT id FROM store UNION SELECT id FROM region UNION SELECT id FROM person") == []

    done = passline(data, "org", "import", str(file))
    assert done.returncode == 0, done.stderr
    titles, *made = done.stdout.splitlines()
    assert titles == "number,tablet,password"
    assert [line.rsplit(",", 1)[0] for line in made] == ["0117,store-0117", "0201,store-0201"]

    file.write_text("number,name,region,tablet\n0117,静安店,华北,store-0117\n0202,新店,华北,store-0201\n")
    taken = passline(data, "org", "import", str(file))
    assert "line 3: the login store-0201 is taken by somebody else" in taken.stderr
    assert rows(data, "SELECT name_zh FROM store ORDER BY number") == [("静安寺店",), ("国贸店",)]

    file.write_text("number,name,region,tablet\n0117,静安店,华北,store-0117\n")
    again = passline(data, "org", "import", str(file))
    assert (again.stdout, "1 stores were changed" in again.stderr) == ("", True)
    assert rows(data, "SELECT name_zh FROM person WHERE login = 'store-0117'") == [("静安店",)]


def test_people_come_from_a_list_with_a_link_each_and_no_password(tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "people.csv"
    assert passline(data, "org", "region", "add", "华东", "East").returncode == 0
    file.write_text("工号,姓名,角色,区域\nwu,吴磊,区域经理,华南\n", encoding="gb18030")
    bad = passline(data, "user", "import", str(file))
    assert (bad.returncode, bad.stdout) == (1, "")
    assert "line 2: there is no region 华南" in bad.stderr

    file.write_text("工号,姓名,角色,区域\nwu,吴磊,区域经理,华东\nchen,陈立群,专家,\n", encoding="gb18030")
    asked = passline(data, "user", "import", str(file), "--dry-run")
    assert (asked.stdout, asked.stderr) == ("", "2 people would be added, 0 would be changed.\n")
    assert rows(data, "SELECT login FROM person") == []

    done = passline(data, "user", "import", str(file))
    titles, *links = done.stdout.splitlines()
    assert titles == "login,link"
    assert [line.partition("/invitation#")[0] for line in links] == [
        "wu,http://localhost:8080",
        "chen,http://localhost:8080",
    ]
    assert rows(data, "SELECT password_hash FROM person") == [("",), ("",)]
    assert passline(data, "user", "import", str(file)).stdout == ""
    assert "/invitation#" in passline(data, "user", "invite", "chen").stdout
    assert "nobody signs in under this name" in passline(data, "user", "invite", "nobody").stderr


@pytest.mark.promise("lists")
def test_two_thousand_people_and_three_hundred_stores_come_from_lists(tmp_path: Path, promise: Promise) -> None:
    count = promise.size(200, full=2000)
    stores, people = tmp_path / "stores.csv", tmp_path / "people.csv"
    lines = (f"{n:04},店{n},区{n % 12}\n" for n in range(count * 3 // 20))
    stores.write_text("number,name,region\n" + "".join(lines))
    lines = (f"p{n:05},人{n},expert,{'it' if n % 3 else ''}\n" for n in range(count))
    people.write_text("login,name,role,skills\n" + "".join(lines))
    for seed in promise.rounds():
        data = tmp_path / f"data-{seed}"
        started = clock.now()
        assert passline(data, "org", "import", str(stores)).returncode == 0
        assert passline(data, "user", "import", str(people)).returncode == 0
        promise.measured("people and stores from lists", clock.now() - started, limit=20.0)
        assert rows(data, "SELECT count(*) FROM person") == [(count,)]


def test_people_come_go_and_are_refused_in_words(tmp_path: Path) -> None:
    assert passline(tmp_path, "org", "name", "小灶堂", "Little Stove").returncode == 0
    assert passline(tmp_path, "org", "region", "add", "华东", "East").returncode == 0
    added = passline(
        tmp_path, "user", "add", "wu", "--role", "manager", "--name", "吴磊", "--region", "East", typed=PASSWORD + "\n"
    )
    assert added.returncode == 0, added.stderr
    assert PASSWORD not in added.stdout
    admin = passline(tmp_path, "user", "add", "it", "--role", "admin", "--name", "周敏", "--generate")
    assert "Password: " in admin.stdout
    for arguments, words in [
        (("user", "add", "wu", "--role", "expert", "--name", "x", "--generate"), "wu: this login is taken"),
        (("user", "disable", "it"), "it: the last administrator"),
        (("org", "store", "add", "0117", "静安寺店", "--region", "West"), "0117: there is no region of this name"),
    ]:
        refused = passline(tmp_path, *arguments)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert words in refused.stderr
    assert passline(tmp_path, "user", "disable", "wu").returncode == 0
    listed = passline(tmp_path, "user", "list").stdout
    assert [line.split() for line in listed.splitlines()[2:]] == [
        ["it", "admin", "周敏"],
        ["wu", "manager", "吴磊", "华东", "disabled"],
    ]


def test_somebody_gets_all_that_is_kept_of_them_and_is_deleted_once_they_have_left(tmp_path: Path) -> None:
    for login, role in (("it", "admin"), ("sun", "trainer")):
        passline(tmp_path, "user", "add", login, "--role", role, "--name", "孙明", typed=PASSWORD)
    [(sun,)] = rows(tmp_path, "SELECT id FROM person WHERE login = 'sun'")
    copy = passline(tmp_path, "user", "export", "sun")
    assert PersonCopy.model_validate_json(copy.stdout).account.login == "sun"
    for login, words in (("it", "the last administrator"), ("sun", "still here"), ("nobody", "nobody signs in")):
        refused = passline(tmp_path, "user", "erase", login, "--name", "孙明")
        assert (refused.returncode, refused.stdout) == (1, "")
        assert words in refused.stderr
    assert passline(tmp_path, "user", "disable", "sun").returncode == 0
    other = passline(tmp_path, "user", "erase", "sun", "--name", "孙")
    assert (other.returncode, other.stderr) == (1, "passline: sun: this is not what they are called\n")
    for login in ("sun", f"erased:{sun}"):
        assert passline(tmp_path, "user", "erase", login, "--name", "孙明").returncode == 0
    assert passline(tmp_path, "user", "list").stdout.count("\n") == 3, "head, rule, and the administrator"
    assert rows(tmp_path, "SELECT name_zh FROM person ORDER BY erased_ms DESC") == [("已删除",), ("孙明",)]
    assert rows(tmp_path, "SELECT action FROM audit ORDER BY seq DESC LIMIT 2") == [
        ("person_erased",),
        ("person_disabled",),
    ]
    enabled = passline(tmp_path, "user", "enable", f"erased:{sun}")
    assert (enabled.returncode, "nobody signs in" in enabled.stderr) == (1, True)


def test_an_account_of_the_identity_provider_is_unlinked(tmp_path: Path) -> None:
    passline(tmp_path, "user", "add", "sun", "--role", "trainer", "--name", "孙", typed=PASSWORD)
    none = passline(tmp_path, "user", "unlink", "sun")
    assert (none.returncode, none.stderr) == (1, "passline: sun: no account of the identity provider is linked\n")
    with closing(sqlite3.connect(tmp_path / DATABASE)) as connection, connection:
        connection.execute("INSERT INTO identity SELECT 'https://id.example', 'sub', id, 1, 0 FROM person")
    assert passline(tmp_path, "user", "unlink", "sun").returncode == 0
    assert rows(tmp_path, "SELECT * FROM identity") == []
    assert rows(tmp_path, "SELECT action FROM audit ORDER BY seq DESC LIMIT 1") == [("identity_unlinked",)]


def test_the_glass_is_broken_for_an_administrator_and_for_nobody_else(tmp_path: Path) -> None:
    for login, role in (("it", "admin"), ("sun", "trainer")):
        passline(tmp_path, "user", "add", login, "--role", role, "--name", "孙", typed=PASSWORD)
    made = passline(tmp_path, "break-glass", "it")
    assert (made.returncode, made.stdout.partition("#")[0]) == (0, "http://localhost:8080/break-glass")
    assert "15 minutes" in made.stderr
    refused = passline(tmp_path, "break-glass", "sun")
    assert (refused.returncode, refused.stderr) == (1, "passline: sun: no administrator; they are: it\n")
    assert rows(tmp_path, "SELECT action FROM audit ORDER BY seq DESC LIMIT 1") == [("break_glass_made",)]


def test_an_older_database_is_left_to_the_server(tmp_path: Path) -> None:
    dump = Path(__file__).parent.parent / "signaling" / "schemas" / "0001.sql"
    with closing(sqlite3.connect(tmp_path / DATABASE)) as connection:
        connection.executescript(dump.read_text())
    refused = passline(tmp_path, "user", "list")
    assert refused.returncode == 1
    assert "start Passline once" in refused.stderr
    assert rows(tmp_path, "SELECT version_num FROM alembic_version") == [("0001",)]
