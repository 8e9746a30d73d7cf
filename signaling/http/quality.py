"""How well a call went, for those who answer for it: its media, its rings, and how quick it was."""

from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession

from contract.audit import Action
from contract.http import CallQuality
from contract.ids import RoomId
from signaling.auth.access import access_quality
from signaling.auth.principal import Principal
from signaling.domain.access import Act
from signaling.domain.archive import entry_of
from signaling.domain.callquality import marks, person_quality
from signaling.http.archive import audit_once
from signaling.http.route import Route, Visit
from signaling.store import archive, quality, rings

MAX_PEOPLE = 30
"""Of a session of hundreds those with the most trouble tell enough."""


async def call_quality(visit: Visit) -> CallQuality:
    """How well the media of a call or session went, person by person."""
    room = RoomId(visit.param("room"))
    found = await visit.house.database.fetch(partial(_look, who=visit.who, room=room))
    await audit_once(visit, Action.QUALITY_OPENED, room)
    return found


async def _look(session: AsyncSession, *, who: Principal, room: RoomId) -> CallQuality:
    """In a thread of the database: hours of a call are many samples."""
    kept = await access_quality(session, who, room)
    known = {member.person.id: member for member in kept.state.members}
    measured = [person for person in await quality.people(session, room) if person in known]
    shown = measured[:MAX_PEOPLE]
    return CallQuality(
        entry=entry_of(kept),
        people=[
            person_quality(known[person].person, await quality.of_person(session, room, person)) for person in shown
        ],
        left_out=len(measured) - len(shown),
        marks=marks([known[person] for person in shown], await archive.events(session, room)),
        timings=kept.state.call.timings if kept.state.call is not None else None,
        rings=await rings.of_call(session, room),
    )


ROUTES = [
    Route(
        method="GET",
        path="/api/archive/{room}/quality",
        handler=call_quality,
        act=Act.SEE_QUALITY,
        answer=CallQuality,
    ),
]
