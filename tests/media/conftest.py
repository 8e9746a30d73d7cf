"""A media worker process and the control desk that stands in for signaling."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.control_desk import ControlDesk


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[ControlDesk]:
    made = ControlDesk(tmp_path)
    await made.start()
    try:
        yield made
    finally:
        await made.stop()


@pytest.fixture
async def worker(desk: ControlDesk) -> AsyncIterator[asyncio.subprocess.Process]:
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("PASSLINE_")},
        "PASSLINE_DATA": str(desk.data),
        "PASSLINE_MEDIA_PORT": "0",
        "PASSLINE_MAX_LEGS": "4",
        "PASSLINE_MEDIA_LOAD": "0",
        "PASSLINE_LOG_LEVEL": "warning",
    }
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "media", "--index", "0", env=environment)
    try:
        await desk.hello()
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            await asyncio.wait_for(process.wait(), 30.0)
