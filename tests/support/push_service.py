"""A push service of browsers, as RFC 8030 and RFC 8292 describe it, and the browsers that it delivers to (RFC 8291).

async with PushService() as service:
    chen = service.browser()
    ... put chen.subscription(...) to /api/push/DEVICE ...
    await service.gets(lambda pushes: any(one.to is chen for one in pushes))
"""

import asyncio
import base64
import os
from collections import deque
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from aiohttp import web
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc import jwt
from joserfc.jwk import ECKey

from contract.base import decode
from contract.push import PUSHED, PushedMessage
from runtime import clock
from tests.support.outside import Outside


def unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def padded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Browser:
    """A subscription of one browser: its keys, and what its service answers to whoever posts."""

    def __init__(self, endpoint: str, device: str) -> None:
        self.endpoint = endpoint
        self.device = device
        self.answers: deque[tuple[int, dict[str, str]]] = deque()
        """Status and headers of the next posts; after them each is taken."""
        self.slow: asyncio.Event | None = None
        """It answers once this is set."""
        self.posts = 0
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._auth = os.urandom(16)

    def subscription(self, language: str = "zh") -> dict[str, str]:
        """What the page sends to us."""
        return {
            "endpoint": self.endpoint,
            "p256dh": padded(point(self._key.public_key())),
            "auth": padded(self._auth),
            "language": language,
        }

    def read(self, body: bytes) -> bytes:
        """Decrypt a push (RFC 8188 §2.1, RFC 8291 §3), by hand: it must not share the code that it checks."""
        salt, record, size = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        sender, sealed = body[21 : 21 + size], body[21 + size :]
        assert len(sealed) <= record
        shared = self._key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))
        about = b"WebPush: info\0" + point(self._key.public_key()) + sender
        secret = _hmac(_hmac(self._auth, shared), about + b"\1")
        keyed = _hmac(salt, secret)
        key = _hmac(keyed, b"Content-Encoding: aes128gcm\0\1")[:16]
        nonce = _hmac(keyed, b"Content-Encoding: nonce\0\1")[:12]
        text = AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\0")
        assert text.endswith(b"\2"), "the last record"
        return text[:-1]


def point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def _hmac(key: bytes, text: bytes) -> bytes:
    made = hmac.HMAC(key, hashes.SHA256())
    made.update(text)
    return made.finalize()


@dataclass(frozen=True)
class Got:
    """A push that was taken."""

    to: Browser
    message: PushedMessage
    ttl_s: int
    topic: str
    urgency: str
    key: str
    """The sender's, base64url."""
    claims: dict[str, Any]


class PushService(Outside):
    """A service with its browsers; `pushes` is what was taken, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.pushes: list[Got] = []
        self.elsewhere = 0
        """How often somebody followed a redirect."""
        self._browsers: dict[str, Browser] = {}

    def browser(self) -> Browser:
        """One more that is subscribed."""
        name = f"b{len(self._browsers)}"
        made = self._browsers[name] = Browser(f"{self.origin}/push/{name}", f"device-of-{name}")
        return made

    def of(self, browser: Browser) -> list[PushedMessage]:
        return [one.message for one in self.pushes if one.to is browser]

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/push/{name}", self._post), web.post("/elsewhere", self._elsewhere)]

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for browser in self._browsers.values():
            if browser.slow is not None:
                browser.slow.set()
        await super().__aexit__(kind, error, trace)

    async def _elsewhere(self, _request: web.Request) -> web.Response:
        self.elsewhere += 1
        return web.Response(status=201)

    async def _post(self, request: web.Request) -> web.Response:
        browser = self._browsers[request.match_info["name"]]
        body = await request.read()
        browser.posts += 1
        await self.changed()
        if browser.slow is not None:
            await browser.slow.wait()
        if browser.answers:
            status, headers = browser.answers.popleft()
            return web.Response(status=status, headers=headers, text="no" * 100_000)
        assert request.headers["Content-Encoding"] == "aes128gcm"
        assert len(body) <= 4096
        key, claims = self._proof(request.headers["Authorization"])
        got = Got(
            browser,
            decode(PUSHED, browser.read(body)),
            int(request.headers["TTL"]),
            request.headers["Topic"],
            request.headers["Urgency"],
            key,
            claims,
        )
        self.pushes.append(got)
        await self.changed()
        return web.Response(status=201, headers={"Location": f"{self.origin}/message/{len(self.pushes)}"})

    def _proof(self, header: str) -> tuple[str, dict[str, Any]]:
        """The sender's key and claims, as RFC 8292 §3 has them checked."""
        scheme, _, rest = header.partition(" ")
        parts = dict(part.strip().split("=", 1) for part in rest.split(","))
        assert scheme == "vapid"
        sender = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unpadded(parts["k"]))
        pem = sender.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        claims = jwt.decode(parts["t"], ECKey.import_key(pem), algorithms=["ES256"]).claims
        assert claims["aud"] == self.origin
        assert 0 < claims["exp"] - clock.wall_ms() / 1000 <= 24 * 3600
        return parts["k"], claims
