"""Everybody is busy: two stores wait, one is answered when its turn comes, one would rather be called back."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.flows import acts
from tests.flows.scene import DESK, Scene
from tests.support.clips import clip

pytestmark = pytest.mark.browser


async def test_all_busy_then_queued_then_answered_or_called_back(tmp_path: Path) -> None:
    sight = clip(2)
    async with Scene(tmp_path) as scene:
        tablet, second, third = [await scene.browser(clip(number)) for number in (1, 2, 3)]
        desk = await scene.browser(size=DESK)
        here, expert = await acts.in_call(tablet, desk, "store-0117", "chen")
        waits, gives_up = await second.sign_in("store-0108"), await third.sign_in("store-0201")
        await acts.call(waits)
        await expect(waits.get_by_test_id("queue-position")).to_have_text("第 1 位", timeout=acts.PATIENCE_S * 1000)
        await acts.call(gives_up)
        await expect(gives_up.get_by_test_id("queue-position")).to_have_text("第 2 位", timeout=acts.PATIENCE_S * 1000)
        console = await desk.page()
        await expect(console.locator("[data-testid=queue] .queued")).to_have_count(2, timeout=acts.PATIENCE_S * 1000)
        await gives_up.get_by_test_id("ask-callback").click()
        await acts.ended(gives_up, "callback")
        await acts.visible(gives_up, "promised")
        await acts.hang_up(here)
        await expert.get_by_test_id("home").click()
        await acts.answer(expert)
        await acts.sees(expert, "p-store-0108", sight)
        await acts.gone(console, "queue")
