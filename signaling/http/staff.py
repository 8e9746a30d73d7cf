"""People one by one, for administrators: who there is, who comes, who is called otherwise, who is kept out."""

from aiohttp import web

from contract.errors import ErrorCode
from contract.http import InvitedPerson
from contract.ids import PersonId
from contract.organisation import Disabled, Newcomer, People, PersonChange, PersonWish, Roles
from runtime import clock
from signaling.auth.access import access_person
from signaling.auth.accounts import Accounts
from signaling.domain.access import Act
from signaling.http.route import Route, Visit
from signaling.staff import Staff
from signaling.store import records


async def list_people(visit: Visit) -> People:
    """Everybody who signs in, also who is disabled; tablets are with their stores."""
    now_ms = clock.wall_ms()
    return People(people=await visit.house.database.fetch(lambda session: records.people(session, now_ms)))


async def add_person(visit: Visit) -> Newcomer:
    """Add somebody; the answer has the link of the invitation, which is told only now."""
    return await _staff(visit).add(visit.body(PersonWish))


async def change_person(visit: Visit) -> web.Response:
    """Name, title and skills of somebody; login and roles stay."""
    await _login(visit)
    changed = await _staff(visit).change(PersonId(visit.param("person")), visit.body(PersonChange), visit.check_tag)
    return visit.replaced(changed)


async def give_roles(visit: Visit) -> web.Response:
    """What somebody may do, and where: exactly this from now on, also of who is signed in."""
    await _login(visit)
    given = await _staff(visit).give_roles(PersonId(visit.param("person")), visit.body(Roles), visit.check_tag)
    return visit.replaced(given)


async def invite_person(visit: Visit) -> InvitedPerson:
    """A new link to choose a password; the link before works no more, the old password until this one is used."""
    login = await _login(visit)
    secret = await visit.house.invitations.invite(login, visit.by)
    return InvitedPerson(login=login, path=f"/invitation#{secret}")


async def disable_person(visit: Visit) -> None:
    """Keep somebody, or a tablet, out from now on, or let them in again with the password that they had.

    With a successor, who gets their open callbacks and replays what they could.
    """
    login = await _login(visit)
    accounts = Accounts(visit.house.database, visit.house.passwords, visit.by)
    asked = visit.body(Disabled)
    if asked.disabled:
        await accounts.disable(login, asked.successor)
    else:
        await accounts.enable(login)


async def _login(visit: Visit) -> str:
    async with visit.house.database.read() as session:
        return (await access_person(session, visit.who, PersonId(visit.param("person")))).login


def _staff(visit: Visit) -> Staff:
    return Staff(visit.house.database, visit.by)


_ONE = "/api/people/{person}"
_TAKEN = (ErrorCode.CONFLICT,)
ROUTES = [
    Route(method="GET", path="/api/people", handler=list_people, act=Act.CHANGE_PEOPLE, whole=True, answer=People),
    Route(
        method="POST",
        path="/api/people",
        handler=add_person,
        act=Act.CHANGE_PEOPLE,
        whole=True,
        body=PersonWish,
        answer=Newcomer,
        status=201,
        errors=(ErrorCode.NOT_FOUND, *_TAKEN),
    ),
    Route(
        method="PUT",
        path=_ONE,
        handler=change_person,
        act=Act.CHANGE_PEOPLE,
        body=PersonChange,
        tagged=True,
        status=204,
    ),
    Route(
        method="PUT",
        path=f"{_ONE}/roles",
        handler=give_roles,
        act=Act.CHANGE_PEOPLE,
        whole=True,
        body=Roles,
        tagged=True,
        status=204,
        errors=_TAKEN,
    ),
    Route(
        method="POST",
        path=f"{_ONE}/invitation",
        handler=invite_person,
        act=Act.CHANGE_PEOPLE,
        answer=InvitedPerson,
        status=201,
        errors=_TAKEN,
    ),
    Route(
        method="PUT",
        path=f"{_ONE}/disabled",
        handler=disable_person,
        act=Act.CHANGE_PEOPLE,
        body=Disabled,
        status=204,
        errors=_TAKEN,
    ),
]
