"""How each group chat wants to be posted to: where its servers are, its bodies and signatures, and what it answers.

Pure. Sources: WeCom developer.work.weixin.qq.com/document/path/91770, Feishu
open.feishu.cn/document/client-docs/bot-v3/add-custom-bot, DingTalk
open.dingtalk.com/document/robots/customize-robot-security-settings.
"""

import base64
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from contract.bots import BotKind
from contract.errors import ErrorCode, Rejection

HOSTS: dict[BotKind, frozenset[str]] = {
    BotKind.WECOM: frozenset({"https://qyapi.weixin.qq.com"}),
    BotKind.FEISHU: frozenset({"https://open.feishu.cn", "https://open.larksuite.com"}),
    BotKind.DINGTALK: frozenset({"https://oapi.dingtalk.com"}),
}
"""Nothing is posted anywhere else, so that no address of the inside can be reached by way of us."""
MOST_ANSWER_BYTES = 16 * 1024
_MOST_PROBLEM = 200
"""Characters of what the other side says."""


@dataclass(frozen=True, slots=True)
class Post:
    """One POST."""

    url: str
    body: bytes
    """JSON."""


def check_url(kind: BotKind, url: str, servers: Sequence[str]) -> None:
    """Raises Rejection(`bad_message`), which says what belongs there, unless `url` is at this kind's servers or at
    `servers`, the operator's own."""
    allowed = [*sorted(HOSTS[kind]), *servers]
    printed = url.isascii() and url.isprintable() and " " not in url
    if not printed or origin_of(url) not in allowed:
        raise Rejection(ErrorCode.BAD_MESSAGE, f"url: copy it from the group's settings, it begins with {allowed[0]}/")


def origin_of(url: str) -> str:
    """Scheme, host and port, as they stand; nothing if it is no URL. A user name in it makes it another one."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}"


def post(kind: BotKind, url: str, secret: str | None, text: str, now_ms: int) -> Post:
    """What to send so that the group reads `text`."""
    body: dict[str, Any]
    match kind:
        case BotKind.WECOM:
            body = {"msgtype": "text", "text": {"content": text}}
        case BotKind.DINGTALK:
            body = {"msgtype": "text", "text": {"content": text}}
            if secret:
                signed = _hmac(secret, f"{now_ms}\n{secret}")
                parts = urlsplit(url)
                query = [*parse_qsl(parts.query), ("timestamp", str(now_ms)), ("sign", signed)]
                url = parts._replace(query=urlencode(query)).geturl()
        case BotKind.FEISHU:
            body = {"msg_type": "text", "content": {"text": text}}
            if secret:
                at_s = str(now_ms // 1000)
                body |= {"timestamp": at_s, "sign": _hmac(f"{at_s}\n{secret}", "")}
    return Post(url, json.dumps(body, ensure_ascii=False).encode())


def problem(kind: BotKind, status: int, answer: bytes) -> str | None:
    """Why it did not arrive, as the other side says it; None if it did. All of them refuse with status 200 too."""
    try:
        said = json.loads(answer)
        code, words = (said["code"], said["msg"]) if kind is BotKind.FEISHU else (said["errcode"], said["errmsg"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return f"HTTP {status}"
    if status == 200 and code == 0:
        return None
    return f"{code}: {words}"[:_MOST_PROBLEM]


def _hmac(key: str, message: str) -> str:
    return base64.b64encode(hmac.digest(key.encode(), message.encode(), "sha256")).decode()
