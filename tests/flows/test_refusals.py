"""What is refused beside a running call: each with a clear answer, and the call goes on."""

from pathlib import Path
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Page

from tests.flows import acts
from tests.flows.scene import DESK, Scene
from tests.support.clips import clip

pytestmark = pytest.mark.browser

SDP = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\n"
CANDIDATE = "a=candidate:1 1 udp 1 10.0.0.1 9 typ host\r\n"


async def test_hostile_wishes_are_refused_in_words_and_the_call_goes_on(tmp_path: Path) -> None:
    sight, own = clip(1), clip(2)
    async with Scene(tmp_path) as scene:
        tablet = await scene.browser(sight)
        desk = await scene.browser(own, size=DESK)
        store, expert = await acts.in_call(tablet, desk, "store-0117", "chen")
        await acts.sees(expert, "p-store-0117", sight)
        room = await acts.room_of(expert)
        peers = f"/api/rooms/{room}/peers"
        seat = await expert.evaluate(
            "passline.snapshot().rooms[0].members.find((one) => one.person.id === 'p-chen').session"
        )
        layout = {"stage": 4, "floor": 3}

        def offer(sdp: str) -> dict[str, object]:
            return {"session": seat, "pc_gen": 99, "layout": layout, "sdp": sdp}

        url = scene.stack.url
        scene.expected += ["status of 400", "status of 413"]
        assert await _page_said(expert, peers, offer(SDP)) == [400, "bad_sdp"]
        assert await _page_said(expert, peers, offer(SDP + CANDIDATE * 1_000)) == [400, "bad_sdp"]
        status, _ = await _page_said(expert, peers, offer(SDP + CANDIDATE * 10_000))
        assert status in (400, 413), "ten thousand candidates"
        async with await scene.stack.login("chen") as http:
            assert await _said(http, "POST", peers, data=b'{"session":') == (400, "bad_message")
            assert await _said(http, "POST", "/api/ticket", headers={"Origin": "https://elsewhere.example"}) == (
                403,
                "foreign_origin",
            )
            assert await _said(http, "POST", f"/api/rooms/{room}/stills", data=b"GIF89a") == (400, "bad_picture")
            async with http.get("/ws", headers={"Origin": "https://elsewhere.example"}) as answer:
                assert answer.status == 403
            socket = await http.ws_connect("/ws", headers={"Origin": url})
            await socket.send_str("x" * 100_000)
            while not socket.closed:
                await socket.receive(timeout=30)
            assert socket.close_code == 1009, "too large a frame"
        async with await scene.stack.login("store-0131") as http:
            assert await _said(http, "POST", peers, json=offer(SDP)) == (404, "not_found")
            assert await _said(http, "GET", f"/api/archive/{room}") == (404, "not_found")
            assert await _said(http, "POST", f"/api/rooms/{room}/stills", data=b"GIF89a") == (404, "not_found")
        async with scene.stack.client() as http:
            wrong = {"login": "chen", "password": "guess"}
            assert await _said(http, "POST", "/api/signin", json=wrong) == (401, "wrong_password")
            http.cookie_jar.update_cookies({"passline": "made-up"})
            assert await _said(http, "GET", "/api/archive") == (401, "sign_in")

        await acts.sees(expert, "p-store-0117", sight)
        await acts.sees(store, "p-chen", own)
        members = await expert.evaluate("passline.snapshot().rooms[0].members.map((one) => one.state)")
        assert members == ["joined", "joined"], "nothing changed"


async def _page_said(page: Page, path: str, body: dict[str, object]) -> list[Any]:
    """Status and error code of a write from inside the page, with its own session."""
    script = """async ([path, body]) => {
      const answer = await fetch(path, {
        method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
      return [answer.status, (await answer.json()).code];
    }"""
    said: list[Any] = await page.evaluate(script, [path, body])
    return said


async def _said(http: aiohttp.ClientSession, method: str, path: str, **more: Any) -> tuple[int, str]:
    """Status and error code."""
    if isinstance(more.get("data"), bytes):
        picture = path.endswith("/stills")
        more["headers"] = {"Content-Type": "image/jpeg" if picture else "application/json"} | more.get("headers", {})
    async with http.request(method, path, **more) as answer:
        return answer.status, (await answer.json())["code"]
