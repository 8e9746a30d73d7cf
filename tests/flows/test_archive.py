"""The new hire replays what was published: by mouse and keyboard, in step, and finds the place again."""

from pathlib import Path

import pytest
from playwright.async_api import Page

from tests.flows import acts
from tests.flows.scene import DESK, Scene

pytestmark = pytest.mark.browser

BOTH = "() => [...document.querySelectorAll('[data-testid=replay-video]')].map((video) => video.currentTime)"

SPEEDS = "() => [...document.querySelectorAll('[data-testid=replay-video]')].map((video) => video.playbackRate)"


async def test_a_new_hire_replays_a_published_call_and_finds_the_place_again(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        browser = await scene.browser(size=DESK)
        page = await browser.sign_in("xiaolin")
        await page.get_by_test_id("archive-entry").first.click()
        await page.get_by_test_id("replay-play").click()
        await acts.until(lambda: page.evaluate(BOTH), lambda times: len(times) == 2 and min(times) > 1.0, "both play")

        async def drift() -> float:
            apart = [abs(a - b) for a, b in [await page.evaluate(BOTH) for _ in range(5)]]
            return float(max(apart) - min(apart))

        await acts.until(drift, lambda drifted: drifted < 0.2, "the pictures are in step")

        await page.keyboard.press("Space")
        stood = await _stands(page)
        await page.keyboard.press("ArrowRight")
        await acts.until(lambda: _at(page), lambda t: abs(t - stood - 5) < 0.6, "five seconds on")
        await page.keyboard.press("ArrowLeft")
        await acts.until(lambda: _at(page), lambda t: abs(t - stood) < 0.6, "and back")
        await page.keyboard.press("n")
        await acts.until(lambda: _at(page), lambda t: t > stood + 0.5, "the next chapter")
        await page.get_by_test_id("replay-speed").select_option("2")
        before = await _stands(page)
        await page.keyboard.press("Space")
        await acts.until(lambda: _at(page), lambda t: t - before > 2.0, "it plays on")
        await acts.until(
            lambda: page.evaluate(SPEEDS), lambda speeds: all(1.8 < one < 2.2 for one in speeds), "twice as fast"
        )
        await page.keyboard.press("Space")
        stood = await _stands(page)

        await page.keyboard.press("ArrowRight")
        left_at = await acts.until(lambda: _at(page), lambda t: abs(t - stood - 5) < 0.6, "five seconds on")
        assert 5 < left_at < 20, "neither the beginning nor the end"
        await page.get_by_test_id("back").click()
        await page.get_by_test_id("archive-entry").first.click()
        await acts.visible(page, "replay-play")
        await acts.until(lambda: _at(page), lambda t: abs(t - left_at) < 2.0, "the place where the new hire left")


async def test_what_is_not_for_somebody_does_not_exist_for_them(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        async with await scene.stack.login("xiaolin") as http:
            entries = (await (await http.get("/api/archive")).json())["entries"]
            room = entries[0]["room"]
            replay = await (await http.get(f"/api/archive/{room}")).json()
        doors = [
            f"/api/archive/{room}",
            *(f"/api/archive/{room}/files/{part['file']}" for part in replay["parts"]),
            *(
                f"/api/rooms/{room}/stills/{chapter['still']['id']}"
                for chapter in replay["chapters"]
                if chapter["still"] is not None
            ),
        ]
        assert len(doors) > 3
        for stranger in ("store-0131", "zhou"):
            async with await scene.stack.login(stranger) as http:
                assert [(await http.get(door)).status for door in doors] == [404] * len(doors)
        browser = await scene.browser(size=DESK)
        scene.expected.append("status of 404")
        page = await browser.sign_in("zhou")
        await page.goto(f"{scene.stack.url}/archive/{room}")
        await acts.visible(page, "not-found")


async def _stands(page: Page) -> float:
    """Where it stands, once it has come to a stand."""
    before = -1.0

    async def again() -> bool:
        nonlocal before
        last, before = before, await _at(page)
        return last == before

    await acts.until(again, bool, "it stands")
    await page.wait_for_timeout(500)  # longer than its own clock rests between two words
    await acts.until(again, bool, "it stands")
    return before


async def _at(page: Page) -> float:
    return float(await page.get_by_test_id("replay-time").get_attribute("data-t") or 0)
