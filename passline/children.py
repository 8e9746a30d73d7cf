"""One child process: how it is started, and when it is started again."""

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from typing import Protocol

BACKOFF_FIRST_S = 0.05
BACKOFF_MAX_S = 5.0
HEALTHY_S = 5.0
"""A child that ran this long starts again without having its earlier deaths held against it."""

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Spec:
    """What to run."""

    name: str
    """As in its logs and its health socket: `signaling`, `media-0`, `recorder`."""
    arguments: tuple[str, ...]
    """After the interpreter."""


class Child(Protocol):
    """A process of ours that runs or has ended, as the supervisor sees it."""

    @property
    def pid(self) -> int: ...

    async def wait(self) -> int:
        """Its exit status, or minus the signal that killed it."""
        ...

    def send_signal(self, number: int, /) -> None:
        """Raises ProcessLookupError once it ended."""
        ...


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


async def start(spec: Spec, environ: dict[str, str], *, pass_fds: Collection[int] = ()) -> asyncio.subprocess.Process:
    """Start the child in its own session, so that Ctrl-C reaches only the supervisor, which ends it in order.

    And so that it does not stand still for whatever else runs in the session of the shell that started the server:
    Linux may share the processor out by sessions (autogroup, sched(7)).

    It keeps `pass_fds` open besides its standard streams. Raises OSError if the machine has no room for it.
    """
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *spec.arguments,
        env=environ,
        start_new_session=True,
        pass_fds=pass_fds,
        preexec_fn=partial(die_with, os.getpid()),
    )


def die_with(parent: int) -> None:
    """Let the kernel send this process SIGTERM should `parent` die without doing so: no orphan keeps the ports."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died before that
        os._exit(1)


def take_orphans(*, take: bool) -> None:
    """Whether a process below us whose own parent ends becomes our child (PR_SET_CHILD_SUBREAPER), or that of init."""
    _libc.prctl(_PR_SET_CHILD_SUBREAPER, int(take))


def describe_end(returncode: int) -> dict[str, int | str]:
    """Log fields for how a process ended: its exit code, or the signal that killed it."""
    if returncode >= 0:
        return {"exit_code": returncode}
    try:
        return {"signal": signal.Signals(-returncode).name}
    except ValueError:
        return {"signal": -returncode}
