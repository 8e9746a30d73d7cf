"""Letting others go first: `python -m runtime.priority <niceness> <module>` runs a module so."""

import os
import runpy
import sys
import time
from contextlib import suppress

_WRITES, _PAUSE_S = 10, 0.11
"""Of those who are not root, all together may change the niceness of one session in a tenth of a second."""


def give_way(niceness: int) -> None:
    """From here on this process lets pass whatever is not so nice.

    For a child of the server that has no children: it gets a session of its own, because where Linux shares the
    processor out by sessions a niceness counts within one only, and that of the session among them (autogroup,
    sched(7)). May take a second.
    """
    with suppress(PermissionError):  # it leads a group
        os.setsid()
    os.nice(niceness)
    if os.getsid(0) == os.getpid():
        _among_sessions(niceness)


def _among_sessions(niceness: int) -> None:
    for _ in range(_WRITES):
        try:
            with open("/proc/self/autogroup", "w") as group:
                group.write(str(niceness))
        except BlockingIOError:
            time.sleep(_PAUSE_S)
        except OSError:  # not everywhere
            return
        else:
            return


if __name__ == "__main__":
    give_way(int(sys.argv[1]))
    del sys.argv[:2]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
