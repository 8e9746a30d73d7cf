"""The calls that wait until somebody who fits is free, as those see them who wait or may answer."""

from contract.base import Message, WallMs
from contract.ids import PersonId, RoomId
from contract.people import Store
from contract.rooms import Reason


class QueuedCall(Message):
    """One call that waits."""

    room: RoomId
    store: Store
    reason: Reason
    since: WallMs
    """When the button was pressed."""
    until: WallMs
    """When it becomes a callback."""
    urgent: bool = False
    break_at: WallMs | None = None
    """From then on those who fit see it in their running call; none: never."""
    position: int
    """1 is the next one. Only calls that the same experts could answer are counted."""
    about_s: int | None
    """How long it will take, by the calls of the last hours; none: they say too little."""
    experts: list[PersonId]
    """Who fits: one of them will be rung."""
