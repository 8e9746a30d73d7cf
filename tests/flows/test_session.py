"""A trainer teaches stores: everybody sees and hears the right others, while people come and go."""

from pathlib import Path

import pytest
from playwright.async_api import Page

from tests.flows import acts
from tests.flows.scene import DESK, Scene
from tests.support.clips import clip

pytestmark = pytest.mark.browser

PEERS = "passline.generation()"
SMALL = "320x180@10"
"""Three and four encoders share the cores of the test machine."""


@pytest.mark.alone
async def test_three_see_and_hear_each_other_and_a_fourth_takes_a_place(tmp_path: Path) -> None:
    teacher, first, second = clip(1), clip(2), clip(3)
    async with Scene(tmp_path) as scene:
        studio = await scene.browser(teacher, size=DESK, camera=SMALL)
        jingan = await scene.browser(first, camera=SMALL)
        xujiahui = await scene.browser(second, camera=SMALL)
        trainer = await studio.sign_in("he")
        one = await jingan.sign_in("store-0117")
        two = await xujiahui.sign_in("store-0131")
        await acts.open_session(trainer, "p-store-0117", "p-store-0131", "p-store-0108")
        await acts.join_session(one)
        await acts.join_session(two)

        await acts.sees(trainer, "p-store-0117", first)
        await acts.sees(trainer, "p-store-0131", second)
        await acts.sees(one, "p-he", teacher)
        await acts.sees(one, "p-store-0131", second)
        await acts.sees(two, "p-he", teacher)
        await acts.sees(two, "p-store-0117", first)
        await acts.hears(trainer, first, second, others=(teacher,))
        await acts.hears(one, teacher, second, others=(first,))
        await acts.hears(two, teacher, first, others=(second,))

        hands = trainer.locator("[data-testid^=hand-]")
        for number, page in enumerate((two, one)):
            await page.get_by_test_id("raise-hand").click()
            await hands.nth(number).wait_for()
        assert [await hands.nth(i).get_attribute("data-testid") for i in range(2)] == [
            "hand-p-store-0131",
            "hand-p-store-0117",
        ]
        await trainer.get_by_test_id("mute-all").click()
        for page in (one, two):
            await page.locator("[data-testid=mute][data-face=shut]").wait_for()

        before = [await page.evaluate(PEERS) for page in (trainer, one)]
        await two.get_by_test_id("leave-room").click()
        await _stops_showing(trainer, "p-store-0131")
        await _third_joins(scene, trainer, one)
        assert [await page.evaluate(PEERS) for page in (trainer, one)] == before, "the same PeerConnections"

        await trainer.get_by_test_id("close-room").click()
        await trainer.get_by_test_id("close-room-yes").click()
        for page in (trainer, one):
            await acts.recording_is(page, "safe")


async def _third_joins(scene: Scene, trainer: Page, one: Page) -> None:
    third = clip(4)
    nanjing = await scene.browser(third, camera=SMALL)
    three = await nanjing.sign_in("store-0108")
    await acts.join_session(three)
    await acts.sees(trainer, "p-store-0108", third)
    await acts.sees(one, "p-store-0108", third)
    await acts.sees(one, "p-he", clip(1))
    await acts.sees(three, "p-he", clip(1))
    await acts.sees(three, "p-store-0117", clip(2))
    await acts.hears(one, third)
    await three.get_by_test_id("leave-room").click()


async def test_nobody_appears_before_agreeing_to_be_recorded(tmp_path: Path) -> None:
    teacher, first = clip(1), clip(2)
    async with Scene(tmp_path) as scene:
        studio = await scene.browser(teacher, size=DESK, camera=SMALL)
        jingan = await scene.browser(first, camera=SMALL)
        trainer = await studio.sign_in("he")
        one = await jingan.sign_in("store-0117")
        await acts.open_session(trainer, "p-store-0117")
        await one.get_by_test_id("join-session").click()
        await acts.visible(one, "consent-agree")
        assert await trainer.evaluate("passline.snapshot().rooms[0].members.map((m) => m.state)") == [
            "joined",
            "invited",
        ]
        assert await one.evaluate("passline.generation()") == 0, "nothing is connected before the question is answered"
        assert await trainer.locator(acts.tile("p-store-0117")).count() == 0
        await one.get_by_test_id("consent-refuse").click()
        await acts.visible(one, "join-session")


async def _stops_showing(page: Page, person: str) -> None:
    await page.locator(acts.tile(person)).first.wait_for(state="hidden")
