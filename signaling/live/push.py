"""Rings, by Web Push, browsers in which no page of ours is open, and tells them when it is over.

Who is rung is decided in the room; here it only gets to their browsers. Each browser is posted to by a task of its own,
which no call and no other browser waits for. What rings is in memory: after a restart, whoever a room still rings and
who does not come back by themselves is pushed to again.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy.exc import SQLAlchemyError

from contract.errors import Rejection, Unavailable
from contract.ids import PersonId, RoomId
from contract.push import PushBrowser, PushedOver, PushedRing, PushTerms
from contract.rings import RingEnd
from contract.rooms import RoomState
from runtime import clock
from runtime.logs import get_logger
from runtime.repeated import Repeated
from runtime.supervise import TaskScope
from signaling.domain import push, rings
from signaling.domain.web_push import check_endpoint, encoded, from_pem, pem, public_bytes, receiver
from signaling.live.push_posts import Fate, PushPosts, client
from signaling.live.rings import LiveRings
from signaling.live.sessions import ClientSessions
from signaling.store import push as rows
from signaling.store.engine import Database
from signaling.store.push import KeptBrowser

log = get_logger(__name__)

LOOK_S = 30.0
"""How often it is read who can be rung at all; whoever turns it on or off is looked at at once."""
RETURN_S = 6.0
"""After a start pages that were open come back within this time, and are not pushed to."""
MOST_RINGS = 1_000
"""At once. Policy: one more is not pushed, which is logged; whoever has a page open rings as ever."""
MOST_TOLD = 2_000
"""Browsers at once that are told that it is over. Policy: one more is not, which is logged with how many; there the
notification runs out by itself, as a missed call."""


@dataclass(slots=True, eq=False)
class _Going:
    """A ring of one person that goes on, until `over`."""

    state: RoomState
    person: PersonId
    over: asyncio.Event = field(default_factory=asyncio.Event)
    end: RingEnd = RingEnd.GIVEN_UP


class LivePush:
    """Told by signaling.live.rooms what changes; `run` pushes. `look` when somebody turned it on or off."""

    def __init__(
        self,
        database: Database,
        sessions: ClientSessions,
        rings: LiveRings,
        *,
        enabled: bool,
        contact: str | None,
        servers: Sequence[str],
    ) -> None:
        """`contact` is whom a push service may write to: `mailto:` or `https:`; `servers` are the operator's own."""
        self._database = database
        self._sessions = sessions
        self._rings = rings
        self._enabled = enabled
        self._contact = contact
        self._servers = servers
        self._key: ec.EllipticCurvePrivateKey | None = None
        self._reachable: dict[PersonId, int] = {}
        self._going: dict[RoomId, dict[PersonId, _Going]] = {}
        self._begun: list[_Going] = []
        """Nobody was told of these yet; no more than `MOST_RINGS`, as all that goes on."""
        self._touched = asyncio.Event()
        self._telling = 0
        self.untold = 0
        """Browsers that were not told that it was over, since the start: too many were."""
        self._refused: set[str] = set()
        """Endpoints whose last push was refused for good; no more than are kept, by `look`."""
        self._repeated = Repeated()

    # --- who ------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Before anything rings: our key, and who can be rung."""
        if self._enabled:
            fresh = pem(ec.generate_private_key(ec.SECP256R1()))
            self._key = from_pem(await self._database.write(partial(rows.key, fresh_pem=fresh)))
            await self.look()

    @property
    def terms(self) -> PushTerms:
        """What a browser needs to know."""
        return PushTerms(key=encoded(public_bytes(self._key)) if self._key is not None else None)

    def check(self, browser: PushBrowser) -> None:
        """Raises Rejection(`bad_message`) for a browser that we would not push to."""
        check_endpoint(browser.endpoint, self._servers)
        receiver(browser.p256dh, browser.auth)

    async def look(self) -> None:
        """Read who can be rung from now on: in some browser that we would push to and that did not refuse for good."""
        if self._key is None:
            return
        kept = await self._database.fetch(partial(rows.good, now_ms=clock.wall_ms()))
        self._refused &= {one.browser.endpoint for one, _ in kept}
        reachable: dict[PersonId, int] = {}
        for one, until_ms in kept:
            if one.browser.endpoint not in self._refused and self._would(one):
                reachable[one.person] = max(until_ms, reachable.get(one.person, 0))
        self._reachable = reachable

    def _would(self, one: KeptBrowser) -> bool:
        """Whether it is still at a push service that is known here."""
        try:
            self.check(one.browser)
        except Rejection:
            return False
        return True

    def reachable(self, now_ms: int) -> Collection[PersonId]:
        """Who has a browser that can be rung without a page of ours."""
        return {person for person, until in self._reachable.items() if until > now_ms}

    def seen(self, room: RoomId, person: PersonId, device: str) -> None:
        """This browser shows the ring."""
        self._rings.seen((room, person, device), hidden=False, silent=False)

    # --- what comes to pass ---------------------------------------------------------------------------------------

    def saw(self, before: RoomState | None, after: RoomState) -> None:
        """A room changed; `before` is None for one that has just opened."""
        if self._key is None:
            return
        now_ms = clock.wall_ms()
        for going in list(self._going.get(after.id, {}).values()):
            going.state = after
            end = rings.ended(after, going.person, now_ms, here=False)
            if end is not None:
                self._ended(going, end)
        was = rings.rung(before)
        for person in rings.rung(after):
            if person not in was:
                self._begin(after, person)

    def left(self, person: PersonId, states: Iterable[RoomState]) -> None:
        """A page of this person closed, or its network went: what rings in these rooms may have nowhere to ring."""
        if self._key is not None:
            for state in states:
                if person in rings.rung(state):
                    self._begin(state, person)

    def _begin(self, state: RoomState, person: PersonId) -> None:
        if person in self._going.get(state.id, {}) or self._is_here(person, None):
            return
        if sum(map(len, self._going.values())) >= MOST_RINGS:
            self._repeated.say("full", log.warning, "a ring is not pushed", rings=MOST_RINGS)
            return
        going = _Going(state, person)
        self._going.setdefault(state.id, {})[person] = going
        self._begun.append(going)
        self._touched.set()

    def _ended(self, going: _Going, end: RingEnd) -> None:
        of_room = self._going[going.state.id]
        del of_room[going.person]
        if not of_room:
            del self._going[going.state.id]
        going.end = end
        going.over.set()

    def _is_here(self, person: PersonId, device: str | None) -> bool:
        """Whether `person` has a page open, in this browser or in any."""
        open_in = [one.device for one in self._sessions.of(person) if one.connection is not None]
        return bool(open_in) if device is None else device in open_in

    # --- pushing --------------------------------------------------------------------------------------------------

    async def run(self, rooms: Callable[[], Iterable[RoomState]]) -> None:
        """Push what rings and what is over; `rooms` are all of them, for what rang before a restart."""
        if self._key is None:
            return
        async with client() as http, TaskScope("push") as scope:
            posts = PushPosts(http, self._key, self._contact, self._settled)
            scope.spawn(self._resume(rooms), name="resume")
            scope.spawn(self._look_now_and_then(), name="look")
            while True:
                await self._touched.wait()
                self._touched.clear()
                begun, self._begun = self._begun, []
                for going in begun:
                    scope.spawn(self._ring(going, posts, scope), name=going.state.id)

    async def _resume(self, rooms: Callable[[], Iterable[RoomState]]) -> None:
        await asyncio.sleep(RETURN_S)
        for state in rooms():
            for person in rings.rung(state):
                self._begin(state, person)

    async def _look_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            await self._look_again()

    async def _look_again(self) -> None:
        try:
            await self.look()
        except (SQLAlchemyError, Unavailable):
            log.exception("who can be pushed to could not be read")

    async def _ring(self, going: _Going, posts: PushPosts, scope: TaskScope) -> None:
        """Ring every browser of the person; who may be rung is read now, so that nobody who signed out is."""
        try:
            browsers = await self._database.fetch(partial(rows.of, person=going.person, now_ms=clock.wall_ms()))
        except (SQLAlchemyError, Unavailable):
            log.exception("where to push could not be read")
            return
        for one in browsers:
            scope.spawn(self._ring_browser(going, one, posts), name=f"{going.state.id} {one.device}")

    async def _ring_browser(self, going: _Going, one: KeptBrowser, posts: PushPosts) -> None:
        if not self._would(one) or going.over.is_set():
            return
        self._rings.pushed(going.state.id, going.person, one.device)
        language = one.browser.language

        def ring() -> PushedRing | None:
            return push.ring(going.state, going.person, one.device, language)

        def over() -> PushedOver | None:
            return push.over(going.state, going.end, one.device, language)

        if not await posts.deliver(ring, one, going.over):
            return
        await going.over.wait()
        # In a page that is open by now one sees it anyway, and perhaps answered there.
        if self._is_here(going.person, one.device):
            return
        if self._telling >= MOST_TOLD:
            self.untold += 1
            self._repeated.say("told", log.warning, "that a ring is over is not pushed", untold=self.untold)
            return
        self._telling += 1
        try:
            await posts.deliver(over, one)
        finally:
            self._telling -= 1

    async def _settled(self, one: KeptBrowser, fate: Fate) -> None:
        """What a browser's service said for good."""
        match fate:
            case Fate.TAKEN:
                self._refused.discard(one.browser.endpoint)
            case Fate.GONE:
                await self._forget(one)
            case Fate.REFUSED:
                self._refused.add(one.browser.endpoint)
                await self._look_again()

    async def _forget(self, one: KeptBrowser) -> None:
        """Its service knows the browser no more."""
        log.info("a browser is gone", person=one.person)
        try:
            await self._database.write(partial(rows.gone, endpoint=one.browser.endpoint))
            await self.look()
        except (SQLAlchemyError, Unavailable):
            log.exception("a browser that is gone could not be taken out")
