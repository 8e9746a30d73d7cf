"""A walk through every screen of the product, as the people who use them: for the eye, and for the access check."""

from collections.abc import AsyncIterator
from typing import NamedTuple

from playwright.async_api import Page

from passline import demo_call
from tests.flows import acts
from tests.flows.scene import Scene
from tests.support.browsers import Browser
from tests.support.clips import Clip


class Screen(NamedTuple):
    """One thing to look at."""

    name: str
    page: Page


async def walk(
    scene: Scene, at_store: Clip, at_desk: Clip, *, size: tuple[int, int], desk_size: tuple[int, int], language: str
) -> AsyncIterator[Screen]:
    """Sign-in, home, check, doctor, ringing, console, call, summary, archive, replay, quality, audit, administration,
    session: each with something in it."""
    tablet = await scene.browser(at_store, size=size, language=language)
    desk = await scene.browser(at_desk, size=desk_size, language=language)
    async for screen in _call(tablet, desk):
        yield screen
    async for screen in _archive(scene, desk):
        yield screen
    studio = await scene.browser(at_desk, size=desk_size, language=language)
    async for screen in _session(tablet, studio):
        yield screen


async def _call(tablet: Browser, desk: Browser) -> AsyncIterator[Screen]:
    sign_in = await tablet.page()
    await acts.visible(sign_in, "login")
    yield Screen("sign-in", sign_in)
    await sign_in.get_by_test_id("to-enrol").click()
    await acts.visible(sign_in, "enrol-code")
    yield Screen("enrol", sign_in)
    await sign_in.close()
    store = await tablet.sign_in("store-0117")
    yield Screen("store-home-nobody", store)
    expert = await desk.sign_in("chen")
    await store.wait_for_timeout(500)
    yield Screen("store-home", store)
    yield Screen("console-quiet", expert)
    await store.get_by_test_id("find").click()
    await acts.visible(store, "people")
    yield Screen("store-directory", store)
    await store.get_by_test_id("back").click()
    await expert.get_by_test_id("nav-call").click()
    await acts.visible(expert, "people")
    yield Screen("directory", expert)
    await expert.get_by_test_id("nav-console").click()
    await expert.get_by_test_id("my-presence").click()
    await acts.visible(expert, "quiet-save")
    await expert.get_by_test_id("quiet-daily").click()
    yield Screen("quiet", expert)
    await expert.keyboard.press("Escape")
    await store.get_by_test_id("camera-check").click()
    await acts.visible(store, "check-video")
    await store.wait_for_timeout(1_500)
    yield Screen("camera-check", store)
    await store.get_by_test_id("to-doctor").click()
    await doctor_done(store)
    yield Screen("doctor-store", store)
    await store.get_by_test_id("back").click()
    doctor = await desk.page("/doctor")
    await doctor_done(doctor)
    yield Screen("doctor-desk", doctor)
    await doctor.close()

    await store.get_by_test_id("scan").click()
    await acts.visible(store, "scan-video")
    await store.wait_for_timeout(1_500)
    yield Screen("scan", store)
    await store.get_by_test_id("scan-type").click()
    await store.get_by_test_id("scan-code").fill("0117F-RYER0")
    await store.get_by_test_id("scan-find").click()
    await acts.visible(store, "scan-found")
    await acts.visible(store, "machine-calls")
    yield Screen("scan-found", store)
    await store.get_by_test_id("scan-call").click()
    await acts.visible(expert, "accept")
    await store.wait_for_timeout(1_500)
    yield Screen("ringing", store)
    yield Screen("console-incoming", expert)
    await acts.answer(expert)
    await acts.visible(store, "hang-up")
    await expert.wait_for_timeout(2_000)
    yield Screen("call-store", store)
    yield Screen("call-expert", expert)
    await acts.open_chat(expert)
    await acts.write(expert, "先把温控旋到 0，再按住红色复位键 3 秒")
    await acts.open_chat(store)
    await acts.write(store, "好，按住了")
    await expert.get_by_test_id("take-still").click()
    await expert.get_by_test_id("still").first.wait_for()
    await expert.wait_for_timeout(1_500)
    yield Screen("call-store-chat", store)
    yield Screen("call-expert-chat", expert)
    await acts.hang_up(expert)
    await acts.recording_is(store, "safe")
    await acts.recording_is(expert, "safe")
    yield Screen("summary-store", store)
    yield Screen("summary-expert", expert)
    for page in (store, expert):
        await page.get_by_test_id("home").click()
    await store.get_by_test_id("recent").wait_for()
    yield Screen("store-home-recent", store)
    yield Screen("console-recent", expert)


async def _archive(scene: Scene, desk: Browser) -> AsyncIterator[Screen]:
    expert = await desk.page("/archive")
    await expert.get_by_test_id("archive-entry").first.click()
    await acts.visible(expert, "replay-play")
    await expert.get_by_test_id("replay-play").click()
    await expert.wait_for_timeout(2_500)
    yield Screen("replay", expert)
    await expert.get_by_test_id("publish").click()
    await acts.visible(expert, "publish-dialog")
    yield Screen("publish", expert)
    await expert.close()
    admin_browser = await scene.browser(size=(1440, 900), language=desk.language)
    admin = await admin_browser.sign_in("admin")
    await admin.get_by_test_id("archive-entry").first.wait_for()
    yield Screen("archive", admin)
    room = await admin.get_by_test_id("archive-entry").first.get_attribute("data-room")
    await admin.locator(f"[data-testid=open-quality][href='/archive/{room}/quality']").click()
    await acts.visible(admin, "quality")
    yield Screen("quality-call", admin)
    await admin.goto(f"{scene.stack.url}/archive/{demo_call.ROOM}/quality")
    await acts.visible(admin, "plots")
    yield Screen("quality", admin)
    await admin.get_by_test_id("nav-audit").click()
    await acts.visible(admin, "audit-table")
    yield Screen("audit", admin)
    async for screen in _administration(admin):
        yield screen
    learner_browser = await scene.browser(size=(800, 1280), language=desk.language)
    learner = await learner_browser.sign_in("xiaolin")
    await learner.get_by_test_id("archive-entry").first.wait_for()
    yield Screen("learner", learner)


async def _administration(admin: Page) -> AsyncIterator[Screen]:
    await admin.get_by_test_id("nav-admin").click()
    await acts.visible(admin, "people-table")
    yield Screen("admin-people", admin)
    await admin.get_by_test_id("open-chen").click()
    await acts.visible(admin, "person-dialog")
    yield Screen("admin-person", admin)
    await admin.get_by_test_id("person-invite").click()
    await acts.visible(admin, "link")
    yield Screen("admin-link", admin)
    await admin.get_by_test_id("link-done").click()
    await admin.get_by_test_id("people-import").click()
    await acts.choose_list(admin, "账号,姓名,角色\nsun,孙明,专家\nchen,陈立群,专家\n")
    await acts.visible(admin, "import-preview")
    yield Screen("admin-import", admin)
    await admin.keyboard.press("Escape")
    await acts.gone(admin, "import-dialog")
    await admin.get_by_test_id("admin-health").click()
    await acts.visible(admin, "health-lead")
    yield Screen("admin-health", admin)
    await admin.get_by_test_id("admin-stores").click()
    await acts.visible(admin, "stores-table")
    yield Screen("admin-stores", admin)
    await admin.get_by_test_id("open-store-0117").click()
    await acts.visible(admin, "store-dialog")
    yield Screen("admin-store", admin)
    await admin.get_by_test_id("enrol").click()
    await admin.get_by_test_id("enrol-offer").click()
    await acts.visible(admin, "enrol-code")
    yield Screen("admin-enrol", admin)
    await admin.get_by_test_id("enrol-done").click()
    await acts.visible(admin, "store-dialog")
    await admin.keyboard.press("Escape")
    await acts.gone(admin, "store-dialog")
    await admin.get_by_test_id("admin-equipment").click()
    await acts.visible(admin, "equipment-table")
    yield Screen("admin-equipment", admin)
    await admin.get_by_test_id("open-0117FRYER0").click()
    await acts.visible(admin, "machine-calls")
    yield Screen("admin-machine", admin)
    await admin.keyboard.press("Escape")
    await acts.gone(admin, "equipment-dialog")
    await admin.get_by_test_id("admin-routing").click()
    await acts.visible(admin, "experts-table")
    await acts.visible(admin, "now-equipment")
    yield Screen("admin-routing", admin)
    await admin.get_by_test_id("chain-equipment").click()
    await admin.get_by_test_id("chain-own").click()
    await admin.get_by_test_id("step-add").click()
    yield Screen("admin-routing-unsaved", admin)
    await admin.get_by_test_id("chain-drop").click()
    await admin.get_by_test_id("expert-p-chen").click()
    await admin.get_by_test_id("hours-add").click()
    yield Screen("admin-routing-expert", admin)
    await admin.keyboard.press("Escape")
    await acts.gone(admin, "expert-dialog")
    await admin.get_by_test_id("admin-policies").click()
    await acts.visible(admin, "policies")
    yield Screen("admin-policies", admin)
    await admin.get_by_test_id("admin-timings").click()
    await acts.visible(admin, "timings-table")
    yield Screen("admin-timings", admin)
    await admin.get_by_test_id("admin-rings").click()
    # Rings are kept some seconds after their call: until then there are none.
    await admin.locator("[data-testid=rings-table], .empty").first.wait_for()
    yield Screen("admin-rings", admin)
    await admin.get_by_test_id("admin-tokens").click()
    await acts.visible(admin, "no-tokens")
    yield Screen("admin-tokens", admin)
    await admin.get_by_test_id("to-account").click()
    await acts.visible(admin, "passkey-add")
    yield Screen("account", admin)


async def doctor_done(page: Page) -> None:
    """The check of the device is over."""
    await acts.visible(page, "doctor-verdict")
    await page.locator("[data-testid=doctor-verdict]:not([data-state=running])").wait_for(timeout=60_000)


async def _session(tablet: Browser, studio: Browser) -> AsyncIterator[Screen]:
    store = tablet.context.pages[-1]
    trainer = await studio.sign_in("he")
    await trainer.get_by_test_id("session-title-zh").fill("新品：藤椒鸡腿饭")
    await trainer.get_by_test_id("session-title-en").fill("New: green-pepper chicken rice")
    for person in ("p-store-0117", "p-store-0131"):
        await trainer.get_by_test_id(f"invite-{person}").check()
    yield Screen("sessions", trainer)
    await trainer.get_by_test_id("open-session").click()
    await acts.visible(trainer, "close-room")
    await acts.visible(store, "join-session")
    yield Screen("store-home-invited", store)
    await store.get_by_test_id("join-session").click()
    await acts.visible(store, "consent-agree")
    yield Screen("consent", store)
    await store.get_by_test_id("consent-agree").click()
    await acts.visible(store, "raise-hand")
    await store.get_by_test_id("raise-hand").click()
    await trainer.wait_for_timeout(2_500)
    yield Screen("session-store", store)
    yield Screen("session-trainer", trainer)
    await trainer.get_by_test_id("close-room").click()
    await trainer.get_by_test_id("close-room-yes").click()
    await acts.recording_is(trainer, "safe")
    yield Screen("summary-session", trainer)
