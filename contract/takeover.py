"""A person takes a store's shared tablet over with a PIN, and hands it back; who may, and how their PINs stand."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from contract.base import Message, WallMs
from contract.ids import PersonId
from contract.people import Name, Operator, Role

Pin = Annotated[str, Field(pattern=r"^[0-9]{4,6}$")]


class Taker(Message):
    """Somebody who may take this tablet over."""

    id: PersonId
    name: Name
    role: Role
    """By which they may."""
    has_pin: bool
    """Without one nothing opens: whoever manages the store gives it."""


class Takers(Message):
    """What a tablet asks before it is taken over."""

    operator: Operator | None
    """Who has it now."""
    people: list[Taker]


class TakeOverWish(Message):
    """Choose oneself from the list, then show that one is it."""

    person: PersonId
    pin: Pin
    new: Pin | None = None
    """One's own from now on; needed with a PIN of one use, whose `pin_change` asks for it."""


class PinState(StrEnum):
    """How somebody's PIN stands."""

    NONE = "none"
    ONCE = "once"
    """Given by somebody else; the person has not chosen their own yet."""
    EXPIRED = "expired"
    """Given, and not used in time."""
    OWN = "own"


class PinLine(Message):
    """One of those who may take the tablets of a store over."""

    id: PersonId
    name: Name
    role: Role
    state: PinState
    locked_until: WallMs | None = None
    """Too many wrong PINs."""
    may_give: bool
    """The reader may give them a PIN, and unlock them: they reach every place where it would work."""


class LockedTablet(Message):
    """A tablet at which too many wrong PINs were typed."""

    id: PersonId
    name: Name
    locked_until: WallMs


class Pins(Message):
    """Of one store."""

    people: list[PinLine]
    locked: list[LockedTablet]


class PinGiven(Message):
    """A PIN of one use, told only now."""

    pin: str
    expires_at: WallMs
