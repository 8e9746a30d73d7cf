"""Whom calls ring, as administrators see and set it: the chains, and the profiles of experts."""

from dataclasses import replace

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from contract.errors import ErrorCode, Rejection
from contract.ids import PersonId
from contract.people import Name, Person, Presence, Role
from contract.rooms import Reason
from contract.routing import Chains, ExpertLine, ExpertProfile, Routing
from contract.routing_now import ExpertNow, ReasonNow, RoutingNow, StepNow
from runtime import clock
from signaling.domain.access import NOWHERE, Act
from signaling.domain.routing import at_work, begin_to_ring, steps_for, usual_steps
from signaling.domain.tags import tag_of
from signaling.http.route import Route, Visit
from signaling.store import grants, people, routing


async def get_routing(visit: Visit) -> Routing:
    """The chains that calls go through, and when and for what each expert can be rung."""
    usual = usual_steps(_ring_ms(visit))

    async def look(session: AsyncSession) -> Routing:
        chains, profiles = await routing.chains(session), await routing.profiles(session)
        experts = await people.everybody(session, Role.EXPERT)
        return Routing(
            chains=chains,
            tag=tag_of(chains),
            usual=chains.usual or usual,
            experts=[_line(person, profiles.get(person.id) or ExpertProfile()) for person in experts],
        )

    return await visit.house.database.fetch(look)


async def get_now(visit: Visit) -> RoutingNow:
    """Whom a call for each reason would ring this moment, step by step, and who could be rung at all."""
    house, now_ms = visit.house, clock.wall_ms()
    rungable = [one for one in house.experts() if one.reach != NOWHERE]

    async def look(session: AsyncSession) -> tuple[Chains, dict[PersonId, ExpertProfile], dict[PersonId, list[Name]]]:
        only = {one.person.id: await grants.names(session, one.reach) for one in rungable if not one.reach.chain}
        return await routing.chains(session), await routing.profiles(session), only

    # What rings goes by the database as it was a tenth of a second ago: whoever has just saved wants to see it.
    chains, profiles, only = await house.database.fetch(look)
    experts = [replace(one, profile=profiles.get(one.person.id) or ExpertProfile()) for one in rungable]
    presence = {entry.person.id: entry.presence for entry in house.presence.entries()}
    reasons = []
    for reason in Reason:
        steps = steps_for(reason, chains, _ring_ms(visit))
        rung = begin_to_ring(steps, reason, experts, chains.at_once, now_ms)
        found = [
            StepNow(step=step, people=[person.id for person in people])
            for step, people in zip(steps, rung, strict=True)
        ]
        reasons.append(ReasonNow(reason=reason, steps=found))
    return RoutingNow(
        at=now_ms,
        reasons=reasons,
        experts=[
            ExpertNow(
                person=expert.person.id,
                presence=presence.get(expert.person.id, Presence.OFFLINE),
                at_work=at_work(expert.profile, now_ms),
                only=only.get(expert.person.id, []),
            )
            for expert in experts
        ],
    )


async def put_chains(visit: Visit) -> web.Response:
    """Set the chains; calls that begin from now on go through them."""

    async def work(session: AsyncSession) -> None:
        visit.check_tag(tag_of(await routing.chains(session)))
        await routing.set_chains(session, visit.body(Chains), visit.by)

    await visit.house.database.write(work)
    return web.Response(status=204)


async def put_profile(visit: Visit) -> web.Response:
    """Set when an expert can be rung, and for what."""
    person = PersonId(visit.param("person"))
    profile = visit.body(ExpertProfile)

    async def work(session: AsyncSession) -> None:
        found = await people.by_id(session, person)
        if found is None or found.role is not Role.EXPERT:
            raise Rejection(ErrorCode.NOT_FOUND)
        visit.check_tag(tag_of((await routing.profiles(session)).get(person) or ExpertProfile()))
        await routing.set_profile(session, person, profile, visit.by)

    await visit.house.database.write(work)
    return web.Response(status=204)


def _line(person: Person, profile: ExpertProfile) -> ExpertLine:
    return ExpertLine(person=person, profile=profile, tag=tag_of(profile))


def _ring_ms(visit: Visit) -> int:
    return round(visit.house.settings.ring_s * 1000)


ROUTES = [
    Route(method="GET", path="/api/routing", handler=get_routing, act=Act.CHANGE_ROUTING, whole=True, answer=Routing),
    Route(
        method="GET", path="/api/routing/now", handler=get_now, act=Act.CHANGE_ROUTING, whole=True, answer=RoutingNow
    ),
    Route(
        method="PUT",
        path="/api/routing/chains",
        handler=put_chains,
        act=Act.CHANGE_ROUTING,
        whole=True,
        body=Chains,
        exact=True,
        tagged=True,
        status=204,
    ),
    Route(
        method="PUT",
        path="/api/routing/experts/{person}",
        handler=put_profile,
        act=Act.CHANGE_ROUTING,
        whole=True,
        body=ExpertProfile,
        exact=True,
        tagged=True,
        status=204,
    ),
]
