"""Tablets of stores: enrolled, taken over with a PIN, tested."""

from sqlalchemy import ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from signaling.store.tables.base import Base, Ms


class DeviceRow(Base):
    """A tablet that was enrolled by a code: what the person of the role `store` behind it is as a thing."""

    __tablename__ = "device"
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    store_id: Mapped[str] = mapped_column(ForeignKey("store.id"))
    name: Mapped[str] = mapped_column(String(200))
    """What the administrators call it: where it stands."""
    enrolled_ms: Mapped[int] = mapped_column(Ms)
    by_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    """Who made the code."""
    revoked_ms: Mapped[int | None] = mapped_column(Ms)


class EnrolmentRow(Base):
    """A code that makes one tablet a store's device, of which only the SHA-256 is kept."""

    __tablename__ = "enrolment"
    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    store_id: Mapped[str] = mapped_column(ForeignKey("store.id"))
    name: Mapped[str] = mapped_column(String(200))
    by_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    expires_ms: Mapped[int] = mapped_column(Ms)


class TakeOverRow(Base):
    """A tablet that somebody has taken over with a PIN."""

    __tablename__ = "take_over"
    device_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    since_ms: Mapped[int] = mapped_column(Ms)
    touched_ms: Mapped[int] = mapped_column(Ms)


class PinRow(Base):
    """What somebody types at a shared tablet, as an argon2id hash."""

    __tablename__ = "pin"
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    hash: Mapped[str] = mapped_column(String(200))
    once_until_ms: Mapped[int | None] = mapped_column(Ms)
    """Given by somebody else: good until then, and only to choose one's own."""


class PinTriesRow(Base):
    """Wrong PINs of a person, or at a tablet: signaling.domain.pins.Tries."""

    __tablename__ = "pin_tries"
    subject_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    wrong: Mapped[int] = mapped_column()
    last_ms: Mapped[int] = mapped_column(Ms)
    locked_until_ms: Mapped[int | None] = mapped_column(Ms)


class SelfTestRow(Base):
    """What a tablet said of itself once (contract.selftest.SelfTest in `body`); kept for 30 days."""

    __tablename__ = "self_test"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    store_id: Mapped[str] = mapped_column(ForeignKey("store.id"))
    """Whose it was then."""
    at_ms: Mapped[int] = mapped_column(Ms, index=True)
    why: Mapped[str] = mapped_column(String(20))
    body: Mapped[str] = mapped_column(Text)


class SelfTestWindowRow(Base):
    """One row once an administrator has set it: when at night tablets test themselves, minutes since midnight."""

    __tablename__ = "self_test_window"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    from_min: Mapped[int] = mapped_column()
    to_min: Mapped[int] = mapped_column()
