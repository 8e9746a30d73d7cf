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


def standing(**how: Any) -> dict[str, Any]:
    command = [sys.executable, "-m", "runtime.priority", str(NICENESS), "tests.support.standing", "a", "b"]
    found: dict[str, Any] = json.loads(subprocess.check_output(command, text=True, **how))
    return found


@pytest.mark.unit
@pytest.mark.parametrize("start_new_session", [False, True])
def test_a_module_runs_with_its_own_arguments_and_lets_others_pass(start_new_session: bool) -> None:
    child = standing(start_new_session=start_new_session)
    assert child["arguments"] == ["a", "b"]
    assert child["niceness"] == min(19, os.nice(0) + NICENESS)
    assert child["leads"], "a niceness counts within a session"
    if child["group"] is not None and os.access("/proc/self/autogroup", os.W_OK):
        assert child["group"] == NICENESS, "among sessions it has one of its own"


@pytest.mark.unit
def test_it_does_not_make_others_nicer_whose_session_it_has_to_share() -> None:
    child = standing(process_group=0)
    assert not child["leads"]
    assert child["group"] != NICENESS


@pytest.mark.flow
def test_who_copies_a_recording_lets_a_call_pass() -> None:
    with Copier() as copier:
        child = psutil.Process(copier._running().pid)
        deadline = time.monotonic() + 20
        while (child.nice(), os.getsid(child.pid)) != (min(19, os.nice(0) + NICE), child.pid):
            assert time.monotonic() < deadline
            time.sleep(0.02)
