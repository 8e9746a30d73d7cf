"""`python -m signaling` as the supervisor runs it: starts, ends on SIGTERM, says why it cannot listen."""

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import pytest
from aiohttp import ClientError, ClientSession

from runtime import clock
from runtime.settings import Settings, to_environ
from tests.support.ports import free_port

pytestmark = pytest.mark.flow


async def start(data: Path, port: int, **more: str) -> Process:
    own = {key: value for key, value in os.environ.items() if not key.startswith("PASSLINE_")}
    environ = own | to_environ(Settings(data=data, port=port)) | more
    return await asyncio.create_subprocess_exec(sys.executable, "-m", "signaling", env=environ, stderr=PIPE)


async def lives(port: int) -> bool:
    deadline = clock.now() + 60
    async with ClientSession() as http:
        while clock.now() < deadline:
            try:
                async with http.get(f"http://127.0.0.1:{port}/healthz") as answer:
                    return answer.status == 200
            except ClientError:
                await asyncio.sleep(0.05)
    return False


async def test_it_starts_on_an_empty_directory_and_ends_on_sigterm(tmp_path: Path) -> None:
    port = free_port()
    process = await start(tmp_path / "data", port)
    try:
        assert await lives(port)
        process.send_signal(signal.SIGTERM)
        _, log = await asyncio.wait_for(process.communicate(), 30)
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, log.decode()
    assert b"Traceback" not in log
    assert (tmp_path / "data" / "passline.db").exists()


async def test_a_taken_port_is_named_with_its_setting(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        process = await start(tmp_path, other.getsockname()[1])
        _, log = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 1
    assert b"PASSLINE_PORT" in log
    assert b"Traceback" not in log


async def test_a_wrong_setting_stops_the_start_and_is_named(tmp_path: Path) -> None:
    process = await start(tmp_path, 0, PASSLINE_RING_S="never")
    _, log = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 2
    assert b"PASSLINE_RING_S" in log
