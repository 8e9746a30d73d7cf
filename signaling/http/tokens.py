"""The media tokens of all rooms, for administrators: listed without their secrets, and taken back."""

from contract.http import KeptTokens
from contract.ids import PersonId
from runtime import clock
from signaling.domain.access import Act
from signaling.domain.guests import seated_guests
from signaling.http.guests import kept
from signaling.http.route import Route, Visit


async def list_all_tokens(visit: Visit) -> KeptTokens:
    """Which media tokens let guests into any room."""
    house = visit.house
    passes = await house.media_tokens.listed()
    states = {room: house.rooms.state(room) for room in {one.room for one in passes}}
    here = {guest.person.id for state in states.values() if state is not None for guest in seated_guests(state)}
    return KeptTokens(tokens=[kept(one, here=one.guest.id in here) for one in passes])


async def revoke_any_token(visit: Visit) -> None:
    """Take a media token back, whatever its room; whoever is in by it goes at once."""
    await visit.house.media_tokens.revoke(PersonId(visit.param("guest")), visit.by)
    await visit.house.guests.look(clock.wall_ms())


ROUTES = [
    Route(
        method="GET",
        path="/api/tokens",
        handler=list_all_tokens,
        act=Act.LET_IN_ANYWHERE,
        whole=True,
        answer=KeptTokens,
    ),
    Route(
        method="DELETE",
        path="/api/tokens/{guest}",
        handler=revoke_any_token,
        act=Act.LET_IN_ANYWHERE,
        whole=True,
        status=204,
    ),
]
