"""Ringing: declined, cancelled, missed, answered elsewhere; a reload in mid-call, and two who hang up at once."""

import asyncio
from pathlib import Path

import pytest

from tests.flows import acts
from tests.flows.scene import DESK, Scene
from tests.support.clips import clip

pytestmark = pytest.mark.browser


async def test_declined_cancelled_and_missed_calls_say_so_on_both_sides(tmp_path: Path) -> None:
    sight = clip(1)
    async with Scene(tmp_path, ring_s=10) as scene:  # time to decline and to cancel, also for a slow machine
        tablet = await scene.browser(sight)
        desk = await scene.browser(size=DESK)
        store = await tablet.sign_in("store-0117")
        expert = await desk.sign_in("chen")

        await acts.call(store)
        await expert.get_by_test_id("decline").click()
        await acts.ended(store, "declined")
        await acts.gone(expert, "accept")
        await store.get_by_test_id("home").click()

        await acts.call(store)
        await acts.visible(expert, "accept")
        await store.get_by_test_id("cancel").click()
        await acts.gone(expert, "accept")
        await acts.ended(store, "cancelled")
        await store.get_by_test_id("home").click()

        await acts.call(store)
        await acts.visible(expert, "accept")
        await acts.ended(store, "missed")
        await acts.gone(expert, "accept")
        await expert.get_by_test_id("recent").get_by_text("静安寺店").first.wait_for()


async def test_the_first_answer_wins_over_other_tabs_and_other_experts(tmp_path: Path) -> None:
    sight, own = clip(1), clip(2)
    async with Scene(tmp_path) as scene:
        tablet = await scene.browser(sight)
        desk = await scene.browser(own, size=DESK)
        other_desk = await scene.browser(size=DESK)
        store = await tablet.sign_in("store-0117")
        first_tab = await desk.sign_in("chen")
        second_tab = await desk.page()
        zhang = await other_desk.sign_in("zhang")
        await acts.call(store)
        for page in (first_tab, second_tab, zhang):
            await acts.visible(page, "accept")
        await acts.answer(first_tab)
        await acts.gone(second_tab, "accept")
        await acts.gone(zhang, "accept")
        await acts.sees(first_tab, "p-store-0117", sight)
        await acts.visible(second_tab, "elsewhere")
        await acts.hang_up(first_tab)
        await acts.gone(second_tab, "elsewhere")


async def test_a_reload_takes_the_seat_again_and_both_may_hang_up_at_the_same_moment(tmp_path: Path) -> None:
    sight, own = clip(1), clip(2)
    async with Scene(tmp_path) as scene:
        tablet = await scene.browser(sight)
        desk = await scene.browser(own, size=DESK)
        store, expert = await acts.in_call(tablet, desk, "store-0117", "chen")
        await acts.sees(expert, "p-store-0117", sight)
        for page in (store, expert):
            await page.reload()
            await acts.visible(page, "hang-up")
            await acts.sees(expert, "p-store-0117", sight)
            await acts.sees(store, "p-chen", own)
        # Straight in the page: by mouse the later one would find its button gone already; here it hardly ever does.
        press = "document.querySelector('[data-testid=hang-up]')?.click()"
        await asyncio.gather(store.evaluate(press), expert.evaluate(press))
        for page in (store, expert):
            await acts.ended(page, "hung_up")
            await acts.recording_is(page, "safe")
