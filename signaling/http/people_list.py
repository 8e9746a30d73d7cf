"""A list of people by HTTP, for administrators and the tools of a personnel department: preview first, then apply."""

import asyncio

from contract.base import Message
from contract.http import InvitedPerson, PeopleTaken
from signaling.domain.access import Act
from signaling.domain.csv_list import MAX_BYTES, BadList
from signaling.domain.people_list import read
from signaling.http.route import Route, Visit
from signaling.staff import Staff


class ListQuery(Message):
    apply: bool = False
    """Change it; else only say what would change."""


async def take_people(visit: Visit) -> PeopleTaken:
    """Add whom a CSV file has and the chain has not, change who differs; all of it, or nothing if a line is wrong.

    The columns are those of `passline user import`. Whoever is new gets an invitation, which is told only now.
    """
    apply = visit.query(ListQuery).apply
    staff = Staff(visit.house.database, visit.by)
    try:
        lines = await asyncio.to_thread(read, await visit.read())
        taken = await staff.take_list(lines, only_ask=not apply)
    except BadList as bad:
        return PeopleTaken(problems=bad.problems, invited=[], changed=[], same=0)
    invited = [
        InvitedPerson(login=login, path=f"/invitation#{secret}" if apply else None) for login, secret in taken.invited
    ]
    return PeopleTaken(problems=[], invited=invited, changed=taken.changed, same=taken.same)


ROUTES = [
    Route(
        method="POST",
        path="/api/lists/people",
        handler=take_people,
        act=Act.CHANGE_PEOPLE,
        whole=True,
        query=ListQuery,
        accepts="text/csv",
        max_bytes=MAX_BYTES,
        answer=PeopleTaken,
    ),
]
