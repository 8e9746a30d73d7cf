"""The store's network fails in mid-call: the call goes on, and who waits is told why.

The store's Chromium sits behind a wire of its own with 10 ms each way, the expert beside the server. Times run from the
moment the network is back to the first new frame on a screen.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path

import pytest
from playwright.async_api import Page

from tests.flows import acts
from tests.flows.scene import DESK, Scene
from tests.support.clips import clip
from tests.support.network import Network
from tests.support.promise import Promise

pytestmark = pytest.mark.browser

STORE, EXPERT = "p-store-0117", "p-chen"
OFFLINE = ["ERR_", "WebSocket connection", "status of 503", "status of 429"]
"""What a browser's console says of a network that is not there."""
LOOK_MS = 60_000


@contextlib.asynccontextmanager
async def call_over(directory: Path, network: Network) -> AsyncIterator[tuple[Scene, Page, Page]]:
    """A call between a store behind `network` and an expert, both seeing each other."""
    async with Scene(directory, host="0.0.0.0") as scene:
        scene.expected += OFFLINE
        tablet = await scene.browser(clip(1), network=network)
        desk = await scene.browser(clip(2), size=DESK)
        store, expert = await acts.in_call(tablet, desk, "store-0117", "chen")
        await acts.sees(expert, STORE, clip(1))
        await acts.sees(store, EXPERT, clip(2))
        yield scene, store, expert


async def back_after(act: Awaitable[None], store: Page, expert: Page) -> float:
    """Seconds from `act` until both screens show a frame of the other that they did not show before."""
    looks = [(expert, acts.tile(STORE)), (store, acts.tile(EXPERT))]
    marks = [await page.evaluate("(s) => probe.read(s)", tile) for page, tile in looks]
    waits = [
        asyncio.ensure_future(
            page.evaluate("([s, old, ms]) => probe.next(s, old, ms)", [tile, mark and mark["number"], LOOK_MS])
        )
        for (page, tile), mark in zip(looks, marks, strict=True)
    ]
    await act
    times = await asyncio.gather(*waits)
    assert all(time is not None for time in times), f"no new frame in {LOOK_MS / 1000:.0f} s: {times}"
    return max(times) / 1000


@pytest.mark.promise("B2")
async def test_a_short_cut_ends_with_the_same_connection(promise: Promise, tmp_path: Path) -> None:
    for seed in promise.rounds():
        async with Network(seed=seed) as network, call_over(tmp_path / str(seed), network) as (_, store, expert):
            generation = await store.evaluate("passline.generation()")
            await network.cut()
            await asyncio.sleep(8.0)
            back_s = await back_after(network.mend(), store, expert)
            promise.measured("picture back after a cut of 8 s", back_s, limit=2.0)
            await asyncio.sleep(2.0)
            assert await store.evaluate("passline.generation()") == generation, "it was another connection"
