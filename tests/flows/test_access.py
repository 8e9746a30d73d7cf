"""Every screen, as somebody meets it who cannot see or point well: axe-core finds nothing serious."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from tests.flows.scene import DESK, Scene
from tests.flows.walk import SETTINGS, walk
from tests.support.clips import clip

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],  # of what is well it need not find every element
}
RUN = """async (rules) => {
  const ends = (one) => one.effect.getComputedTiming().endTime !== Infinity
  const moving = document.getAnimations().filter(ends)
  await Promise.all(moving.map((one) => one.finished.catch(() => undefined)))
  return axe.run(document, rules)
}"""
"""A button that is just becoming green has the colour of neither."""


async def test_no_screen_has_a_serious_violation(tmp_path: Path) -> None:
    found: list[str] = []
    async with Scene(tmp_path, **SETTINGS) as scene:
        async for screen in walk(scene, clip(1), clip(2), size=(1280, 800), desk_size=DESK, language="zh-CN"):
            found += [f"{screen.name}: {violation}" for violation in await violations(screen.page)]
    assert not found, "\n".join(found)


async def violations(page: Page) -> list[str]:
    """Serious and critical ones: rule, and the first element that breaks it."""
    if await page.evaluate("typeof axe") == "undefined":
        await page.evaluate(AXE.read_text() + "; undefined")
    result: dict[str, Any] = await page.evaluate(RUN, RULES)
    return [
        f"{one['id']}: {one['nodes'][0]['target']} {one['nodes'][0]['failureSummary'][:200]}"
        for one in result["violations"]
        if one["impact"] in ("serious", "critical")
    ]
