"""signaling, media and recorder started apart on one data directory, as three containers do, find each other."""

import asyncio
import shutil
import signal
import sys
from functools import partial
from pathlib import Path

import pytest

from tests.flows import acts
from tests.support.stack import Stack, environ, seeded_data

pytestmark = pytest.mark.flow

PARTS = {"recorder": ["recorder"], "media-0": ["media", "--index", "0"], "signaling": ["signaling"]}
READY_S = 60.0


async def _probe(env: dict[str, str], process: str) -> tuple[int, str]:
    """What the health check of its container says."""
    probing = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "runtime.probe", process, env=env, stderr=asyncio.subprocess.PIPE
    )
    _, why = await probing.communicate()
    return probing.returncode or 0, why.decode()


async def test_three_processes_without_a_supervisor_become_ready_and_serve(tmp_path: Path) -> None:
    stack = Stack(tmp_path)  # for its doors only; nobody calls `start`
    env = environ({"data": stack.data, "port": stack.port, "media_port": 0, "log_format": "json"})
    await asyncio.to_thread(shutil.copytree, await asyncio.to_thread(seeded_data), stack.data)
    assert (await _probe(env, "signaling"))[0] == 1, "nothing runs yet"
    with stack.log_file.open("wb") as log:
        running = {
            name: await asyncio.create_subprocess_exec(
                sys.executable, "-m", *arguments, env=env, stdout=log, stderr=log
            )
            for name, arguments in PARTS.items()
        }
    try:
        for name in PARTS:
            await acts.until(partial(_probe, env, name), lambda said: said[0] == 0, f"{name} is ready", READY_S)
        async with await stack.login("chen") as http, http.get("/api/me") as answer:
            assert answer.status == 200
        running["signaling"].send_signal(signal.SIGTERM)
        assert await running["signaling"].wait() == 0
        status, why = await _probe(env, "signaling")
        assert status == 1
        assert why
        assert running["media-0"].returncode is None
    finally:
        for process in running.values():
            if process.returncode is None:
                process.terminate()
                await process.wait()
        print(stack.log())
    assert {name: process.returncode for name, process in running.items()} == dict.fromkeys(PARTS, 0)
