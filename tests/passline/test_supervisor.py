"""The supervisor keeps real child processes running and ends them in order."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest
import structlog

from passline import watch as watching
from passline.children import BACKOFF_MAX_S, HEALTHY_S, Backoff, Spec, describe_end
from passline.supervisor import Supervisor
from passline.watch import HangWatch
from runtime import health
from runtime.supervise import TaskScope
from tests.support.processes import alive

WELL_BEHAVED = """
import pathlib, signal, sys, time
def end(*_):
    with open(sys.argv[1], "a") as log: log.write(sys.argv[2] + " ended\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
with open(sys.argv[1], "a") as log: log.write(sys.argv[2] + " started\\n")
while True: time.sleep(0.05)
"""
STUBBORN = WELL_BEHAVED.replace("sys.exit(0)", "pass")


@pytest.mark.unit
def test_backoff_doubles_to_its_limit_and_forgets_after_a_healthy_run() -> None:
    backoff = Backoff()
    assert [backoff.after(0.1) for _ in range(9)] == [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, BACKOFF_MAX_S, BACKOFF_MAX_S]
    assert backoff.after(HEALTHY_S) == 0.05
    assert backoff.after(HEALTHY_S - 0.1) == 0.1


@pytest.mark.unit
def test_an_end_is_told_as_exit_code_or_signal() -> None:
    assert describe_end(3) == {"exit_code": 3}
    assert describe_end(-9) == {"signal": "SIGKILL"}


@asynccontextmanager
async def _running(supervisor: Supervisor) -> AsyncIterator[asyncio.Task[None]]:
    async with TaskScope("test") as scope:
        task = scope.spawn(supervisor.run(), name="supervisor")
        yield task
        supervisor.stop()
        await asyncio.wait_for(task, 60)


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - another process does it
            await asyncio.sleep(0.02)


def _child(log: Path, name: str, program: str = WELL_BEHAVED) -> Spec:
    return Spec(name, ("-c", program, str(log), name))


def _lines(log: Path) -> list[str]:
    return log.read_text().splitlines() if log.exists() else []


@pytest.mark.flow
async def test_a_killed_child_is_started_again_and_its_siblings_are_not(tmp_path: Path) -> None:
    log = tmp_path / "log"
    supervisor = Supervisor([[_child(log, "a"), _child(log, "b")]], dict(os.environ))
    async with _running(supervisor):
        await _until(lambda: len(_lines(log)) == 2)
        first, sibling = supervisor.pid("a"), supervisor.pid("b")
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await _until(lambda: _lines(log).count("a started") == 2)
        await _until(lambda: supervisor.pid("a") not in (first, None))
        assert supervisor.pid("b") == sibling
    assert sorted(_lines(log)) == ["a ended", "a started", "a started", "b ended", "b started"]


@pytest.mark.flow
async def test_a_later_stage_ends_after_the_earlier_one(tmp_path: Path) -> None:
    log = tmp_path / "log"
    stages = [[_child(log, "signaling"), _child(log, "media-0")], [_child(log, "recorder")]]
    supervisor = Supervisor(stages, dict(os.environ))
    async with _running(supervisor):
        await _until(lambda: len(_lines(log)) == 3)
    assert _lines(log)[-1] == "recorder ended"
    assert len(_lines(log)) == 6


@pytest.mark.flow
async def test_a_child_that_does_not_end_is_killed_and_the_next_stage_still_gets_its_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("passline.supervisor.STOP_S", 4.0)
    monkeypatch.setattr("passline.supervisor.STAGE_RESERVE_S", 3.0)
    log = tmp_path / "log"
    supervisor = Supervisor([[_child(log, "hangs", STUBBORN)], [_child(log, "recorder")]], dict(os.environ))
    async with _running(supervisor):
        await _until(lambda: len(_lines(log)) == 2)
        hanging = supervisor.pid("hangs")
        assert hanging is not None
    assert not psutil.pid_exists(hanging)
    assert _lines(log)[-1] == "recorder ended"


@pytest.mark.flow
async def test_stop_during_a_restart_delay_returns_at_once() -> None:
    supervisor = Supervisor([[Spec("dies", ("-c", "raise SystemExit(3)"))]], dict(os.environ))
    async with _running(supervisor) as task:
        await asyncio.sleep(0)
        supervisor.stop()
        await asyncio.wait_for(asyncio.shield(task), 30)


@pytest.mark.flow
async def test_a_child_that_cannot_be_started_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "log"
    monkeypatch.setattr("passline.children.sys.executable", str(tmp_path / "not-there"))
    supervisor = Supervisor([[_child(log, "a")]], dict(os.environ))
    with structlog.testing.capture_logs() as logged:
        async with _running(supervisor):
            await _until(lambda: any(line["event"] == "child cannot be started" for line in logged))
            monkeypatch.undo()
            await _until(lambda: _lines(log) == ["a started"])


@pytest.mark.flow
async def test_no_child_outlives_a_supervisor_that_was_killed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    program = f"""
import asyncio, os
from passline import watch as watching
from passline.children import Spec
from passline.supervisor import Supervisor
asyncio.run(Supervisor([[Spec("a", ("-c", {WELL_BEHAVED!r}, {str(log)!r}, "a"))]], dict(os.environ)).run())
"""
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", program)
    try:
        await _until(lambda: _lines(log) == ["a started"])
        (child,) = psutil.Process(parent.pid).children()
        parent.kill()
        await _until(lambda: _lines(log) == ["a started", "a ended"])  # by SIGTERM, in its own time
        await _until(lambda: not alive(child))
    finally:
        with contextlib.suppress(ProcessLookupError):
            parent.kill()
        await parent.wait()


ANSWERING = """
import asyncio, pathlib, sys
from runtime import health
async def main():
    with open(sys.argv[1], "a") as log: log.write("a started\\n")
    async with await health.serve(health.Health("a"), pathlib.Path(sys.argv[2])) as server:
        await server.serve_forever()
asyncio.run(main())
"""


class CountingWatch(HangWatch):
    """Counts the answers it got."""

    answered = 0

    async def _answers(self, child: str, within_s: float) -> bool:
        answers = await super()._answers(child, within_s)
        self.answered += answers
        return answers


@pytest.mark.flow
async def test_a_child_that_hangs_is_killed_and_started_again(tmp_path: Path) -> None:
    log = tmp_path / "log"
    child = Spec("a", ("-c", ANSWERING, str(log), str(tmp_path)))
    watch = CountingWatch(tmp_path, 1.5)
    supervisor = Supervisor([[child]], dict(os.environ), watch=watch)
    with structlog.testing.capture_logs() as logged:
        async with _running(supervisor):
            await _until(lambda: watch.answered > 0)  # it begins with an answer
            hung = supervisor.pid("a")
            assert hung is not None
            os.kill(hung, signal.SIGSTOP)
            await _until(lambda: _lines(log) == ["a started", "a started"])
            await _until(lambda: supervisor.pid("a") not in (hung, None))
    assert [line["child"] for line in logged if line["event"] == "child hangs, killing it"] == ["a"]


@pytest.mark.flow
async def test_a_child_that_answers_late_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "LOOK_S", 0.1)
    watch = CountingWatch(tmp_path, 60.0)
    given_up: list[bool] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):  # given up before the first answer came
            await reader.readuntil(b"\r\n\r\n")
        if watch.answered and not given_up:  # busy for longer than the watch takes to look again
            await asyncio.sleep(5 * watching.LOOK_S)
            given_up.append(reader.at_eof())
        writer.write(b"HTTP/1.0 200 OK\r\n\r\n")
        writer.close()

    path = str(health.socket_path(tmp_path, "a"))
    async with await asyncio.start_unix_server(answer, path), TaskScope("test") as scope:
        scope.spawn(watch.until_hung("a"), name="watch")
        await _until(lambda: bool(given_up))
    assert given_up == [False]
