"""Whoever was invited chooses a password and is signed in; anybody may knock, only the link's secret opens."""

from aiohttp import web

from contract.errors import ErrorCode
from contract.http import AcceptInvitation, Invitation, InvitationLink, Me
from signaling.http.people import enter
from signaling.http.route import Route, Visit
from signaling.store import people

_LINK = (ErrorCode.NOT_FOUND, ErrorCode.OVER)


async def check_invitation(visit: Visit) -> Invitation:
    """Whom the link invites, before anything is typed."""
    house = visit.house
    invited = await house.invitations.check(visit.body(InvitationLink).token)
    async with house.database.read() as session:
        chain = await people.chain_name(session)
    return Invitation(login=invited.login, name=invited.name, chain=chain)


async def accept_invitation(visit: Visit) -> web.Response:
    """Set the password and sign in; the link is used up."""
    asked = visit.body(AcceptInvitation)
    return await enter(visit, await visit.house.invitations.use(asked.token, asked.password, visit.address))


ROUTES = [
    Route(
        method="POST",
        path="/api/invitation/check",
        handler=check_invitation,
        act=None,
        body=InvitationLink,
        answer=Invitation,
        errors=_LINK,
    ),
    Route(
        method="POST",
        path="/api/invitation",
        handler=accept_invitation,
        act=None,
        body=AcceptInvitation,
        answer=Me,
        errors=(*_LINK, ErrorCode.WEAK_PASSWORD, ErrorCode.SIGN_IN),
    ),
]
