"""A store that called in vain is promised a call, or books one, and headquarters works it off."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.flows import acts
from tests.flows.scene import DESK, Scene
from tests.support.clips import clip
from tests.support.network import Network

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


async def test_a_store_books_a_call_which_is_made_from_the_list(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        tablet, desk = await scene.browser(clip(1)), await scene.browser(clip(2), size=DESK)
        store, expert = await tablet.sign_in("store-0117"), await desk.sign_in("chen")
        await store.get_by_test_id("book").click()
        choices = store.locator("[data-testid^=book-at-]")
        await expect(choices).to_have_count(16)
        time = (await choices.nth(1).locator("xpath=..").inner_text()).strip()
        await choices.nth(1).check()
        await store.get_by_test_id("book-note").fill("蒸箱 E3")
        await store.get_by_test_id("book-yes").click()
        home, row = store.get_by_test_id("invitations"), expert.locator(".callback")
        await home.get_by_text(f"{time} 回电").wait_for()
        await row.get_by_text("蒸箱 E3").wait_for()
        await row.get_by_test_id("callback-take").click()
        await home.get_by_text(f"陈立群 {time} 回电").wait_for()
        await row.get_by_test_id("callback-call").click()
        await acts.answer(store)
        await acts.sees(expert, "p-store-0117", clip(1))
        await acts.sees(store, "p-chen", clip(2))
        await acts.hang_up(expert)
        await store.get_by_test_id("home").click()
        await expect(home.locator(".promised")).to_have_count(0)


@pytest.mark.alone  # every browser of the machine sees that its network changes
@pytest.mark.full_only
async def test_a_wifi_that_changes_before_the_answer_comes_costs_a_booking_no_error(tmp_path: Path) -> None:
    async with Network() as network, Scene(tmp_path, host="0.0.0.0") as scene:
        scene.expected += ["ERR_", "WebSocket connection"]
        tablet, desk = await scene.browser(network=network), await scene.browser(size=DESK)
        store, expert = await tablet.sign_in("store-0117"), await desk.sign_in("chen")
        await store.get_by_test_id("book").click()
        await store.locator("[data-testid^=book-at-]").nth(1).check()
        await network.set(way="down", down=True)
        await store.get_by_test_id("book-yes").click()
        await expert.locator(".callback").wait_for()
        assert await store.get_by_test_id("book-dialog").is_visible(), "it has heard nothing"
        await network.switch(after_s=0.5)
        await acts.gone(store, "book-dialog")
        assert await store.get_by_test_id("toast").count() == 0
        await expect(store.locator(".promised")).to_have_count(1)
        await expect(expert.locator(".callback")).to_have_count(1)
