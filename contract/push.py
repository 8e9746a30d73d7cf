"""Web Push: how a browser rings in which no page of ours is open (RFC 8030, RFC 8291, RFC 8292)."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from contract.base import Message, WallMs
from contract.ids import RoomId
from contract.people import Name
from contract.rings import DeviceId, RingEnd
from contract.rooms import Reason
from contract.routing import Language


class PushTerms(Message):
    """What a browser needs so that it can be rung."""

    key: str | None
    """Our public key, which its push service holds against each push, base64url; none: it is turned off here."""


class PushBrowser(Message):
    """A browser that may be rung, as its `PushSubscription` says."""

    endpoint: Annotated[str, Field(min_length=1, max_length=1000)]
    """Where to post; only at the push services that we know."""
    p256dh: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{87}$")]
    """Its public key, a point of P-256, base64url."""
    auth: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{22}$")]
    """Its secret of 16 bytes, base64url: the push service, which has it not, cannot read what we send."""
    language: Language
    """Of the words it shows."""


class PushSeen(Message):
    """Answers a browser that says that it shows the ring."""

    left_ms: Annotated[int, Field(ge=0)]
    """How long it still rings, by our clock; 0: it is over."""


class Pushed(Message):
    """What every push says."""

    room: RoomId
    """The call; a later push about it takes the place of the one before."""
    device: DeviceId
    """Of the browser that gets it: it knows that only of its pages."""
    language: Language
    store: Name
    """Whose call it is; of a colleague's, the caller."""
    number: str
    """Empty of a colleague."""
    reason: Reason | None
    """Of a store's call."""
    about: Name | None = None
    """The machine, if its sticker was scanned."""
    since: WallMs
    """When the store called."""


class PushedRing(Pushed):
    """A call rings here."""

    type: Literal["ring"] = "ring"
    until: WallMs
    """Seen later, it is a missed call."""


class PushedOver(Pushed):
    """It rings no more."""

    type: Literal["over"] = "over"
    end: RingEnd
    by: Name | None = None
    """Who answered, if somebody did."""


PushedMessage = Annotated[PushedRing | PushedOver, Field(discriminator="type")]
"""All that we push."""
PUSHED: TypeAdapter[PushedMessage] = TypeAdapter(PushedMessage)
