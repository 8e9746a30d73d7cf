"""Signing in and out, who I am, tickets, and whom I can call."""

from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import version

from aiohttp import web

from contract.audit import Action
from contract.base import Message
from contract.errors import ErrorCode, Rejection
from contract.http import Directory, Me, SignIn, Ticket
from contract.ids import PersonId
from contract.people import Grant, Person, Role
from signaling.auth.principal import Principal
from signaling.domain.access import Act
from signaling.domain.directory import directory_for
from signaling.http.cookies import drop_cookie, set_cookie
from signaling.http.route import Route, Visit
from signaling.store import audit, grants, people, policies


async def sign_in(visit: Visit) -> web.Response:
    """Sign in with name and password; sets the cookie."""
    asked = visit.body(SignIn)
    house = visit.house
    async with house.database.read() as session:
        found = await people.by_login(session, asked.login)
    again = found is not None and not visit.anonymous and visit.who.id == found[0]
    counted = (asked.login, visit.address, visit.who.sign_in if again else None)
    house.sign_in_limit.check(*counted)
    kept = found[1] if found else ""  # empty too for who was only invited
    matches = await house.passwords.matches(asked.password, kept or None)
    house.sign_in_limit.check(*counted)  # again: others may have guessed while this one was hashed
    if found is None or not matches:
        house.sign_in_limit.wrong(*counted)
        write = partial(
            audit.record, action=Action.SIGN_IN_FAILED, person=found[0] if found else None, address=visit.address
        )
        await house.database.write(write)
        raise Rejection(ErrorCode.WRONG_PASSWORD)
    house.sign_in_limit.right(asked.login)
    return await enter(visit, found[0])


async def enter(
    visit: Visit,
    person_id: PersonId,
    *,
    how: str = "",
    answer: Callable[[Me], Message] = lambda me: me,
) -> web.Response:
    """Sign this browser in as somebody who has shown who they are: the answer `Me`, and the cookie.

    `how` goes into the audit, and `answer` is what the route says instead of `Me`.
    """
    house = visit.house
    who = await _me(visit, person_id)
    agent = visit.raw.headers.get("User-Agent", "")
    secret = await house.sign_ins.open(person_id, who.person.role, agent)
    await house.database.write(
        partial(audit.record, action=Action.SIGNED_IN, person=person_id, address=visit.address, detail=how)
    )
    return _entered(visit, answer(who), secret)


async def entered(visit: Visit, person_id: PersonId, secret: str) -> web.Response:
    """The same answer for somebody whose sign-in was opened with what let them in."""
    return _entered(visit, await _me(visit, person_id), secret)


def _entered(visit: Visit, said: Message, secret: str) -> web.Response:
    response = visit.reply(said)
    set_cookie(visit.raw, response, secret)
    return response


async def _me(visit: Visit, person_id: PersonId) -> Me:
    """What somebody is told of who they are, before this browser is theirs."""
    house = visit.house
    async with house.database.read() as session:
        person = await people.by_id(session, person_id)
        held = await grants.of(session, person_id)
        chain = await people.chain_name(session)
        rules = await policies.current(session)
    assert person is not None
    return Me(
        person=person,
        also=_roles(person, held),
        partly=_partly(held),
        chain=chain,
        version=version("passline"),
        ring_s=round(house.settings.ring_s),
        policies=rules,
    )


async def sign_out(visit: Visit) -> web.Response:
    """Sign out; ends this browser's WebSockets."""
    response = web.Response(status=204)
    if not visit.anonymous:
        if visit.who.person.operator is not None:
            await visit.house.take_overs.signed_out(visit.who.id, visit.address)
            await visit.house.tablets.look()
        await visit.house.sign_ins.end(visit.who)
        await visit.house.sockets.end_sign_in(visit.who.sign_in)
        await visit.house.database.write(
            partial(audit.record, action=Action.SIGNED_OUT, person=visit.who.id, address=visit.address)
        )
    drop_cookie(response)
    return response


async def me(visit: Visit) -> Me:
    """Who is signed in."""
    return await told(visit, visit.who)


async def told(visit: Visit, who: Principal) -> Me:
    """What a client is told of who it is."""
    async with visit.house.database.read() as session:
        chain = await people.chain_name(session)
        rules = await policies.current(session)
    return Me(
        person=who.person,
        also=_roles(who.person, who.grants),
        partly=_partly(who.grants),
        chain=chain,
        version=version("passline"),
        ring_s=round(visit.house.settings.ring_s),
        policies=rules,
    )


def _roles(person: Person, held: Sequence[Grant]) -> list[Role]:
    """Those besides the main one, each once."""
    return [role for role in dict.fromkeys(one.role for one in held) if role is not person.role]


def _partly(held: Sequence[Grant]) -> list[Role]:
    """The roles that are held, but not for the whole chain."""
    wholly = {one.role for one in held if one.region is None and one.store is None}
    return [role for role in dict.fromkeys(one.role for one in held) if role not in wholly]


async def ticket(visit: Visit) -> Ticket:
    """A ticket for one WebSocket, 30 s."""
    return Ticket(ticket=await visit.house.tickets.give(visit.who))


async def directory(visit: Visit) -> Directory:
    """Who can be called or invited, with presence."""
    return directory_for(visit.who, visit.house.presence.entries())


ROUTES = [
    Route(
        method="POST",
        path="/api/signin",
        handler=sign_in,
        act=None,
        body=SignIn,
        answer=Me,
        errors=(ErrorCode.WRONG_PASSWORD, ErrorCode.SIGN_IN, ErrorCode.LOCKED, ErrorCode.BUSY),
    ),
    Route(method="POST", path="/api/signout", handler=sign_out, act=None, status=204),
    Route(method="GET", path="/api/me", handler=me, act=Act.CONNECT, answer=Me),
    Route(method="POST", path="/api/ticket", handler=ticket, act=Act.CONNECT, answer=Ticket, status=201),
    Route(
        method="GET",
        path="/api/directory",
        handler=directory,
        act=Act.SEE_EXPERTS,
        answer=Directory,
    ),
]
