"""Where media workers and the recorder connect: one Unix socket, the first record says who it is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import assert_never

from contract.base import decode
from contract.errors import ProtocolViolation
from contract.nodes import (
    CONTROL_SOCKET,
    MAX_LINK_BYTES,
    NODE_HELLO,
    RecorderHello,
    StartRecording,
    StopRecording,
    WorkerHello,
)
from runtime.link import Link, serve
from runtime.logs import get_logger
from signaling.domain.draft import Effect
from signaling.nodes.events import NodeEvents
from signaling.nodes.recorder import Recorder
from signaling.nodes.workers import Workers

log = get_logger(__name__)

HELLO_S = 5.0


class Hub:
    """All nodes of this machine."""

    def __init__(self) -> None:
        self.workers = Workers()
        self.recorder = Recorder()

    def perform(self, effect: Effect) -> None:
        """Send an effect of a decision to the node it is for."""
        if isinstance(effect, StartRecording | StopRecording):
            self.recorder.tell(effect)
        else:
            self.workers.perform(effect)

    @asynccontextmanager
    async def listen(self, data: Path, events: NodeEvents) -> AsyncIterator[None]:
        """Accept nodes while the context is open, and tell `events`; then cut their links."""
        handlers: set[asyncio.Task[object]] = set()

        async def connected(link: Link) -> None:
            task = asyncio.current_task()
            assert task is not None
            handlers.add(task)
            try:
                await self._serve(link, events)
            finally:
                handlers.discard(task)

        server = await serve(data / CONTROL_SOCKET, connected, max_record_bytes=MAX_LINK_BYTES)
        try:
            yield
        finally:
            server.close()
            self.workers.close()
            for task in handlers:
                task.cancel()
            await asyncio.gather(*handlers, return_exceptions=True)

    async def _serve(self, link: Link, events: NodeEvents) -> None:
        try:
            async with asyncio.timeout(HELLO_S):
                hello = decode(NODE_HELLO, await link.receive())
            match hello:
                case WorkerHello():
                    await self.workers.serve(link, hello, events)
                case RecorderHello():
                    await self.recorder.serve(link, hello, events)
                case _:
                    assert_never(hello)
        except TimeoutError:
            log.warning("a node said no hello")
        except ProtocolViolation as violation:
            log.warning("a node broke the contract", detail=violation.detail)
