"""Identifiers that cross a process border, each its own type so that one is never passed for another."""

from typing import NewType

PersonId = NewType("PersonId", str)
"""A principal that signs in: a person, or a store's tablet (role `store`)."""
StoreId = NewType("StoreId", str)
RegionId = NewType("RegionId", str)
RoomId = NewType("RoomId", str)
"""A media space; a call and a group session each have exactly one. UUIDv7 text."""
SessionId = NewType("SessionId", str)
"""One client's signaling conversation; survives reconnects, not a reload of the page."""
LegId = NewType("LegId", str)
"""One PeerConnection seen from the media worker."""
ChannelId = NewType("ChannelId", str)
"""A message channel; a room's chat is `room:<room id>`."""
ClientMessageId = NewType("ClientMessageId", str)
"""UUIDv7 made by the client: the idempotency key of a message or command."""
WorkerId = NewType("WorkerId", str)
RecordingId = NewType("RecordingId", str)
StillId = NewType("StillId", str)
BotId = NewType("BotId", str)
VisitId = NewType("VisitId", str)
"""A link that lets one visitor into one call."""
EquipmentId = NewType("EquipmentId", str)
"""A machine of a store; what is on its sticker is its code, which is no id."""
TrackId = NewType("TrackId", str)
"""A publication of one participant: `<participant>/<source>`, e.g. `p-expert-1/camera`."""


def room_channel(room: RoomId) -> ChannelId:
    """The chat channel that belongs to `room`."""
    return ChannelId(f"room:{room}")
