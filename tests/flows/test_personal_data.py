"""Somebody has left: an administrator hands out all that is kept of them, then deletes them, and nothing names them."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from contract.rights import PersonCopy
from passline import demo_call
from tests.flows import acts
from tests.flows.scene import DESK, Scene
from tests.flows.test_first_start import passline

pytestmark = [pytest.mark.browser, pytest.mark.full_only]

NAMES = ("陈立群", "Chen Liqun")
DELETED = "已删除"


async def test_who_has_left_gets_a_copy_and_is_deleted_from_every_list(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        admin = await (await scene.browser(size=DESK)).sign_in("admin")
        await admin.goto(f"{scene.stack.url}/admin/people")
        copy = await handed_out(admin, "chen")
        assert (copy.account.name.zh, copy.account.name.en) == NAMES
        assert [call.room for call in copy.calls] == [demo_call.ROOM]

        await disabled(admin, "chen")
        await deleted(admin, "chen", "陈立")
        await admin.get_by_test_id("erase-dialog").get_by_text("请照样输入：陈立群").wait_for()
        await deleted(admin, "chen", NAMES[0])
        await acts.gone(admin, "person-dialog")
        await expect(admin.locator("[data-login=chen]")).to_have_count(0, timeout=acts.PATIENCE_S * 1000)

        for path, there in {
            "admin/people": "people-table",
            "call": "people",
            "archive": "archive-entry",
            f"archive/{demo_call.ROOM}": "replay-play",
            "audit": "audit-table",
        }.items():
            await admin.goto(f"{scene.stack.url}/{path}")
            await acts.visible(admin, there)
            page = await admin.content()
            assert not [name for name in NAMES if name in page], path
        await admin.get_by_text(DELETED).first.wait_for()
        assert " 0 faults" in await passline(scene, "audit", "verify")


async def handed_out(admin: Page, login: str) -> PersonCopy:
    """The copy of what is kept of somebody, as the browser saves it; their dialog is open then."""
    await admin.get_by_test_id(f"open-{login}").click()
    async with admin.expect_download() as coming:
        await admin.get_by_test_id("person-copy").click()
    saved = await (await coming.value).path()
    return PersonCopy.model_validate_json(await asyncio.to_thread(saved.read_bytes))


async def disabled(admin: Page, login: str) -> None:
    """Whose dialog is open leaves, and it is open again."""
    for _ in range(2):
        await admin.get_by_test_id("person-disable").click()
    await admin.locator(f"[data-login={login}][data-state=disabled]").wait_for()
    await admin.get_by_test_id(f"open-{login}").click()


async def deleted(admin: Page, login: str, typed: str) -> None:
    """This was typed to have them deleted."""
    if not await admin.get_by_test_id("person-erase-name").count():
        await admin.get_by_test_id("person-erase").click()
    await admin.get_by_test_id("person-erase-name").fill(typed)
    await admin.get_by_test_id("person-erase-sure").click()
