"""One child process: how it is started, and when it is started again."""

import asyncio
import ctypes
import os
import signal
import sys
from dataclasses import dataclass

BACKOFF_FIRST_S = 0.05
BACKOFF_MAX_S = 5.0
HEALTHY_S = 5.0
"""A child that ran this long starts again without having its earlier deaths held against it."""

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Spec:
    """What to run."""

    name: str
    """As in its logs and its health socket: `signaling`, `media-0`, `recorder`."""
    arguments: tuple[str, ...]
    """After the interpreter."""


class Backoff:
    """How long to wait before the next start: 0.05 s doubling to 5 s, from the beginning after a healthy run."""

    def __init__(self) -> None:
        self._next_s = BACKOFF_FIRST_S

    def after(self, ran_s: float) -> float:
        """The delay in seconds after a run that lasted `ran_s`."""
        if ran_s >= HEALTHY_S:
            self._next_s = BACKOFF_FIRST_S
        delay_s = self._next_s
        self._next_s = min(BACKOFF_MAX_S, delay_s * 2)
        return delay_s


async def start(spec: Spec, environ: dict[str, str]) -> asyncio.subprocess.Process:
    """Start the child in its own process group, so that Ctrl-C reaches only the supervisor, which ends it in order.

    The kernel sends it SIGTERM should the supervisor die without doing so (kill -9): no orphan keeps the ports.
    """
    parent = os.getpid()

    def die_with_parent() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died between fork and prctl
            os._exit(1)

    return await asyncio.create_subprocess_exec(
        sys.executable, *spec.arguments, env=environ, process_group=0, preexec_fn=die_with_parent
    )


def describe_end(returncode: int) -> dict[str, int | str]:
    """Log fields for how a process ended: its exit code, or the signal that killed it."""
    if returncode >= 0:
        return {"exit_code": returncode}
    try:
        return {"signal": signal.Signals(-returncode).name}
    except ValueError:
        return {"signal": -returncode}
