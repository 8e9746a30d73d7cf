"""All tables of the control plane; how they change is in migrations/, who reads them in one repository per domain.

Times are UTC milliseconds (`*_ms`): SQLite keeps no time zone, integers cannot be read wrongly. Contract models are
kept as JSON text in `body`, next to the columns that are searched.
"""

from datetime import date

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Id = String(64)
Ms = BigInteger


class Base(DeclarativeBase):
    """Root of the schema."""


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


class HandoverRow(Base):
    """Somebody left, and who took over; if that one leaves too, it is whoever took over then."""

    __tablename__ = "handover"
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    successor_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)


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


class CallChainsRow(Base):
    """One row once an administrator has set them: contract.routing.Chains in `body`."""

    __tablename__ = "call_chains"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    body: Mapped[str] = mapped_column(Text)


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


class PoliciesRow(Base):
    """One row once an administrator has set them: contract.policies.Policies in `body`."""

    __tablename__ = "policies"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    body: Mapped[str] = mapped_column(Text)


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


class DoneCommandRow(Base):
    """Commands carried out, by their cid: a repeated one is answered, not repeated."""

    __tablename__ = "done_command"
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    cid: Mapped[str] = mapped_column(String(36), primary_key=True)
    room_id: Mapped[str | None] = mapped_column(Id)
    at_ms: Mapped[int] = mapped_column(Ms)


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
    __table_args__ = (UniqueConstraint("sender_id", "cid"),)


class CursorRow(Base):
    """How far one device of a person has received and read a channel; never goes back."""

    __tablename__ = "device_cursor"
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    device: Mapped[str] = mapped_column(String(64), primary_key=True)
    channel_id: Mapped[str] = mapped_column(ForeignKey("channel.id"), primary_key=True)
    delivered: Mapped[int] = mapped_column(default=0)
    read: Mapped[int] = mapped_column(default=0)
    __table_args__ = (Index("ix_device_cursor_channel", "channel_id"),)


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
    __table_args__ = (Index("ix_ring_sent", "sent_ms"),)


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


class CallbackRow(Base):
    """A store that is to be called back (contract.callbacks.Callback in `body`)."""

    __tablename__ = "callback"
    room_id: Mapped[str] = mapped_column(Id, primary_key=True)
    """The first call in vain, or no room at all: it was booked."""
    store_id: Mapped[str] = mapped_column(ForeignKey("store.id"))
    state: Mapped[str] = mapped_column(String(20))
    body: Mapped[str] = mapped_column(Text)
    __table_args__ = (Index("ix_callback_state", "state", "store_id"),)


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
