"""A call over a network that loses packets, each by itself or many in a row: the voice is whole and no picture stands.

A hop is what lies between one side and the server. The small form of B14 is tests/media/forward/test_bursts.py, in
virtual time.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.async_api import Page

from tests.flows import acts
from tests.flows.test_narrow import counted
from tests.flows.test_network import EXPERT, STORE, call_over
from tests.support.network import Network
from tests.support.promise import Promise

pytestmark = [pytest.mark.browser, pytest.mark.full_only]

SETTLE_S = 8.0
"""Until both sides know how bad the network is."""
WATCH_S = 30.0
LEAST_FPS_MS = 125.0
"""Between two pictures: eight a second."""


async def longest_stand_s(page: Page, person: str) -> float:
    """The longest time, s, without a new frame of `person` while it is watched."""
    marks = await page.evaluate("([s, ms]) => probe.watch(s, ms)", [acts.tile(person), 1000 * WATCH_S])
    moved = [0.0, *(b["at"] for a, b in pairwise(marks) if a["number"] != b["number"]), 1000 * WATCH_S]
    return float(max(after - before for before, after in pairwise(moved))) / 1000


@contextlib.asynccontextmanager
async def lossy_call(
    directory: Path, seed: int, *, hops: int, **fields: float
) -> AsyncIterator[dict[str, tuple[Page, str]]]:
    """A call in which the store's hop, or both, lose; each side's page, and whom it sees."""
    async with (
        Network(seed=10 * seed) as near,
        Network(seed=10 * seed + 5) as far,
        call_over(directory, near, far) as (_, store, expert),
    ):
        for network in (near, far)[:hops]:
            await network.set("both", **fields)
        await asyncio.sleep(SETTLE_S)
        yield {"store": (store, EXPERT), "expert": (expert, STORE)}


async def measure(
    promise: Promise,
    sides: dict[str, tuple[Page, str]],
    *,
    concealed: float,
    stand_s: float | None = None,
    frames: bool = False,
) -> None:
    """What both sides hear and see for WATCH_S; `concealed` is the limit in per cent."""
    before = {name: await counted(page) for name, (page, _) in sides.items()}
    stands = await asyncio.gather(*(longest_stand_s(page, person) for page, person in sides.values()))
    for (name, (page, _)), stood_s in zip(sides.items(), stands, strict=True):
        after = await counted(page)
        gone = {what: after[what] - before[name][what] for what in after}
        share = 100 * gone["concealed"] / max(1.0, gone["samples"])
        promise.measured(f"concealed at the {name}", share, limit=concealed, unit="%")
        if stand_s is not None:
            promise.measured(f"longest stand of the picture at the {name}", stood_s, limit=stand_s)
        if frames:
            apart_ms = 1000 * WATCH_S / max(1.0, gone["frames"])
            promise.measured(f"time between frames at the {name}", apart_ms, limit=LEAST_FPS_MS, unit="ms")


@pytest.mark.promise("B11")
async def test_ten_percent_loss_on_both_hops_is_hardly_heard_and_the_picture_moves(
    promise: Promise, tmp_path: Path
) -> None:
    for seed in promise.rounds():
        async with lossy_call(tmp_path / str(seed), seed, hops=2, loss=0.1) as sides:
            await measure(promise, sides, concealed=4.0, stand_s=1.0, frames=True)


@pytest.mark.promise("B12")
async def test_thirty_percent_loss_on_one_hop_leaves_the_voice(promise: Promise, tmp_path: Path) -> None:
    for seed in promise.rounds():
        async with lossy_call(tmp_path / str(seed), seed, hops=1, loss=0.3) as sides:
            await measure(promise, sides, concealed=5.0)


@pytest.mark.promise("B13")
async def test_thirty_percent_loss_on_both_hops_leaves_words_to_be_understood(promise: Promise, tmp_path: Path) -> None:
    for seed in promise.rounds():
        async with lossy_call(tmp_path / str(seed), seed, hops=2, loss=0.3) as sides:
            await measure(promise, sides, concealed=15.0)


@pytest.mark.promise("B14")
async def test_losses_in_bursts_stop_no_picture_for_two_seconds(promise: Promise, tmp_path: Path) -> None:
    for seed in promise.rounds():
        async with lossy_call(tmp_path / str(seed), seed, hops=1, burst_p=0.02, burst_r=0.15) as sides:
            await measure(promise, sides, concealed=10.0, stand_s=2.0)
