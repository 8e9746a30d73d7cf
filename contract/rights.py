"""What somebody may ask of us about themselves: all that is kept about them, and that it is deleted.

The copy is one JSON document. It holds no secret, also none of theirs: no password, PIN, token or key, nor the hash of
one.
"""

from pydantic import JsonValue

from contract.base import Message, ShortText, Text, WallMs
from contract.callbacks import CallbackState
from contract.ids import ChannelId, PersonId, RecordingId, RoomId, StillId
from contract.passkeys import Passkey
from contract.people import Grant, Name, Role, Skill
from contract.quiet import Quiet
from contract.rings import DeviceId, Ring
from contract.rooms import EndReason, MemberState, Reason, RecordingState, RoomKind
from contract.routing import ExpertProfile


class Erasure(Message):
    """That somebody who has left is deleted, for good."""

    name: ShortText
    """What they are called, typed once more: so that it is nobody else."""


class HeldIdentity(Message):
    """An account of the identity provider that signs in as them."""

    issuer: str
    subject: str
    linked_at: WallMs


class HeldAccount(Message):
    """Who they are here, and what they may do."""

    id: PersonId
    login: str
    name: Name
    title: Name | None
    department: Name | None
    skills: list[Skill]
    roles: list[Grant]
    """The main one first."""
    identities: list[HeldIdentity]
    profile: ExpertProfile | None
    """When calls ring them, as administrators set it."""
    quiet: Quiet | None
    """When none does, as they set it."""
    has_password: bool
    has_pin: bool
    """To take tablets over."""
    invited_until: WallMs | None
    tablets: list[PersonId]
    """That they have taken over now."""
    successor: PersonId | None
    """Who took over what they may replay, when they left."""
    disabled_at: WallMs | None
    erased_at: WallMs | None


class HeldSignIn(Message):
    """A browser that is signed in."""

    browser: str
    """As it names itself."""
    by_passkey: bool
    since: WallMs
    seen_at: WallMs
    expires_at: WallMs


class HeldPush(Message):
    """A browser that Web Push rings."""

    device: DeviceId
    host: str
    """Of the push service; the rest of the address is a secret of that browser."""
    since: WallMs


class HeldRecording(Message):
    """The recording of a call. The pictures and the sound are not in here: who may replay it finds them at `files`."""

    id: RecordingId
    state: RecordingState
    duration_s: float | None
    deleted_at: WallMs | None
    files: list[str]
    """Of their own camera, microphone and screen."""


class HeldPhoto(Message):
    """A photo by their camera."""

    id: StillId
    taken_at: WallMs
    file: str


class HeldCall(Message):
    """A call or group session that they were in, or that rang them."""

    room: RoomId
    page: str
    kind: RoomKind
    title: Name | None
    store: Name | None
    reason: Reason | None
    opened_at: WallMs
    closed_at: WallMs | None
    end: EndReason | None
    role: Role | None
    """As what they were there; `store`: before a tablet that they had taken over. None: they had handed it on since."""
    host: bool
    state: MemberState | None
    joined_at: WallMs | None
    left_at: WallMs | None
    consented_at: WallMs | None
    """To being recorded."""
    recording: HeldRecording | None
    photos: list[HeldPhoto]


class HeldMessage(Message):
    """Something they wrote."""

    channel: ChannelId
    seq: int
    at: WallMs
    at_tablet: bool
    """Before a tablet that they had taken over."""
    body: Text


class HeldRead(Message):
    """How far one of their browsers has received and read a channel."""

    channel: ChannelId
    device: DeviceId
    delivered: int
    read: int


class HeldCallback(Message):
    """A callback that they owe, or did."""

    room: RoomId
    store: Name
    reason: Reason
    state: CallbackState
    owed: bool
    done: bool
    due_at: WallMs
    done_at: WallMs | None


class HeldRing(Message):
    """What became of a ring of theirs."""

    room: RoomId
    ring: Ring


class HeldProgress(Message):
    """How far they watched a recording."""

    room: RoomId
    position_s: float
    done: bool
    at: WallMs


class HeldFigures(Message):
    """How well their media went in a call, for some minutes."""

    room: RoomId
    since: WallMs
    samples: list[JsonValue]


class HeldAct(Message):
    """A line of the audit in which they are."""

    seq: int
    at: WallMs
    action: str
    own: bool
    """They did it; else it was done to them, and by whom is not told."""
    object: str | None
    address: str | None
    """Where from, if they did it."""
    detail: str


class PersonCopy(Message):
    """All that is kept about one person; each list in the order of time."""

    made_at: WallMs
    account: HeldAccount
    sign_ins: list[HeldSignIn]
    passkeys: list[Passkey]
    pushes: list[HeldPush]
    calls: list[HeldCall]
    messages: list[HeldMessage]
    read: list[HeldRead]
    callbacks: list[HeldCallback]
    rings: list[HeldRing]
    watched: list[HeldProgress]
    figures: list[HeldFigures]
    acts: list[HeldAct]
