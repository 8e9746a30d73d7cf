"""How well a call goes is measured on both sides, said to those in it, and shown to who answers for it."""

from pathlib import Path

import pytest

from tests.flows import acts
from tests.flows.scene import DESK, Scene
from tests.flows.test_access import violations
from tests.support.clips import clip

pytestmark = pytest.mark.browser

ADVISED_S = 120.0
"""A quarter of a minute of silence and two samples, on a machine of any speed."""


@pytest.mark.full_only
async def test_a_store_that_sends_four_pictures_a_second_is_asked_for_a_photo_and_its_manager_sees_why(
    tmp_path: Path,
) -> None:
    async with Scene(tmp_path) as scene:
        tablet = await scene.browser(clip(1), camera="640x360@4")
        desk = await scene.browser(clip(2), size=DESK)
        store, expert = await acts.in_call(tablet, desk, "store-0117", "chen")
        room = await acts.room_of(store)
        for page in (store, expert):  # on a slow machine the sound breaks up, and of that one is told first
            await page.get_by_test_id("mute").click()
        await acts.visible(store, "follow-advice", seconds=ADVISED_S)
        assert await store.locator(".banner").count() == 1
        await store.get_by_test_id("follow-advice").click()
        await acts.gone(store, "follow-advice")
        await expert.get_by_test_id("still").first.wait_for(timeout=30_000)
        await acts.visible(expert, "follow-advice", seconds=ADVISED_S)
        await acts.hang_up(expert)
        await acts.recording_is(store, "safe")

        async with await scene.stack.login("admin") as http:

            async def people() -> dict[str, list[float | None]]:
                found = await (await http.get(f"/api/archive/{room}/quality")).json()
                return {one["person"]["id"]: one["up_loss"] + one["seen_fps"] for one in found["people"]}

            await acts.until(
                people,
                lambda found: len(found) == 2 and all(any(v is not None for v in one) for one in found.values()),
                "the figures of both",
                seconds=60.0,
            )
        manager_browser = await scene.browser(size=(800, 1280))
        manager = await manager_browser.sign_in("wu")
        await manager.locator(f"[data-testid=open-quality][href='/archive/{room}/quality']").click()
        await acts.visible(manager, "plots")
        sentence = await manager.get_by_test_id("verdict").text_content() or ""
        assert "张画面" in sentence, sentence
        assert await manager.locator(".plot canvas").count() == 5
        await manager.get_by_test_id("moment").press("Home")
        words = await manager.get_by_test_id("moment").get_attribute("aria-valuetext") or ""
        assert "kbit/s" in words
        assert not await violations(manager)
        await manager.goto(f"{scene.stack.url}/admin/people")
        await acts.visible(manager, "not-yours")
        assert not await violations(manager)
