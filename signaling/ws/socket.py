"""One WebSocket's way out: a bounded queue, one writer, one orderly end.

Two of its methods are tasks of the gateway: `write` empties the queue, `cut` ends a consumer that is too slow.
"""

import asyncio

from aiohttp import web

from contract.errors import BYE_CLOSE, ByeCode
from contract.server import Bye, Reconnect
from runtime.logs import get_logger
from runtime.queues import CloseConsumer, QueueClosed

log = get_logger(__name__)

QUEUE_FRAMES = 2_000
"""Policy: close the consumer. It comes back by its cursors, so nothing is lost."""
SEND_S = 10.0
CLOSE_S = 1.0


class Socket:
    """Implements live.sessions.Connection."""

    def __init__(self, ws: web.WebSocketResponse, request: web.Request) -> None:
        self._ws = ws
        self._request = request
        self._queue: CloseConsumer[str] = CloseConsumer(QUEUE_FRAMES)
        self._overrun = asyncio.Event()
        self._bye: ByeCode | None = None

    def say(self, text: str) -> None:
        self._queue.put(text)
        if self._queue.too_slow:
            self._overrun.set()

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
                async with asyncio.timeout(SEND_S):
                    await self._ws.send_str(text)
        except QueueClosed:
            if not self._queue.too_slow:
                await self._close(self._bye or ByeCode.RESTARTING)
        except TimeoutError:
            log.info("client does not read", seconds=SEND_S)
            self._abort()
        except (ConnectionError, RuntimeError):
            self._abort()  # the reader sees the end and cleans up

    async def cut(self) -> None:
        """Wait until the client is too slow, then end it: it reads no `bye`, the close code says it."""
        await self._overrun.wait()
        log.warning("client is too slow", queue=QUEUE_FRAMES)
        await self._close(ByeCode.TOO_SLOW)

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
