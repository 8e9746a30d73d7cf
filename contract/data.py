"""What goes over the data channel of a PeerConnection, one JSON text each, at most 1 KiB up and 16 KiB down.

The channel is negotiated in band by the client (label `passline`, ordered, reliable). It carries only what must be as
quick as the picture and must go on while signaling restarts.
"""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from contract.base import Fraction, Message
from contract.ids import PersonId
from contract.media import Codec, Layer, Source

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


class SlotSize(Message):
    """How large a receive section is shown now; before the first word of it, as large as can be."""

    type: Literal["slot_size"] = "slot_size"
    mid: Annotated[str, Field(max_length=16)]
    px: Literal[180, 360, 720]
    """The shorter side in pixels of the screen, rounded up to a step."""


ClientData = Annotated[Ready | PointAt | SlotSize, Field(discriminator="type")]
CLIENT_DATA: TypeAdapter[ClientData] = TypeAdapter(ClientData)


class SlotFill(Message):
    """What one receive section carries now; an empty one has no participant and sends nothing."""

    mid: str
    participant: PersonId | None = None
    source: Source | None = None
    paused: bool = False
    """The link is too slow even for the smallest picture: nothing comes here until there is room again."""


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


class UseLayers(Message):
    """Send the camera in these layers and no others; before the first word of it, in the full one."""

    type: Literal["use_layers"] = "use_layers"
    layers: list[Layer]


class Moved(Message):
    """This PeerConnection is closed by the server, with the reason."""

    type: Literal["moved"] = "moved"
    reason: Literal["replaced", "left", "removed", "room_closed", "restarting"]


ServerData = Annotated[Slots | Pointed | UseCodec | UseLayers | Moved, Field(discriminator="type")]
SERVER_DATA: TypeAdapter[ServerData] = TypeAdapter(ServerData)
