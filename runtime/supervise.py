"""Tasks that have an owner: siblings survive each other, every end is awaited, every failure logged once."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from runtime.logs import get_logger

log = get_logger(__name__)

RECANCEL_S = 1.0


class TaskScope:
    """Owns tasks whose failure must not end their siblings (sessions, legs, links).

    `spawn` starts one; leaving the `async with` cancels all that still run and awaits them. For work that must fail
    together use asyncio.TaskGroup.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    def spawn(self, work: Coroutine[Any, Any, None], *, name: str) -> asyncio.Task[None]:
        """Start `work`. A failure is logged as a bug with its traceback and ends only this task."""
        if self._closed:
            work.close()
            raise RuntimeError(f"scope {self.name} is closed")
        task = asyncio.get_running_loop().create_task(self._guard(work, name), name=f"{self.name}:{name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _guard(self, work: Coroutine[Any, Any, None], name: str) -> None:
        try:
            await work
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("task failed", scope=self.name, task=name)

    async def aclose(self) -> None:
        """Cancel what still runs and wait for it."""
        self._closed = True
        tasks = set(self._tasks)
        while tasks:
            # Again, if it takes long: a library may have swallowed the first (asyncio.wait_for before Python 3.12).
            for task in tasks:
                task.cancel()
            _, tasks = await asyncio.wait(tasks, timeout=RECANCEL_S)

    async def __aenter__(self) -> "TaskScope":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
