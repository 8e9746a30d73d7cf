"""Web Push: somebody's browser is rung while no page of ours is open in it, or is not any more."""

from functools import partial

from contract.errors import ErrorCode, Rejection
from contract.ids import RoomId
from contract.push import PushBrowser, PushSeen, PushTerms
from contract.rings import MOST_DEVICE_CHARACTERS
from runtime import clock
from signaling.domain.access import Act
from signaling.domain.draft import find
from signaling.domain.push import left_ms
from signaling.http.route import Route, Visit
from signaling.store import push as rows
from signaling.store.push import KeptBrowser


async def push_terms(visit: Visit) -> PushTerms:
    """What a browser needs so that it can be rung; no key if it is turned off here."""
    return visit.house.push.terms


async def put_push(visit: Visit) -> None:
    """Ring this browser by Web Push from now on, as long as it is signed in."""
    who, browser = visit.who, visit.body(PushBrowser)
    visit.house.push_limit.take(who.id)
    visit.house.push.check(browser)
    kept = KeptBrowser(who.id, _browser(visit), browser)
    await visit.house.database.write(
        partial(rows.put, one=kept, sign_in=who.sign_in, by=visit.by, now_ms=clock.wall_ms())
    )
    await visit.house.push.look()


async def remove_push(visit: Visit) -> None:
    """Ring it no more."""
    who = visit.who
    visit.house.push_limit.take(who.id)
    await visit.house.database.write(partial(rows.remove, person=who.id, device=_browser(visit), by=visit.by))
    await visit.house.push.look()


async def push_seen(visit: Visit) -> PushSeen:
    """A browser of one's own shows this ring; the answer says how long it still rings."""
    room, who = RoomId(visit.param("room")), visit.who.id
    visit.house.push.seen(room, who, _browser(visit))
    state = visit.house.rooms.state(room)
    if state is None or find(state, who) is None:  # long over, or never theirs
        raise Rejection(ErrorCode.NOT_FOUND)
    return PushSeen(left_ms=left_ms(state, who, clock.wall_ms()))


def _browser(visit: Visit) -> str:
    """Which of one's browsers. Raises Rejection(`not_found`) for what cannot be one."""
    named = visit.param("browser")
    if len(named) > MOST_DEVICE_CHARACTERS:
        raise Rejection(ErrorCode.NOT_FOUND)
    return named


_route = partial(Route, act=Act.BE_RUNG)
_ONE = "/api/push/{browser}"
_LIMITED = (ErrorCode.TOO_MANY,)
ROUTES = [
    _route(method="GET", path="/api/push", handler=push_terms, answer=PushTerms),
    _route(method="PUT", path=_ONE, handler=put_push, body=PushBrowser, status=204, errors=_LIMITED),
    _route(method="DELETE", path=_ONE, handler=remove_push, status=204, errors=_LIMITED),
    _route(method="POST", path=f"{_ONE}/rings/{{room}}", handler=push_seen, answer=PushSeen, extends=False),
]
