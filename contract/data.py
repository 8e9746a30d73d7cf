"""What goes over the data channel of a PeerConnection, one JSON text each, at most 1 KiB up and 16 KiB down.

The channel is negotiated in band by the client (label `passline`, ordered, reliable). It carries only what must be as
quick as the picture and must go on while signaling restarts.
"""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from contract.base import Fraction, Message
from contract.ids import PersonId
from contract.media import Codec, Source

MAX_UP_BYTES = 1024


class Ready(Message):
    """The first message of a client: its handlers are in place, slots may be filled now."""

    type: Literal["ready"] = "ready"


class PointAt(Message):
    """The laser pointer of this client, at most 30 a second; fades by itself."""

    type: Literal["point"] = "point"
    on: PersonId
    """Whose picture."""
    x: Fraction
    y: Fraction


ClientData = Annotated[Ready | PointAt, Field(discriminator="type")]
CLIENT_DATA: TypeAdapter[ClientData] = TypeAdapter(ClientData)


class SlotFill(Message):
    """What one receive section carries now; an empty one has no participant and sends nothing."""

    mid: str
    participant: PersonId | None = None
    source: Source | None = None


class Slots(Message):
    """All receive sections; a higher `ver` replaces a lower."""

    type: Literal["slots"] = "slots"
    ver: int
    slots: list[SlotFill]


class Pointed(Message):
    """Somebody points at a picture."""

    type: Literal["pointed"] = "pointed"
    by: PersonId
    on: PersonId
    x: Fraction
    y: Fraction


class UseCodec(Message):
    """Everybody in the room can receive `video`; publish with it."""

    type: Literal["use_codec"] = "use_codec"
    video: Codec


class Moved(Message):
    """This PeerConnection is closed by the server, with the reason."""

    type: Literal["moved"] = "moved"
    reason: Literal["replaced", "left", "removed", "room_closed", "restarting"]


ServerData = Annotated[Slots | Pointed | UseCodec | Moved, Field(discriminator="type")]
SERVER_DATA: TypeAdapter[ServerData] = TypeAdapter(ServerData)
