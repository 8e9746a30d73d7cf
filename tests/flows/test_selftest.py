"""Headquarters has a tablet look at itself, in real browsers: what is wrong there is listed, and goes again."""

from pathlib import Path

import pytest
from playwright.async_api import Page

from tests.flows import acts
from tests.flows.scene import DESK, Scene
from tests.flows.test_access import violations
from tests.support.clips import clip

pytestmark = [pytest.mark.browser, pytest.mark.full_only]

TABLET = "p-store-0117"
BUSY_S = 120.0
"""A look gives up what lasts longer than a minute; the rest is the machine's."""


async def findings(desk: Page) -> dict[str, str]:
    """What is wrong with the tablet, by words' key."""
    lines = desk.locator(f"[data-testid=health-{TABLET}] li[data-words]")
    return dict(await lines.evaluate_all("(all) => all.map((one) => [one.dataset.words, one.dataset.state])"))


async def fate(desk: Page) -> str | None:
    line = desk.get_by_test_id(f"health-{TABLET}")
    return await line.get_attribute("data-fate") if await line.count() else None


async def test_a_blocked_camera_stands_in_the_list_until_it_is_allowed_again(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        tablet, office = await scene.browser(clip(1)), await scene.browser(size=DESK)
        store, desk = await tablet.sign_in("store-0117"), await office.sign_in("admin")
        await tablet.context.clear_permissions()
        await tablet.context.grant_permissions(["microphone"])  # and no others

        await desk.get_by_test_id("nav-admin").click()
        await desk.get_by_test_id("admin-health").click()
        await acts.until(lambda: fate(desk), lambda seen: seen == "untested", "it has never said anything")
        await desk.get_by_test_id(f"health-run-{TABLET}").click()
        blocked = "error.device_denied_camera"
        # The camera alone: how fast a busy test machine sends, and what its pages come to, is its own affair.
        await acts.until(
            lambda: findings(desk), lambda found: found.get(blocked) == "bad", "it has looked", seconds=BUSY_S
        )
        assert await fate(desk) == "fails"
        assert not await violations(desk)
        line = store.get_by_test_id("own-test")
        await line.wait_for()
        assert not await violations(store)

        await tablet.context.grant_permissions(["camera", "microphone"])
        await line.click()

        await store.get_by_test_id("doctor-camera").wait_for()
        await acts.until(
            lambda: findings(desk),
            lambda found: blocked not in found,
            "somebody looks by hand, and headquarters hears of it without asking",
            seconds=BUSY_S,
        )


async def test_a_tablet_that_is_being_used_says_so(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        tablet, office = await scene.browser(clip(1)), await scene.browser(size=DESK)
        store, desk = await tablet.sign_in("store-0117"), await office.sign_in("admin")
        await desk.goto(f"{scene.stack.url}/admin/health")
        # Somebody taps all the time: whenever the order comes, a tap follows.
        await store.evaluate("void setInterval(() => dispatchEvent(new Event('pointerdown')), 20)")
        await desk.get_by_test_id(f"health-run-{TABLET}").click()

        async def answer() -> str | None:
            return await desk.get_by_test_id(f"health-told-{TABLET}").text_content()

        async def camera() -> str:
            return str(await store.evaluate("passline.snapshot().capture.state"))

        await acts.until(answer, lambda said: "有人正在用" in (said or ""), "it gives up for a touch", seconds=60)
        await acts.until(camera, lambda state: state == "off", "the camera is let go")
