"""The signaling process: `python -m signaling`. SIGTERM or SIGINT ends it in order; a second one at once."""

import asyncio
import os
import signal
import sys

from aiohttp import web

from runtime import logs
from runtime.logs import get_logger
from runtime.settings import Settings, SettingsError, load
from signaling.app import build
from signaling.store.schema import SchemaError

log = get_logger(__name__)

SHUTDOWN_S = 3.0
"""How long requests may go on after the sockets were told goodbye."""


async def run(settings: Settings) -> int:
    """Serve until a signal; the exit status."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    runner = web.AppRunner(build(settings), access_log=None, shutdown_timeout=SHUTDOWN_S, handle_signals=False)
    await runner.setup()
    try:
        site = web.TCPSite(runner, settings.host, settings.port, reuse_address=True)
        try:
            await site.start()
        except OSError as error:
            why = os.strerror(error.errno) if error.errno else str(error)
            log.error("cannot listen", host=settings.host, port=settings.port, why=why, setting="PASSLINE_PORT")
            return 1
        log.info("signaling listens", host=settings.host, port=settings.port)
        await stop.wait()
        log.info("signaling ends")
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
    finally:
        await runner.cleanup()
    return 0


def main() -> int:
    """The exit status."""
    try:
        settings = load()
    except SettingsError as error:
        print(f"passline: {error}", file=sys.stderr)
        return 2
    logs.setup("signaling", level=settings.log_level, fmt=settings.log_format)
    try:
        return asyncio.run(run(settings))
    except SchemaError as error:
        log.error("the database cannot be used", why=str(error))
        return 2


if __name__ == "__main__":
    sys.exit(main())
