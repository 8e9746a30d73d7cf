"""Whom calls ring, as administrators see and set it: the chains, and the profiles of experts."""

from functools import partial

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from contract.errors import ErrorCode, Rejection
from contract.ids import PersonId
from contract.people import Role
from contract.routing import Chains, ExpertLine, ExpertProfile, Routing
from signaling.domain.access import Act
from signaling.domain.routing import usual_steps
from signaling.http.route import Route, Visit
from signaling.store import people, routing
from signaling.store.organisation import By


async def get_routing(visit: Visit) -> Routing:
    """The chains that calls go through, and when and for what each expert can be rung."""
    usual = usual_steps(round(visit.house.settings.ring_s * 1000))

    async def look(session: AsyncSession) -> Routing:
        chains, profiles = await routing.chains(session), await routing.profiles(session)
        experts = [person for person in await people.everybody(session) if person.role is Role.EXPERT]
        return Routing(
            chains=chains,
            usual=chains.usual or usual,
            experts=[
                ExpertLine(person=person, profile=profiles.get(person.id) or ExpertProfile()) for person in experts
            ],
        )

    return await visit.house.database.fetch(look)


async def put_chains(visit: Visit) -> web.Response:
    """Set the chains; calls that begin from now on go through them."""
    await visit.house.database.write(partial(routing.set_chains, new=visit.body(Chains), by=_by(visit)))
    return web.Response(status=204)


async def put_profile(visit: Visit) -> web.Response:
    """Set when an expert can be rung, and for what."""
    person = PersonId(visit.param("person"))
    profile = visit.body(ExpertProfile)

    async def work(session: AsyncSession) -> None:
        found = await people.by_id(session, person)
        if found is None or found.role is not Role.EXPERT:
            raise Rejection(ErrorCode.NOT_FOUND)
        await routing.set_profile(session, person, profile, _by(visit))

    await visit.house.database.write(work)
    return web.Response(status=204)


def _by(visit: Visit) -> By:
    return By(visit.who.id, visit.address)


ROUTES = [
    Route(method="GET", path="/api/routing", handler=get_routing, act=Act.CHANGE_ROUTING, whole=True, answer=Routing),
    Route(
        method="PUT",
        path="/api/routing/chains",
        handler=put_chains,
        act=Act.CHANGE_ROUTING,
        whole=True,
        body=Chains,
        status=204,
    ),
    Route(
        method="PUT",
        path="/api/routing/experts/{person}",
        handler=put_profile,
        act=Act.CHANGE_ROUTING,
        whole=True,
        body=ExpertProfile,
        status=204,
    ),
]
