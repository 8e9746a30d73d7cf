"""A process loads nothing that it does not need."""

import subprocess
import sys
from importlib import import_module

import pytest

from runtime.lean import without

pytestmark = pytest.mark.unit


def loaded_by(module: str) -> set[str]:
    """What a fresh interpreter has loaded once it imported `module`."""
    names = subprocess.check_output([sys.executable, "-c", f"import sys, {module}; print(*sys.modules)"], text=True)
    return set(names.split())


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
    loaded = loaded_by(f"{process}.__main__")
    assert "structlog" in loaded
    assert "rich" not in loaded


def test_the_recorder_loads_ffmpeg_only_when_it_needs_it() -> None:
    loaded = loaded_by("recorder.__main__")
    assert "recorder.copier" in loaded
    assert "av" not in loaded


def test_the_child_that_copies_a_recording_starts_with_little() -> None:
    """One starts for every recording that ends; with the settings and the logs it took five times as much of a core."""
    loaded = loaded_by("recorder.remux")
    assert "av" in loaded
    assert not {"pydantic", "structlog", "asyncio"} & loaded
