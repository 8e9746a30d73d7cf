"""What operators and their tools ask: alive, ready, figures, and the API's own description."""

from aiohttp import web

from contract.base import encode
from contract.http import Health
from runtime.health import METRICS_TYPE, gather
from signaling.http.route import JSON, Route, Visit


async def healthz(visit: Visit) -> Health:
    """Whether this process lives."""
    return visit.house.health.alive()


async def readyz(visit: Visit) -> web.Response:
    """Whether everything is there that a call needs; 503 names what is missing."""
    health = visit.house.health
    return web.Response(body=encode(health.readiness()), status=200 if health.ready else 503, content_type=JSON)


async def metrics(visit: Visit) -> web.Response:
    """Figures of all processes of this machine, Prometheus text format."""
    house = visit.house
    return web.Response(
        body=await gather(house.health, house.settings.data / "run"), headers={"Content-Type": METRICS_TYPE}
    )


async def openapi(visit: Visit) -> web.Response:
    """This document."""
    return web.Response(body=visit.house.openapi(), content_type=JSON)


ROUTES = [
    Route(method="GET", path="/healthz", handler=healthz, act=None, answer=Health),
    Route(method="GET", path="/readyz", handler=readyz, act=None, answer=Health),
    Route(method="GET", path="/metrics", handler=metrics, act=None, gives="text/plain"),
    Route(method="GET", path="/openapi.json", handler=openapi, act=None),
]
