"""Bots of group chats: the second channel in which people hear of calls, when no page of ours is open."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from contract.base import Message, ShortText, Tag, WallMs
from contract.ids import BotId, RegionId
from contract.routing import Language


class BotKind(StrEnum):
    """Whose group chat."""

    WECOM = "wecom"
    """WeCom (企业微信)."""
    FEISHU = "feishu"
    """Feishu or Lark (飞书)."""
    DINGTALK = "dingtalk"
    """DingTalk (钉钉)."""


class Occasion(StrEnum):
    """What a group hears of."""

    CALLING = "calling"
    """A store calls and it rings."""
    WAITING = "waiting"
    """Everybody is busy: the store waits in the queue."""
    CALLBACK = "callback"
    """A store called in vain and is to be called back; again whenever it is later than that."""


class BotDraft(Message):
    """A bot as an administrator sets it."""

    name: ShortText
    """What we call the group."""
    kind: BotKind
    url: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    """Where to post, as the group's settings show it. It lets anybody post, so we never show it again; none keeps the
    one that is there."""
    secret: Annotated[str, Field(max_length=200)] | None = None
    """What messages are signed with, where the group asks for it; none keeps it, empty takes it away."""
    occasions: Annotated[list[Occasion], Field(min_length=1, max_length=len(Occasion))]
    language: Language
    region: RegionId | None = None
    """Only of stores there."""
    enabled: bool = True


class Bot(Message):
    """A bot as it is shown: without what would let somebody else post."""

    id: BotId
    name: ShortText
    kind: BotKind
    host: str
    signed: bool
    occasions: list[Occasion]
    language: Language
    region: RegionId | None
    enabled: bool
    told_at: WallMs | None = None
    """When a message arrived last."""
    problem: str | None = None
    """Why the last message did not arrive, as the other side or the network said it; none if it did."""
    tag: Tag
    """Which version of what administrators set this is, for `If-Match`."""


class Bots(Message):
    """All bots, by name."""

    bots: list[Bot]


class BotTried(Message):
    """What became of a message to try it."""

    problem: str | None = None
    """None: it arrived."""
