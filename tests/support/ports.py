"""TCP ports for servers of tests, which nothing else on the machine takes before they listen, or between two lives."""

import itertools
import os
import socket

FIRST, EACH, WORKERS, STEP = 20_000, 1_500, 8, 7
"""Below the ports that Linux gives away by itself (from 32 768 on), so that no connection and no server on port 0
comes to sit on one; a part for each worker of a parallel run. Neighbours
are left out: coturn may want the next one too."""

_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS
# Runs beside each other begin at different places of the same part.
_offsets = itertools.count(os.getpid())


def free_port() -> int:
    """A port that nobody listens on, and that no other call returns for a long time. Raises AssertionError if all are
    taken."""
    for offset in itertools.islice(_offsets, EACH):
        port = FIRST + _worker * EACH + offset * STEP % EACH
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError(f"none of {EACH} ports is free")
