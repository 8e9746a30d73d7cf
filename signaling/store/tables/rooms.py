"""Rooms: what is so, what happened, who has to do with them."""

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from signaling.store.tables.base import Base, Id, Ms


class RoomRow(Base):
    """A room's newest state (contract.rooms.RoomState in `body`); open ones are loaded at the start."""

    __tablename__ = "room"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    ver: Mapped[int] = mapped_column()
    kind: Mapped[str] = mapped_column(String(20))
    opened_ms: Mapped[int] = mapped_column(Ms, index=True)
    closed_ms: Mapped[int | None] = mapped_column(Ms, index=True)
    store_id: Mapped[str | None] = mapped_column(ForeignKey("store.id"), index=True)
    equipment_id: Mapped[str | None] = mapped_column(Id, index=True)
    """The machine that a call is about."""
    recording_id: Mapped[str | None] = mapped_column(Id, unique=True)
    recording_state: Mapped[str] = mapped_column(String(20), default="off")
    body: Mapped[str] = mapped_column(Text)


class RoomEventRow(Base):
    """Every fact of a room, in order; chapters of the replay come from here."""

    __tablename__ = "room_event"
    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"), primary_key=True)
    ver: Mapped[int] = mapped_column(primary_key=True)
    at_ms: Mapped[int] = mapped_column(Ms)
    body: Mapped[str] = mapped_column(Text)


class RoomMemberRow(Base):
    """Who has to do with a room: the index behind every access check of rooms and archive.

    `participated` is set once the person joined; somebody who was only rung or invited sees no archive entry.
    """

    __tablename__ = "room_member"
    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    store_id: Mapped[str | None] = mapped_column(ForeignKey("store.id"), index=True)
    participated: Mapped[bool] = mapped_column(default=False)
    __table_args__ = (Index("ix_room_member_person", "person_id", "room_id"),)


class DoneCommandRow(Base):
    """Commands carried out, by their cid: a repeated one is answered, not repeated."""

    __tablename__ = "done_command"
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    cid: Mapped[str] = mapped_column(String(36), primary_key=True)
    room_id: Mapped[str | None] = mapped_column(Id)
    at_ms: Mapped[int] = mapped_column(Ms)


class MediaTokenRow(Base):
    """What lets one guest into one room by WHIP or WHEP; the token is random, only its SHA-256 is kept."""

    __tablename__ = "media_token"
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    guest_id: Mapped[str] = mapped_column(Id, unique=True)
    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"), index=True)
    use: Mapped[str] = mapped_column(String(20))
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    expires_ms: Mapped[int] = mapped_column(Ms)


class VisitRow(Base):
    """A link that lets one visitor into one call; the token is random, only its SHA-256 is kept."""

    __tablename__ = "visit"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"), index=True)
    by_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    created_ms: Mapped[int] = mapped_column(Ms)
    expires_ms: Mapped[int] = mapped_column(Ms)
    """Until when somebody may come by it; who came may stay."""
    opened_ms: Mapped[int | None] = mapped_column(Ms)
    """When somebody first looked at it."""
    visitor_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"), unique=True)
    """Who came by it, which used it up."""
    over_ms: Mapped[int | None] = mapped_column(Ms)
    over: Mapped[str | None] = mapped_column(String(20))
    """contract.server.VisitEnd"""


class StillRow(Base):
    """A photo's facts; the bytes lie in the objects directory under its id."""

    __tablename__ = "still"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"), index=True)
    mime: Mapped[str] = mapped_column(String(40))
    size_bytes: Mapped[int] = mapped_column()
    sha256: Mapped[str] = mapped_column(String(64))
    body: Mapped[str] = mapped_column(Text)
    """contract.rooms.Still"""
