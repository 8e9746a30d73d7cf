"""The door of an administrator's emergency sign-in; anybody may knock, only the link's secret opens."""

from functools import partial

from aiohttp import web

from contract.audit import Action
from contract.errors import ErrorCode, Rejection
from contract.http import BreakGlassLink, Me
from signaling.http.people import enter
from signaling.http.route import Route, Visit
from signaling.store import audit

HOW = "break_glass"
"""In the audit."""


async def break_glass(visit: Visit) -> web.Response:
    """Sign in with a link that was made on the server; it is used up."""
    house = visit.house
    try:
        person = await house.break_glass.use(visit.body(BreakGlassLink).token)
    except Rejection as error:
        detail = f"{HOW} {error.code}"
        failed = partial(audit.record, action=Action.SIGN_IN_FAILED, person=None, address=visit.address, detail=detail)
        # Only now: the right link works whatever others guessed from this address, it is the last way in.
        with house.break_glass_limit.guess(visit.address):
            await house.database.write(failed)
            raise
    return await enter(visit, person, how=HOW)


ROUTES = [
    Route(
        method="POST",
        path="/api/break-glass",
        handler=break_glass,
        act=None,
        body=BreakGlassLink,
        answer=Me,
        errors=(ErrorCode.NOT_FOUND, ErrorCode.OVER, ErrorCode.LOCKED, ErrorCode.SIGN_IN),
    ),
]
