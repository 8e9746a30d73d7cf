"""The table of figures at the end of a run is whole, whichever process measured them."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.flow

ROOT = Path(__file__).parents[2]
MEASURED = """
import pytest

@pytest.mark.unit
@pytest.mark.promise("{row}")
def test_it(promise):
    promise.measured("what {row} takes", 1.5, limit=1.0)
    promise.measured("what {row} takes", 0.5, limit=1.0)
"""


def test_figures_of_tests_that_run_two_at_once_are_in_it(tmp_path: Path) -> None:
    for row in ("X1", "X2"):
        (tmp_path / f"test_{row}.py").write_text(MEASURED.format(row=row))
    ours = ["-p", "tests.conftest", "-p", "no:cacheprovider", "-c", "pyproject.toml", "--rootdir", str(tmp_path)]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *ours, "-n", "2", tmp_path], cwd=ROOT, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout
    for row in ("X1", "X2"):
        assert f"{row}   what {row} takes: median 1 s, worst 1.5 (limit 1 s; 1.5, 0.5)" in run.stdout, run.stdout
