"""The fork server: loads once what children are made of, and forks one whenever the supervisor asks.

`python -m passline.forkserver <fd> <module>…`, with one end of a socket pair of datagrams. A request is the child's
`-m <module> <argument>…`, joined by NUL; the answer is its process id, minus an errno, or 0 if it ended before it had
begun. The end of the other side ends this one.

What makes forking safe is that nothing lives here: one thread, no event loop, no file, no connection. Two forks make a
child: the process between them ends at once, which makes the supervisor the child's parent
(`passline.children.take_orphans`). So the supervisor hears how it ended, and it outlives this process.
"""

import ctypes
import gc
import os
import runpy
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from passline.children import die_with

READY = b"ready"
MAX_REQUEST_BYTES = 4096
_GO = b"go"
_ARG_START, _ARG_END = 48 - 3, 49 - 3
"""Where `/proc/self/stat` has them (proc(5)), behind the process's name."""


def load(modules: Sequence[str]) -> None:
    """Import them, and keep the collector away from them for ever: what it does not touch stays shared."""
    gc.disable()
    for name in modules:
        import_module(name)
        del sys.modules[name]  # a child runs it, with all that it imports at hand
    gc.collect()
    gc.freeze()


def serve(channel: socket.socket, supervisor: int) -> list[str] | None:
    """Fork for every request: in the child, what it shall run; None once the supervisor is gone."""
    channel.send(READY)
    while request := channel.recv(MAX_REQUEST_BYTES):
        words = request.decode().split("\0")
        ours, its = socket.socketpair()
        between = os.fork()
        if between == 0:
            _fork_again()
            channel.close()
            ours.close()
            with its:
                _begin(words, its, supervisor)
            return words
        its.close()
        with ours:
            _tell(between, ours, channel)
    return None


def _fork_again() -> None:
    """Returns in the child alone; the process between ends with the errno of what failed, or 0."""
    try:
        child = os.fork()
    except OSError as error:
        os._exit(error.errno or 1)
    if child:
        os._exit(0)


def _begin(words: Sequence[str], server: socket.socket, supervisor: int) -> None:
    """A child's first steps. It waits until it has its new parent and is known there, or ends."""
    _show_as(" ".join((Path(sys.executable).name, *words)))
    server.send(str(os.getpid()).encode())
    if server.recv(len(_GO)) != _GO:
        os._exit(1)
    die_with(supervisor)
    os.setsid()  # as passline.children.start
    gc.enable()


def _tell(between: int, child: socket.socket, channel: socket.socket) -> None:
    failed = os.waitstatus_to_exitcode(os.waitpid(between, 0)[1])
    pid = child.recv(32) if failed == 0 else b""
    channel.send(pid or str(-max(failed, 0)).encode())
    if pid:
        child.send(_GO)


def _show_as(title: str) -> None:
    """What `ps` shows. The kernel reads it from the arguments' own memory, as one text if no NUL ends them."""
    with suppress(OSError):  # without /proc it shows the fork server's
        stat = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        start, size = int(stat[_ARG_START]), int(stat[_ARG_END]) - int(stat[_ARG_START])
        text = title.encode()[: size - 2]
        if text:
            ctypes.memmove(start, text.ljust(size - 1, b"\0") + b" ", size)


def main() -> None:
    """Returns or raises SystemExit as the module does that a child runs."""
    load(sys.argv[2:])
    with socket.socket(fileno=int(sys.argv[1])) as channel:
        words = serve(channel, os.getppid())
    if words is not None:
        _, module, *sys.argv[1:] = words
        runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
