"""The web client is built when something is newer, with a Node that can."""

import os
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.house.repository import ROOT

pytestmark = pytest.mark.unit


@pytest.fixture
def web(tmp_path: Path) -> SimpleNamespace:
    """tools/web.py over an empty checkout in `tmp_path`."""
    tool = runpy.run_path(str(ROOT / "tools" / "web.py"))
    tool["is_stale"].__globals__.update(WEB=tmp_path / "web", BUILT=tmp_path / "static" / "index.html")
    (tmp_path / "web" / "src").mkdir(parents=True)
    (tmp_path / "static").mkdir()
    return SimpleNamespace(**tool)


def _write(path: Path, at_s: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("")
    os.utime(path, (at_s, at_s))


def _node(directory: Path, version: str, *, npm: bool = True) -> str:
    directory.mkdir()
    for name in ("node", "npm") if npm else ("node",):
        (directory / name).write_text(f"#!/bin/sh\necho {version}\n")
        (directory / name).chmod(0o755)
    return str(directory)


def test_without_a_built_client_it_is_stale(web: SimpleNamespace) -> None:
    assert web.is_stale()


def test_a_newer_source_makes_it_stale_and_an_older_one_does_not(web: SimpleNamespace, tmp_path: Path) -> None:
    _write(tmp_path / "static" / "index.html", 1000)
    _write(tmp_path / "web" / "src" / "main.tsx", 999)
    assert not web.is_stale()
    _write(tmp_path / "web" / "src" / "deep" / "part.tsx", 1001)
    assert web.is_stale()


def test_installed_packages_are_no_sources(web: SimpleNamespace, tmp_path: Path) -> None:
    _write(tmp_path / "static" / "index.html", 1000)
    _write(tmp_path / "web" / "node_modules" / "x" / "index.js", 2000)
    assert not web.is_stale()


def test_the_first_node_that_is_new_enough_and_has_npm_is_taken(
    web: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = _node(tmp_path / "old", "v18.20.0")
    bare = _node(tmp_path / "bare", "v24.0.0", npm=False)
    good = _node(tmp_path / "good", "v20.19.2")
    monkeypatch.setenv("PATH", os.pathsep.join((old, bare, good, os.environ["PATH"])))
    assert web.node_directory() == good


def test_without_node_the_message_says_what_to_do(
    web: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.prefix", str(tmp_path))
    with pytest.raises(web.NoNode, match="make setup"):
        web.node_directory()
