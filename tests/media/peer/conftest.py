"""A server that sends back what it gets, and one client, over real sockets."""

from collections.abc import AsyncIterator

import pytest

from tests.support.loop import Loop
from tests.support.peer_client import PeerClient


@pytest.fixture
async def server() -> AsyncIterator[Loop]:
    loop = Loop()
    try:
        yield loop
    finally:
        await loop.aclose()


@pytest.fixture
async def client() -> AsyncIterator[PeerClient]:
    made = PeerClient()
    try:
        yield made
    finally:
        await made.aclose()
