"""The signaling process: `python -m signaling`. SIGTERM or SIGINT ends it in order; a second one at once."""

import asyncio
import os
import signal
import ssl
import sys

from aiohttp import web

from runtime import logs
from runtime.files import raise_file_limit
from runtime.logs import get_logger
from runtime.settings import Settings, SettingsError, load
from runtime.supervise import TaskScope
from signaling.app import HOUSE, build
from signaling.http.doorkeeper import Doorkeeper
from signaling.http.server import make_runner
from signaling.store.schema import SchemaError
from signaling.tls.certificates import Certificates

log = get_logger(__name__)


async def run(settings: Settings) -> int:
    """Serve until a signal; the exit status."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    certificates = Certificates(settings) if settings.https else None
    app = build(settings, authority=certificates.authority if certificates else None)
    runner = make_runner(app)
    await runner.setup()
    try:
        if not await _listen(runner, settings, settings.port, "PASSLINE_PORT"):
            return 1
        assert runner.server is not None
        keeper = Doorkeeper(
            runner.server,
            per_address=settings.address_connections,
            in_all=settings.connections,
            proxies=settings.proxies,
            registry=app[HOUSE].health.registry,
        )
        async with TaskScope("doors") as scope:
            scope.spawn(keeper.run(), name="doorkeeper")
            if certificates is not None:
                if not await _listen(runner, settings, settings.tls_port, "PASSLINE_TLS_PORT", certificates.context):
                    return 1
                scope.spawn(certificates.watch(app[HOUSE].health.alarms), name="watch")
            await stop.wait()
        log.info("signaling ends")
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
    finally:
        await runner.cleanup()
    return 0


async def _listen(
    runner: web.AppRunner, settings: Settings, port: int, key: str, tls: ssl.SSLContext | None = None
) -> bool:
    """Open one door; False, and logged, if the port is taken."""
    try:
        await web.TCPSite(runner, settings.host, port, ssl_context=tls, reuse_address=True).start()
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        log.error("cannot listen", host=settings.host, port=port, why=why, setting=key)
        return False
    log.info("signaling listens", host=settings.host, port=port, tls=tls is not None)
    return True


def main() -> int:
    """The exit status."""
    try:
        settings = load()
        raise_file_limit()
        logs.setup_by("signaling", settings)
        return asyncio.run(run(settings))
    except SettingsError as error:
        print(f"passline: {error}", file=sys.stderr)
        return 2
    except SchemaError as error:
        log.error("the database cannot be used", why=str(error))
        return 2


if __name__ == "__main__":
    sys.exit(main())
