"""A server of somebody else that ours posts to: real sockets on this machine, and waiting for what comes."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from types import TracebackType
from typing import Self

from aiohttp import web

PATIENCE_S = 60.0


class Outside(ABC):
    """One server. Whoever handles a request says so by `changed`."""

    def __init__(self) -> None:
        self._port = 0
        self._changed = asyncio.Condition()
        self._runner: web.AppRunner | None = None

    @abstractmethod
    def routes(self) -> list[web.RouteDef]:
        """What it answers."""

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def changed(self) -> None:
        """Whoever waits looks again."""
        async with self._changed:
            self._changed.notify_all()

    async def gets(self, wanted: Callable[[], bool]) -> None:
        """Wait until what came is as `wanted`."""
        async with asyncio.timeout(PATIENCE_S), self._changed:
            await self._changed.wait_for(wanted)

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.add_routes(self.routes())
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._runner is not None
        await self._runner.cleanup()
