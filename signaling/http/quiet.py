"""When I do not want to be rung: read and set by whoever calls ring."""

from functools import partial

from aiohttp import web

from contract.errors import ErrorCode
from contract.quiet import Quiet
from signaling.domain.access import Act
from signaling.http.route import Route, Visit
from signaling.store import quiet
from signaling.store.organisation import By

BURST, PER_S = 12, 0.2
"""Of one person: each that changes something has the whole directory read again, and everybody told."""


async def get_quiet(visit: Visit) -> Quiet:
    """When I do not want to be rung."""
    return await visit.house.database.fetch(partial(quiet.of, person=visit.who.id))


async def put_quiet(visit: Visit) -> web.Response:
    """Set all of it; it counts at once, for calls that begin to ring from now on."""
    visit.house.quiet_pace.take(visit.who.id)
    by = By(visit.who.id, visit.address)
    await visit.house.database.write(partial(quiet.replace, person=visit.who.id, new=visit.body(Quiet), by=by))
    return web.Response(status=204)


_PATH = "/api/quiet"
ROUTES = [
    Route(method="GET", path=_PATH, handler=get_quiet, act=Act.BE_RUNG, answer=Quiet),
    Route(
        method="PUT",
        path=_PATH,
        handler=put_quiet,
        act=Act.BE_RUNG,
        body=Quiet,
        exact=True,
        status=204,
        errors=(ErrorCode.TOO_MANY,),
    ),
]
