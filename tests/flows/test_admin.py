"""An administrator keeps people, stores and tablets on the pages for it: what is done there counts at once."""

from pathlib import Path

import pytest

from tests.flows import acts
from tests.flows.scene import DESK, Scene
from tests.support.browsers import connected
from tests.support.clips import clip

pytestmark = pytest.mark.browser

PASSWORD = "four words are long"


async def test_somebody_is_added_comes_in_by_the_link_becomes_another_and_is_out_when_disabled(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        office, desk = await scene.browser(size=DESK), await scene.browser(size=DESK)
        admin = await office.sign_in("admin")
        await admin.get_by_test_id("nav-admin").click()
        await acts.visible(admin, "people-table")
        await admin.get_by_test_id("people-add").click()
        await admin.get_by_test_id("person-name").fill("孙明")
        await admin.get_by_test_id("person-login").fill("sun")
        await admin.get_by_test_id("person-skill-it").check()
        await admin.get_by_test_id("person-save").click()
        link = await admin.get_by_test_id("link").input_value()
        await admin.get_by_test_id("link-done").click()

        expert = await desk.page(link.removeprefix(scene.stack.url))
        for field in ("password", "repeat"):
            await expert.get_by_test_id(f"invitation-{field}").fill(PASSWORD)
        await expert.get_by_test_id("invitation-go").click()
        await connected(expert)

        await admin.get_by_test_id("admin-stores").click()
        await acts.visible(admin, "stores-table")
        await admin.get_by_test_id("stores-import").click()
        stores = "门店号,店名,区域\n0300,豫园店,华东\n0301,{},西南\n"
        await acts.choose_list(admin, stores.format(""))
        await acts.visible(admin, "import-problems")
        await acts.choose_list(admin, stores.format("春熙路店"))
        await acts.visible(admin, "import-preview")
        await admin.get_by_test_id("import-apply").click()
        await acts.visible(admin, "import-applied")
        await admin.get_by_test_id("import-done").click()
        await admin.get_by_test_id("admin-search").fill("cxl")
        await admin.locator("[data-number='0301']").wait_for()
        await admin.locator("[data-number='0300']").wait_for(state="detached")

        await admin.get_by_test_id("admin-people").click()
        await admin.get_by_test_id("admin-search").fill("sm")
        await admin.get_by_test_id("open-sun").click()
        await admin.get_by_test_id("person-role").select_option("auditor")
        await admin.get_by_test_id("person-save").click()
        await admin.get_by_test_id("person-dialog").wait_for(state="detached")
        await acts.visible(expert, "nav-audit")  # in the page that was open all the while

        await admin.get_by_test_id("open-sun").click()
        await admin.get_by_test_id("person-disable").click()
        await admin.get_by_test_id("person-disable").click()
        await admin.locator("[data-login=sun][data-state=disabled]").wait_for()
        await acts.visible(expert, "login")


async def test_the_order_of_calls_is_set_on_its_page_and_shows_who_would_ring(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        office, desk = await scene.browser(size=DESK), await scene.browser(size=DESK)
        await desk.sign_in("chen")
        admin = await office.sign_in("admin")
        await admin.get_by_test_id("nav-admin").click()
        await admin.get_by_test_id("admin-routing").click()
        await admin.get_by_test_id("now-dishes").get_by_text("陈立群").wait_for()
        await admin.get_by_test_id("chain-dishes").click()
        await admin.get_by_test_id("chain-own").click()
        await admin.get_by_test_id("step-0-who").select_option("on_call")
        await admin.get_by_test_id("step-0-seconds").fill("25")
        await admin.get_by_test_id("step-1-remove").click()
        await admin.get_by_test_id("admin-stores").click()
        await acts.visible(admin, "stores-table")
        await admin.get_by_test_id("admin-routing").click()
        await admin.get_by_test_id("chain-dishes").click()
        await admin.get_by_test_id("chain-save").click()
        await acts.gone(admin, "unsaved")
        await admin.get_by_test_id("now-dishes").get_by_text("没人可响").wait_for()

        await admin.get_by_test_id("expert-p-chen").click()
        await admin.get_by_test_id("expert-on-call").check()
        await admin.get_by_test_id("expert-save").click()
        await acts.gone(admin, "expert-dialog")
        await admin.get_by_test_id("now-dishes").get_by_text("值班的人响 25 秒").wait_for()
        await admin.get_by_test_id("now-dishes").get_by_text("陈立群").wait_for()


@pytest.mark.full_only
async def test_a_tablet_is_enrolled_by_its_code_and_taken_back_in_the_middle_of_a_call(tmp_path: Path) -> None:
    async with Scene(tmp_path) as scene:
        office, shop = await scene.browser(size=DESK), await scene.browser(clip(1))
        admin = await office.sign_in("admin")
        await admin.goto(f"{scene.stack.url}/admin/stores")
        await admin.get_by_test_id("open-store-0131").click()
        await admin.get_by_test_id("enrol").click()
        await admin.get_by_test_id("enrol-offer").click()
        code = await admin.get_by_test_id("enrol-code").inner_text()
        await admin.get_by_test_id("enrol-done").click()

        tablet = await shop.page()
        await tablet.get_by_test_id("to-enrol").click()
        await tablet.get_by_test_id("enrol-code").fill(code)
        await tablet.get_by_test_id("enrol-go").click()
        await connected(tablet)
        await tablet.get_by_test_id("camera-check").wait_for()

        expert = await (await scene.browser(clip(2), size=DESK)).sign_in("chen")
        await tablet.get_by_test_id("call-equipment").click()
        await acts.answer(expert)
        await acts.visible(tablet, "hang-up")
        await admin.keyboard.press("Escape")
        await admin.get_by_test_id("open-store-0131").click()
        await admin.get_by_test_id("device").wait_for()
        for _ in range(2):
            await admin.get_by_test_id("device-revoke").click()
        await acts.visible(tablet, "signin-notice")
        assert await tablet.get_by_test_id("signin-notice").inner_text() == "这个登录被停用了"
        await acts.visible(expert, "home")
