"""A person takes the store's tablet over with a PIN, calls as themselves, survives a reload, and hands it back."""

from pathlib import Path

import pytest
from playwright.async_api import Page

from tests.flows import acts
from tests.flows.scene import DESK, Scene
from tests.support.clips import clip

pytestmark = pytest.mark.browser

TYPE, OWN, AGAIN = "输入 PIN", "设一个自己的 PIN", "再输一遍"
"""What the pad asks for."""


async def typed(tablet: Page, pin: str, asked: str) -> None:
    """On the keys of the pad, once it asks for this; its keyboard way is a unit's business."""
    await tablet.get_by_role("group", name=asked).wait_for()
    for digit in pin:
        await tablet.get_by_test_id(f"pin-{digit}").click()
    await tablet.get_by_test_id("pin-done").click()


@pytest.mark.full_only
async def test_a_tablet_changes_hands_by_pin_around_a_call(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        scene.expected.append("status of 422")
        tablet, desk, office = (
            await scene.browser(clip(1)),
            await scene.browser(size=DESK),
            await scene.browser(size=DESK),
        )
        store, expert, admin = (
            await tablet.sign_in("store-0117"),
            await desk.sign_in("chen"),
            await office.sign_in("admin"),
        )
        await admin.get_by_test_id("nav-admin").click()
        await admin.get_by_test_id("admin-stores").click()
        await admin.get_by_test_id("pins-store-0117").click()
        await admin.get_by_test_id("give-p-wu").click()
        once = await admin.get_by_test_id("pin-given").locator("strong").inner_text()

        await store.get_by_test_id("who-are-you").click()
        await store.get_by_test_id("taker-p-wu").click()
        await typed(store, "9204", TYPE)
        await store.get_by_test_id("pin-problem").get_by_text("PIN 不对").wait_for()
        for pin, asked in ((once, TYPE), ("4711", OWN), ("4711", AGAIN)):
            await typed(store, pin, asked)
        await store.get_by_test_id("holder").get_by_text("吴磊").wait_for()
        await store.reload()
        await store.get_by_test_id("holder").get_by_text("吴磊").wait_for()

        await acts.call(store)
        await acts.visible(expert, "accept")
        await acts.answer(expert)
        await acts.sees(expert, "p-store-0117", clip(1))
        await acts.hang_up(store)
        await store.get_by_test_id("home").click()
        await store.get_by_test_id("hand-back").click()
        await acts.visible(store, "who-are-you")
        await admin.goto(f"{scene.stack.url}/audit")
        await admin.get_by_test_id("audit-operator").get_by_text("吴磊").first.wait_for()
