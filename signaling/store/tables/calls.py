"""Calls besides their rooms: whom they ring, what became of it, how they went."""

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from signaling.store.tables.base import Base, Id, Ms


class CallChainsRow(Base):
    """One row once an administrator has set them: contract.routing.Chains in `body`."""

    __tablename__ = "call_chains"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    body: Mapped[str] = mapped_column(Text)


class CallbackRow(Base):
    """A store that is to be called back (contract.callbacks.Callback in `body`)."""

    __tablename__ = "callback"
    room_id: Mapped[str] = mapped_column(Id, primary_key=True)
    """The first call in vain, or no room at all: it was booked."""
    store_id: Mapped[str] = mapped_column(ForeignKey("store.id"))
    state: Mapped[str] = mapped_column(String(20))
    body: Mapped[str] = mapped_column(Text)
    __table_args__ = (Index("ix_callback_state", "state", "store_id"),)


class RingRow(Base):
    """What became of one ring on one device (contract.rings.Ring); written once it is over."""

    __tablename__ = "ring"
    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(Id, primary_key=True)
    device: Mapped[str] = mapped_column(String(64), primary_key=True)
    sent_ms: Mapped[int] = mapped_column(Ms, primary_key=True)
    way: Mapped[str] = mapped_column(String(20))
    shown_ms: Mapped[int | None] = mapped_column(Ms)
    hidden: Mapped[bool] = mapped_column()
    silent: Mapped[bool] = mapped_column()
    end: Mapped[str] = mapped_column(String(20))
    __table_args__ = (
        Index("ix_ring_sent", "sent_ms"),
        Index("ix_ring_person", "person_id", "sent_ms"),
    )


class CallTimingRow(Base):
    """How long each stage of a call took (signaling.domain.timings); written when it is over."""

    __tablename__ = "call_timing"
    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"), primary_key=True)
    store_id: Mapped[str] = mapped_column(ForeignKey("store.id"))
    at_ms: Mapped[int] = mapped_column(Ms, index=True)
    ring_ms: Mapped[int | None] = mapped_column()
    answer_ms: Mapped[int | None] = mapped_column()
    connected_ms: Mapped[int | None] = mapped_column()
    first_frame_ms: Mapped[int | None] = mapped_column()
    first_audio_ms: Mapped[int | None] = mapped_column()


class QualityRow(Base):
    """Some samples of one person's media, in order of time; gone with the recording of the room."""

    __tablename__ = "call_quality"
    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(Id, primary_key=True)
    """Perhaps a guest, who is in no other table."""
    from_ms: Mapped[int] = mapped_column(Ms, primary_key=True)
    """When the first of them was taken."""
    poor: Mapped[int] = mapped_column()
    """In how many of them somebody noticed."""
    body: Mapped[bytes] = mapped_column(LargeBinary)
    """zlib of a JSON list of signaling.domain.callquality.Sampled."""
    __table_args__ = (Index("ix_call_quality_person", "person_id", "from_ms"),)
