"""Links for visitors: made and withdrawn by who sits in the call, used by anybody who holds one."""

import segno
from aiohttp import web

from contract.errors import ErrorCode, Rejection
from contract.http import Me
from contract.ids import RoomId, VisitId
from contract.rooms import RoomState
from contract.visits import OpenVisits, VisitEntry, Visiting, VisitLink, VisitOffer, VisitToken, VisitWish
from runtime.address import own_address
from signaling.domain.access import Act
from signaling.domain.draft import concerns
from signaling.domain.visitor_names import check_name
from signaling.domain.visitors import check_inviting
from signaling.http.people import entered
from signaling.http.route import Route, Visit
from signaling.store import people

PATH = "/g#"
"""What follows is sent to nobody: no log of a server or proxy has the secret."""


async def offer_visit(visit: Visit) -> VisitLink:
    """A link of one use with which somebody without an account may wait to be let into this call; told only now."""
    state, house = _inviting(visit), visit.house
    made, token, expires_ms = await house.visits.offer(state.id, visit.body(VisitWish).life_s, visit.by)
    address = f"{own_address(house.settings)}{PATH}{token}"
    squares = segno.make(address, micro=False, error="m").matrix
    picture = ["".join("1" if one else "0" for one in row) for row in squares]
    return VisitLink(id=made, address=address, picture=picture, expires_at=expires_ms)


async def list_visits(visit: Visit) -> OpenVisits:
    """The links to this call that nobody has come by, without their secrets."""
    return OpenVisits(links=await visit.house.visits.unused(_inviting(visit).id))


async def withdraw_visit(visit: Visit) -> None:
    """Take a link back that nobody has come by."""
    await visit.house.visits.withdraw(VisitId(visit.param("visit")), _inviting(visit).id, visit.by)


def _inviting(visit: Visit) -> RoomState:
    """The call, for who may invite to it. Raises Rejection `not_found`, `forbidden` or `conflict`."""
    state = visit.house.rooms.state(RoomId(visit.param("room")))
    if state is None or not concerns(state, visit.who.id):
        raise Rejection(ErrorCode.NOT_FOUND)
    check_inviting(state, visit.who.id, visit.who.grants)
    return state


async def look_at_visit(visit: Visit) -> VisitOffer:
    """What a link offers; looking does not use it up."""
    house = visit.house
    with house.visit_limit.guess(visit.address):
        offered = await house.visits.look(visit.body(VisitToken).token, visit.address)
    async with house.database.read() as session:
        chain = await people.chain_name(session)
    state = house.rooms.state(offered.room)
    recorded = state is None or state.recording is not None  # what nobody knows now may be recorded
    return VisitOffer(chain=chain, by=offered.by_name, expires_at=offered.expires_ms, recorded=recorded)


async def enter_visit(visit: Visit) -> web.Response:
    """Use a link up: this browser is a visitor's until the visit is over."""
    asked, house = visit.body(VisitEntry), visit.house
    if not visit.anonymous:
        raise Rejection(ErrorCode.CONFLICT, "this browser is signed in as somebody of the house")
    if not asked.consent:
        raise Rejection(ErrorCode.CONSENT, "nobody joins without consent")
    check_name(asked.name)
    with house.visit_limit.guess(visit.address):
        agent = visit.raw.headers.get("User-Agent", "")
        visitor, secret = await house.visits.enter(asked, visit.address, agent)
    return await entered(visit, visitor, secret)


async def own_visit(visit: Visit) -> Visiting:
    """Where this visitor may come in."""
    return Visiting(room=await visit.house.visits.room_of(visit.who.id))


_LINK = (ErrorCode.NOT_FOUND, ErrorCode.LOCKED)
ROUTES = [
    Route(
        method="POST",
        path="/api/rooms/{room}/visits",
        handler=offer_visit,
        act=Act.INVITE_VISITOR,
        body=VisitWish,
        answer=VisitLink,
        status=201,
        errors=(ErrorCode.CONFLICT, ErrorCode.OVER, ErrorCode.POLICY, ErrorCode.TOO_MANY),
    ),
    Route(
        method="GET",
        path="/api/rooms/{room}/visits",
        handler=list_visits,
        act=Act.INVITE_VISITOR,
        answer=OpenVisits,
        errors=(ErrorCode.CONFLICT, ErrorCode.OVER),
    ),
    Route(
        method="DELETE",
        path="/api/rooms/{room}/visits/{visit}",
        handler=withdraw_visit,
        act=Act.INVITE_VISITOR,
        status=204,
        errors=(ErrorCode.CONFLICT, ErrorCode.OVER),
    ),
    Route(
        method="POST",
        path="/api/visit/look",
        handler=look_at_visit,
        act=None,
        body=VisitToken,
        answer=VisitOffer,
        errors=_LINK,
    ),
    Route(
        method="POST",
        path="/api/visit",
        handler=enter_visit,
        act=None,
        body=VisitEntry,
        answer=Me,
        errors=(*_LINK, ErrorCode.CONSENT, ErrorCode.CONFLICT),
    ),
    Route(
        method="GET",
        path="/api/visit",
        handler=own_visit,
        act=Act.VISIT,
        answer=Visiting,
        errors=(ErrorCode.NOT_FOUND,),
    ),
]
