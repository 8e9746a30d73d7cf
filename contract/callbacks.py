"""A store that called in vain and is to be called back: whose business it is, and by when."""

from enum import StrEnum

from contract.base import Message, WallMs
from contract.ids import RoomId
from contract.people import Person, Store
from contract.rooms import EndReason, Reason


class CallbackState(StrEnum):
    OPEN = "open"
    """Anybody of the reason's group may take it."""
    TAKEN = "taken"
    """Its owner calls back."""
    DONE = "done"


class Urgency(StrEnum):
    """Who is told that it is not done."""

    NONE = "none"
    DUE = "due"
    """Its time is over: the owner, or the group."""
    MANAGER = "manager"
    """The area manager too."""
    ADMINISTRATOR = "administrator"
    """Administrators too."""


class Callback(Message):
    """One for all calls of a store in vain for the same reason, until it is done."""

    room: RoomId
    """The first of these calls; names the callback."""
    store: Store
    reason: Reason
    why: EndReason
    """How the last of them ended."""
    calls: int = 1
    rung_at: WallMs
    """The clock runs from the first ring."""
    due_at: WallMs
    state: CallbackState = CallbackState.OPEN
    owner: Person | None = None
    """None: the group that has a skill of the reason."""
    urgency: Urgency = Urgency.NONE
    done_at: WallMs | None = None
    done_by: Person | None = None
