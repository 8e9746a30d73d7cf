"""`python -m signaling` as a process of its own, on a small seeded chain: for what only kill -9 can show."""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from aiohttp import ClientError, ClientSession, CookieJar

from contract.http import Me, SignIn
from runtime.settings import PREFIX, Settings
from signaling.store.seed import RoomSeed
from tests.support import chain
from tests.support.ports import free_port
from tests.support.server import Client

START_S = 120.0
"""For a busy machine; on an idle one it is 1.5 s."""


class SignalingProcess:
    """`async with SignalingProcess(tmp_path) as signaling: … await signaling.kill(); await signaling.start()`.

    `rooms` are seeded as finished. The port stays the same over restarts, so that clients come back by themselves.
    """

    def __init__(self, data: Path, *, rooms: Sequence[RoomSeed] = (), **settings: object) -> None:
        self.data = data
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._rooms = rooms
        self._settings = {"log_level": "warning", **settings, "data": data, "port": self.port}
        self._process: asyncio.subprocess.Process | None = None
        self._browsers: list[ClientSession] = []

    async def __aenter__(self) -> "SignalingProcess":
        await chain.seed_chain(Settings(data=self.data), list(self._rooms))
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for browser in self._browsers:
            await browser.close()
        await self.kill()

    async def start(self) -> None:
        """Start it; returns once it answers."""
        env = {key: value for key, value in os.environ.items() if not key.startswith(PREFIX)}
        env |= {PREFIX + key.upper(): str(value) for key, value in self._settings.items()}
        self._process = await asyncio.create_subprocess_exec(sys.executable, "-m", "signaling", env=env)
        async with ClientSession() as http, asyncio.timeout(START_S):
            while True:
                try:
                    async with http.get(f"{self.url}/healthz"):
                        return
                except ClientError:
                    await asyncio.sleep(0.05)

    async def kill(self, number: signal.Signals = signal.SIGKILL) -> int | None:
        """End it; the exit status."""
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return None
        process.send_signal(number)
        return await process.wait()

    async def stranger(self) -> Client:
        """A browser that is not signed in."""
        http = ClientSession(cookie_jar=CookieJar(unsafe=True))
        self._browsers.append(http)
        return Client(self.url, http)

    async def sign_in(self, login: str) -> Client:
        """A browser signed in under this name."""
        client = await self.stranger()
        answer = await client.post("/api/signin", json=SignIn(login=login, password=chain.PASSWORD).model_dump())
        assert answer.status == 200, answer.body
        client.person = answer.read(Me).person
        return client
