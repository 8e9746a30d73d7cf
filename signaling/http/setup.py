"""The first administrator makes the chain: only before there is one, and only with the link from the log."""

from aiohttp import web

from contract.errors import ErrorCode
from contract.http import Me, Setup, SetupLink, SetupState
from signaling.http.people import enter
from signaling.http.route import Route, Visit

_LINK = (ErrorCode.SETUP_WRONG, ErrorCode.SETUP_EXPIRED, ErrorCode.SETUP_DONE)


async def needed(visit: Visit) -> SetupState:
    """Whether the chain waits for its first administrator."""
    return SetupState(needed=await visit.house.first_administrator.needed())


async def check(visit: Visit) -> None:
    """Whether the link still works, before anything is typed."""
    await visit.house.first_administrator.check(visit.body(SetupLink).token)


async def use(visit: Visit) -> web.Response:
    """Name the chain, make its first administrator and sign in; the link is used up."""
    return await enter(visit, await visit.house.first_administrator.use(visit.body(Setup), visit.address))


ROUTES = [
    Route(method="GET", path="/api/setup", handler=needed, act=None, answer=SetupState),
    Route(method="POST", path="/api/setup/check", handler=check, act=None, body=SetupLink, status=204, errors=_LINK),
    Route(
        method="POST",
        path="/api/setup",
        handler=use,
        act=None,
        body=Setup,
        answer=Me,
        errors=(*_LINK, ErrorCode.WEAK_PASSWORD, ErrorCode.CONFLICT),
    ),
]
