"""A real camera in three layers: a narrow link gets a small one, or none when there is no room; a wide one gets all."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Page

from contract.ids import LegId
from contract.media import Layer
from media.forward import layers
from media.forward.publication import Publication
from media.peer.leg import Leg
from media.rtp.bandwidth import PICTURE_PART, SOUND_BPS
from runtime import clock
from tests.media.forward.test_browsers import RealRoom
from tests.support.browsers import Browser, chromium, firefox, playwright
from tests.support.loop import serve

pytestmark = [pytest.mark.browser, pytest.mark.alone]

CAMERA: dict[str, Any] = {"colour": "#f00", "layers": True, "width": 960, "height": 540, "busy": 40}
NARROW = LegId("leg-2")
QUARTER_PX, FULL_PX = 135, 540
PATIENCE_S = 60.0


class NarrowRoom(RealRoom):
    """The second client's link carries no more than it is said to."""

    def __init__(self) -> None:
        super().__init__()
        self.carries_bps = 300_000

    def leg_up(self, leg: Leg) -> None:
        super().leg_up(leg)
        if leg.id != NARROW:
            return

        def narrow(leg_id: LegId, data: bytes, now: float, wall_ns: int) -> None:
            self.room.on_rtcp(leg_id, data, now, wall_ns)
            known = self.room._legs.get(leg_id)
            if known is not None:
                known.estimate.sending.bps = self.carries_bps

        leg.on_rtcp = narrow


@pytest.fixture
async def server() -> AsyncIterator[tuple[NarrowRoom, Browser]]:
    real = NarrowRoom()
    runner, port = await serve(real)
    try:
        async with playwright() as driver, chromium(driver, f"http://127.0.0.1:{port}") as browser:
            yield real, browser
    finally:
        await runner.cleanup()
        await real.aclose()


async def join(browser: Browser, more: dict[str, Any]) -> Page:
    page = await browser.page()
    await page.evaluate("options => go(options)", {"stage": 1, "floor": 1, **more})
    return page


async def shown_px(page: Page) -> int:
    """Lines of the picture that is decoded."""
    return max((await page.evaluate("heights()")).values(), default=0)


async def eventually(true: Callable[[], Awaitable[bool]]) -> None:
    deadline = clock.now() + PATIENCE_S
    while not await true():
        assert clock.now() < deadline
        await asyncio.sleep(0.1)


def full_of(real: NarrowRoom) -> Publication:
    """The largest layer of the camera."""
    publications = next(iter(real.room._legs.values())).publications.values()
    return next(one for one in publications if one.layer is Layer.FULL)


async def test_each_link_gets_what_it_carries(server: tuple[NarrowRoom, Browser]) -> None:
    real, browser = server
    camera = await join(browser, CAMERA)
    narrow, wide = await join(browser, {}), await join(browser, {})

    async def settled() -> bool:
        return (await shown_px(narrow), await shown_px(wide)) == (QUARTER_PX, FULL_PX)

    await eventually(settled)
    sent = await camera.evaluate("layersSent()")
    assert sent["q"]["active"]
    assert sent["f"]["active"]

    async def temporal() -> bool:
        return full_of(real).upper.octets > 0

    await eventually(temporal)

    real.carries_bps = 20_000

    async def paused() -> bool:
        return bool(await narrow.evaluate("Object.values(state.slots).some((slot) => slot.paused)"))

    await eventually(paused)
    frames = sum(got["frames"] for got in await wide.evaluate("received()"))
    sounds = sum(got["packets"] for got in await narrow.evaluate("received()") if got["kind"] == "audio")

    async def goes_on() -> bool:
        heard = sum(got["packets"] for got in await narrow.evaluate("received()") if got["kind"] == "audio")
        seen = sum(got["frames"] for got in await wide.evaluate("received()"))
        return bool(heard > sounds + 20 and seen > frames + 20)

    await eventually(goes_on)
    real.carries_bps = 10_000_000

    stood = sum(got["frames"] for got in await narrow.evaluate("received()"))

    async def back() -> bool:
        seen = sum(got["frames"] for got in await narrow.evaluate("received()"))
        return not await paused() and seen > stood + 20

    await eventually(back)
    assert not real.mux.dropped["bug"]


@pytest.mark.full_only
async def test_a_link_that_carries_half_of_a_picture_gets_it_at_its_size(
    server: tuple[NarrowRoom, Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layers, "RISE_S", 0.5)
    real, browser = server
    real.carries_bps = 10_000_000
    await join(browser, CAMERA)
    narrow, wide = await join(browser, {}), await join(browser, {})

    async def settled() -> bool:
        return (await shown_px(narrow), await shown_px(wide)) == (FULL_PX, FULL_PX)

    await eventually(settled)
    full = full_of(real)
    leg = real.room._legs[NARROW]

    async def seen() -> int:
        return sum(got["frames"] for got in await narrow.evaluate("received()"))

    async def thinned() -> bool:
        bps, upper_bps = full.rate.bps(clock.now()), full.upper_rate.bps(clock.now())
        if bps and upper_bps:
            voices = sum(1 for slot in leg.slots if not slot.video and slot.current is not None)
            real.carries_bps = int((bps - upper_bps / 2 + min(2, voices) * SOUND_BPS) / PICTURE_PART)
        return any(slot.current is full and slot.thinned for slot in leg.slots)

    await eventually(thinned)
    frames = await seen()

    async def goes_on() -> bool:
        return await seen() > frames + 30 and await shown_px(narrow) == FULL_PX

    await eventually(goes_on)
    real.carries_bps = 10_000_000

    async def whole() -> bool:
        return any(slot.current is full and not slot.thinned for slot in leg.slots)

    await eventually(whole)
    frames = await seen()
    await eventually(goes_on)
    assert not real.mux.dropped["bug"]


async def test_firefox_sends_the_layers_that_are_wanted(server: tuple[NarrowRoom, Browser]) -> None:
    real, browser = server
    async with firefox(browser.url) as camera:

        async def inside(expression: str) -> Any:
            script = f"(async () => JSON.stringify(await ({expression})))()"
            return json.loads(await camera.evaluate(f"window.wrappedJSObject.eval({json.dumps(script)})"))

        await inside(f"go({json.dumps({'stage': 1, 'floor': 1, **CAMERA})})")
        narrow, wide = await join(browser, {}), await join(browser, {})

        async def settled() -> bool:
            return (await shown_px(narrow), await shown_px(wide)) == (QUARTER_PX, FULL_PX)

        await eventually(settled)
    assert not real.mux.dropped["bug"]
