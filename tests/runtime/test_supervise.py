"""A scope's tasks survive each other, not the scope."""

import asyncio

import pytest
import structlog

from runtime.supervise import TaskScope

pytestmark = pytest.mark.unit


async def test_a_failure_ends_only_its_own_task_and_is_logged_once() -> None:
    done = asyncio.Event()

    async def fails() -> None:
        raise ValueError("broken")

    async def goes_on() -> None:
        await asyncio.sleep(0)
        done.set()

    with structlog.testing.capture_logs() as logged:
        async with TaskScope("test") as scope:
            failing = scope.spawn(fails(), name="fails")
            scope.spawn(goes_on(), name="goes on")
            await done.wait()
            await failing
    assert [(line["event"], line["scope"], line["task"]) for line in logged] == [("task failed", "test", "fails")]


async def test_leaving_cancels_what_still_runs_and_waits_for_its_clean_up() -> None:
    cleaned = False

    async def works() -> None:
        nonlocal cleaned
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            cleaned = True

    async with TaskScope("test") as scope:
        scope.spawn(works(), name="works")
        await asyncio.sleep(0)
    assert cleaned


async def test_a_closed_scope_takes_no_more_work() -> None:
    async with TaskScope("test") as scope:
        pass

    async def works() -> None: ...

    with pytest.raises(RuntimeError, match="closed"):
        scope.spawn(works(), name="works")


async def test_cancelling_one_task_leaves_the_scope_alone() -> None:
    async with TaskScope("test") as scope:
        task = scope.spawn(asyncio.sleep(3600), name="sleeps")
        other = scope.spawn(asyncio.sleep(3600), name="sleeps too")
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not other.done()
