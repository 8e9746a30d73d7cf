"""When I do not want to be rung: read and set by whoever calls ring."""

from functools import partial

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from contract.errors import ErrorCode
from contract.quiet import KeptQuiet, Quiet
from signaling.domain.access import Act
from signaling.domain.tags import tag_of
from signaling.http.route import Route, Visit
from signaling.store import quiet

BURST, PER_S = 12, 0.2
"""Of one person: each that changes something has the whole directory read again, and everybody told."""


async def get_quiet(visit: Visit) -> KeptQuiet:
    """When I do not want to be rung."""
    kept = await visit.house.database.fetch(partial(quiet.of, person=visit.who.id))
    return KeptQuiet(**dict(kept), tag=tag_of(kept))


async def put_quiet(visit: Visit) -> web.Response:
    """Set all of it; it counts at once, for calls that begin to ring from now on."""
    visit.house.quiet_pace.take(visit.who.id)

    async def work(session: AsyncSession) -> None:
        visit.check_tag(tag_of(await quiet.of(session, visit.who.id)))
        await quiet.replace(session, visit.who.id, visit.body(Quiet), visit.by)

    await visit.house.database.write(work)
    return web.Response(status=204)


_PATH = "/api/quiet"
ROUTES = [
    Route(method="GET", path=_PATH, handler=get_quiet, act=Act.CALL_COLLEAGUE, answer=KeptQuiet),
    Route(
        method="PUT",
        path=_PATH,
        handler=put_quiet,
        act=Act.CALL_COLLEAGUE,
        body=Quiet,
        exact=True,
        tagged=True,
        status=204,
        errors=(ErrorCode.TOO_MANY,),
    ),
]
