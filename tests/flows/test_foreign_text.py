"""What somebody wrote is shown as text on every screen: sixty tries to be script, and a policy that would stop them."""

import asyncio
import shutil
import sqlite3
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Error, Page

from runtime import ids
from tests.flows import acts
from tests.flows.scene import DESK, Scene
from tests.support.browsers import Browser
from tests.support.clips import clip
from tests.support.stack import seeded_data
from tests.support.xss import PAYLOADS

pytestmark = pytest.mark.browser

WORDS = ("TrustedHTML", "style")
"""In what the console says of each violation."""


async def test_foreign_text_is_never_more_than_text(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    _name_everybody_badly(scene.stack.data)
    async with scene:
        tablet = await scene.browser(clip(1))
        desk = await scene.browser(clip(2), size=DESK)
        store = await tablet.sign_in("store-0117")
        expert = await desk.sign_in("chen")
        async with await scene.stack.login("he") as trainer:
            await _open_session(trainer)
        await store.get_by_test_id("join-session").first.wait_for()
        await acts.call(store)
        await acts.answer(expert)
        await acts.visible(store, "hang-up")
        room = await acts.room_of(expert)
        async with await scene.stack.login("chen") as http:
            await _say_all(http, room)
        for page in (store, expert):
            await acts.open_chat(page)
            await acts.until(partial(_missing, page), lambda texts: not texts, "every one, letter for letter")
        await acts.hang_up(expert)
        await acts.recording_is(expert, "safe")
        await _elsewhere(scene, desk, expert, store, room)
        await _nothing_ran(store, expert)
        await _policy_would_have_stopped_it(scene, desk)


async def _elsewhere(scene: Scene, desk: Browser, expert: Page, store: Page, room: str) -> None:
    """The other screens that show names, titles and chat."""
    for page in (store, expert):
        await page.get_by_test_id("home").click()
        await page.get_by_test_id("recent").wait_for()
    replay = await desk.page(f"/archive/{room}")
    await acts.visible(replay, "replay-play")
    studio = await scene.browser()
    trainer = await studio.sign_in("he")
    await trainer.get_by_test_id("invite-p-store-0117").wait_for()
    office = await scene.browser()
    admin = await office.sign_in("admin")
    await admin.get_by_test_id("archive-entry").first.wait_for()
    await _nothing_ran(replay, trainer, admin)


async def _nothing_ran(*pages: Page) -> None:
    look = """() => [globalThis.hit, document.querySelectorAll(
      '#app :is(script, iframe, object, embed, base, marquee, [onerror], [onload], [href^="javascript:"])').length]"""
    for page in pages:
        assert await page.evaluate(look) == [None, 0], page.url


async def _policy_would_have_stopped_it(scene: Scene, desk: Browser) -> None:
    """Were one of them ever taken for markup, the browser refuses; the console says so, and this flow would fail."""
    page = await desk.context.new_page()  # whose console is heard here alone
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    await page.goto(f"{desk.url}/archive")
    with pytest.raises(Error, match="TrustedHTML"):
        await page.evaluate("(html) => { document.body.innerHTML = html }", PAYLOADS[0])
    script = """() => new Promise((done) => {
      document.addEventListener('securitypolicyviolation', (event) => done(event.effectiveDirective));
      const script = document.createElement('div');
      script.setAttribute('style', 'color: red');
      document.body.append(script);
    })"""
    assert await page.evaluate(script) == "style-src-attr"

    async def heard() -> list[str]:
        return said

    await acts.until(heard, lambda lines: all(any(word in line for line in lines) for word in WORDS), "it is told")
    headers = (await page.request.get(scene.stack.url)).headers
    assert "unsafe" not in headers["content-security-policy"]


def _name_everybody_badly(data: Path) -> None:
    """Names as an administrator of bad will, or a careless import, may give."""
    shutil.copytree(seeded_data(), data, dirs_exist_ok=True)
    with sqlite3.connect(data / "passline.db") as database:
        for table, where in (("person", "role != 'store'"), ("store", "1")):
            for number, (row,) in enumerate(database.execute(f"select id from {table} where {where}").fetchall()):
                names = (PAYLOADS[(2 * number) % 45], PAYLOADS[(2 * number + 1) % 45], row)
                database.execute(f"update {table} set name_zh = ?, name_en = ? where id = ?", names)
        database.execute("update person set title_zh = ?, title_en = ? where title_zh is not null", PAYLOADS[5:7])
    database.close()


async def _socket(http: aiohttp.ClientSession) -> aiohttp.ClientWebSocketResponse:
    async with http.post("/api/ticket") as answer:
        ticket = (await answer.json())["ticket"]
    socket = await http.ws_connect("/ws")
    await socket.send_json({"type": "hello", "ticket": ticket, "proto": 1, "device": "foreign-text"})
    return socket


async def _said(socket: aiohttp.ClientWebSocketResponse, message: dict[str, Any]) -> None:
    """Say it and wait until it was done."""
    cid = ids.uuid7()
    await socket.send_json({**message, "cid": cid})
    while True:
        heard = await socket.receive_json(timeout=30.0)
        if heard.get("cid") == cid and heard["type"] in ("done", "sent", "error"):
            assert heard["type"] != "error", heard
            return


async def _open_session(http: aiohttp.ClientSession) -> None:
    socket = await _socket(http)
    title = {"zh": PAYLOADS[5], "en": PAYLOADS[6]}
    await _said(socket, {"type": "open_session", "title": title, "invite": ["p-store-0117"]})
    await socket.close()


async def _say_all(http: aiohttp.ClientSession, room: str) -> None:
    socket = await _socket(http)
    for text in PAYLOADS:
        await _said(socket, {"type": "send", "ch": f"room:{room}", "body": text})
        await asyncio.sleep(0.02)  # below the limit of messages a second
    await socket.close()


async def _missing(page: Page) -> list[str]:
    """What is not in the chat."""
    shown = await page.get_by_test_id("chat-line").all_text_contents()
    return [text for text in PAYLOADS if not any(_flat(text) in _flat(line) for line in shown)]


def _flat(text: str) -> str:
    return " ".join(text.split())
