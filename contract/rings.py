"""What became of a ring: on which device of whom, when it was seen there, and how it ended."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from contract.base import Message, WallMs
from contract.ids import PersonId
from contract.people import Person

MOST_DEVICE_CHARACTERS = 64
DeviceId = Annotated[str, Field(max_length=MOST_DEVICE_CHARACTERS)]
"""The random id of a browser profile (`hello`); empty: the person had neither a page open nor a browser to push to."""


class RingEnd(StrEnum):
    """How a ring ended on one device."""

    ANSWERED = "answered"
    """Here."""
    ELSEWHERE = "elsewhere"
    """Somebody else answered, or the same person on another device."""
    DECLINED = "declined"
    TIMED_OUT = "timed_out"
    """It was seen, and nobody did anything."""
    GIVEN_UP = "given_up"
    """The caller stopped calling."""
    LATE = "late"
    """It was seen only when it was over."""
    NOT_REACHED = "not_reached"
    """The device never said that it rings."""


class RingWay(StrEnum):
    """How a ring came to a device."""

    PAGE = "page"
    """Over the WebSocket of an open page."""
    PUSH = "push"
    """By Web Push: no page was open."""


class Ring(Message):
    """One ring of one device."""

    person: PersonId
    device: DeviceId
    way: RingWay = RingWay.PAGE
    sent_at: WallMs
    shown_at: WallMs | None = None
    hidden: bool = False
    """The page was in the background when it rang."""
    silent: bool = False
    """The browser let the page make no sound."""
    end: RingEnd


class CallRing(Message):
    """A ring as it stands on the page of its call."""

    who: Person
    name: str | None
    """What the administrators call the tablet, if it was enrolled."""
    ring: Ring
