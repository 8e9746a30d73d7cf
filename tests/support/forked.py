"""A child for tests of the fork server: writes down how it was born, and lives until SIGTERM, to which it exits with 0.

`-m tests.support.forked <file> <name>`
"""

import asyncio
import json
import os
import random
import signal
import sys
import threading
from pathlib import Path

from runtime import clock


def open_files() -> list[str]:
    """What this process has open besides its standard streams."""
    links = [Path(f"/proc/self/fd/{name}") for name in os.listdir("/proc/self/fd") if int(name) > 2]
    return [os.readlink(link) for link in links if link.is_symlink()]


def main() -> None:
    file, name = Path(sys.argv[1]), sys.argv[2]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    born = {
        "name": name,
        "pid": os.getpid(),
        "forked": "passline.children" in sys.modules,
        "parent": os.getppid(),
        "group": os.getpgid(0),
        "session": os.getsid(0),
        "setting": os.environ.get("PASSLINE_RING_S"),
        "files": open_files(),
        "threads": threading.active_count(),
        "chance": random.random(),
        "wall_s": clock.wall_ms() / 1000,
        "loop": asyncio.run(asyncio.sleep(0, "a loop of its own")),
    }
    with file.open("a") as log:
        log.write(json.dumps(born) + "\n")
    while True:
        signal.pause()


if __name__ == "__main__":
    main()
