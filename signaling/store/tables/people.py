"""People and tablets as principals: what they may do, and when they can be rung."""

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from signaling.store.tables.base import Base, Id, Ms


class PersonRow(Base):
    """A principal: somebody, or a store's tablet."""

    __tablename__ = "person"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    login: Mapped[str] = mapped_column(String(64), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(20))
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    title_zh: Mapped[str | None] = mapped_column(String(200))
    title_en: Mapped[str | None] = mapped_column(String(200))
    department_zh: Mapped[str | None] = mapped_column(String(200))
    department_en: Mapped[str | None] = mapped_column(String(200))
    store_id: Mapped[str | None] = mapped_column(ForeignKey("store.id"))
    region_id: Mapped[str | None] = mapped_column(ForeignKey("region.id"))
    """Where the role counts, if not in the whole chain (or, of a tablet, in its store)."""
    skills: Mapped[str] = mapped_column(String(200), default="")
    """Comma separated contract.people.Skill."""
    disabled_ms: Mapped[int | None] = mapped_column(Ms)
    erased_ms: Mapped[int | None] = mapped_column(Ms)
    """Deleted on request: what stays is the id, under which others remember that somebody was there."""


class GrantRow(Base):
    """What somebody may do besides their main role: a role, in a region, in a store, or (neither) in the chain."""

    __tablename__ = "role_grant"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    region_id: Mapped[str | None] = mapped_column(ForeignKey("region.id"))
    store_id: Mapped[str | None] = mapped_column(ForeignKey("store.id"))
    by_claims: Mapped[bool] = mapped_column(default=False)
    """By a group of the identity provider, and gone with it; others are given by hand."""


class HandoverRow(Base):
    """Somebody left, and who took over; if that one leaves too, it is whoever took over then."""

    __tablename__ = "handover"
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    successor_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)


class ExpertProfileRow(Base):
    """When an expert can be rung, and for what (contract.routing.ExpertProfile in `body`)."""

    __tablename__ = "expert_profile"
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    body: Mapped[str] = mapped_column(Text)


class QuietRow(Base):
    """When somebody does not want to be rung (contract.quiet.Quiet in `body`)."""

    __tablename__ = "quiet"
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    body: Mapped[str] = mapped_column(Text)
