"""The wall clock is the machine's, and moves exactly as the monotonic one does."""

import os
import time

import pytest

from runtime import clock

pytestmark = pytest.mark.unit


def test_wall_time_is_utc() -> None:
    assert abs(clock.wall_ns() - time.time_ns()) < 5_000_000_000
    assert abs(clock.wall_ms() - clock.wall_ns() // 1_000_000) <= 1000


def test_a_jump_of_the_machine_s_clock_does_not_reach_a_running_process(monkeypatch: pytest.MonkeyPatch) -> None:
    before = clock.wall_ms()
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    assert clock.wall_ms() >= before


def test_neither_clock_goes_back() -> None:
    seen = [(clock.now(), clock.wall_ns()) for _ in range(1000)]
    assert seen == sorted(seen)


def test_a_forked_process_looks_at_the_machine_s_clock_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    ahead_ns = time.time_ns() + 3_600_000_000_000
    monkeypatch.setattr(time, "time_ns", lambda: ahead_ns)
    child = os.fork()
    if child == 0:
        os._exit(0 if clock.wall_ns() >= ahead_ns else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert clock.wall_ns() < ahead_ns
