"""The supervisor's side of the fork server: keeps one running, and asks it for children.

Loading what a child is made of takes seconds, forking it milliseconds. The fork server (`passline.forkserver`) is only
a short cut: whenever there is none, children are started from nothing.
"""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from passline.children import Backoff, Spec, describe_end, start, take_orphans
from passline.forkserver import READY
from runtime import clock
from runtime.logs import get_logger
from runtime.supervise import TaskScope

log = get_logger(__name__)

LOAD_S = 60.0
"""A fork server that is not ready by then hangs; on a busy machine it takes ten seconds."""
FORK_S = 3.0
"""The same for one fork, which takes some milliseconds."""


class Forked:
    """A child that the fork server made; `look` must be called at every SIGCHLD."""

    def __init__(self, pid: int) -> None:
        """Raises ChildProcessError if it is not our child."""
        self.pid = pid
        self._ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.look()

    def look(self) -> bool:
        """Whether it has ended."""
        if not self._ended.done():
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._ended.set_result(os.waitstatus_to_exitcode(status))
        return self._ended.done()

    async def wait(self) -> int:
        """Its exit status, or minus the signal that killed it."""
        return await asyncio.shield(self._ended)

    def send_signal(self, number: int, /) -> None:
        """Raises ProcessLookupError once it ended."""
        if self.look():
            raise ProcessLookupError
        os.kill(self.pid, number)


class ForkServer:
    """Use `run` as a context around everything else, and `fork` inside it. `close` ends it for good."""

    def __init__(self, modules: Sequence[str], environ: dict[str, str]) -> None:
        self._modules = modules
        self._environ = environ
        self._process: asyncio.subprocess.Process | None = None
        self._channel: socket.socket | None = None
        """While it can be asked."""
        self._settled = asyncio.Event()
        """Not set while one loads, which is worth waiting for."""
        self._turn = asyncio.Lock()
        self._closed = asyncio.Event()
        self._children: list[Forked] = []

    @property
    def pid(self) -> int | None:
        """Its process id, None while it is not running."""
        return self._process.pid if self._process is not None else None

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Keep one running. Leave only when no child runs any more: their ends are heard of in here."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGCHLD, self._look)
        try:
            async with TaskScope("fork server") as scope:
                scope.spawn(self._keep(), name="keep")
                yield
        finally:
            loop.remove_signal_handler(signal.SIGCHLD)

    def close(self) -> None:
        """No more children."""
        self._closed.set()
        self._settled.set()
        self._kill()

    async def fork(self, spec: Spec) -> Forked | None:
        """A new child; None if it must be started another way. Raises OSError if the machine has no room for it."""
        async with self._turn:
            await self._settled.wait()
            if self._channel is None or self._closed.is_set() or spec.arguments[0] != "-m":
                return None
            # Only now: what dies below our children at other times is not ours to bury.
            take_orphans(take=True)
            try:
                answer = await self._ask(self._channel, "\0".join(spec.arguments).encode())
            finally:
                take_orphans(take=False)
            number = int(answer or 0)
            if number == 0:
                return None
            if number < 0:
                raise OSError(-number, os.strerror(-number))
            try:
                child = Forked(number)
            except ChildProcessError:  # this system gives no orphans away
                log.warning("a forked child is not ours", child=spec.name, pid=number)
                return None
            self._children.append(child)
            return child

    async def _ask(self, channel: socket.socket, request: bytes) -> bytes:
        """The answer, empty if the fork server ends first. One that hangs is killed, yet heard: it may have forked."""
        loop = asyncio.get_running_loop()
        late = loop.call_later(FORK_S, self._hangs)
        try:
            await loop.sock_sendall(channel, request)
            return await loop.sock_recv(channel, 32)
        except OSError:
            return b""
        finally:
            late.cancel()

    async def _keep(self) -> None:
        backoff = Backoff()
        try:
            while not self._closed.is_set():
                began = clock.now()
                try:
                    ended = describe_end(await self._live())
                except OSError as error:
                    ended = {"errno": error.errno or 0}
                if self._closed.is_set():
                    return
                ran_s = clock.now() - began
                delay_s = backoff.after(ran_s)
                log.error("fork server ended, starting another", ran_s=round(ran_s, 1), again_in_s=delay_s, **ended)
                await asyncio.sleep(delay_s)
        finally:
            self._settled.set()

    async def _live(self) -> int:
        """One fork server from its start to its end. Raises OSError if it cannot be started."""
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        try:
            with its:
                arguments = ("-m", "passline.forkserver", str(its.fileno()), *self._modules)
                process = await start(Spec("fork server", arguments), self._environ, pass_fds=(its.fileno(),))
            self._process = process
            self._settled.clear()
            try:
                if self._closed.is_set():
                    self._kill()
                await self._loaded(ours)
                return await process.wait()
            finally:
                self._channel = None
                self._kill()
                await process.wait()
        finally:
            self._process = None
            self._settled.set()
            async with self._turn:  # whoever asks just now hears of its end by this socket
                ours.close()

    async def _loaded(self, channel: socket.socket) -> None:
        """Returns once it can be asked, or never will."""
        loop = asyncio.get_running_loop()
        late = loop.call_later(LOAD_S, self._hangs)
        try:
            if await loop.sock_recv(channel, len(READY)) == READY:
                self._channel = channel
                log.info("fork server is ready", pid=self.pid)
        except OSError:
            log.debug("fork server ended while it loaded")
        finally:
            late.cancel()
            self._settled.set()

    def _look(self) -> None:
        self._children = [child for child in self._children if not child.look()]

    def _hangs(self) -> None:
        log.error("fork server hangs, killing it", pid=self.pid)
        self._kill()

    def _kill(self) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.kill()
