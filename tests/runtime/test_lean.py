"""A server process loads nothing that only a terminal needs."""

import subprocess
import sys
from importlib import import_module

import pytest

from runtime.lean import without

pytestmark = pytest.mark.unit


def test_a_module_is_not_there_inside_and_as_before_afterwards() -> None:
    before = sys.modules["json"]
    with without("json"), pytest.raises(ImportError):
        import_module("json")
    assert sys.modules["json"] is before
    with without("no_such_module"):
        pass
    assert "no_such_module" not in sys.modules


@pytest.mark.parametrize("process", ["signaling", "media", "recorder"])
def test_no_process_loads_a_terminal(process: str) -> None:
    loaded = subprocess.check_output(
        [sys.executable, "-c", f"import sys, {process}.__main__; print(*sys.modules)"], text=True
    ).split()
    assert "structlog" in loaded
    assert "rich" not in loaded
