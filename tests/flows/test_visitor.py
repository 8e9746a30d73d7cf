"""A vendor's technician comes into a call by a link, on a phone, and sees nothing else."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.flows import acts
from tests.flows.scene import DESK, Scene
from tests.flows.test_access import violations
from tests.support.clips import clip

pytestmark = [pytest.mark.browser, pytest.mark.full_only]

PHONE = (390, 844)


async def test_a_technician_comes_by_a_link_and_is_let_in(tmp_path: Path) -> None:
    kitchen, expert, technician = clip(1), clip(2), clip(3)
    found: list[str] = []
    async with Scene(tmp_path) as scene:
        scene.expected.append("status of 404 /api/visit/look")
        tablet, desk = await scene.browser(kitchen), await scene.browser(expert, size=DESK)
        phone, other = await scene.browser(technician, size=PHONE), await scene.browser(size=PHONE)
        store, chen = await tablet.sign_in("store-0117"), await desk.sign_in("chen")
        await acts.call(store)
        await acts.answer(chen)
        await acts.sees(chen, "p-store-0117", kitchen)

        await chen.get_by_test_id("invite-visitor").click()
        found += await violations(chen)
        await chen.get_by_test_id("visit-make").click()
        address = await chen.get_by_test_id("visit-address").text_content()
        assert address is not None
        found += await violations(chen)
        await chen.get_by_test_id("visit-close").click()

        path = "/g#" + address.rpartition("/g#")[2]
        guest = await phone.page(path)
        await guest.get_by_test_id("visit-name").fill("王师傅")
        await guest.get_by_test_id("visit-company").fill("Rational")
        found += await violations(guest)
        await guest.get_by_test_id("visit-go").click()
        await acts.visible(guest, "visit-waiting")
        found += await violations(guest)
        await expect(chen.get_by_test_id("knock")).to_contain_text("王师傅（Rational）")
        found += await violations(chen)
        await acts.visible(await other.page(path), "visit-dead")

        await chen.get_by_test_id("admit").click()
        await acts.sees(guest, "p-store-0117", kitchen)
        await acts.sees(guest, "p-chen", expert)
        found += await violations(guest)
        visitor = await guest.evaluate("window.passline.snapshot().person")
        for page in (store, chen):
            await acts.sees(page, visitor, technician)
            await expect(page.get_by_test_id(f"tile-{visitor}")).to_contain_text("王师傅（访客）")
        await guest.reload()
        await acts.sees(guest, "p-chen", expert)

        await guest.get_by_test_id("hang-up").click()
        await expect(guest.get_by_text("你已离开")).to_be_visible()
        await acts.gone(chen, f"tile-{visitor}")
        await guest.reload()
        await acts.visible(guest, "visit-dead")
        await acts.hang_up(chen)
        await acts.ended(store, "hung_up")
    assert not found, "\n".join(found)
