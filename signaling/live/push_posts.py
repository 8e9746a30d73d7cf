"""Posts a push to the service of its browser until it is taken, refused, or of no use any more.

A push that may have arrived is posted again: at least once. No service holds up another.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Awaitable, Callable
from enum import Enum, auto

import aiohttp
from cryptography.hazmat.primitives.asymmetric import ec

from contract.base import encode
from contract.push import PushedOver, PushedRing
from runtime import clock
from runtime.logs import get_logger
from runtime.repeated import Repeated
from signaling.domain import push
from signaling.domain.bot_posts import origin_of
from signaling.domain.web_push import encrypt, proof, receiver, topic
from signaling.store.push import KeptBrowser

log = get_logger(__name__)

ANSWER_S = 10.0
AGAIN_S = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Before each further post of a push that was not taken, unless the service says longer; while it rings, and no more
than these."""
MOST_POSTS = 100
"""At once to one service. Policy: one more waits as if the service had asked for it."""


class Fate(Enum):
    """What became of one post."""

    TAKEN = auto()
    GONE = auto()
    """The browser is not there any more."""
    REFUSED = auto()
    """For good: a post like it will be refused too."""
    LATER = auto()
    """Perhaps it arrived, perhaps not."""


def client() -> aiohttp.ClientSession:
    """What `PushPosts` posts by; the caller closes it."""
    return aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=ANSWER_S),
        connector=aiohttp.TCPConnector(limit=0),  # by MOST_POSTS, so that no service takes another's
        trust_env=True,
        cookie_jar=aiohttp.DummyCookieJar(),
    )


class PushPosts:
    """All that is posted; `settled` is awaited with what became of a browser's push, unless that stays open."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        key: ec.EllipticCurvePrivateKey,
        contact: str | None,
        settled: Callable[[KeptBrowser, Fate], Awaitable[None]],
    ) -> None:
        self._http = http
        self._key = key
        self._contact = contact
        self._settled = settled
        self._posting: Counter[str] = Counter()
        self._repeated = Repeated()

    async def deliver(
        self,
        message: Callable[[], PushedRing | PushedOver | None],
        one: KeptBrowser,
        over: asyncio.Event | None = None,
    ) -> bool:
        """Post until it is taken or refused, or of no use any more as `over` is. Whether it may have arrived.

        `message` is asked before each post: what it says may have changed; None: nothing any more.
        """
        perhaps = False
        for again_s in (*AGAIN_S, None):
            made = message()
            worth_s = push.worth_s(made, clock.wall_ms()) if made is not None else 0
            if made is None or worth_s == 0:
                break
            fate, wait_s = await self._post(made, worth_s, one)
            if fate is not Fate.LATER:
                await self._settled(one, fate)
                return fate is Fate.TAKEN or (perhaps and fate is Fate.REFUSED)
            perhaps = True
            if again_s is None or await _happens(over, max(again_s, min(wait_s, worth_s))):
                break
        return perhaps

    async def _post(self, made: PushedRing | PushedOver, worth_s: int, one: KeptBrowser) -> tuple[Fate, float]:
        """One POST, and how long the service wants to be left alone."""
        endpoint = one.browser.endpoint
        service = origin_of(endpoint)
        if self._posting[service] >= MOST_POSTS:
            return Fate.LATER, 0.0
        self._posting[service] += 1
        try:
            body = encrypt(
                encode(made),
                receiver(one.browser.p256dh, one.browser.auth),
                once=ec.generate_private_key(ec.SECP256R1()),
                salt=os.urandom(16),
            )
            headers = {
                "Authorization": proof(endpoint, self._key, self._contact, clock.wall_ms() // 1000),
                "Content-Encoding": "aes128gcm",
                "Content-Type": "application/octet-stream",
                "TTL": str(worth_s),
                "Topic": topic(made.room),
                "Urgency": "high",
            }
            async with self._http.post(endpoint, data=body, headers=headers, allow_redirects=False) as answer:
                return self._fate(answer, service)  # what else it says is not read
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
            self._repeated.say(service, log.warning, "no push got through", service=service, why=type(error).__name__)
            return Fate.LATER, 0.0
        finally:
            self._posting -= Counter({service: 1})

    def _fate(self, answer: aiohttp.ClientResponse, service: str) -> tuple[Fate, float]:
        status = answer.status
        if status in (200, 201, 202, 204):
            return Fate.TAKEN, 0.0
        if status in (404, 410):
            return Fate.GONE, 0.0
        self._repeated.say(service, log.warning, "a push was not taken", service=service, status=status)
        if status == 429 or status >= 500:
            return Fate.LATER, push.retry_s(answer.headers.get("Retry-After", ""))
        return Fate.REFUSED, 0.0


async def _happens(event: asyncio.Event | None, within_s: float) -> bool:
    """Wait; whether it came to pass meanwhile."""
    if event is None:
        await asyncio.sleep(within_s)
        return False
    try:
        async with asyncio.timeout(within_s):
            await event.wait()
    except TimeoutError:
        return False
    return True
