"""A passkey in a real browser, whose authenticator is Chromium's own virtual one: made, used to sign in, removed."""

from pathlib import Path

import pytest
from playwright.async_api import Page

from tests.flows import acts
from tests.flows.scene import DESK, Scene
from tests.support.browsers import connected

pytestmark = [pytest.mark.browser, pytest.mark.full_only]

PLATFORM = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


async def with_authenticator(page: Page) -> None:
    """A phone's own passkeys, whose owner agrees at once."""
    session = await page.context.new_cdp_session(page)
    await session.send("WebAuthn.enable")
    await session.send("WebAuthn.addVirtualAuthenticator", {"options": PLATFORM})


async def make(page: Page, name: str) -> None:
    """Add a passkey on the account page."""
    await page.get_by_test_id("passkey-add").click()
    await page.get_by_test_id("passkey-name").fill(name)
    await page.get_by_test_id("passkey-save").click()


async def test_a_passkey_is_made_signs_in_and_is_removed(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        page = await (await scene.browser(size=DESK)).sign_in("chen")
        await with_authenticator(page)
        await page.get_by_test_id("to-account").click()
        await make(page, "我的电脑")
        await acts.visible(page, "passkey-row")
        await make(page, "又一个")
        await page.get_by_text("这台设备上已经有了").wait_for()
        await page.keyboard.press("Escape")
        await acts.gone(page, "passkey-dialog")
        await page.get_by_test_id("sign-out").click()
        await page.get_by_test_id("sign-out-yes").click()
        await page.get_by_test_id("by-passkey").click()
        await connected(page)
        assert await page.evaluate("passline.snapshot().person") == "p-chen"
        await page.get_by_test_id("passkey-remove").click()
        await page.get_by_test_id("passkey-remove").click()
        await page.get_by_test_id("passkey-row").wait_for(state="detached")
