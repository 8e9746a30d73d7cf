"""Bots of group chats, for administrators: added, changed, tried, removed. Their addresses are never answered."""

from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession

from contract.bots import Bot, BotDraft, Bots, BotTried
from contract.errors import ErrorCode, Rejection
from contract.ids import BotId, RegionId
from runtime import clock, ids
from signaling.domain.access import Act
from signaling.domain.bot_posts import check_url
from signaling.http.route import Route, Visit
from signaling.store import bots as rows
from signaling.store.bots import KeptBot
from signaling.store.tables.organisation import RegionRow


async def list_bots(visit: Visit) -> Bots:
    """Which groups hear of calls, and whether the last message arrived."""
    return Bots(bots=[one.shown() for one in await visit.house.database.fetch(rows.everyone)])


async def add_bot(visit: Visit) -> Bot:
    """A further group hears of calls from now on."""
    draft = visit.body(BotDraft)
    if draft.url is None:
        raise Rejection(ErrorCode.BAD_MESSAGE, "url: a new bot needs the address from its group's settings")
    check_url(draft.kind, draft.url, visit.house.settings.bot_servers)
    new = KeptBot(BotId(ids.uuid7()), draft, clock.wall_ms())

    async def work(session: AsyncSession) -> None:
        await _check_region(session, draft.region)
        await rows.add(session, new, visit.by)

    await visit.house.database.write(work)
    visit.house.bots.wake()
    return new.shown()


async def change_bot(visit: Visit) -> Bot:
    """Set a bot anew; its address and secret stay unless others are said."""
    draft = visit.body(BotDraft)

    async def work(session: AsyncSession) -> KeptBot:
        before = await _find(session, visit)
        visit.check_tag(before.tag)
        if draft.kind is not before.draft.kind and draft.url is None:
            raise Rejection(ErrorCode.BAD_MESSAGE, "url: a bot of another chat has another address")
        url = before.url if draft.url is None else draft.url
        check_url(draft.kind, url, visit.house.settings.bot_servers)
        await _check_region(session, draft.region)
        secret = before.draft.secret if draft.secret is None else draft.secret
        kept = draft.model_copy(update={"url": url, "secret": secret})
        new = KeptBot(before.id, kept, before.added_ms, before.told_ms)
        await rows.change(session, new, visit.by)
        return new

    new = await visit.house.database.write(work)
    visit.house.bots.wake()
    return new.shown()


async def remove_bot(visit: Visit) -> None:
    """Its group hears no more."""

    async def work(session: AsyncSession) -> None:
        await rows.remove(session, await _find(session, visit), visit.by)

    await visit.house.database.write(work)
    visit.house.bots.wake()


async def try_bot(visit: Visit) -> BotTried:
    """Post a message now that says what it is."""
    return BotTried(problem=await visit.house.bots.try_out(_id(visit)))


async def _find(session: AsyncSession, visit: Visit) -> KeptBot:
    found = await rows.find(session, _id(visit))
    if found is None:
        raise Rejection(ErrorCode.NOT_FOUND, "no such bot")
    return found


async def _check_region(session: AsyncSession, region: RegionId | None) -> None:
    if region is not None and await session.get(RegionRow, region) is None:
        raise Rejection(ErrorCode.NOT_FOUND, "no such region")


def _id(visit: Visit) -> BotId:
    return BotId(visit.param("bot"))


_ONE = "/api/bots/{bot}"
_route = partial(Route, act=Act.CHANGE_ROUTING, whole=True)
ROUTES = [
    _route(method="GET", path="/api/bots", handler=list_bots, answer=Bots),
    _route(method="POST", path="/api/bots", handler=add_bot, body=BotDraft, exact=True, answer=Bot, status=201),
    _route(method="PUT", path=_ONE, handler=change_bot, body=BotDraft, exact=True, tagged=True, answer=Bot),
    _route(method="DELETE", path=_ONE, handler=remove_bot, status=204),
    _route(method="POST", path=f"{_ONE}/try", handler=try_bot, answer=BotTried),
]
