"""The world of the live side's tests."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from types import SimpleNamespace

import pytest

from signaling.live import pace
from tests.signaling.service.world import World
from tests.support.nodes import FakeRecorder, FakeWorker, connected
from tests.support.server import SignalingServer


@pytest.fixture
def no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the test takes, nobody gets another try."""
    monkeypatch.setattr(pace, "clock", SimpleNamespace(now=lambda: 0.0))


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    worker, recorder = FakeWorker(), FakeRecorder()
    async with SignalingServer(tmp_path) as server, connected(tmp_path, worker, recorder), AsyncExitStack() as stack:
        yield World(server, worker, recorder, stack)
