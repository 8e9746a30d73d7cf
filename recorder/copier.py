"""A child process that copies live files into parts, one after the other; a new one takes over after a failure.

Its start costs more than most copies: a recording that was cut into many pieces by crashes is safe sooner with one.
"""

import json
import subprocess
import sys
import threading
from pathlib import Path

from recorder.copied import Result
from runtime.logs import get_logger

log = get_logger(__name__)

NICE = 10
"""Copying may take a moment longer; a call that rings meanwhile may not."""
LIMIT_S = 600.0
"""An hour of recording takes about four seconds; a child that takes this long hangs."""


class Cancelled(Exception):
    """The recorder is going down; the next start finishes the recording."""


class CopyFailed(Exception):
    """The child gave up on a file, or died of it."""


class Copier:
    """Use as a context in one thread; only `cancel` may be called from others."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()
        self._cancelled = False

    def __enter__(self) -> "Copier":
        return self

    def __exit__(self, *_: object) -> None:
        if self._child is not None:
            self._end(self._child)

    def cancel(self) -> None:
        """No more work; a running child dies."""
        with self._lock:
            self._cancelled = True
            if self._child is not None:
                self._child.kill()

    def copy(self, live: Path, target: Path) -> Result:
        """Copy one file. Raises CopyFailed, OSError (no room on the disk) or Cancelled."""
        child = self._running()
        assert child.stdin is not None
        assert child.stdout is not None
        alarm = threading.Timer(LIMIT_S, child.kill)
        alarm.start()
        try:
            print(json.dumps([str(live), str(target)]), file=child.stdin, flush=True)
            line = child.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            alarm.cancel()
        if self._cancelled:
            raise Cancelled
        if not line:
            errors = self._end(child)
            log.warning("copying failed", code=child.returncode, output=errors[-400:])
            if "No space left" in errors:
                raise OSError(28, "No space left on device")
            raise CopyFailed
        result: Result = json.loads(line)
        return result

    def _running(self) -> "subprocess.Popen[str]":
        with self._lock:
            if self._cancelled:
                raise Cancelled
            if self._child is None:
                self._child = subprocess.Popen(
                    [sys.executable, "-m", "runtime.priority", str(NICE), "recorder.remux"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            return self._child

    def _end(self, child: "subprocess.Popen[str]") -> str:
        """Let it end; what it complained about."""
        with self._lock:
            self._child = None
        _, errors = child.communicate()
        return errors
