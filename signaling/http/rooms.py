"""The doors of a live room: media legs and photos."""

from typing import Annotated

from pydantic import Field

from contract.base import Message
from contract.errors import ErrorCode
from contract.http import PeerAnswer, PeerOffer
from contract.ids import PersonId, RoomId
from contract.rooms import Still
from signaling.domain.access import Act
from signaling.http.route import Route, Visit

MAX_STILL_BYTES = 12 * 1024 * 1024


class StillQuery(Message):
    asked_by: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    """Who asked for the photo."""


async def open_peer(visit: Visit) -> PeerAnswer:
    """Answer the one offer of a new PeerConnection."""
    return await visit.house.rooms.open_peer(visit.who, RoomId(visit.param("room")), visit.body(PeerOffer))


async def add_still(visit: Visit) -> Still:
    """Add a photo that this person's camera took."""
    asked_by = visit.query(StillQuery).asked_by
    return await visit.house.rooms.add_still(
        visit.who,
        RoomId(visit.param("room")),
        PersonId(asked_by) if asked_by is not None else None,
        await visit.read(),
    )


ROUTES = [
    Route(
        method="POST",
        path="/api/rooms/{room}/peers",
        handler=open_peer,
        act=Act.TAKE_PART,
        body=PeerOffer,
        answer=PeerAnswer,
        status=201,
        errors=(ErrorCode.BAD_SDP, ErrorCode.STALE, ErrorCode.CONSENT, ErrorCode.OVER, ErrorCode.BUSY),
    ),
    Route(
        method="POST",
        path="/api/rooms/{room}/stills",
        handler=add_still,
        act=Act.TAKE_PART,
        query=StillQuery,
        accepts="image/jpeg",
        max_bytes=MAX_STILL_BYTES,
        answer=Still,
        status=201,
        errors=(ErrorCode.BAD_PICTURE, ErrorCode.OVER, ErrorCode.TOO_MANY, ErrorCode.BUSY),
    ),
]
