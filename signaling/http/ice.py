"""How a client's media finds its way where UDP to us is blocked: by the chain's own TURN server, never a stranger's."""

from contract.errors import ErrorCode
from contract.http import Ice, IceServer
from runtime import clock
from signaling.auth.turn import LIFE_S, credentials
from signaling.http.rooms import IN_ROOMS
from signaling.http.route import Route, Visit


async def ice(visit: Visit) -> Ice:
    """The ways that media may take besides the direct one; no audit, for it shows nothing of anybody."""
    visit.house.turn_limit.take(visit.who.id)
    settings = visit.house.settings
    if settings.turn_secret is None:
        return Ice(servers=[], relay_only=False, life_s=LIFE_S)
    name, password = credentials(settings.turn_secret, visit.who.id, clock.wall_ms() // 1000)
    return Ice(
        servers=[IceServer(urls=settings.turn_urls, username=name, credential=password)],
        relay_only=settings.ice_relay_only,
        life_s=LIFE_S,
    )


ROUTES = [
    Route(method="GET", path="/api/ice", handler=ice, roles=IN_ROOMS, answer=Ice, errors=(ErrorCode.TOO_MANY,)),
]
