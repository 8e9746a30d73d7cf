"""The world of the live side's tests."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.signaling.service.world import World
from tests.support.nodes import FakeRecorder, FakeWorker, connected
from tests.support.server import SignalingServer


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    worker, recorder = FakeWorker(), FakeRecorder()
    async with SignalingServer(tmp_path) as server, connected(tmp_path, worker, recorder), AsyncExitStack() as stack:
        yield World(server, worker, recorder, stack)
