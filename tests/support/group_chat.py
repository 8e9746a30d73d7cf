"""The bot servers of WeCom, Feishu and DingTalk, as their documents describe them: real sockets, real signatures.

async with GroupChat(secret="s3cret") as chat:
    ... post to chat.url("feishu") ...
    await chat.hears(lambda texts: any("0117" in text for text in texts))
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

from aiohttp import web

from runtime import clock
from tests.support.outside import Outside

PATHS = {
    "wecom": "/cgi-bin/webhook/send?key=k-1",
    "feishu": "/open-apis/bot/v2/hook/h-1",
    "dingtalk": "/robot/send?access_token=t-1",
}
FRESH_S = 3600


class GroupChat(Outside):
    """One server for all three; `texts` is what the groups read, in order."""

    def __init__(self, secret: str | None = None) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.posts = 0
        self.broken = False
        """It answers 502 from now on, and nobody reads anything."""
        self.elsewhere: str | None = None
        """It redirects there."""
        self._secret = secret

    def url(self, kind: str) -> str:
        return self.origin + PATHS[kind]

    async def hears(self, wanted: Callable[[list[str]], bool]) -> list[str]:
        """Wait until what was read so far is as `wanted`."""
        await self.gets(lambda: wanted(self.texts))
        return self.texts

    async def posted(self, times: int) -> None:
        """Wait until so many posts came, read or not."""
        await self.gets(lambda: self.posts >= times)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/cgi-bin/webhook/send", self._wecom),
            web.post("/open-apis/bot/v2/hook/h-1", self._feishu),
            web.post("/robot/send", self._dingtalk),
        ]

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
        self.posts += 1
        await self.changed()
        if self.elsewhere is not None:
            raise web.HTTPTemporaryRedirect(self.elsewhere)
        if self.broken:
            raise web.HTTPBadGateway(text="<html>")
        body: dict[str, Any] = json.loads(await request.read())
        return body

    async def _read(self, text: str, code: str, words: str) -> web.Response:
        self.texts.append(text)
        await self.changed()
        return web.json_response({code: 0, words: "ok"})


def _is_fresh(at_s: float) -> bool:
    return abs(clock.wall_ms() / 1000 - at_s) < FRESH_S
