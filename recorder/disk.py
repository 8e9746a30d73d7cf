"""The recorder's disk: all IO of running recordings in threads of their own, so that a slow disk stops nobody.

One thread writes, in order; another makes durable what was written (fdatasync can take seconds). What waits is
bounded: past `MAX_PENDING_BYTES` the owner leaves frames out and records a gap.
"""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from runtime.logs import get_logger

log = get_logger(__name__)

MAX_PENDING_BYTES = 32 * 1024 * 1024


class Disk:
    """Call from the loop's thread only; jobs run in the writing thread, `on_error` in the loop's."""

    def __init__(self) -> None:
        self._write = ThreadPoolExecutor(1, thread_name_prefix="recorder-write")
        self._sync = ThreadPoolExecutor(1, thread_name_prefix="recorder-sync")
        self._jobs: list[Callable[[], None]] = []
        """Submitted in this turn of the loop; they go to the writing thread together, as waking it costs."""
        self._syncing: set[Path] = set()
        self._submitted_bytes = 0
        self._written_bytes = 0
        """Grows in the writing thread only."""

    @property
    def pending_bytes(self) -> int:
        """What waits to be written."""
        return self._submitted_bytes - self._written_bytes

    @property
    def full(self) -> bool:
        """Frames have to be left out until the disk has caught up."""
        return self._submitted_bytes - self._written_bytes > MAX_PENDING_BYTES

    def submit(self, job: Callable[[], None], *, size_bytes: int, on_error: Callable[[Exception], None]) -> None:
        """Run `job` after all earlier ones. `on_error` gets whatever it raised."""
        loop = asyncio.get_running_loop()
        self._submitted_bytes += size_bytes

        def run() -> None:
            # Success is not reported back: waking the loop costs more than the write.
            try:
                job()
            except Exception as error:  # noqa: BLE001 - the owner decides, in its own thread
                loop.call_soon_threadsafe(on_error, error)
            self._written_bytes += size_bytes

        if not self._jobs:
            loop.call_soon(self._hand_over)
        self._jobs.append(run)

    def _hand_over(self) -> None:
        jobs, self._jobs = self._jobs, []
        if jobs:
            self._write.submit(_run_all, jobs)

    async def written(self) -> None:
        """Wait until all that was submitted so far is written."""
        self._hand_over()
        await asyncio.get_running_loop().run_in_executor(self._write, lambda: None)

    def make_durable(self, path: Path) -> None:
        """fdatasync `path` in the background, after all earlier jobs; dropped while one for the same file runs."""
        if path in self._syncing:
            return
        self._syncing.add(path)

        def done(future: Future[None]) -> None:
            if future.cancelled():
                return
            # In the syncing thread: to wake the loop for this is not worth it.
            self._syncing.discard(path)
            error = future.exception()
            if error is not None:
                log.warning("fdatasync failed", file=path.name, error=type(error).__name__)

        # Handed on by the writing thread: three threads awake at once would fight for the interpreter.
        self.submit(
            lambda: self._sync.submit(sync_file, path).add_done_callback(done), size_bytes=0, on_error=lambda _: None
        )

    async def aclose(self) -> None:
        """Finish the writes; a sync that hangs is left to the kernel."""
        await self.written()
        self._write.shutdown()
        self._sync.shutdown(wait=False, cancel_futures=True)


def _run_all(jobs: list[Callable[[], None]]) -> None:
    for job in jobs:
        job()


def sync_file(path: Path) -> None:
    """fdatasync one file, if it is still there."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        os.fdatasync(fd)
    finally:
        os.close(fd)


def sync_directory(path: Path) -> None:
    """Make names in a directory durable."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
