"""Who hears of calls outside our pages: group chats and closed browsers."""

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from signaling.store.tables.base import Base, Id, Ms


class BotRow(Base):
    """A bot of a group chat: contract.bots.BotDraft with its address and secret in `body`, which is shown to nobody."""

    __tablename__ = "bot"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    body: Mapped[str] = mapped_column(Text)
    added_ms: Mapped[int] = mapped_column(Ms)
    told_ms: Mapped[int | None] = mapped_column(Ms)
    problem: Mapped[str | None] = mapped_column(String(200))


class BotToldRow(Base):
    """What a bot's group has heard."""

    __tablename__ = "bot_told"
    bot_id: Mapped[str] = mapped_column(ForeignKey("bot.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    at_ms: Mapped[int] = mapped_column(Ms, index=True)


class PushKeyRow(Base):
    """One row: the key that says to push services who we are. Another one, and no browser could be rung any more."""

    __tablename__ = "push_key"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    pem: Mapped[str] = mapped_column(Text)


class PushBrowserRow(Base):
    """A browser that Web Push rings, as long as it is signed in (contract.push.PushBrowser in `body`)."""

    __tablename__ = "push_browser"
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    device: Mapped[str] = mapped_column(String(64), primary_key=True)
    sign_in_hash: Mapped[bytes] = mapped_column(ForeignKey("sign_in.token_hash", ondelete="CASCADE"), index=True)
    endpoint: Mapped[str] = mapped_column(String(1000), unique=True)
    body: Mapped[str] = mapped_column(Text)
    set_ms: Mapped[int] = mapped_column(Ms)
