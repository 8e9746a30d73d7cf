"""Visitors: people without an account who come into one call by a link, e.g. a vendor's technician.

Not to be confused with guests (contract.media.MediaUse), which are devices of WHIP and WHEP.
"""

from typing import Annotated

from pydantic import Field

from contract.base import Message, WallMs
from contract.ids import PersonId, RoomId, VisitId
from contract.people import Name

Token = Annotated[str, Field(min_length=1, max_length=128)]


class VisitWish(Message):
    """A link for one visitor to this call."""

    life_s: Annotated[int, Field(ge=60, le=24 * 3600)] = 30 * 60
    """How long it may wait to be used; who has come by it may stay as long as the call goes on."""


class VisitLink(Message):
    """The one time that the link is told: only the hash of its secret is kept."""

    id: VisitId
    address: str
    """What the visitor opens."""
    picture: list[str]
    """`address` as a QR code without a border: rows from the top, 1 is dark."""
    expires_at: WallMs


class OpenVisit(Message):
    """A link that nobody has come by, without its secret."""

    id: VisitId
    by: PersonId
    """Who made it."""
    created_at: WallMs
    expires_at: WallMs
    opened: bool
    """Somebody has looked at it."""


class OpenVisits(Message):
    """Those of one call, the one that expires first first."""

    links: list[OpenVisit]


class VisitToken(Message):
    """The secret of a link."""

    token: Token


class VisitOffer(Message):
    """What a link says to whoever holds it, before anything is asked for."""

    chain: Name
    by: Name
    """Who invites."""
    expires_at: WallMs
    recorded: bool
    """The call is, so whoever comes is asked for their consent to that too."""


class VisitEntry(VisitToken):
    """Who comes by it; the link is used up."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    """As it was typed: signaling.domain.visitor_names says what is left of it."""
    company: Annotated[str, Field(max_length=200)] = ""
    consent: bool
    """They agree to be recorded. Without: `consent`."""


class Visiting(Message):
    """Where a visitor may come in."""

    room: RoomId
