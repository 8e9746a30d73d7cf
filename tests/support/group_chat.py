"""The bot servers of WeCom, Feishu and DingTalk, as their documents describe them: real sockets, real signatures.

async with GroupChat(secret="s3cret") as chat:
    ... post to chat.url("feishu") ...
    await chat.hears(lambda texts: any("0117" in text for text in texts))
"""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any

from aiohttp import web

from runtime import clock

PATHS = {
    "wecom": "/cgi-bin/webhook/send?key=k-1",
    "feishu": "/open-apis/bot/v2/hook/h-1",
    "dingtalk": "/robot/send?access_token=t-1",
}
FRESH_S = 3600
PATIENCE_S = 60.0


class GroupChat:
    """One server for all three; `texts` is what the groups read, in order."""

    def __init__(self, secret: str | None = None) -> None:
        self.texts: list[str] = []
        self.posts = 0
        self.broken = False
        """It answers 502 from now on, and nobody reads anything."""
        self.elsewhere: str | None = None
        """It redirects there."""
        self._secret = secret
        self._port = 0
        self._changed = asyncio.Condition()
        self._stack = AsyncExitStack()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def url(self, kind: str) -> str:
        return self.origin + PATHS[kind]

    async def hears(self, wanted: Callable[[list[str]], bool]) -> list[str]:
        """Wait until what was read so far is as `wanted`."""
        async with asyncio.timeout(PATIENCE_S), self._changed:
            await self._changed.wait_for(lambda: wanted(self.texts))
        return self.texts

    async def posted(self, times: int) -> None:
        """Wait until so many posts came, read or not."""
        async with asyncio.timeout(PATIENCE_S), self._changed:
            await self._changed.wait_for(lambda: self.posts >= times)

    async def __aenter__(self) -> "GroupChat":
        app = web.Application()
        app.router.add_post("/cgi-bin/webhook/send", self._wecom)
        app.router.add_post("/open-apis/bot/v2/hook/h-1", self._feishu)
        app.router.add_post("/robot/send", self._dingtalk)
        runner = web.AppRunner(app)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self._port = runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _wecom(self, request: web.Request) -> web.Response:
        body = await self._body(request)
        if request.query.get("key") != "k-1":
            return web.json_response({"errcode": 93000, "errmsg": "invalid webhook url"})
        return await self._read(body["text"]["content"] if body["msgtype"] == "text" else "", "errcode", "errmsg")

    async def _feishu(self, request: web.Request) -> web.Response:
        body = await self._body(request)
        if self._secret is not None and not self._signed(body):
            return web.json_response({"code": 19021, "msg": "sign match fail or timestamp is not within one hour"})
        return await self._read(body["content"]["text"] if body["msg_type"] == "text" else "", "code", "msg")

    async def _dingtalk(self, request: web.Request) -> web.Response:
        body = await self._body(request)
        if self._secret is not None:
            at_ms = request.query.get("timestamp", "0")
            digest = hmac.new(self._secret.encode(), f"{at_ms}\n{self._secret}".encode(), hashlib.sha256).digest()
            if request.query.get("sign") != base64.b64encode(digest).decode() or not _is_fresh(int(at_ms) / 1000):
                return web.json_response({"errcode": 310000, "errmsg": "sign not match"})
        return await self._read(body["text"]["content"] if body["msgtype"] == "text" else "", "errcode", "errmsg")

    def _signed(self, body: dict[str, Any]) -> bool:
        key = f"{body.get('timestamp')}\n{self._secret}".encode()
        sign = base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()
        return body.get("sign") == sign and _is_fresh(int(body["timestamp"]))

    async def _body(self, request: web.Request) -> dict[str, Any]:
        async with self._changed:
            self.posts += 1
            self._changed.notify_all()
        if self.elsewhere is not None:
            raise web.HTTPTemporaryRedirect(self.elsewhere)
        if self.broken:
            raise web.HTTPBadGateway(text="<html>")
        body: dict[str, Any] = json.loads(await request.read())
        return body

    async def _read(self, text: str, code: str, words: str) -> web.Response:
        async with self._changed:
            self.texts.append(text)
            self._changed.notify_all()
        return web.json_response({code: 0, words: "ok"})


def _is_fresh(at_s: float) -> bool:
    return abs(clock.wall_ms() / 1000 - at_s) < FRESH_S
