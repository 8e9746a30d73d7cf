"""Bodies of the HTTP API. Errors are always an `ErrorBody` with the status of contract.errors."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from contract.base import Message, Sdp, WallMs
from contract.equipment import Machine
from contract.errors import ErrorCode
from contract.ids import LegId, PersonId, RoomId, SessionId, WorkerId
from contract.lists import ListProblem
from contract.media import Layout, MediaUse
from contract.people import Login, Name, Person, PresenceEntry, Role, Store
from contract.policies import Policies
from contract.recording import Gap, Part, Point
from contract.rings import CallRing
from contract.rooms import EndReason, Reason, RecordingState, RoomKind, Still, Timings
from contract.server import ChatMessage


class ErrorBody(Message):
    code: ErrorCode
    detail: str = ""
    retry_after_s: float | None = None


class Problem(Message):
    """What the doors of WHIP and WHEP say instead (RFC 9457): the type is none but the status, `code` is ours."""

    title: str
    status: int
    detail: str
    code: ErrorCode


class SignIn(Message):
    """Name and password of a person or of a store's tablet."""

    login: Annotated[str, Field(min_length=1, max_length=64)]
    password: Annotated[str, Field(min_length=1, max_length=256)]


class SetupLink(Message):
    """The secret of the set-up link that `passline serve` wrote at its first start."""

    token: Annotated[str, Field(min_length=1, max_length=128)]


class Setup(SetupLink):
    """What the first administrator says: the chain's name and the own sign-in."""

    chain: Name
    login: Login
    name: Name
    password: Annotated[str, Field(min_length=1, max_length=256)]


class SetupState(Message):
    """Whether the chain waits for its first administrator."""

    needed: bool


class InvitationLink(Message):
    """The secret of a link with which somebody chooses the own password."""

    token: Annotated[str, Field(min_length=1, max_length=128)]


class AcceptInvitation(InvitationLink):
    """The password that was chosen."""

    password: Annotated[str, Field(min_length=1, max_length=256)]


class Invitation(Message):
    """Whom a link invites."""

    login: str
    name: Name
    chain: Name


class BreakGlassLink(Message):
    """The secret of an administrator's emergency sign-in."""

    token: Annotated[str, Field(min_length=1, max_length=128)]


class InvitedPerson(Message):
    """Somebody new, and the one time that the invitation is told."""

    login: str
    path: str | None
    """Where the link leads on this server; none in a preview."""


class PeopleTaken(Message):
    """What a list of people changed, or would change."""

    problems: list[ListProblem]
    """If there is any, nothing was changed."""
    invited: list[InvitedPerson]
    changed: list[str]
    """Logins."""
    same: int
    """How many are as the list has them already."""


class Me(Message):
    """Who is signed in, and what the chain is called."""

    person: Person
    also: list[Role]
    """Further roles, somewhere; the person's own is the main one."""
    partly: list[Role]
    """Those of all of them that count only in some regions or stores: what belongs to the whole chain is not theirs."""
    chain: Name
    version: str
    ring_s: int
    """How long a call rings."""
    policies: Policies
    """The chain's rules, for what a screen offers; decided they are elsewhere."""


class Ticket(Message):
    """For `hello` on the WebSocket: one use, 30 s."""

    ticket: str


class PeerOffer(Message):
    """The only offer of one PeerConnection: four send sections, the layout's receive sections, a data channel."""

    session: SessionId
    pc_gen: Annotated[int, Field(ge=1, lt=2**31)]
    layout: Layout
    sdp: Sdp


class PeerAnswer(Message):
    leg: LegId
    pc_gen: int
    sdp: Sdp


class MediaTokenWish(Message):
    """Lets a device of WHIP or WHEP into one room, as a guest that everybody sees."""

    use: MediaUse
    name: Name
    """What the others see."""
    life_s: Annotated[int, Field(ge=60, le=7 * 24 * 3600)] = 12 * 3600
    consent: bool
    """Whoever is before that device agreed to be recorded; who issues the token answers for it. Without: `consent`."""


class MediaToken(Message):
    """The one time that the token is told: only its hash is kept."""

    token: str
    guest: PersonId
    """Who comes into the room with it."""
    path: str
    """Where to send the offer, `/whip/…` or `/whep/…`."""
    expires_at: WallMs


class KeptToken(Message):
    """A media token that is good, without its secret."""

    guest: PersonId
    room: RoomId
    use: MediaUse
    name: Name
    expires_at: WallMs
    here: bool
    """Its guest is in the room now."""


class KeptTokens(Message):
    """Those of one room, the one that expires first first."""

    tokens: list[KeptToken]


class IceServer(Message):
    """One entry of a browser's `RTCConfiguration.iceServers`."""

    urls: list[str]
    username: str
    credential: str


class Ice(Message):
    """What a PeerConnection is configured with, besides what the answer says."""

    servers: list[IceServer]
    relay_only: bool
    """Whether media must not go any other way."""
    life_s: int
    """How long the credentials can be used to begin a connection."""


class ProbeWay(StrEnum):
    """How a probe goes to the worker."""

    DIRECT = "direct"
    RELAY = "relay"
    """By the chain's own TURN server alone."""


class ProbeOffer(Message):
    """The offer of a PeerConnection that only finds out whether media gets through: four send sections without a track,
    a data channel, nothing to receive."""

    way: ProbeWay
    worker: WorkerId | None = None
    """The media worker to reach; none: the least busy one."""
    sdp: Sdp


class ProbeAnswer(Message):
    worker: WorkerId
    workers: list[WorkerId]
    """All that there are: each has a port of its own."""
    sdp: Sdp


class Directory(Message):
    """Who can be called or invited."""

    experts: list[PresenceEntry]
    colleagues: list[PresenceEntry]
    """Who else works at headquarters."""
    stores: list[PresenceEntry]


class ArchiveEntry(Message):
    """One call or session in the archive's list."""

    room: RoomId
    kind: RoomKind
    title: Name | None
    reason: Reason | None
    equipment: Machine | None = None
    """What the call was about."""
    store: Store | None
    people: list[Person]
    opened_at: WallMs
    closed_at: WallMs | None
    end: EndReason | None
    recording: RecordingState
    deleted_at: WallMs | None = None
    """When the recording was deleted because its time to be kept was over."""
    damaged: bool = False
    """A file of it is not what was written, as the last check found."""
    duration_s: float | None
    published: list[Role]
    progress_s: float | None = None
    """How far this reader has watched."""
    done: bool = False


class ArchivePage(Message):
    entries: list[ArchiveEntry]
    next: str | None = None
    """Pass as `before` for the following page."""


class ChapterKind(StrEnum):
    JOINED = "joined"
    LEFT = "left"
    STILL = "still"
    CHAT = "chat"
    HELD = "held"
    """By this person: from here on nothing was recorded."""
    RESUMED = "resumed"
    """The hold of this person is over."""


class Chapter(Message):
    """A moment worth jumping to, seconds from the start of the recording."""

    t_s: float
    kind: ChapterKind
    person: PersonId
    still: Still | None = None
    message: ChatMessage | None = None


class Replay(Message):
    """Everything the replay page needs. Files are at `/api/archive/{room}/files/{part.file}`."""

    entry: ArchiveEntry
    timings: Timings | None
    parts: list[Part]
    gaps: list[Gap]
    points: list[Point]
    chapters: list[Chapter]
    may_publish: bool


class QualityMarkKind(StrEnum):
    JOINED = "joined"
    LEFT = "left"
    AWAY = "away"
    """Cut off: neither socket nor media was heard."""
    BACK = "back"


class QualityMark(Message):
    """Something that explains a step in a line."""

    at: WallMs
    person: PersonId
    kind: QualityMarkKind


class PersonQuality(Message):
    """How well one person's media went, as lines over the same moments; None is a hole.

    Up is from the person to the server. Shares are 0 to 1.
    """

    person: Person
    at: list[WallMs]
    """Evenly spaced."""
    up_bps: list[float | None]
    down_bps: list[float | None]
    estimate_bps: list[float | None]
    """What the receiver said its link can take."""
    up_loss: list[float | None]
    down_loss: list[float | None]
    rtt_ms: list[float | None]
    jitter_ms: list[float | None]
    sent_fps: list[float | None]
    seen_fps: list[float | None]
    """Of the slowest picture."""
    seen_size: list[float | None]
    """Of the smallest picture, as a part of what the camera's sides are; 0 while one is paused."""
    concealed: list[float | None]
    """Share of the sound that was invented, where it was worst."""
    frozen: list[float | None]
    nacks: int
    """Packets asked for again, in all."""
    plis: int
    repeats: int


class CallQuality(Message):
    """How well the media of one call or session went."""

    entry: ArchiveEntry
    people: list[PersonQuality]
    """Those with the most trouble first."""
    left_out: int
    """How many more there are."""
    marks: list[QualityMark]
    timings: Timings | None
    """How quickly each stage of a call went."""
    rings: list[CallRing]
    """What became of each of its rings, in the order in which they began, for as long as `keep_rings_days` says."""


class Publish(Message):
    """The roles that may replay it, besides those who always may."""

    roles: list[Role]


class Progress(Message):
    """How far the reader has watched, in seconds of the recording."""

    position_s: Annotated[float, Field(ge=0, le=864_000, allow_inf_nan=False)]
    done: bool = False


class Install(Message):
    """What somebody needs to trust this machine's own authority on a device."""

    address: str
    """Where Passline is once the certificate is installed, `https://…`."""
    install_address: str
    """The installation page without TLS, for the next device."""
    fingerprint: str
    """SHA-256 of the certificate, as devices show it."""
    until: WallMs
    """When the authority ends."""


class Health(Message):
    """Whether this process lives, or is ready: what it waits for, if anything."""

    ok: bool
    waiting_for: list[str] = Field(default_factory=list)
