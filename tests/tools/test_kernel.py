"""The C kernel is built where there is a compiler; where there is none that is said once, and nothing else fails."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of what it is built from, without what was built."""
    shutil.copytree(ROOT / "media" / "plane", tmp_path / "media" / "plane", ignore=shutil.ignore_patterns("*.so*"))
    (tmp_path / "tools").mkdir()
    shutil.copy2(ROOT / "tools" / "kernel.py", tmp_path / "tools")
    return tmp_path


def build(tree: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "tools/kernel.py"],
        cwd=tree,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )


def test_where_there_is_no_compiler_that_is_said_and_the_rest_goes_on(tree: Path) -> None:
    made = build(tree, PATH=str(tree), CC="nothing-of-the-kind")
    assert made.stderr.strip() == ("Passline: media will forward in Python, at a higher cost: there is no C compiler")
    assert not list((tree / "media" / "plane").glob("*.so*"))


def test_a_compiler_that_fails_is_quoted_and_leaves_no_half_of_a_kernel(tree: Path) -> None:
    with (tree / "media" / "plane" / "kernel.c").open("a") as source:
        source.write("\nthis is not C\n")
    made = build(tree)
    assert made.stderr.startswith("Passline: media will forward in Python, at a higher cost: ")
    assert "kernel.c" in made.stderr
    assert not list((tree / "media" / "plane").glob("*.so*"))
