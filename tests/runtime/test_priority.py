"""What gives way does so in a session of its own, too."""

import json
import os
import subprocess
import sys
import time
from typing import Any

import psutil
import pytest

from recorder.copier import NICE, Copier

NICENESS = 7


def standing(*, start_new_session: bool) -> dict[str, Any]:
    command = [sys.executable, "-m", "runtime.priority", str(NICENESS), "tests.support.standing", "a", "b"]
    said = subprocess.check_output(command, text=True, start_new_session=start_new_session)
    found: dict[str, Any] = json.loads(said)
    return found


@pytest.mark.unit
@pytest.mark.parametrize("start_new_session", [False, True])
def test_a_module_runs_with_its_own_arguments_and_lets_others_pass(start_new_session: bool) -> None:
    child = standing(start_new_session=start_new_session)
    assert child["arguments"] == ["a", "b"]
    assert child["niceness"] == min(19, os.nice(0) + NICENESS)
    assert child["leads"], "a niceness counts within a session"
    if child["group"] is not None:
        assert int(child["group"]) == NICENESS, "among sessions it has one of its own"


@pytest.mark.flow
def test_who_copies_a_recording_lets_a_call_pass() -> None:
    with Copier() as copier:
        child = psutil.Process(copier._running().pid)
        deadline = time.monotonic() + 20
        while child.nice() != min(19, os.nice(0) + NICE):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert os.getsid(child.pid) == child.pid
