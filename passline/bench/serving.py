"""A whole Passline on a free port of this machine, for a bench."""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path

READY_S = 180.0


def free_port() -> int:
    """A TCP port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.asynccontextmanager
async def serving(data: Path, *options: str) -> AsyncIterator[tuple[str, int]]:
    """`passline serve` with these options on this data directory: its address, and the supervisor's process id."""
    port = free_port()
    environ = {key: value for key, value in os.environ.items() if not key.startswith("PASSLINE_")}
    environ |= {
        "PASSLINE_HOST": "127.0.0.1",
        "PASSLINE_PORT": str(port),
        "PASSLINE_DATA": str(data),
        "PASSLINE_MEDIA_PORT": "0",
        "PASSLINE_MEDIA_WORKERS": "1",
        "PASSLINE_LOG_LEVEL": "warning",
        "PASSLINE_HANG_S": "30",  # beside a bench a process may starve: its figures say so
    }
    process = await asyncio.to_thread(_serve, environ, options)
    try:
        await asyncio.to_thread(_wait_ready, port, process)
        yield f"http://localhost:{port}", process.pid
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, 20)


def _serve(environ: dict[str, str], options: tuple[str, ...]) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "passline", "serve", *options]
    return subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _wait_ready(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2.0).close()
        except (OSError, urllib.error.URLError):
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("passline serve did not become ready")
