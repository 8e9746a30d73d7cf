"""Asks one process of this machine whether it is ready: the health check of a container.

`python -m runtime.probe signaling` ends with 0 if `/readyz` says so, else with 1 and the reason on stderr.
"""

import http.client
import os
import socket
import sys
from pathlib import Path

TIMEOUT_S = 3.0


class _Local(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=TIMEOUT_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(TIMEOUT_S)
        self.sock.connect(str(self._path))


def probe(run_dir: Path, process: str) -> str | None:
    """Why `process` is not ready, None if it is."""
    connection = _Local(run_dir / f"{process}.health.sock")
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        body = answer.read().decode()
    except (OSError, http.client.HTTPException) as error:
        return f"no answer: {error}"
    finally:
        connection.close()
    return None if answer.status == 200 else body


def main() -> int:
    """The exit status."""
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    data = os.environ.get("PASSLINE_DATA", "data")
    why = probe(Path(data) / "run", sys.argv[1])
    if why is not None:
        print(why, file=sys.stderr)
    return 0 if why is None else 1


if __name__ == "__main__":
    sys.exit(main())
