"""A store on hold in real browsers: music and nothing else, then the call again, then at another device."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.flows import acts
from tests.flows.scene import DESK, Scene
from tests.support.clips import Clip, clip

pytestmark = [pytest.mark.browser, pytest.mark.full_only]

CHEN, STORE = "p-chen", "p-store-0117"
QUIET_MS = 1500
"""Long enough for a beep of either clip, and for twenty frames."""


async def test_a_store_on_hold_hears_music_and_then_the_call_goes_on_at_another_device(tmp_path: Path) -> None:
    kitchen, desk_clip, phone_clip = clip(1), clip(2), clip(3)
    async with Scene(tmp_path) as scene:
        tablet = await scene.browser(kitchen)
        desk, phone = await scene.browser(desk_clip, size=DESK), await scene.browser(phone_clip)
        store, chen = await acts.in_call(tablet, desk, "store-0117", "chen")
        await acts.sees(store, CHEN, desk_clip)
        await acts.hears(store, desk_clip)

        await chen.get_by_test_id("hold").click()
        await acts.visible(store, "waits")
        await expect(store.get_by_test_id("waits")).to_contain_text("陈立群请你稍等")
        await acts.visible(chen, "on-hold")
        await acts.until(lambda: plays_music(store), bool, "music")
        await acts.until(lambda: arrives(store), lambda came: came == (0, 0), "nothing of headquarters comes")
        await acts.until(lambda: arrives(chen), lambda came: came == (0, 0), "nothing of the store comes")
        assert not await beeps(store, desk_clip)
        assert not await beeps(chen, kitchen)

        await chen.get_by_test_id("resume").click()
        await acts.gone(store, "waits")
        await acts.sees(store, CHEN, desk_clip)
        await acts.sees(chen, STORE, kitchen)
        await acts.hears(store, desk_clip)
        await acts.hears(chen, kitchen)
        assert await store.get_by_test_id("hold-music").count() == 0

        at_phone = await phone.sign_in("chen")
        await chen.get_by_test_id("continue-on").click()
        await chen.get_by_test_id("continue-on-dialog").locator("ul button").click()
        await at_phone.get_by_test_id("go-on-here").click()
        await acts.sees(at_phone, STORE, kitchen)
        await acts.sees(store, CHEN, phone_clip)
        await acts.hears(store, phone_clip, others=(desk_clip,))
        await acts.visible(chen, "rejoin")
        await acts.hang_up(at_phone)
        await acts.ended(store, "hung_up")


async def plays_music(page: Page) -> Any:
    """Whether sound, and not only silence, comes out of the music."""
    return await page.evaluate("(ms) => probe.loud('[data-testid=hold-music]', ms)", 500)


async def beeps(page: Page, of: Clip) -> Any:
    """How often `page` plays the beep of a clip in a while."""
    heard = await page.evaluate("([hz, ms]) => probe.hear([hz], ms)", [of.beep_hz, QUIET_MS])
    return heard[str(of.beep_hz)]


async def arrives(page: Page) -> tuple[int, int]:
    """How many frames and packets of sound of the other side reach `page` in a while."""
    before = await _received(page)
    await page.wait_for_timeout(QUIET_MS)
    after = await _received(page)
    return after[0] - before[0], after[1] - before[1]


async def _received(page: Page) -> tuple[int, int]:
    rows = [row for row in await page.evaluate("passline.stats()") if row["type"] == "inbound-rtp"]
    frames = sum(row.get("framesReceived", 0) for row in rows if row["kind"] == "video")
    return frames, sum(row.get("packetsReceived", 0) for row in rows if row["kind"] == "audio")
