"""One WebSocket's way out: a bounded queue, one writer, one orderly end.

Two of its methods are tasks of the gateway: `write` empties the queue, `cut` ends a consumer that is too slow.
"""

import asyncio
import contextlib

from aiohttp import web

from contract.errors import BYE_CLOSE, ByeCode
from contract.server import Bye, Reconnect
from runtime.logs import get_logger
from runtime.queues import CloseConsumer, QueueClosed

log = get_logger(__name__)

QUEUE_FRAMES = 2_000
"""Policy: close the consumer. It comes back by its cursors, so nothing is lost."""
SEND_S = 10.0
"""A client that did not take one frame for so long (and at most twice that) does not read."""
CLOSE_S = 1.0
LINGER_S = 30.0
"""So long what the machine has already taken over may still flow, so that a client that reads on finds the code."""
LINGER_STEP_S = 0.1


class Socket:
    """Implements live.sessions.Connection."""

    def __init__(self, ws: web.WebSocketResponse, request: web.Request) -> None:
        self._ws = ws
        self._request = request
        self._queue: CloseConsumer[str] = CloseConsumer(QUEUE_FRAMES)
        self._overrun = asyncio.Event()
        self._bye: ByeCode | None = None
        self._sending = False
        self._sent_frames = 0
        self._was_cut = False

    def say(self, text: str) -> None:
        self._queue.put(text)
        if self._queue.too_slow:
            self._overrun.set()

    async def room(self) -> None:
        """Wait until much may be said at once: a page of messages."""
        await self._queue.below(QUEUE_FRAMES // 2)

    def bye(self, code: ByeCode, reconnect: Reconnect, *, retry_after_s: float | None = None) -> None:
        if self._bye is not None:
            return
        self._bye = code
        self.say(Bye(code=code, reconnect=reconnect, retry_after_s=retry_after_s).model_dump_json())
        self._queue.close()

    async def write(self) -> None:
        """Send what is queued, until `bye`."""
        try:
            while True:
                text = await self._queue.get()
                self._sending = True
                await self._ws.send_str(text)
                self._sending = False
                self._sent_frames += 1
        except QueueClosed:
            if not self._queue.too_slow:
                await self._close(self._bye or ByeCode.RESTARTING)
        except (ConnectionError, RuntimeError):
            self._abort()  # the reader sees the end and cleans up

    async def cut(self) -> None:
        """Wait until the client is too slow, then end it: it reads no `bye`, the close code says it."""
        while not self._overrun.is_set():
            before = self._sent_frames if self._sending else None
            try:
                async with asyncio.timeout(SEND_S):  # one timer for all frames: one for each costs more than sending
                    await self._overrun.wait()
            except TimeoutError:
                if self._sending and self._sent_frames == before:
                    break
        log.warning("client is too slow", waiting=len(self._queue), queue=QUEUE_FRAMES)
        self._was_cut = True
        with contextlib.suppress(ConnectionError, RuntimeError):
            await self._ws.close(code=BYE_CLOSE[ByeCode.TOO_SLOW], message=ByeCode.TOO_SLOW.value.encode(), drain=False)

    async def linger(self) -> None:
        """After everything else: let a client that was cut read on to the close code, for a while."""
        if not self._was_cut:
            return
        try:
            async with asyncio.timeout(LINGER_S):
                while self._request.transport is not None:  # noqa: ASYNC110 - aiohttp has no event for it
                    await asyncio.sleep(LINGER_STEP_S)
        except TimeoutError:
            pass
        finally:
            self._abort()

    async def _close(self, code: ByeCode) -> None:
        try:
            async with asyncio.timeout(CLOSE_S):
                await self._ws.close(code=BYE_CLOSE[code], message=code.value.encode())
        except TimeoutError:
            pass
        except (ConnectionError, RuntimeError):
            pass
        self._abort()

    def _abort(self) -> None:
        if self._request.transport is not None:
            self._request.transport.abort()
