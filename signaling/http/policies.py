"""The rules of the chain, as administrators read and set them."""

from functools import partial

from aiohttp import web

from contract.policies import Policies
from signaling.domain.access import Act
from signaling.http.route import Route, Visit
from signaling.store import policies
from signaling.store.organisation import By


async def get_policies(visit: Visit) -> Policies:
    """The chain's rules: who may call whom, what is recorded, who sees which archive, guests, PINs."""
    return await visit.house.database.fetch(policies.current)


async def put_policies(visit: Visit) -> web.Response:
    """Set all of them; they count for whatever is done from now on, also by who is connected."""
    new, by = visit.body(Policies), By(visit.who.id, visit.address)
    await visit.house.database.write(partial(policies.replace, new=new, by=by))
    visit.house.policies.set(new)
    return web.Response(status=204)


ROUTES = [
    Route(
        method="GET",
        path="/api/policies",
        handler=get_policies,
        act=Act.CHANGE_POLICIES,
        whole=True,
        answer=Policies,
    ),
    Route(
        method="PUT",
        path="/api/policies",
        handler=put_policies,
        act=Act.CHANGE_POLICIES,
        whole=True,
        body=Policies,
        exact=True,
        status=204,
    ),
]
