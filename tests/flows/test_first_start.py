"""From an empty directory to a call: the set-up page, lists of stores and people, an invitation, a tablet."""

import asyncio
import csv
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.async_api import Page

from tests.flows import acts
from tests.flows.scene import DESK, Scene
from tests.flows.test_access import violations
from tests.support.browsers import connected
from tests.support.clips import clip
from tests.support.stack import environ

pytestmark = pytest.mark.browser

PASSWORD = "four words are long"


async def passline(scene: Scene, *arguments: str) -> str:
    """What an administrator types beside the running server."""
    command = [sys.executable, "-m", "passline", *arguments]
    done = await asyncio.to_thread(
        subprocess.run, command, env=environ({"data": scene.stack.data}), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


async def test_a_real_chain_is_set_up_and_its_first_store_calls(tmp_path: Path) -> None:
    async with Scene(tmp_path, seeded=False) as scene:
        told = "no administrator yet: open the link to set up"
        await scene.stack.until(lambda: bool(scene.stack.log_lines(told)), "the link was not told")
        link = scene.stack.log_lines(told)[0]["link"]
        browser = await scene.browser(size=DESK)
        page = await browser.page()
        await acts.visible(page, "signin-notice")
        await page.goto(link)
        for field, words in [
            ("chain", "小灶堂"),
            ("name", "周敏"),
            ("login", "it"),
            ("password", PASSWORD),
            ("repeat", PASSWORD),
        ]:
            await page.get_by_test_id(f"setup-{field}").fill(words)
        assert not await violations(page)
        await page.get_by_test_id("setup-go").click()
        await acts.visible(page, "setup-ready")
        assert not await violations(page)
        await page.get_by_test_id("setup-open").click()
        await acts.visible(page, "sign-out")
        await page.goto(link)
        await page.reload()
        await acts.visible(page, "setup-sign-in")

        stores = tmp_path / "stores.csv"
        stores.write_text("门店号,店名,区域,平板\n0117,静安寺店,华东,store-0117\n", encoding="gb18030")
        (made,) = csv.DictReader((await passline(scene, "org", "import", str(stores))).splitlines())
        people = tmp_path / "people.csv"
        people.write_text("工号,姓名,角色,技能\nchen,陈立群,专家,设备\n", encoding="gb18030")
        (invited,) = csv.DictReader((await passline(scene, "user", "import", str(people))).splitlines())
        path = "/invitation#" + invited["link"].partition("#")[2]

        tablet, desk = await scene.browser(clip(1)), await scene.browser(clip(2), size=DESK)
        store = await tablet.sign_in("store-0117", made["password"])
        expert = await desk.page(path)
        for field in ("password", "repeat"):
            await expert.get_by_test_id(f"invitation-{field}").fill(PASSWORD)
        assert not await violations(expert)
        await expert.get_by_test_id("invitation-go").click()
        await connected(expert)
        await acts.call(store)
        await acts.answer(expert)
        await acts.sees(store, await own_id(expert), clip(2))
        await acts.sees(expert, await own_id(store), clip(1))
        await passline(scene, "user", "disable", "chen")
        await acts.visible(expert, "login")


async def own_id(page: Page) -> str:
    """Of whoever is signed in."""
    me: str = await page.evaluate("fetch('/api/me').then((answer) => answer.json()).then((me) => me.person.id)")
    return me
