"""Chromium and Firefox ESR in one call: VP8 both ways, the store in either browser."""

from pathlib import Path
from typing import Any

import pytest

from tests.flows import acts
from tests.flows.scene import DESK, Scene
from tests.support.browsers import Firefox
from tests.support.clips import clip

pytestmark = pytest.mark.browser


async def test_a_store_on_chromium_and_an_expert_on_firefox_see_each_other(tmp_path: Path) -> None:
    sight = clip(1)
    async with Scene(tmp_path) as scene:
        tablet = await scene.browser(sight)
        desk = await scene.firefox()
        store = await tablet.sign_in("store-0117")
        await desk.sign_in("chen")
        await acts.call(store)
        await desk.wait("document.querySelector('[data-testid=accept]') !== null")
        await desk.click("accept")
        await acts.visible(store, "hang-up")
        mark = await _moves(desk, "p-store-0117")
        assert mark["clip"] == sight.number
        frames = "(s) => document.querySelector(s)?.getVideoPlaybackQuality().totalVideoFrames ?? 0"
        await acts.until(lambda: store.evaluate(frames, acts.tile("p-chen")), lambda n: n > 20, "Firefox's picture")
        await acts.hang_up(store)
        await desk.wait("document.querySelector('[data-testid=summary]') !== null")


async def test_a_store_on_firefox_and_an_expert_on_chromium_see_each_other(tmp_path: Path) -> None:
    own = clip(2)
    async with Scene(tmp_path) as scene:
        desk = await scene.browser(own, size=DESK)
        tablet = await scene.firefox()
        expert = await desk.sign_in("chen")
        await tablet.sign_in("store-0117")
        await tablet.click("call-hq")
        await acts.answer(expert)
        mark = await _moves(tablet, "p-chen")
        assert mark["clip"] == own.number
        frames = "(s) => document.querySelector(s)?.getVideoPlaybackQuality().totalVideoFrames ?? 0"
        await acts.until(
            lambda: expert.evaluate(frames, acts.tile("p-store-0117")), lambda n: n > 20, "Firefox's picture"
        )
        await acts.hang_up(expert)
        await tablet.wait("document.querySelector('[data-testid=summary]') !== null")


async def _moves(browser: Firefox, person: str) -> dict[str, Any]:
    """Firefox shows numbered pictures of `person` that go on; returns the first mark."""
    look = f'probe.read("{acts.tile(person)}")'
    first = await browser.wait(look)
    await browser.wait(f"((mark) => mark && mark.number !== {first['number']})({look})")
    return dict(first)
