"""How one comes in: sign-ins, and all that leads to one."""

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from signaling.store.tables.base import Base, Id, Ms


class SetupLinkRow(Base):
    """The link that makes the first administrator: at most one row, of which only the SHA-256 is kept."""

    __tablename__ = "setup_link"
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    expires_ms: Mapped[int] = mapped_column(Ms)


class InvitationRow(Base):
    """The link with which somebody chooses a password: at most one each, of which only the SHA-256 is kept."""

    __tablename__ = "invitation"
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), unique=True)
    expires_ms: Mapped[int] = mapped_column(Ms)


class PasskeyRow(Base):
    """A passkey of somebody: the public half, which signs nobody in by itself."""

    __tablename__ = "passkey"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(1023), unique=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    """COSE."""
    sign_count: Mapped[int] = mapped_column()
    """How often it signed, as it says; 0: it does not count."""
    name: Mapped[str] = mapped_column(String(200))
    added_ms: Mapped[int] = mapped_column(Ms)
    used_ms: Mapped[int | None] = mapped_column(Ms)


class BreakGlassRow(Base):
    """An emergency sign-in of one administrator: at most one each, of which only the SHA-256 is kept."""

    __tablename__ = "break_glass"
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), unique=True)
    expires_ms: Mapped[int] = mapped_column(Ms)


class IdentityRow(Base):
    """An account of the identity provider, which signs in as somebody here."""

    __tablename__ = "identity"
    issuer: Mapped[str] = mapped_column(String(255), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    """`sub`: the only thing of an account that never changes and is never given to another one."""
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    linked_ms: Mapped[int] = mapped_column(Ms)
    main_by_claims: Mapped[bool] = mapped_column(default=False)
    """The provider says the main role too: somebody who was added by their first sign-in."""
    __table_args__ = (UniqueConstraint("person_id", "issuer"),)


class SignInRow(Base):
    """A signed-in browser: the cookie is random, only its SHA-256 is kept."""

    __tablename__ = "sign_in"
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    created_ms: Mapped[int] = mapped_column(Ms)
    seen_ms: Mapped[int] = mapped_column(Ms)
    expires_ms: Mapped[int] = mapped_column(Ms)
    user_agent: Mapped[str] = mapped_column(String(200), default="")
    passkey_id: Mapped[str | None] = mapped_column(Id)
    """What let it in; may be gone, where its owner removed it in this very browser."""


class TicketRow(Base):
    """Permission to open one WebSocket, used once."""

    __tablename__ = "ticket"
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    sign_in_hash: Mapped[bytes] = mapped_column(ForeignKey("sign_in.token_hash", ondelete="CASCADE"))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    expires_ms: Mapped[int] = mapped_column(Ms)


class ClientSessionRow(Base):
    """One client's signaling conversation, so that a resume outlives a restart of the server."""

    __tablename__ = "client_session"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    device: Mapped[str] = mapped_column(String(64))
    sign_in_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    resume_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    expires_ms: Mapped[int] = mapped_column(Ms)
