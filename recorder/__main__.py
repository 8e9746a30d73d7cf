"""`python -m recorder`: the recorder process; settings come from the environment, SIGTERM ends it."""

import asyncio
import os
import signal
import sys

from recorder import app
from runtime import logs, settings


async def _main(config: settings.Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    await app.run(config, stop)


def main() -> None:
    """Run until told to end."""
    try:
        config = settings.load()
    except settings.SettingsError as error:
        sys.exit(str(error))
    logs.setup_by("recorder", config)
    asyncio.run(_main(config))
    # A sync that hangs on a dying disk must not hold up the exit: everything it would do is done by the kernel.
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
