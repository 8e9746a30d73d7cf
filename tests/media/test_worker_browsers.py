"""A worker process between real browsers: everybody sees and hears the others, nobody sees themselves."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from contract.media import Layout
from contract.nodes import Answered
from runtime import clock
from tests.support.browsers import chromium, firefox, playwright
from tests.support.control_desk import ControlDesk
from tests.support.loop import PAGE

pytestmark = pytest.mark.browser

Evaluate = Callable[[str], Awaitable[Any]]


@pytest.fixture
async def url(desk: ControlDesk, worker: asyncio.subprocess.Process) -> AsyncIterator[str]:
    """The trial page; each offer is a new participant of one room."""
    numbers = iter(range(1, 100))

    async def page(_request: web.Request) -> web.StreamResponse:
        return web.Response(text=PAGE.read_text(), content_type="text/html")

    async def offer(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        number = next(numbers)
        reply = await desk.ask(
            body["sdp"],
            leg=f"leg-{number}",
            who=f"p-{number}",
            session=f"s-{number}",
            layout=Layout.model_validate(body["layout"]),
            host=number == 1,
        )
        return web.json_response(reply.model_dump(mode="json"), status=200 if isinstance(reply, Answered) else 400)

    app = web.Application()
    app.add_routes([web.get("/", page), web.post("/offer", offer)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def options(colour: str, hz: int) -> str:
    return json.dumps({"stage": 2, "floor": 3, "colour": colour, "hz": hz})


async def shows(evaluate: Evaluate, who: str, *, within_s: float = 30.0) -> None:
    """Wait until `who`'s camera and microphone play in one of the slots."""
    deadline = clock.now() + within_s
    while True:
        slots = await evaluate("Object.values(state.slots)")
        mids = {slot["source"]: slot["mid"] for slot in slots if slot["participant"] == who}
        got = {inbound["mid"]: inbound for inbound in await evaluate("received()")}
        picture, sound = got.get(mids.get("camera", "")), got.get(mids.get("microphone", ""))
        if picture and sound and picture["frames"] > 20 and sound["packets"] > 20:
            return
        assert clock.now() < deadline, f"{who}: slots {slots}, received {got}"
        await asyncio.sleep(0.1)


async def test_two_chromium_pages_see_and_hear_each_other(url: str, desk: ControlDesk) -> None:
    async with playwright() as driver, chromium(driver, url) as browser:
        first, second = await browser.page("/"), await browser.page("/")
        await first.evaluate(f"go({options('#f00', 500)})")
        await second.evaluate(f"go({options('#00f', 900)})")
        await shows(first.evaluate, "p-2")
        await shows(second.evaluate, "p-1")
        for page, own in ((first, "p-1"), (second, "p-2")):
            assert all(slot["participant"] != own for slot in await page.evaluate("Object.values(state.slots)"))
        dropped = (await desk.beat()).dropped
        assert dropped.get("bug", 0) == 0
        assert dropped.get("srtp_receive", 0) == 0


async def test_chromium_and_firefox_see_and_hear_each_other(url: str, desk: ControlDesk) -> None:
    async with playwright() as driver, chromium(driver, url) as browser, firefox(url) as fox:
        page = await browser.page("/")

        async def evaluate(expression: str) -> Any:
            script = f"(async () => JSON.stringify(await ({expression})))()"
            return json.loads(await fox.evaluate(f"window.wrappedJSObject.eval({json.dumps(script)})"))

        await page.evaluate(f"go({options('#f00', 500)})")
        await evaluate(f"go({options('#00f', 900)})")
        await shows(evaluate, "p-1")
        await shows(page.evaluate, "p-2")
        assert (await desk.beat()).dropped.get("bug", 0) == 0
