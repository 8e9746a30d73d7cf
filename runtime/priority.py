"""Letting others go first: `python -m runtime.priority <niceness> <module>` runs a module so, as nice(1) would."""

import os
import runpy
import sys
from contextlib import suppress


def give_way(niceness: int) -> None:
    """From here on this process lets pass whatever is not so nice.

    For a child of the server that has no children: it gets a session of its own, because where Linux shares the
    processor out by sessions a niceness counts within one only, and that of the session among them (autogroup,
    sched(7)).
    """
    with suppress(PermissionError):  # it has one
        os.setsid()
    os.nice(niceness)
    with suppress(OSError), open("/proc/self/autogroup", "w") as group:  # not everywhere
        group.write(str(niceness))


if __name__ == "__main__":
    give_way(int(sys.argv[1]))
    del sys.argv[:2]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
