"""Bots of group chats in the database, and what each group has heard."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import Action
from contract.base import Tag
from contract.bots import Bot, BotDraft
from contract.errors import ErrorCode, Rejection
from contract.ids import BotId
from signaling.domain.bot_posts import origin_of
from signaling.domain.tags import tag_of
from signaling.store import audit
from signaling.store.organisation import By
from signaling.store.tables.notices import BotRow, BotToldRow

MOST = 50


@dataclass(frozen=True, slots=True)
class KeptBot:
    """A bot with everything that is needed to post."""

    id: BotId
    draft: BotDraft
    """With its address."""
    added_ms: int
    told_ms: int | None = None
    problem: str | None = None

    @property
    def url(self) -> str:
        assert self.draft.url is not None
        return self.draft.url

    def shown(self) -> Bot:
        """Without what would let somebody else post."""
        draft = self.draft
        return Bot(
            id=self.id,
            name=draft.name,
            kind=draft.kind,
            host=origin_of(self.url).partition("://")[2],
            signed=bool(draft.secret),
            occasions=draft.occasions,
            language=draft.language,
            region=draft.region,
            enabled=draft.enabled,
            told_at=self.told_ms,
            problem=self.problem,
            tag=self.tag,
        )

    @property
    def tag(self) -> Tag:
        """Of what is shown of it: address and secret stay unless others are said, and are in no tag."""
        return tag_of(self.draft.model_copy(update={"url": origin_of(self.url), "secret": None}))


async def everyone(session: AsyncSession) -> list[KeptBot]:
    """All of them, by name."""
    rows = await session.scalars(select(BotRow))
    return sorted((_kept(row) for row in rows), key=lambda one: (one.draft.name.casefold(), one.id))


async def find(session: AsyncSession, bot: BotId) -> KeptBot | None:
    row = await session.get(BotRow, bot)
    return None if row is None else _kept(row)


async def add(session: AsyncSession, bot: KeptBot, by: By) -> None:
    """Raises Rejection(`too_many`)."""
    if (await session.execute(select(func.count()).select_from(BotRow))).scalar_one() >= MOST:
        raise Rejection(ErrorCode.TOO_MANY, f"{MOST} bots: remove one first")
    await session.execute(insert(BotRow).values(id=bot.id, body=bot.draft.model_dump_json(), added_ms=bot.added_ms))
    await _audit(session, Action.BOT_ADDED, bot, by)


async def change(session: AsyncSession, bot: KeptBot, by: By) -> None:
    """It is so from now on; what was wrong with it before is forgotten."""
    values = {"body": bot.draft.model_dump_json(), "problem": None}
    await session.execute(update(BotRow).where(BotRow.id == bot.id).values(values))
    await _audit(session, Action.BOT_CHANGED, bot, by)


async def remove(session: AsyncSession, bot: KeptBot, by: By) -> None:
    await session.execute(delete(BotToldRow).where(BotToldRow.bot_id == bot.id))
    await session.execute(delete(BotRow).where(BotRow.id == bot.id))
    await _audit(session, Action.BOT_REMOVED, bot, by)


async def posted(session: AsyncSession, bot: KeptBot, keys: Iterable[str], problem: str | None, now_ms: int) -> None:
    """A post of these arrived, or did not. Says nothing of a bot that was changed or removed meanwhile."""
    row = await session.get(BotRow, bot.id)
    if row is None or BotDraft.model_validate_json(row.body) != bot.draft:
        return
    values: dict[str, object] = {"problem": problem}
    if problem is None:
        values["told_ms"] = now_ms
        for key in keys:
            told = upsert(BotToldRow).values(bot_id=bot.id, key=key, at_ms=now_ms)
            await session.execute(told.on_conflict_do_nothing())
    await session.execute(update(BotRow).where(BotRow.id == bot.id).values(values))


async def told(session: AsyncSession) -> set[tuple[BotId, str]]:
    """What each group has heard, and has not been forgotten."""
    rows = await session.execute(select(BotToldRow.bot_id, BotToldRow.key))
    return {(BotId(bot), key) for bot, key in rows}


async def forget(session: AsyncSession, before_ms: int) -> None:
    """What was told earlier."""
    await session.execute(delete(BotToldRow).where(BotToldRow.at_ms < before_ms))


async def _audit(session: AsyncSession, action: Action, bot: KeptBot, by: By) -> None:
    await audit.record(session, action, by.person, object_id=bot.id, address=by.address, detail=bot.draft.name)


def _kept(row: BotRow) -> KeptBot:
    return KeptBot(BotId(row.id), BotDraft.model_validate_json(row.body), row.added_ms, row.told_ms, row.problem)
