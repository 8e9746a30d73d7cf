"""The audit."""

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from signaling.store.tables.base import Base, Id, Ms


class AuditRow(Base):
    """Who did what to whom, when; never changed, never holds content. A row can only be added: triggers see to it."""

    __tablename__ = "audit"
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """1, 2, 3 … without a gap."""
    id: Mapped[str] = mapped_column(String(36))
    at_ms: Mapped[int] = mapped_column(Ms, index=True)
    person_id: Mapped[str | None] = mapped_column(Id, index=True)
    action: Mapped[str] = mapped_column(String(60))
    operator_id: Mapped[str | None] = mapped_column(Id, index=True)
    """Who had taken the tablet over that is `person_id`."""
    object: Mapped[str | None] = mapped_column(Id, index=True)
    address: Mapped[str] = mapped_column(String(64), default="")
    detail: Mapped[str] = mapped_column(String(200), default="")
    prev: Mapped[bytes] = mapped_column(LargeBinary(32))
    """Hash of the row before."""
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    """See signaling.domain.audit_chain."""


class AuditHeadRow(Base):
    """One row: the number and hash of the last line of the audit, so that a lost end is noticed."""

    __tablename__ = "audit_head"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column()
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))
