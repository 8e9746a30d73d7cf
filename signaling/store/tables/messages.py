"""Chat."""

from sqlalchemy import Computed, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from signaling.store.tables.base import Base, Id, Ms


class ChannelRow(Base):
    __tablename__ = "channel"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    head: Mapped[int] = mapped_column(default=0)


class MessageRow(Base):
    """The row is the message: what is committed here arrives."""

    __tablename__ = "message"
    channel_id: Mapped[str] = mapped_column(ForeignKey("channel.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    cid: Mapped[str] = mapped_column(String(36))
    sender_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    body: Mapped[str] = mapped_column(Text)
    at_ms: Mapped[int] = mapped_column(Ms)
    operator: Mapped[str | None] = mapped_column(Text)
    """contract.people.Operator, as JSON: who had taken the sender over, which is a tablet."""
    author_id: Mapped[str | None] = mapped_column(
        Id, Computed("coalesce(json_extract(operator, '$.id'), sender_id)", persisted=False)
    )
    """Whose words these are: the operator's, or the sender's."""
    __table_args__ = (
        UniqueConstraint("sender_id", "cid"),
        Index("ix_message_author", "author_id", "at_ms", "channel_id", "seq"),
    )


class CursorRow(Base):
    """How far one device of a person has received and read a channel; never goes back."""

    __tablename__ = "device_cursor"
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    device: Mapped[str] = mapped_column(String(64), primary_key=True)
    channel_id: Mapped[str] = mapped_column(ForeignKey("channel.id"), primary_key=True)
    delivered: Mapped[int] = mapped_column(default=0)
    read: Mapped[int] = mapped_column(default=0)
    __table_args__ = (Index("ix_device_cursor_channel", "channel_id"),)
