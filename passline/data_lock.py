"""A data directory belongs to one running Passline, or to one command that changes all of it."""

import fcntl
import os
from pathlib import Path
from typing import IO

from runtime.settings import SettingsError

MAX_SOCKET_PATH_BYTES = 107
"""What a Unix socket address holds (sun_path, unix(7)), without its final NUL."""
_LONGEST_SOCKET = "run/signaling.health.sock"
RESTORING = "restoring"
"""Directory in which a backup is laid out; if it is there at a start, a restore was interrupted."""


def own_data(data: Path) -> IO[str]:
    """Make the data directory and lock it; closing the file unlocks it. Raises SettingsError."""
    longest = len(os.fsencode(data / _LONGEST_SOCKET))
    if longest > MAX_SOCKET_PATH_BYTES:
        raise SettingsError(
            f"PASSLINE_DATA: {data} is {longest - MAX_SOCKET_PATH_BYTES} bytes too long for sockets in it"
        )
    try:
        (data / "run").mkdir(parents=True, exist_ok=True)
        lock = (data / "run" / "lock").open("w")
    except OSError as error:
        raise SettingsError(f"PASSLINE_DATA: cannot write to {data}: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise SettingsError(f"PASSLINE_DATA: another Passline runs on {data}") from error
    return lock
