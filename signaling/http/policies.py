"""The rules of the chain, as administrators read and set them."""

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from contract.policies import KeptPolicies, Policies
from signaling.domain.access import Act
from signaling.domain.tags import tag_of
from signaling.http.route import Route, Visit
from signaling.store import organisation, policies


async def get_policies(visit: Visit) -> KeptPolicies:
    """The chain's rules: who may call whom, what is recorded, who sees which archive, guests, PINs."""
    kept = await visit.house.database.fetch(policies.current)
    return KeptPolicies(**dict(kept), tag=tag_of(kept))


async def put_policies(visit: Visit) -> web.Response:
    """Set all of them; they count for whatever is done from now on, also by who is connected."""
    new = visit.body(Policies)

    async def work(session: AsyncSession) -> int:
        visit.check_tag(tag_of(await policies.current(session)))
        await policies.replace(session, new, visit.by)
        return await organisation.version(session)

    ver = await visit.house.database.write(work)
    visit.house.policies.set(new, ver)
    return web.Response(status=204)


ROUTES = [
    Route(
        method="GET",
        path="/api/policies",
        handler=get_policies,
        act=Act.CHANGE_POLICIES,
        whole=True,
        answer=KeptPolicies,
    ),
    Route(
        method="PUT",
        path="/api/policies",
        handler=put_policies,
        act=Act.CHANGE_POLICIES,
        whole=True,
        body=Policies,
        exact=True,
        tagged=True,
        status=204,
    ),
]
