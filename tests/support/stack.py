"""The whole real system in a temporary directory, for flows through its public doors.

async with Stack(tmp_path) as stack:
    async with await stack.login("chen") as http:
        me = await http.get("/api/me")
    await stack.kill("recorder")
    await stack.ready()
"""

import asyncio
import contextlib
import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
import psutil

from contract.ids import RoomId
from passline.demo import PASSWORD
from runtime.settings import PREFIX
from tests.support.ports import free_port
from tests.support.processes import alive
from tests.support.quiet import secrets_in

READY_S = 60.0
"""Two busy cores may start four Python processes slowly; on an idle machine it is 3 s."""
STOP_S = 30.0
"""It takes 8 s at most by itself; what is promised of it is measured, not waited for."""
GONE_S = 5.0
"""What the kernel may need until a process that was killed with its parent is gone."""
HANG_S = 3.0
"""How long a process may be silent before it is killed, as the product has it; for those tests that prove it."""
_POLL_S = 0.05


class Stack:
    """`passline serve` on a free port, with the sample chain already in its database.

    `settings` are further settings by their lower-case name. Blocking `start` and `stop` serve fixtures that outlive
    one event loop; inside a test use `async with`.
    """

    def __init__(
        self, directory: Path, *, seeded: bool = True, workers: int = 1, log: str = "passline.log", **settings: object
    ) -> None:
        self.data = directory / "data"
        self.log_file = directory / log
        self.port = free_port()
        self._seeded = seeded
        self._settings: dict[str, object] = {
            "host": "127.0.0.1",
            "port": self.port,
            "data": self.data,
            "media_port": 0,
            "media_workers": workers,
            "log_format": "json",
            "hang_s": 10 * HANG_S,  # beside other tests a process may starve for a while
            "media_load": 0,  # and a call of two may take all of a slow core
            **settings,
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where a browser finds it; `localhost` is a secure context, so cameras work."""
        return f"http://localhost:{self.port}"

    # --- life ---------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start, and return once it is ready. Raises AssertionError with the log if it is not in time."""
        if self._seeded and not (self.data / "passline.db").exists():
            shutil.copytree(seeded_data(), self.data, dirs_exist_ok=True)
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "passline", "serve"], env=environ(self._settings), stdout=log, stderr=log
            )
        _wait_blocking(self._is_ready, READY_S, "the stack was not ready", self.log)

    def stop(self) -> None:
        """End it as an operator would; check that it ended well, left no process and told its log no secret."""
        process, self._process = self._process, None
        if process is None:
            return
        family = (
            [psutil.Process(process.pid), *psutil.Process(process.pid).children()] if process.poll() is None else []
        )
        process.send_signal(signal.SIGTERM)
        try:
            status: int | None = process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            status = None
        deadline = time.monotonic() + GONE_S
        while (left := [one for one in family if alive(one)]) and time.monotonic() < deadline:
            time.sleep(_POLL_S)
        for one in left:
            one.kill()
        process.wait()
        assert status == 0, f"passline serve ended with {status}\n{self.log()}"
        assert not left, f"{len(left)} processes were still there after passline serve ended\n{self.log()}"
        assert not (told := secrets_in(self.log(), self.data / "passline.db")), f"the log tells: {told[:5]}"

    async def restart(self) -> None:
        """Stop all of it and start it again on the same data and port."""
        await asyncio.to_thread(self.stop)
        await asyncio.to_thread(self.start)

    async def __aenter__(self) -> Self:
        try:
            await asyncio.to_thread(self.start)
        except BaseException:
            self.abandon()
            raise
        return self

    async def __aexit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> None:
        if kind is None:
            await asyncio.to_thread(self.stop)
        else:
            print(self.log())
            self.abandon()

    def abandon(self) -> None:
        """Kill whatever of it runs, without asking how it ended."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children()]
        for one in family:
            one.kill()
        process.wait()

    # --- processes ----------------------------------------------------------------------------------------------

    @property
    def supervisor_pid(self) -> int:
        assert self._process is not None, "the stack is not running"
        return self._process.pid

    def pid(self, name: str) -> int:
        """The process id of `signaling`, `media-0` … or `recorder`. Raises KeyError while it is not running."""
        wanted = ["-m", *name.split("-")[:1]]
        if "-" in name:
            wanted += ["--index", name.split("-")[1]]
        for child in psutil.Process(self.supervisor_pid).children():
            try:
                if child.cmdline()[1:] == wanted:
                    return child.pid
            except psutil.Error:
                continue
        raise KeyError(name)

    async def kill(self, name: str) -> None:
        """kill -9 of one process; returns once the supervisor has started another. `ready` waits for more."""
        old = self.pid(name)
        os.kill(old, signal.SIGKILL)

        def another() -> bool:
            try:
                return self.pid(name) != old
            except KeyError:
                return False

        await self.until(another, f"{name} was not started again", READY_S)

    async def ready(self) -> None:
        """Wait until signaling says that everything is there."""
        await self.until(self._is_ready, "the stack was not ready again", READY_S)

    async def until(self, condition: Callable[[], bool], otherwise: str, within_s: float = 40.0) -> None:
        """Poll `condition` off the loop. Raises AssertionError with `otherwise` and the log."""
        await asyncio.to_thread(_wait_blocking, condition, within_s, otherwise, self.log)

    def memory_bytes(self) -> dict[str, int]:
        """Memory of each process now, by command line; what n of them share counts an n-th for each (PSS, proc(5))."""
        top = psutil.Process(self.supervisor_pid)
        found = {}
        for one in (top, *top.children()):
            with contextlib.suppress(psutil.NoSuchProcess):  # it ended just now
                found[" ".join(one.cmdline()[1:])] = one.memory_full_info().pss
        return found

    def _is_ready(self) -> bool:
        assert self._process is not None, "the stack is not running"
        assert self._process.poll() is None, f"passline serve ended\n{self.log()}"
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2.0) as answer:
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError):
            return False

    # --- doors --------------------------------------------------------------------------------------------------

    def client(self) -> aiohttp.ClientSession:
        """An HTTP client of our own origin that nobody has signed in with; close it."""
        return aiohttp.ClientSession(self.url, headers={"Origin": self.url}, cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def login(self, login: str, password: str = PASSWORD) -> aiohttp.ClientSession:
        """A signed-in HTTP client; close it. `store-0117`, `chen`, `he` … as in passline.demo."""
        client = self.client()
        async with client.post("/api/signin", json={"login": login, "password": password}) as answer:
            if answer.status >= 300:
                text = await answer.text()
                await client.close()
                raise AssertionError(f"sign-in of {login} answered {answer.status}: {text}")
        return client

    # --- logs ---------------------------------------------------------------------------------------------------

    def log(self) -> str:
        """Everything all processes have written so far."""
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def log_lines(self, event: str) -> list[dict[str, Any]]:
        """The structured lines with this message."""
        lines = []
        for line in self.log().splitlines():
            # A line may be half written just now, or never to its end by a process that was killed.
            with contextlib.suppress(ValueError):
                fields = json.loads(line)
                if isinstance(fields, dict) and fields.get("event") == event:
                    lines.append(fields)
        return lines


def worker_of(stack: Stack, room: RoomId) -> str:
    """The media worker on which the room was placed last."""
    placed = [line for line in stack.log_lines("room placed") if line["room"] == room]
    return str(placed[-1]["worker"])


def environ(settings: dict[str, object]) -> dict[str, str]:
    """The environment of a child: ours, with exactly these Passline settings."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(PREFIX)}
    return clean | {PREFIX + name.upper(): str(value) for name, value in settings.items()}


@functools.cache
def seeded_data() -> Path:
    """A data directory with the sample chain, made once per test run."""
    directory = Path(tempfile.mkdtemp(prefix="passline-seed-"))
    subprocess.run([sys.executable, "-m", "passline.seed"], env=environ({"data": directory}), check=True)
    shutil.rmtree(directory / "run", ignore_errors=True)
    return directory


def _wait_blocking(condition: Callable[[], bool], within_s: float, otherwise: str, log: Callable[[], str]) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{otherwise} within {within_s:.0f} s\n{log()}")
        time.sleep(_POLL_S)
