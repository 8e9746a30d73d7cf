"""`python -m media --index N`: one media worker, settings from the environment."""

import argparse
import asyncio
import os
import sys

from media import app
from media.plane.selector import PlaneSelector
from runtime import logs
from runtime.files import raise_file_limit
from runtime.settings import SettingsError, load


def main() -> int:
    """Exit code 0 after a clean stop, 1 if it hung, 2 for a wrong setting, 3 if its port is taken."""
    parser = argparse.ArgumentParser(prog="python -m media", description="One media worker of Passline.")
    parser.add_argument("--index", type=int, default=0, help="number of this worker, added to the port")
    index = parser.parse_args().index
    try:
        settings = load()
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    logs.setup_by(f"media-{index}", settings)
    raise_file_limit()
    try:
        selector = PlaneSelector()
        with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selector)) as runner:
            runner.run(app.run(settings, index, selector))
    except OSError as error:
        logs.get_logger(__name__).error("cannot serve media", errno=error.errno, port=settings.media_port + index)
        return 3
    return 0


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    # Threads of libraries must not keep a stopped worker alive.
    os._exit(code)
