"""A store that called in vain is promised a call, and headquarters works it off."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.flows import acts
from tests.flows.scene import DESK, Scene
from tests.support.clips import clip

pytestmark = pytest.mark.browser


async def test_a_call_in_vain_is_promised_taken_and_done(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        tablet, desk = await scene.browser(clip(1)), await scene.browser(size=DESK)
        store = await tablet.sign_in("store-0117")
        await store.get_by_test_id("call-equipment").click()
        await acts.ended(store, "nobody_free")
        await acts.visible(store, "promised")
        await store.get_by_test_id("home").click()
        home = store.get_by_test_id("invitations")
        await expect(home.locator(".promised")).to_have_count(1)
        expert = await desk.sign_in("chen")
        await expert.get_by_test_id("callback-take").click()
        await home.get_by_text("陈立群").wait_for()
        await expert.get_by_test_id("callback-done").click()
        await acts.gone(expert, "callbacks")
        await expect(home.locator(".promised")).to_have_count(0)
