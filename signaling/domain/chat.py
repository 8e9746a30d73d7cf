"""A room's chat: who may write and read, and how far a device has come."""

from dataclasses import dataclass

from contract.errors import ErrorCode, Rejection
from contract.ids import ChannelId, PersonId, RoomId
from contract.rooms import RoomState
from signaling.domain.access import visits
from signaling.domain.draft import seated

ROOM_PREFIX = "room:"


def room_of(channel: ChannelId) -> RoomId:
    """The room whose chat `channel` is. Raises Rejection(`not_found`)."""
    if not channel.startswith(ROOM_PREFIX):
        raise Rejection(ErrorCode.NOT_FOUND, "no such channel")
    return RoomId(channel.removeprefix(ROOM_PREFIX))


def check_writer(state: RoomState, person: PersonId) -> None:
    """Only who is in the open room writes. Raises Rejection `not_found`, `forbidden` or `over`."""
    if not may_read(state, person):
        raise Rejection(ErrorCode.NOT_FOUND, "no such channel")
    seated(state, person)


def may_read(state: RoomState, person: PersonId) -> bool:
    """Whoever had a seat reads the whole chat, also after leaving: it is part of the room's record. No visitor does."""
    return person in readers(state)


def readers(state: RoomState) -> list[PersonId]:
    """Everybody a new message goes to."""
    return [one.person.id for one in state.members if one.joined_at is not None and not visits(one.person)]


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a device, or a person by its farthest device, has received and read a channel."""

    delivered: int = 0
    read: int = 0

    def forward(self, *, delivered: int = 0, read: int = 0, head: int) -> "Cursor":
        """Neither goes back, nor beyond what exists; what was read was also received."""
        read = max(self.read, min(read, head))
        return Cursor(max(self.delivered, min(delivered, head), read), read)

    def spans(self, later: "Cursor") -> list[tuple[int, int]]:
        """The stretches (after, up to) that became delivered, and read, on the way to `later`."""
        steps = ((self.delivered, later.delivered), (self.read, later.read))
        return [(was, now) for was, now in steps if now > was]
