"""A call over a narrow network: the voice is whole, the picture moves, and the queue is not what one waits in."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from tests.flows.test_network import call_over
from tests.support.network import Network
from tests.support.promise import Promise

pytestmark = [pytest.mark.browser, pytest.mark.full_only]

SETTLE_S = 12.0
WATCH_S = 20.0


async def counted(page: Page) -> dict[str, float]:
    """What arrived so far: samples of sound, concealed ones, frames; and the round trip of now, s."""
    rows: list[dict[str, Any]] = await page.evaluate("passline.stats()")
    sound = [row for row in rows if row["type"] == "inbound-rtp" and row["kind"] == "audio"]
    picture = [row for row in rows if row["type"] == "inbound-rtp" and row["kind"] == "video"]
    pairs = [row for row in rows if row["type"] == "candidate-pair" and row.get("nominated")]
    return {
        "samples": sum(row.get("totalSamplesReceived", 0) for row in sound if row.get("packetsReceived")),
        "concealed": sum(row.get("concealedSamples", 0) for row in sound if row.get("packetsReceived")),
        "frames": sum(row.get("framesDecoded", 0) for row in picture),
        "rtt_s": max((row.get("currentRoundTripTime", 0.0) for row in pairs), default=0.0),
    }


@pytest.mark.promise("B15")
async def test_a_narrow_network_carries_the_call(promise: Promise, tmp_path: Path) -> None:
    for seed in promise.rounds():
        async with Network(seed=seed) as network, call_over(tmp_path / str(seed), network) as (_, store, expert):
            await network.set(rate_bps=300_000, queue_bytes=40_000)
            await asyncio.sleep(SETTLE_S)
            pages = {"store": store, "expert": expert}
            before = {name: await counted(page) for name, page in pages.items()}
            rtts_s = []
            for _ in range(int(WATCH_S)):
                await asyncio.sleep(1.0)
                rtts_s.append((await counted(store))["rtt_s"])
            for name, page in pages.items():
                after = await counted(page)
                gone = {what: after[what] - before[name][what] for what in after}
                concealed = 100 * gone["concealed"] / max(1.0, gone["samples"])
                promise.measured(f"concealed at the {name}", concealed, limit=2.0, unit="%")
                fps = gone["frames"] / WATCH_S
                promise.measured(f"time between frames at the {name}", 1000 / max(fps, 0.1), limit=125.0, unit="ms")
            promise.measured("round trip", max(rtts_s), limit=1.2)
