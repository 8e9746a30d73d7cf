"""An expert leaves the chain: out in that moment, and what they owed and may replay is their successor's."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.flows import acts
from tests.flows.scene import DESK, Scene
from tests.support.clips import clip

pytestmark = [pytest.mark.browser, pytest.mark.full_only]


async def test_who_leaves_is_out_and_the_successor_works_on(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        tablet = await scene.browser(clip(1))
        desk, other_desk, office = [await scene.browser(size=DESK) for _ in range(3)]
        store = await tablet.sign_in("store-0117")
        await store.get_by_test_id("call-equipment").click()
        await acts.ended(store, "nobody_free")
        await store.get_by_test_id("home").click()
        chen, zhang, admin = [
            await browser.sign_in(login)
            for browser, login in ((desk, "chen"), (other_desk, "zhang"), (office, "admin"))
        ]
        await chen.get_by_test_id("callback-take").click()
        await acts.visible(chen, "callback-done")
        async with await scene.stack.login("zhang") as http:
            assert (await (await http.get("/api/archive")).json())["entries"] == [], "the others' calls are not theirs"

        await admin.goto(f"{scene.stack.url}/admin/people")
        await admin.get_by_test_id("open-chen").click()
        await admin.get_by_test_id("person-disable").click()
        await admin.get_by_test_id("person-successor").select_option("p-zhang")
        await admin.get_by_test_id("person-disable").click()
        await admin.locator("[data-login=chen][data-state=disabled]").wait_for()
        await acts.visible(chen, "login")

        await store.get_by_test_id("invitations").get_by_text("张建国").wait_for()
        await zhang.get_by_test_id("callback-done").click()
        await acts.gone(zhang, "callbacks")
        await expect(store.locator(".promised")).to_have_count(0)
        await zhang.goto(f"{scene.stack.url}/archive")
        await zhang.get_by_test_id("archive-entry").click()
        await acts.visible(zhang, "replay-play")
