"""Messages typed without a network outlive the browser that holds them."""

from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from tests.flows import acts
from tests.flows.scene import DESK, Scene
from tests.support.browsers import Browser
from tests.support.promise import Promise

pytestmark = pytest.mark.browser

MESSAGES = 20


@pytest.mark.beside
@pytest.mark.promise("A4")
async def test_messages_typed_offline_outlive_a_killed_browser(promise: Promise, tmp_path: Path) -> None:
    for number in promise.rounds():
        profile = tmp_path / f"profile-{number}"
        async with Scene(tmp_path / str(number)) as scene:
            scene.expected += ["WebSocket", "ERR_CONNECTION", "ERR_EMPTY_RESPONSE", "ERR_INTERNET", "status of 503"]
            tablet = await scene.browser()
            desk = await scene.browser(size=DESK, profile=profile)
            store, expert = await acts.in_call(tablet, desk, "store-0117", "chen")
            await acts.open_chat(expert)
            await acts.open_chat(store)
            await acts.write(expert, "还在线")
            await acts.ticked(expert, "read")

            await desk.context.set_offline(True)
            await scene.stack.kill("signaling")  # an open socket survives `set_offline`
            texts = [f"离线第 {n} 条" for n in range(MESSAGES)]
            for text in texts:
                await acts.write(expert, text)
            waiting = expert.locator("[data-testid=chat-tick][data-state=waiting]")
            await expect(waiting).to_have_count(MESSAGES, timeout=30_000)
            await desk.vanish()
            await scene.stack.ready()

            again = await scene.browser(size=DESK, profile=profile)
            await _come_back(again, "chen")
            await expect(_offline_lines(store)).to_have_count(MESSAGES, timeout=60_000)
            assert [line.strip() for line in await _offline_lines(store).all_inner_texts()] == texts


async def _come_back(browser: Browser, login: str) -> None:
    """Open the product; sign in again if Chromium, which writes cookies down only now and then, had not kept it."""
    page = await browser.page()
    asked = page.get_by_test_id("login").or_(page.get_by_test_id("hang-up")).or_(page.get_by_test_id("sign-out"))
    await asked.first.wait_for(state="attached")
    if await page.get_by_test_id("login").count():
        await page.get_by_test_id("login").fill(login)
        await page.get_by_test_id("password").fill("passline-demo")
        await page.get_by_test_id("sign-in").click()


def _offline_lines(page: Page) -> Locator:
    return page.get_by_test_id("chat-line").get_by_text("离线第")
