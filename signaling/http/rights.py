"""A copy of all that is kept about somebody, for them and for administrators; and that somebody is deleted."""

from datetime import UTC, datetime

from aiohttp import web

from contract.errors import ErrorCode
from contract.ids import PersonId
from contract.rights import Erasure, PersonCopy
from runtime import clock
from signaling.auth.access import access_person
from signaling.domain.access import Act
from signaling.http.route import JSON, Route, Visit
from signaling.rights import Rights

COPY_BURST, COPY_PER_S = 5, 1 / 60
"""Copies that one person takes: each reads years."""


async def copy_own(visit: Visit) -> web.StreamResponse:
    """All that is kept about me: no secrets, and links to recordings instead of them."""
    return await _handed(visit, visit.who.id)


async def copy_person(visit: Visit) -> web.StreamResponse:
    """The same of somebody, for who administers people; of who was deleted what is left."""
    return await _handed(visit, await _person(visit))


async def erase_person(visit: Visit) -> None:
    """Delete somebody who has left, which cannot be undone; again, it changes nothing.

    Who they are goes, and all that is theirs alone. What happened stays, with nobody's name: calls, what was written,
    recordings for as long as they are kept, and the audit.
    """
    await _rights(visit).erase(await _person(visit), visit.body(Erasure).name)


async def _person(visit: Visit) -> PersonId:
    async with visit.house.database.read() as session:
        return PersonId((await access_person(session, visit.who, PersonId(visit.param("person")), erased=True)).id)


def _rights(visit: Visit) -> Rights:
    return Rights(visit.house.database, visit.by, visit.house.copy_turn)


async def _handed(visit: Visit, person: PersonId) -> web.StreamResponse:
    visit.house.copy_pace.take(visit.who.id)
    pieces = await _rights(visit).copy(person)
    day = datetime.fromtimestamp(clock.wall_ms() / 1000, UTC).strftime("%Y-%m-%d")
    response = web.StreamResponse(
        headers={
            "Content-Type": JSON,
            "Content-Disposition": f'attachment; filename="passline-person-{day}.json"',
            "Cache-Control": "private, no-store",
        }
    )
    await response.prepare(visit.raw)
    async for piece in pieces:
        await response.write(piece)
    await response.write_eof()
    return response


ROUTES = [
    Route(
        method="GET",
        path="/api/me/copy",
        handler=copy_own,
        act=Act.TAKE_OWN_COPY,
        answer=PersonCopy,
        errors=(ErrorCode.TOO_MANY,),
    ),
    Route(
        method="GET",
        path="/api/people/{person}/copy",
        handler=copy_person,
        act=Act.CHANGE_PEOPLE,
        answer=PersonCopy,
        errors=(ErrorCode.CONFLICT, ErrorCode.TOO_MANY),
    ),
    Route(
        method="POST",
        path="/api/people/{person}/erasure",
        handler=erase_person,
        act=Act.CHANGE_PEOPLE,
        body=Erasure,
        status=204,
        errors=(ErrorCode.CONFLICT,),
    ),
]
