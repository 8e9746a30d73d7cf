"""The chain: its regions and stores, their machines, its rules."""

from datetime import date

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from signaling.store.tables.base import Base, Id, Ms


class ChainRow(Base):
    """The chain itself: one row."""

    __tablename__ = "chain"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))


class DirectoryRow(Base):
    """One row: `ver` grows with every change of people, stores or regions, whoever makes it.

    A running server looks at it, so that a change made by another process counts within seconds.
    """

    __tablename__ = "directory"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    ver: Mapped[int] = mapped_column(default=0)


class RegionRow(Base):
    __tablename__ = "region"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))


class StoreRow(Base):
    __tablename__ = "store"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    number: Mapped[str] = mapped_column(String(64), unique=True)
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    region_id: Mapped[str] = mapped_column(ForeignKey("region.id"))
    closed_ms: Mapped[int | None] = mapped_column(Ms)


class EquipmentRow(Base):
    """A machine of a store. What is retired stays, for what was said about it."""

    __tablename__ = "equipment"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    """On its sticker; it never changes."""
    store_id: Mapped[str] = mapped_column(ForeignKey("store.id"), index=True)
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(String(20))
    """contract.rooms.Reason: whom it calls."""
    make: Mapped[str] = mapped_column(String(200))
    model: Mapped[str] = mapped_column(String(200))
    serial: Mapped[str] = mapped_column(String(200))
    installed_on: Mapped[date | None] = mapped_column()
    warranty_until: Mapped[date | None] = mapped_column()
    note: Mapped[str] = mapped_column(String(200))
    retired_ms: Mapped[int | None] = mapped_column(Ms)
    __table_args__ = (UniqueConstraint("make", "serial"),)


class PoliciesRow(Base):
    """One row once an administrator has set them: contract.policies.Policies in `body`."""

    __tablename__ = "policies"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    body: Mapped[str] = mapped_column(Text)
