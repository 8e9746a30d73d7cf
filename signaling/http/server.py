"""How patient the HTTP server is with a connection, and what it never does for one."""

import logging

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from runtime.logs import get_logger
from runtime.repeated import Repeated

log = get_logger(__name__)

KEEP_ALIVE_S = 20.0
"""A connection without a whole request head for so long is closed: idle ones, and those that send it bit by bit."""
LINGER_S = 1.0
"""How long the rest of a refused body is read and thrown away, so that the client sees the answer."""
SHUTDOWN_S = 3.0
"""How long requests may go on after the sockets were told goodbye."""


class _NotOurFault(logging.Filter):
    """aiohttp logs what is no HTTP with a traceback that quotes it; here it is one line, said rarely."""

    def __init__(self) -> None:
        super().__init__()
        self._repeated = Repeated()

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, HttpProcessingError):
            return True
        self._repeated.say("unreadable", log.info, "a request was no HTTP", kind=type(error).__name__)
        return False


def make_runner(app: web.Application, *, shutdown_s: float = SHUTDOWN_S) -> web.AppRunner:
    """Serves `app`. Bodies are never decompressed: nobody needs it, and 58 kB may hold 60 MB."""
    logger = logging.getLogger("signaling.http.aiohttp")
    if not logger.filters:
        logger.addFilter(_NotOurFault())
    return web.AppRunner(
        app,
        access_log=None,
        logger=logger,
        handle_signals=False,
        shutdown_timeout=shutdown_s,
        auto_decompress=False,
        keepalive_timeout=KEEP_ALIVE_S,
        lingering_time=LINGER_S,
    )
