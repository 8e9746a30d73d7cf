"""A walk through every screen of the product, as the people who use them: for the eye, and for the access check."""

from collections.abc import AsyncIterator

from playwright.async_api import Page

from contract.selftest import CheckFound, CheckName, CheckState, SelfTestReport, WhyTested
from passline import demo_call
from tests.flows import acts
from tests.flows.scene import Scene
from tests.flows.walks import around
from tests.flows.walks.administration import administration
from tests.flows.walks.screen import Screen
from tests.support.browsers import Browser
from tests.support.clips import Clip

SETTINGS = {"urgent_s": 2}
"""Of the system that is walked through: nobody watches a minute for the one banner that takes so long."""

LET_IN = """async (room) => (await fetch(`/api/rooms/${room}/tokens`, {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({ use: 'publish', name: { zh: '后厨摄像机', en: 'Kitchen camera' }, consent: true }),
})).status"""
"""A camera that nobody sits at may come into the room."""


async def walk(
    scene: Scene, at_store: Clip, at_desk: Clip, *, size: tuple[int, int], desk_size: tuple[int, int], language: str
) -> AsyncIterator[Screen]:
    """Sign-in, home, check, doctor, ringing, console, call, what happens around it, summary, archive, replay, quality,
    audit, administration, session: each with something in it."""
    scene.expected += ["status of 422", "status of 503 /api/people"]  # a wrong PIN; what cannot be reached
    tablet = await scene.browser(at_store, size=size, language=language)
    desk = await scene.browser(at_desk, size=desk_size, language=language)
    spare = await scene.browser(size=size, language=language)
    async for screen in _call(tablet, desk, spare):
        yield screen
    await _tablet_fails(scene)
    office = await scene.browser(size=(1440, 900), language=language)
    async for screen in _archive(scene, desk, office):
        yield screen
    studio = await scene.browser(at_desk, size=desk_size, language=language)
    async for screen in _session(tablet, studio, office):
        yield screen


async def _call(tablet: Browser, desk: Browser, spare: Browser) -> AsyncIterator[Screen]:
    sign_in = await tablet.page()
    await acts.visible(sign_in, "login")
    yield Screen("sign-in", sign_in)
    await sign_in.get_by_test_id("to-enrol").click()
    await acts.visible(sign_in, "enrol-code")
    yield Screen("enrol", sign_in)
    await sign_in.close()
    store = await tablet.sign_in("store-0117")
    yield Screen("store-home-nobody", store)
    async for screen in around.in_vain(store):
        yield screen
    async for screen in around.hands(store):
        yield screen
    expert = await desk.sign_in("chen")
    async for screen in around.callback(expert):
        yield screen
    await store.wait_for_timeout(500)
    yield Screen("store-home", store)
    yield Screen("console-quiet", expert)
    await store.get_by_test_id("find").click()
    await acts.visible(store, "people")
    yield Screen("store-directory", store)
    await store.get_by_test_id("back").click()
    await expert.get_by_test_id("my-presence").click()
    await acts.visible(expert, "quiet-save")
    await expert.get_by_test_id("quiet-daily").click()
    yield Screen("quiet", expert)
    await expert.keyboard.press("Escape")
    async for screen in around.colleague(expert, spare):
        yield screen
    async for screen in around.called(expert, store):
        yield screen
    async for screen in around.booked(expert, store):
        yield screen
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
    async for screen in _within(expert, store, spare):
        yield screen
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


async def _within(expert: Page, store: Page, spare: Browser) -> AsyncIterator[Screen]:
    """Hold, another device, a guest and a call that waits, while the two speak; the others in one browser, in turn."""
    async for screen in around.held(expert, store):
        yield screen
    async for screen in around.devices(expert, spare):
        yield screen
    await spare.context.clear_cookies()
    async for screen in around.guest(expert, spare):
        yield screen
    await spare.context.clear_cookies()
    waiting = await spare.sign_in("store-0108")
    async for screen in around.waits(waiting, expert):
        yield screen
    await spare.context.close()


async def _tablet_fails(scene: Scene) -> None:
    """A store's tablet has found out at night that its camera is blocked."""
    blocked = CheckFound(name=CheckName.CAMERA, state=CheckState.BAD, words="error.device_denied_camera")
    said = SelfTestReport(why=WhyTested.NIGHT, version="1", checks=[blocked])
    async with await scene.stack.login("store-0131") as http:
        assert (await http.post("/api/self-tests", json=said.model_dump(mode="json"))).status == 204


async def _archive(scene: Scene, desk: Browser, office: Browser) -> AsyncIterator[Screen]:
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
    admin = await office.sign_in("admin")
    await admin.get_by_test_id("archive-entry").first.wait_for()
    yield Screen("archive", admin)
    room = await admin.locator("a[data-testid=archive-entry]").first.get_attribute("data-room")  # one that was answered
    await admin.locator(f"[data-testid=open-quality][href='/archive/{room}/quality']").click()
    await acts.visible(admin, "quality")
    yield Screen("quality-call", admin)
    await admin.goto(f"{scene.stack.url}/archive/{demo_call.ROOM}/quality")
    await acts.visible(admin, "plots")
    yield Screen("quality", admin)
    await admin.get_by_test_id("nav-audit").click()
    await acts.visible(admin, "audit-table")
    yield Screen("audit", admin)
    async for screen in administration(admin):
        yield screen
    learner_browser = await scene.browser(size=(800, 1280), language=desk.language)
    learner = await learner_browser.sign_in("xiaolin")
    await learner.get_by_test_id("archive-entry").first.wait_for()
    yield Screen("learner", learner)


async def doctor_done(page: Page) -> None:
    """The check of the device is over."""
    await acts.visible(page, "doctor-verdict")
    await page.locator("[data-testid=doctor-verdict]:not([data-state=running])").wait_for(timeout=60_000)


async def _session(tablet: Browser, studio: Browser, office: Browser) -> AsyncIterator[Screen]:
    store, admin = tablet.context.pages[-1], office.context.pages[-1]
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
    assert await trainer.evaluate(LET_IN, await acts.room_of(trainer)) == 201
    await admin.get_by_test_id("nav-admin").click()
    await admin.get_by_test_id("admin-tokens").click()
    await admin.get_by_test_id("token-revoke").click()
    await acts.visible(admin, "revoke-dialog")
    yield Screen("admin-tokens", admin)
    await trainer.get_by_test_id("close-room").click()
    await trainer.get_by_test_id("close-room-yes").click()
    await acts.recording_is(trainer, "safe")
    yield Screen("summary-session", trainer)
