"""Keeps the processes of one machine running: starts them, starts a crashed or hung one again, ends them in order."""

import asyncio
import contextlib
import signal
from collections.abc import Sequence

from passline.children import Backoff, Child, Spec, describe_end, start
from passline.forks import ForkServer
from passline.watch import HangWatch
from runtime import clock
from runtime.logs import get_logger
from runtime.supervise import TaskScope

log = get_logger(__name__)

STOP_S = 8.0
"""What all children together get between the first SIGTERM and the last SIGKILL."""
STAGE_RESERVE_S = 2.0
"""Of that, what a hanging earlier stage leaves to each later one."""


class Supervisor:
    """Runs `stages` of children until `stop`.

    All start at once; they end stage by stage, each stage only after the one before it is gone, so that the recorder
    still receives what the media workers say last. With `watch` a child that hangs is killed and started again. With
    `forks` children are forked from what is loaded already, and loaded anew only while that is not to be had.
    """

    def __init__(
        self,
        stages: Sequence[Sequence[Spec]],
        environ: dict[str, str],
        *,
        watch: HangWatch | None = None,
        forks: ForkServer | None = None,
    ) -> None:
        self._stages = stages
        self._environ = environ
        self._watch = watch
        self._forks = forks
        self._running: dict[str, Child] = {}
        self._stopping = asyncio.Event()

    def pid(self, name: str) -> int | None:
        """The process id of a child, None while it is not running."""
        process = self._running.get(name)
        return process.pid if process else None

    def stop(self) -> None:
        """End the children and leave `run`; more calls change nothing."""
        self._stopping.set()

    async def run(self) -> None:
        """Returns once `stop` was called and every child is gone."""
        specs = [spec for stage in self._stages for spec in stage]
        forks = self._forks.run() if self._forks is not None else contextlib.nullcontext()
        async with forks, TaskScope("supervisor") as scope:
            keepers = [scope.spawn(self._keep(spec), name=spec.name) for spec in specs]
            await self._stopping.wait()
            if self._forks is not None:
                self._forks.close()
            await self._end_all()
            await asyncio.wait(keepers)

    async def _keep(self, spec: Spec) -> None:
        backoff = Backoff()
        while not self._stopping.is_set():
            try:
                process = await self._start(spec)
            except OSError as error:  # no memory, no process left to have: the machine may recover
                log.error("child cannot be started", child=spec.name, errno=error.errno)
                await self._pause(backoff.after(0.0))
                continue
            if process is None:
                return
            started = clock.now()
            self._running[spec.name] = process
            log.info("child started", child=spec.name, pid=process.pid)
            if self._stopping.is_set():  # `_end_all` did not see this one
                await _end([process], within_s=STAGE_RESERVE_S)
            async with TaskScope(spec.name) as scope:
                if self._watch is not None:
                    scope.spawn(self._end_if_hung(spec, process, self._watch), name="watch")
                returncode = await process.wait()
            del self._running[spec.name]
            if self._stopping.is_set():
                log.info("child ended", child=spec.name, **describe_end(returncode))
                return
            ran_s = clock.now() - started
            delay_s = backoff.after(ran_s)
            log.error(
                "child crashed, starting it again",
                child=spec.name,
                pid=process.pid,
                ran_s=round(ran_s, 1),
                again_in_s=delay_s,
                **describe_end(returncode),
            )
            await self._pause(delay_s)

    async def _start(self, spec: Spec) -> Child | None:
        """None if `stop` came first. Raises OSError."""
        child = await self._forks.fork(spec) if self._forks is not None else None
        if child is None and not self._stopping.is_set():
            return await start(spec, self._environ)
        return child

    async def _end_if_hung(self, spec: Spec, process: Child, watch: HangWatch) -> None:
        await watch.until_hung(spec.name)
        if not self._stopping.is_set():  # one that ends does not answer either, and has its own deadline
            log.error("child hangs, killing it", child=spec.name, pid=process.pid, hung_s=watch.hang_s)
            _send(process, signal.SIGKILL)

    async def _pause(self, delay_s: float) -> None:
        """Wait, or until `stop`."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), delay_s)

    async def _end_all(self) -> None:
        deadline = clock.now() + STOP_S
        for number, stage in enumerate(self._stages, start=1):
            reserve_s = STAGE_RESERVE_S * (len(self._stages) - number)
            processes = [self._running[spec.name] for spec in stage if spec.name in self._running]
            await _end(processes, within_s=deadline - clock.now() - reserve_s)


async def _end(processes: Sequence[Child], *, within_s: float) -> None:
    """SIGTERM to all, and SIGKILL to those that are still there after `within_s`."""
    for process in processes:
        _send(process, signal.SIGTERM)
    deadline = clock.now() + within_s
    for process in processes:
        try:
            await asyncio.wait_for(process.wait(), max(0.0, deadline - clock.now()))
        except TimeoutError:
            log.warning("child did not end in time, killing it", pid=process.pid)
            _send(process, signal.SIGKILL)
            await process.wait()


def _send(process: Child, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(number)
