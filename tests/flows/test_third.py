"""Headquarters calls a store, an expert is brought in, the first one leaves them to it and takes over in the end."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.flows import acts
from tests.flows.scene import DESK, Scene
from tests.support.clips import clip

pytestmark = pytest.mark.browser
SOON_MS = acts.PATIENCE_S * 1000


async def test_a_called_store_is_handed_from_one_expert_to_another(tmp_path: Path) -> None:
    kitchen, first, second = clip(1), clip(2), clip(3)
    async with Scene(tmp_path) as scene:
        tablet = await scene.browser(kitchen)
        desk, other_desk = await scene.browser(first, size=DESK), await scene.browser(second, size=DESK)
        store = await tablet.sign_in("store-0117")
        # Its network fails while it fetches what it will need: the screen of the call comes all the same.
        await desk.context.route("**/assets/Calling-*.js", lambda route: route.abort(), times=1)
        scene.expected.append("net::ERR_FAILED")
        async with desk.context.expect_event("requestfailed", lambda request: "/assets/Calling-" in request.url):
            chen = await desk.sign_in("chen")
        liu = await other_desk.sign_in("liu")

        await chen.get_by_test_id("nav-call").click()
        await chen.get_by_test_id("store-search").fill("jas")
        await chen.get_by_test_id("call-store").click()
        await chen.get_by_test_id("about-equipment").click()
        await chen.get_by_test_id("call-store-yes").click()
        await acts.visible(store, "called")
        await expect(store.get_by_test_id("called")).to_contain_text("陈立群")
        await acts.visible(chen, "calling")
        await acts.answer(store)
        await acts.sees(chen, "p-store-0117", kitchen)

        await chen.get_by_test_id("bring-in").click()
        await chen.get_by_test_id("ask-p-liu").click()
        await chen.get_by_test_id("ask-join").click()
        await acts.visible(store, "asked")
        await expect(liu.get_by_test_id("incoming-to")).to_have_text("陈立群请你加入", timeout=SOON_MS)
        await acts.answer(liu)
        await acts.sees(liu, "p-store-0117", kitchen)
        await acts.sees(store, "p-liu", second)
        await acts.sees(chen, "p-liu", second)
        for page in (chen, liu):  # whom the others see small
            await acts.until(lambda page=page: small(page), bool, "a smaller picture goes out")  # type: ignore[misc]

        await chen.get_by_test_id("leave-to-it").click()
        await acts.visible(chen, "stores")
        await acts.gone(store, "tile-p-chen")
        await acts.gone(liu, "tile-p-chen")
        await acts.sees(liu, "p-store-0117", kitchen)
        await acts.sees(store, "p-liu", second)

        await liu.get_by_test_id("bring-in").click()
        await liu.get_by_test_id("ask-p-chen").click()
        await liu.get_by_test_id("ask-instead").click()
        await chen.get_by_test_id("nav-console").click()
        await expect(chen.get_by_test_id("incoming-to")).to_have_text("刘慧请你接手", timeout=SOON_MS)
        await acts.answer(chen)
        await acts.gone(liu, "hang-up")
        await acts.gone(store, "tile-p-liu")
        await acts.sees(chen, "p-store-0117", kitchen)
        await acts.sees(store, "p-chen", first)
        await acts.hang_up(chen)
        await acts.ended(store, "hung_up")
        await acts.recording_is(store, "safe")


async def small(page: Page) -> set[str]:
    """The rids of smaller sizes that the camera of this page went out in."""
    rows = await page.evaluate("passline.stats()")
    sent = (row for row in rows if row["type"] == "outbound-rtp" and row["kind"] == "video" and row.get("framesSent"))
    return {row["rid"] for row in sent if row.get("rid")} - {"f"}
