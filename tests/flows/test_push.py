"""A closed page rings: the switch, the service worker, a real notification of Chromium, and the way back to the call.

Chromium here has no push service of its own, so its subscription is one of the test's; what is posted to it is brought
to the service worker by the browser itself (CDP `ServiceWorker.deliverPushMessage`).
"""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import CDPSession, Page

from contract.push import PushedOver, PushedRing
from tests.flows import acts
from tests.flows.scene import DESK, Scene
from tests.support.clips import clip
from tests.support.outside import PATIENCE_S
from tests.support.push_service import PushService

pytestmark = [pytest.mark.browser, pytest.mark.full_only]

SUBSCRIBED = """
(() => {
  const said = %s
  const made = {
    endpoint: said.endpoint,
    options: { applicationServerKey: null },
    toJSON: () => ({ endpoint: said.endpoint, keys: { p256dh: said.p256dh, auth: said.auth } }),
    unsubscribe: async () => true,
  }
  let there = null
  PushManager.prototype.getSubscription = async () => there
  PushManager.prototype.subscribe = async () => (there = made)
})()
"""
SHOWN = """async () => {
  const registration = await navigator.serviceWorker.getRegistration('/')
  const shown = (await registration?.getNotifications()) ?? []
  return shown.map(({ title, body, tag }) => ({ title, body, tag }))
}"""


class Worker:
    """The service worker, as the browser's own tools reach it."""

    def __init__(self, tools: CDPSession, origin: str) -> None:
        self._tools = tools
        self._origin = origin
        self._registration: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def find(self) -> None:
        def updated(event: dict[str, Any]) -> None:
            for one in event["registrations"]:
                if one["scopeURL"].startswith(self._origin) and not one["isDeleted"] and not self._registration.done():
                    self._registration.set_result(one["registrationId"])

        self._tools.on("ServiceWorker.workerRegistrationUpdated", updated)
        await self._tools.send("ServiceWorker.enable")
        await asyncio.wait_for(self._registration, acts.PATIENCE_S)

    async def gets(self, text: str) -> None:
        """A push arrives."""
        await self._tools.send(
            "ServiceWorker.deliverPushMessage",
            {"origin": self._origin, "registrationId": self._registration.result(), "data": text},
        )


async def titles(page: Page, wanted: list[str]) -> list[dict[str, str]]:
    """Wait until these notifications stand there."""
    found: list[dict[str, str]] = await acts.until(
        lambda: page.evaluate(SHOWN), lambda shown: [one["title"] for one in shown] == wanted, f"{wanted}"
    )
    return found


async def test_a_closed_page_rings_leads_back_to_the_call_and_says_how_it_ended(tmp_path: Path) -> None:
    async with (
        PushService() as service,
        Scene(tmp_path, ring_s=600, push_servers=service.origin) as scene,
    ):
        subscription = service.browser()
        desk = await scene.browser(clip(2), size=DESK)
        await desk.context.grant_permissions(["camera", "microphone", "notifications"], origin=desk.url)
        await desk.context.add_init_script(SUBSCRIBED % json.dumps(subscription.subscription()))
        chen = await desk.sign_in("chen")
        await chen.get_by_test_id("push-switch").click()
        await chen.locator("[data-testid=push][data-state=on]").wait_for(timeout=PATIENCE_S * 1000)
        aside = await desk.context.new_page()
        await aside.goto(f"{desk.url}/icons/logo-192.png")  # of our origin, and no page of ours
        await chen.close()
        worker = Worker(await desk.context.new_cdp_session(aside), desk.url)
        await worker.find()

        tablet = await scene.browser(clip(1))
        store = await tablet.sign_in("store-0117")
        await acts.call(store)
        await service.gets(lambda: bool(service.of(subscription)))
        ring = service.of(subscription)[0]
        assert isinstance(ring, PushedRing)
        await worker.gets(ring.model_dump_json())
        [shown] = await titles(aside, ["静安寺店来电"])
        assert (shown["tag"], shown["body"]) == (ring.room, "呼叫总部 · 0117")
        await store.get_by_test_id("cancel").click()
        await service.gets(lambda: isinstance(service.of(subscription)[-1], PushedOver))
        over = service.of(subscription)[-1]
        assert isinstance(over, PushedOver)
        await worker.gets(over.model_dump_json())
        await titles(aside, ["静安寺店不再呼叫"])
        await store.get_by_test_id("home").click()

        await acts.call(store)
        await service.gets(lambda: isinstance(service.of(subscription)[-1], PushedRing))
        again = service.of(subscription)[-1]
        assert again.room != ring.room
        await worker.gets(again.model_dump_json())
        await titles(aside, ["静安寺店不再呼叫", "静安寺店来电"])
        back = await desk.page()
        await acts.answer(back)
        await acts.visible(store, "hang-up")
        await titles(aside, ["静安寺店不再呼叫"])
        await acts.hang_up(back)
        told = {one.room for one in service.of(subscription) if isinstance(one, PushedOver)}
        assert told == {ring.room}, "who answers in the page needs no push of it"
