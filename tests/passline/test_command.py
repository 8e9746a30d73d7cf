"""`passline serve` refuses what it cannot obey with one line that names it, and starts nothing."""

import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.ports import free_port
from tests.support.stack import environ

pytestmark = pytest.mark.flow


def _serve(tmp_path: Path, *arguments: str, **settings: object) -> subprocess.CompletedProcess[str]:
    known = {"port": free_port(), "media_port": 0, "data": tmp_path / "data", **settings}
    return subprocess.run(
        [sys.executable, "-m", "passline", "serve", *arguments],
        env=environ(known),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def _refused(done: subprocess.CompletedProcess[str], named: str) -> None:
    assert done.returncode == 2, done.stderr
    assert named in done.stderr
    assert "Traceback" not in done.stderr
    assert "child started" not in done.stderr


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"prot": 80}, "PASSLINE_PROT"),
        ({"port": "eighty"}, "PASSLINE_PORT"),
        ({"host": "192.0.2.1"}, "PASSLINE_HOST"),
        ({"config": "/not/there.toml"}, "/not/there.toml"),
        ({"media_port": 65535, "media_workers": 2}, "PASSLINE_MEDIA_PORT"),
        ({"tls_cert": "/not/there.pem"}, "PASSLINE_TLS_CERT"),
        ({"data": "/proc/nowhere"}, "PASSLINE_DATA"),
        ({"data": "/tmp/" + "x" * 200}, "PASSLINE_DATA"),
        ({"log_dir": "/proc/nowhere"}, "PASSLINE_LOG_DIR"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, settings: dict[str, object], named: str) -> None:
    _refused(_serve(tmp_path, **settings), named)


def test_a_key_of_the_toml_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "chain.toml").write_text("prot = 80")
    _refused(_serve(tmp_path, "--config", "chain.toml"), "prot")


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = _serve(tmp_path, "--port", str(port))
    _refused(done, "PASSLINE_PORT")
    assert str(port) in done.stderr


@pytest.mark.parametrize(("kind", "name"), [(socket.SOCK_DGRAM, "UDP"), (socket.SOCK_STREAM, "TCP")])
def test_a_media_port_that_is_taken_is_named(tmp_path: Path, kind: socket.SocketKind, name: str) -> None:
    with socket.socket(type=kind) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind is socket.SOCK_STREAM:
            taken.listen()
        port = taken.getsockname()[1]
        done = _serve(tmp_path, media_port=port, media_workers=1)
    _refused(done, "PASSLINE_MEDIA_PORT")
    assert f"{name} port {port}" in done.stderr


def test_an_unknown_option_is_refused(tmp_path: Path) -> None:
    done = _serve(tmp_path, "--prot", "80")
    assert done.returncode != 0
    assert "--prot" in done.stderr + done.stdout


def test_a_database_of_a_newer_version_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with closing(sqlite3.connect(tmp_path / "data" / "passline.db")) as newer, newer:
        newer.execute("CREATE TABLE alembic_version (version_num TEXT)")
        newer.execute("INSERT INTO alembic_version VALUES ('9999')")
    done = _serve(tmp_path)
    _refused(done, "PASSLINE_DATA")
    assert "newer" in done.stderr
