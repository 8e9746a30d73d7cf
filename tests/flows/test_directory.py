"""A store finds somebody by the first letters of their name and calls them, but not who is not to be disturbed."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.flows import acts
from tests.flows.scene import DESK, Scene
from tests.support.clips import clip

pytestmark = pytest.mark.browser
SOON_MS = acts.PATIENCE_S * 1000


async def test_a_store_calls_somebody_by_name_and_not_who_does_not_want_to_be_disturbed(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        tablet = await scene.browser(clip(1))
        desk = await scene.browser(clip(2), size=DESK)
        store, liu = await tablet.sign_in("store-0117"), await desk.sign_in("liu")
        await store.get_by_test_id("find").click()
        await store.get_by_test_id("find-search").fill("lh")
        await expect(store.get_by_test_id("people").locator("li")).to_have_count(1, timeout=SOON_MS)
        await expect(store.get_by_test_id("call-p-liu")).to_be_enabled(timeout=SOON_MS)

        await liu.get_by_test_id("my-presence").click()
        await liu.get_by_test_id("quiet-open").click()
        await liu.get_by_test_id("quiet-save").click()
        await expect(store.get_by_test_id("call-p-liu")).to_be_disabled(timeout=SOON_MS)
        await liu.get_by_test_id("quiet-change").click()
        await liu.get_by_test_id("quiet-off").click()
        await liu.get_by_test_id("quiet-save").click()

        await expect(store.get_by_test_id("call-p-liu")).to_be_enabled(timeout=SOON_MS)
        await store.get_by_test_id("call-p-liu").click()
        await acts.visible(liu, "accept")
        await expect(liu.get_by_test_id("incoming-to")).to_have_text("点名找你", timeout=SOON_MS)
        await liu.get_by_test_id("decline").click()
        await acts.ended(store, "declined")
