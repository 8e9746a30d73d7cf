"""A store that is to be called back, as it called in vain or booked it: whose business it is, and by when."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from contract.base import Message, WallMs
from contract.client import Cid
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
    SOON = "soon"
    """The time that the store booked is near: the owner, whom the routing named if nobody had taken it."""
    DUE = "due"
    """Its time is over: the owner, or the group."""
    MANAGER = "manager"
    """The area manager too."""
    ADMINISTRATOR = "administrator"
    """Administrators too."""


BookingNote = Annotated[str, Field(max_length=200)]
"""What the store says about it; empty: nothing."""


class BookCallback(Message):
    """When a store wants to be called back, for this reason. Said again it is changed."""

    cid: Cid | None = None
    """Said again with the same one it changes nothing, whatever became of the booking meanwhile."""
    reason: Reason
    at: WallMs | None = None
    """One of `CallbackSlots`; none: as soon as possible."""
    note: BookingNote = ""


class CallbackSlots(Message):
    """The next quarter hours in which a store may be called back; none where nobody is on duty in the coming days."""

    slots: list[WallMs]


class Callback(Message):
    """One for all calls of a store in vain, and bookings, for the same reason, until it is done."""

    room: RoomId
    """The first of these calls, or of a booking without any an id that no room has; names the callback."""
    store: Store
    reason: Reason
    why: EndReason
    """How the last of them ended."""
    calls: int = 1
    """0: it was only booked."""
    rung_at: WallMs
    """When it rang first, or was booked. The clock runs from then on, unless there is an `at`."""
    at: WallMs | None = None
    """When the store wants to be called back: the clock runs from then on."""
    booked_at: WallMs | None = None
    """When the store said so last."""
    note: BookingNote = ""
    due_at: WallMs
    state: CallbackState = CallbackState.OPEN
    owner: Person | None = None
    """None: the group that has a skill of the reason."""
    unattended: bool = False
    """Its `at` was near and nobody was there to be its owner: whoever is there first will be."""
    urgency: Urgency = Urgency.NONE
    done_at: WallMs | None = None
    done_by: Person | None = None
