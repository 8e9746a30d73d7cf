"""Tells group chats of calls by their bots: the second channel, when nobody has a page of ours open.

What is worth telling is looked at every second; what a group has heard is in the database, so that after a restart
nothing is left out. A post that may have arrived and was not written down is made again: at least once.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from functools import partial

import aiohttp
from sqlalchemy.exc import SQLAlchemyError

from contract.callbacks import Callback
from contract.errors import ErrorCode, Rejection, Unavailable
from contract.ids import BotId
from contract.rooms import RoomState
from runtime import clock
from runtime.logs import get_logger
from runtime.supervise import TaskScope
from signaling.domain import bots
from signaling.domain.bot_posts import MOST_ANSWER_BYTES, post, problem
from signaling.domain.bots import Telling
from signaling.store import bots as rows
from signaling.store.bots import KeptBot
from signaling.store.engine import Database

log = get_logger(__name__)

LOOK_S = 1.0
EVERY_S = 4.0
"""Between two posts of a bot: WeCom and DingTalk take 20 a minute, and DingTalk is silent for ten minutes after more.
What comes meanwhile is one message."""
AGAIN_S, LONGEST_S = 5.0, 300.0
"""After a post that did not arrive; twice as long each time."""
ANSWER_S = 10.0
REMEMBER_MS = 24 * 3600 * 1000
"""What still waits after that is told once more."""
READ_S = 3600.0
"""How often what is to be forgotten is."""


class LiveBots:
    """`run` tells; `wake` when an administrator changed bots; `try_out` posts at once."""

    def __init__(
        self,
        database: Database,
        rooms: Callable[[], Iterable[RoomState]],
        callbacks: Callable[[], Iterable[Callback]],
        *,
        url: str | None,
    ) -> None:
        """`rooms` and `callbacks` are where to look; `url` is where people open our pages, if we know."""
        self._database = database
        self._rooms = rooms
        self._callbacks = callbacks
        self._url = url
        self._bots: list[KeptBot] = []
        self._told: set[tuple[BotId, str]] = set()
        self._rest: dict[BotId, tuple[float, float]] = {}
        """Until when it posts nothing, and how long it rested."""
        self._posting: set[BotId] = set()
        self._read_at: float | None = None

    def wake(self) -> None:
        """Bots were changed: they may post at once."""
        self._read_at = None
        self._rest.clear()

    async def run(self) -> None:
        """Tell what is to be told."""
        async with TaskScope("bots") as scope:
            while True:
                try:
                    await self._look(scope)
                except (SQLAlchemyError, Unavailable):
                    self._read_at = None
                    log.exception("bots could not be read")
                await asyncio.sleep(LOOK_S)

    async def _look(self, scope: TaskScope) -> None:
        """Tell every group what it has not heard; one that does not answer holds up no other."""
        now = clock.now()
        if not self._posting and (self._read_at is None or now >= self._read_at + READ_S):
            await self._read(now)
        if self._read_at is None:
            return
        ready = [bot for bot in self._bots if self._is_ready(bot, now)]
        worth = bots.tellings(self._rooms(), self._callbacks()) if ready else []
        for bot in ready:
            if new := [one for one in worth if self._is_news(bot, one)]:
                self._posting.add(bot.id)
                scope.spawn(self._tell(bot, new), name=bot.id)

    async def try_out(self, bot: BotId) -> str | None:
        """Post a message that says what it is. Why it did not arrive, or None. Raises Rejection(`not_found`)."""
        kept = await self._database.fetch(partial(rows.find, bot=bot))
        if kept is None:
            raise Rejection(ErrorCode.NOT_FOUND, "no such bot")
        why = await self._post(kept, bots.trial(kept.draft.language, self._url))
        await self._database.write(partial(rows.posted, bot=kept, keys=(), problem=why, now_ms=clock.wall_ms()))
        return why

    async def _read(self, now: float) -> None:
        self._read_at = now  # first: whoever changes a bot meanwhile has it read again
        await self._database.write(partial(rows.forget, before_ms=clock.wall_ms() - REMEMBER_MS))
        async with self._database.read() as session:
            self._bots, self._told = await rows.everyone(session), await rows.told(session)

    def _is_ready(self, bot: KeptBot, now: float) -> bool:
        until, _ = self._rest.get(bot.id, (0.0, 0.0))
        return bot.draft.enabled and bot.id not in self._posting and now >= until

    def _is_news(self, bot: KeptBot, one: Telling) -> bool:
        draft = bot.draft
        return one.concerns(draft.occasions, draft.region, bot.added_ms) and (bot.id, one.key) not in self._told

    async def _tell(self, bot: KeptBot, new: Sequence[Telling]) -> None:
        try:
            now_ms = clock.wall_ms()
            why = await self._post(bot, bots.text(list(new), bot.draft.language, now_ms, self._url))
            keys = [one.key for one in new]
            if self._read_at is not None:  # else bots were changed meanwhile: what this one became may post at once
                self._rested(bot, why, tellings=len(new))
            if why is None:
                self._told.update((bot.id, key) for key in keys)
            await self._database.write(partial(rows.posted, bot=bot, keys=keys, problem=why, now_ms=now_ms))
        except (SQLAlchemyError, Unavailable):
            log.exception("what a group chat heard could not be written")
        finally:
            self._posting.discard(bot.id)

    def _rested(self, bot: KeptBot, why: str | None, *, tellings: int) -> None:
        """It posts again after a while, the longer the more often it failed."""
        rest_s = EVERY_S
        if why is not None:
            rest_s = min(LONGEST_S, max(AGAIN_S, 2 * self._rest.get(bot.id, (0.0, 0.0))[1]))
            log.warning("a group chat did not hear of calls", bot=bot.id, why=why, tellings=tellings, again_in_s=rest_s)
        self._rest[bot.id] = clock.now() + rest_s, rest_s if why is not None else 0.0

    async def _post(self, bot: KeptBot, text: str) -> str | None:
        """Why it did not arrive, or None."""
        made = post(bot.draft.kind, bot.url, bot.draft.secret, text, clock.wall_ms())
        timeout = aiohttp.ClientTimeout(total=ANSWER_S)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, trust_env=True, cookie_jar=aiohttp.DummyCookieJar()) as http,
                http.post(
                    made.url,
                    data=made.body,
                    headers={"Content-Type": "application/json; charset=utf-8"},
                    allow_redirects=False,
                ) as answer,
            ):
                return problem(bot.draft.kind, answer.status, await _most(answer.content))
        except TimeoutError:
            return f"no answer within {ANSWER_S:.0f} s"
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return _plain(error)


async def _most(content: aiohttp.StreamReader) -> bytes:
    """The answer; what is longer is cut."""
    read = bytearray()
    while len(read) < MOST_ANSWER_BYTES and (part := await content.read(MOST_ANSWER_BYTES - len(read))):
        read += part
    return bytes(read)


def _plain(error: Exception) -> str:
    """What went wrong, without the address: it is a secret."""
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"no connection to {error.host}: {error.os_error.strerror or type(error.os_error).__name__}"
    return type(error).__name__
