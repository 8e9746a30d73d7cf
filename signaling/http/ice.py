"""The ways of a client's media: the chain's own TURN server where UDP to us is blocked, and whether one works."""

from contract.errors import ErrorCode
from contract.http import Ice, IceServer, ProbeAnswer, ProbeOffer
from contract.ids import PersonId
from runtime import clock
from runtime.settings import Settings
from signaling.auth.turn import LIFE_S, credentials
from signaling.domain.access import Act
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


def links(settings: Settings, person: PersonId) -> list[str]:
    """The same for a client of WHIP or WHEP, as `Link` headers (RFC 9725 §4.6)."""
    if settings.turn_secret is None:
        return []
    name, password = credentials(settings.turn_secret, person, clock.wall_ms() // 1000)
    return [
        f'<{url}>; rel="ice-server"; username="{name}"; credential="{password}"; credential-type="password"'
        for url in settings.turn_urls
    ]


async def probe(visit: Visit) -> ProbeAnswer:
    """Answer the offer of a PeerConnection that only finds out whether media gets through."""
    return await visit.house.probes.open(visit.who, visit.body(ProbeOffer))


ROUTES = [
    Route(method="GET", path="/api/ice", handler=ice, act=Act.RELAY, answer=Ice, errors=(ErrorCode.TOO_MANY,)),
    Route(
        method="POST",
        path="/api/probes",
        handler=probe,
        act=Act.BE_HERE,
        body=ProbeOffer,
        answer=ProbeAnswer,
        status=201,
        errors=(ErrorCode.BAD_SDP, ErrorCode.NOT_FOUND, ErrorCode.TOO_MANY, ErrorCode.BUSY, ErrorCode.UNAVAILABLE),
    ),
]
