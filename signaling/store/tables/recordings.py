"""Recordings, whom they are shown, and how far somebody watched."""

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from signaling.store.tables.base import Base, Id, Ms


class RecordingRow(Base):
    """The summary of a recording once the recorder reported it (contract.recording.RecordingSummary)."""

    __tablename__ = "recording"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"), unique=True)
    state: Mapped[str] = mapped_column(String(20))
    stopped_ms: Mapped[int | None] = mapped_column(Ms)
    safe_ms: Mapped[int | None] = mapped_column(Ms)
    summary: Mapped[str | None] = mapped_column(Text)
    checked_ms: Mapped[int | None] = mapped_column(Ms)
    """When its files were last compared with their checksums."""
    damaged: Mapped[str | None] = mapped_column(Text)
    """Names of the files that were not what was written, with commas between."""
    deleted_ms: Mapped[int | None] = mapped_column(Ms)


class PublicationRow(Base):
    """A recording shown to a role."""

    __tablename__ = "publication"
    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(20), primary_key=True)
    by_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    at_ms: Mapped[int] = mapped_column(Ms)


class ProgressRow(Base):
    """How far somebody has watched a recording."""

    __tablename__ = "progress"
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"), primary_key=True)
    position_s: Mapped[float] = mapped_column()
    done: Mapped[bool] = mapped_column(default=False)
    at_ms: Mapped[int] = mapped_column(Ms)
