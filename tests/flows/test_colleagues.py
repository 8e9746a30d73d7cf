"""Headquarters calls itself: an expert finds a trainer by initials, misses nobody, and both see and hear each other."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.flows import acts
from tests.flows.scene import DESK, Scene
from tests.support.clips import clip

pytestmark = pytest.mark.browser


async def test_an_expert_and_a_trainer_call_each_other(tmp_path: Path) -> None:
    first, second = clip(1), clip(2)
    async with Scene(tmp_path) as scene:
        chen = await (await scene.browser(first, size=DESK)).sign_in("chen")
        he = await (await scene.browser(second, size=DESK)).sign_in("he")

        await chen.get_by_test_id("nav-call").click()
        await chen.get_by_test_id("store-search").fill("pxb")  # 培训部
        await chen.get_by_test_id("call-p-he").click()
        await acts.visible(chen, "calling")
        await acts.visible(he, "incoming")
        await expect(he.get_by_test_id("incoming")).to_contain_text("陈立群")
        await chen.get_by_test_id("cancel").click()
        await acts.ended(chen, "cancelled")

        await expect(he.get_by_test_id("missed-call")).to_contain_text("陈立群")
        await he.get_by_test_id("call-back").click()
        await acts.answer(chen)
        await acts.sees(chen, "p-he", second)
        await acts.sees(he, "p-chen", first)
        await acts.hears(chen, second)
        await acts.hears(he, first)
        assert await chen.get_by_test_id("hold").count() == 0
        await acts.hang_up(chen)
        await acts.ended(he, "hung_up")
        await acts.recording_is(he, "safe")
        await he.get_by_test_id("home").click()
        await acts.gone(he, "missed-call")
