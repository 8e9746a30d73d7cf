"""The fork server makes the supervisor's children, and nothing depends on its life."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
import structlog

from passline.children import Spec
from passline.forks import ForkServer
from passline.supervisor import Supervisor
from runtime import clock
from runtime.supervise import TaskScope
from tests.support.processes import alive

pytestmark = pytest.mark.flow

CHILD = "tests.support.forked"


def spec(file: Path, name: str) -> Spec:
    return Spec(name, ("-m", CHILD, str(file), name))


def born(file: Path) -> list[dict[str, Any]]:
    """What the children wrote down, in the order of their births."""
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - another process does it
            await asyncio.sleep(0.02)


@asynccontextmanager
async def supervised(file: Path, *names: str, **environ: str) -> AsyncIterator[tuple[Supervisor, ForkServer]]:
    """A supervisor with a fork server, once these children are born."""
    own = dict(os.environ) | environ
    forks = ForkServer([CHILD], own)
    supervisor = Supervisor([[spec(file, name) for name in names]], own, forks=forks)
    async with TaskScope("test") as scope:
        task = scope.spawn(supervisor.run(), name="supervisor")
        await until(lambda: {one["pid"] for one in born(file)} == {supervisor.pid(name) for name in names})
        yield supervisor, forks
        with structlog.testing.capture_logs() as logged:
            supervisor.stop()
            await asyncio.wait_for(task, 60)
    assert {line["exit_code"] for line in logged if line["event"] == "child ended"} == {0}
    assert forks.pid is None


async def test_a_forked_child_is_like_one_that_was_started(tmp_path: Path) -> None:
    async with supervised(tmp_path / "born", "a", "b", PASSLINE_RING_S="12") as (supervisor, forks):
        one, other = sorted(born(tmp_path / "born"), key=lambda child: str(child["name"]))
        for child in (one, other):
            assert child["pid"] == supervisor.pid(child["name"])
            assert child["forked"]
            assert child["parent"] == os.getpid(), "the supervisor hears of its end"
            assert child["session"] == child["group"] == child["pid"], "Ctrl-C reaches only the supervisor"
            assert child["setting"] == "12"
            assert child["files"] == []
            assert child["threads"] == 1
            assert child["loop"] == "a loop of its own"
            assert abs(child["wall_s"] - clock.wall_ms() / 1000) < 60
            assert psutil.Process(child["pid"]).cmdline()[1:3] == ["-m", CHILD]
        assert one["chance"] != other["chance"], "random numbers are seeded anew"
        assert forks.pid not in (one["pid"], other["pid"], None)
        server = psutil.Process(forks.pid)
        assert server.num_threads() == 1
        assert server.children() == []


async def test_the_end_of_a_forked_child_is_told_and_it_is_forked_again(tmp_path: Path) -> None:
    file = tmp_path / "born"
    with structlog.testing.capture_logs() as logged:
        async with supervised(file, "a", "b") as (supervisor, _forks):
            sibling = supervisor.pid("b")
            for number in (signal.SIGKILL, signal.SIGTERM):
                pid, before = supervisor.pid("a"), len(born(file))
                assert pid is not None
                os.kill(pid, number)
                await until(lambda before=before: len(born(file)) == before + 1)  # type: ignore[misc]
                # The child may be quicker with its birth than the supervisor with its number.
                await until(lambda: supervisor.pid("a") == born(file)[-1]["pid"])
            assert supervisor.pid("b") == sibling
    crashes = [line for line in logged if line["event"] == "child crashed, starting it again"]
    assert [(line["child"], line.get("signal"), line.get("exit_code")) for line in crashes] == [
        ("a", "SIGKILL", None),
        ("a", None, 0),
    ]


async def test_children_outlive_the_fork_server_and_the_next_one_takes_over(tmp_path: Path) -> None:
    file = tmp_path / "born"
    with structlog.testing.capture_logs() as logged:
        async with supervised(file, "a", "b") as (supervisor, forks):
            before = {name: supervisor.pid(name) for name in ("a", "b")}
            first = forks.pid
            assert first is not None
            os.kill(first, signal.SIGKILL)
            await until(lambda: [line["event"] for line in logged].count("fork server is ready") == 2)
            assert forks.pid not in (first, None)
            assert {name: supervisor.pid(name) for name in ("a", "b")} == before
            assert before["a"] is not None
            os.kill(before["a"], signal.SIGKILL)
            await until(lambda: len(born(file)) == 3)
            await until(lambda: supervisor.pid("a") == born(file)[-1]["pid"])
            assert born(file)[-1]["forked"]
    ends = [line for line in logged if line["event"] == "fork server ended, starting another"]
    assert [line["signal"] for line in ends] == ["SIGKILL"]


async def test_a_fork_server_that_hangs_costs_a_moment_and_no_child(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "born"
    async with supervised(file, "a") as (supervisor, forks):
        monkeypatch.setattr("passline.forks.FORK_S", 0.3)
        hung, child = forks.pid, supervisor.pid("a")
        assert hung is not None
        assert child is not None
        os.kill(hung, signal.SIGSTOP)
        os.kill(child, signal.SIGKILL)
        await until(lambda: len(born(file)) == 2)
        await until(lambda: supervisor.pid("a") == born(file)[-1]["pid"])
        assert len(born(file)) == 2, "one child, not two"
        assert not born(file)[-1]["forked"]
        await until(lambda: forks.pid not in (hung, None))


async def test_without_a_fork_server_children_are_started_from_nothing(tmp_path: Path) -> None:
    file = tmp_path / "born"
    own = dict(os.environ)
    supervisor = Supervisor([[spec(file, "a")]], own, forks=ForkServer(["not.there"], own))
    with structlog.testing.capture_logs() as logged:
        async with TaskScope("test") as scope:
            task = scope.spawn(supervisor.run(), name="supervisor")
            await until(lambda: len(born(file)) == 1)
            supervisor.stop()
            await asyncio.wait_for(task, 60)
    child = born(file)[0]
    assert not child["forked"]
    assert child["session"] == child["pid"], "Ctrl-C reaches only the supervisor"
    assert any(line["event"] == "fork server ended, starting another" for line in logged)


async def test_a_machine_that_has_no_room_at_first_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, own = tmp_path / "born", dict(os.environ)
    monkeypatch.setattr("passline.children.sys.executable", str(tmp_path / "not-there"))
    supervisor = Supervisor([[spec(file, "a")]], own, forks=ForkServer([CHILD], own))
    with structlog.testing.capture_logs() as logged:
        async with TaskScope("test") as scope:
            task = scope.spawn(supervisor.run(), name="supervisor")
            await until(lambda: any(line["event"] == "child cannot be started" for line in logged))
            monkeypatch.undo()
            await until(lambda: len(born(file)) == 1)
            supervisor.stop()
            await asyncio.wait_for(task, 60)


async def test_a_stop_while_the_fork_server_loads_is_obeyed_at_once(tmp_path: Path) -> None:
    own = dict(os.environ)
    forks = ForkServer([CHILD], own)
    supervisor = Supervisor([[spec(tmp_path / "born", "a")]], own, forks=forks)
    async with TaskScope("test") as scope:
        task = scope.spawn(supervisor.run(), name="supervisor")
        async with asyncio.timeout(60):
            while forks.pid is None:  # noqa: ASYNC110 - looked at in every turn of the loop: it is not to be ready yet
                await asyncio.sleep(0)
        supervisor.stop()
        await asyncio.wait_for(task, 60)
    assert not (tmp_path / "born").exists()


async def test_neither_children_nor_fork_server_outlive_a_supervisor_that_was_killed(tmp_path: Path) -> None:
    file = tmp_path / "born"
    program = f"""
import asyncio, os
from passline.children import Spec
from passline.forks import ForkServer
from passline.supervisor import Supervisor
own = dict(os.environ)
specs = [[Spec("a", ("-m", {CHILD!r}, {str(file)!r}, "a"))]]
asyncio.run(Supervisor(specs, own, forks=ForkServer([{CHILD!r}], own)).run())
"""
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", program)
    try:
        await until(lambda: len(born(file)) == 1)
        family = psutil.Process(parent.pid).children()
        assert len(family) == 2
        parent.kill()
        await until(lambda: not any(alive(one) for one in family))
    finally:
        with contextlib.suppress(ProcessLookupError):
            parent.kill()
        await parent.wait()
