"""Keeps the presence board up to date and tells everybody who may see it."""

import asyncio
from collections.abc import Callable, Iterable, Mapping

from contract.ids import PersonId, SessionId, StoreId
from contract.people import Person, Presence, PresenceEntry
from contract.quiet import Quiet
from runtime import clock
from signaling.auth.principal import Principal
from signaling.domain.directory import visible
from signaling.domain.presence import PresenceBoard
from signaling.live.pace import Pace
from signaling.live.presence_frames import PresenceFrames
from signaling.live.presence_teller import PresenceTeller
from signaling.live.sessions import ClientSessions

LOOK_S = 60.0
"""How often at least the wall clock is looked at while somebody has quiet hours: it may have been set anew."""
BURST, PER_S = 12, 0.2
"""How often one person comes before their clients and goes: a page says so twice a minute at most, and everybody is
told of it."""


class LivePresence:
    """The board, which `run` keeps up to date, and its one `teller`, which runs beside."""

    def __init__(self, sessions: ClientSessions, changed: Callable[[], None]) -> None:
        """`changed` is called when somebody is no longer as they were."""
        self._board = PresenceBoard()
        self._frames = PresenceFrames()
        self.teller = PresenceTeller(self._frames, sessions)
        self._changed = changed
        self._touched = asyncio.Event()
        self._pace: Pace[PersonId] = Pace("attend", per_s=PER_S, burst=BURST)

    def relist(self, people: list[Person]) -> None:
        """Exactly these may sign in now; whoever is new, gone or renamed is told to those who are connected."""
        self._board.relist(people, clock.wall_ms())
        self._frames.keep(self._board.people())
        self._touched.set()

    def wish_quiet(self, quiet: Mapping[PersonId, Quiet]) -> None:
        """When who does not want to be rung, from now on."""
        self._board.wish_quiet(quiet, clock.wall_ms())
        self._touched.set()
        self._changed()  # also of who is in a call, and is shown as before: nobody waits for them any more

    def expect(self, were_here: Iterable[tuple[PersonId, SessionId]]) -> None:
        """Clients that were connected when the server went down count as there until they are late."""
        for person_id, client in were_here:
            self._board.expected(person_id, client, clock.now())
        self._board.changes(clock.now(), clock.wall_ms())

    def entries(self) -> list[PresenceEntry]:
        """One entry for everybody of headquarters and every store's tablet of the chain."""
        return self._board.entries()

    def experts(self) -> list[PresenceEntry]:
        """The experts as they are this moment, for who rings."""
        return self._board.experts()

    def colleagues(self) -> list[PresenceEntry]:
        """The others of headquarters, likewise."""
        return self._board.colleagues()

    def tablets(self, store: StoreId) -> list[PresenceEntry]:
        """The tablets of a store as they are this moment, for who calls them."""
        return self._board.tablets(store)

    def people(self) -> dict[PersonId, Person]:
        return self._board.people()

    def renamed(self, person: Person) -> None:
        """Somebody who is listed is shown otherwise from now on."""
        if person.id in self._board.people():
            self._board.list_person(person, clock.wall_ms())
            self._touched.set()

    def connected(self, person: Person, client: SessionId, *, here: bool) -> None:
        """A client came; `here`: somebody sits before it."""
        self._board.list_person(person, clock.wall_ms())
        self._board.connected(person.id, client, here=here)
        self._touched.set()

    def attends(self, person: PersonId, client: SessionId, *, here: bool) -> None:
        """A connected client says whether somebody sits before it. Raises Rejection(`too_many`)."""
        self._pace.take(person)
        self._board.connected(person, client, here=here)
        self._touched.set()

    def disconnected(self, person: PersonId, client: SessionId) -> None:
        self._board.disconnected(person, client, clock.now())
        self._touched.set()

    def seated(self, person: PersonId, rooms: Presence) -> None:
        self._board.seated(person, rooms)
        self._touched.set()

    def snapshot(self, viewer: Principal) -> str:
        """Everything `viewer` may see, as it was said last: a frame."""
        return self._frames.of(visible(viewer.view, self._board.entries()))

    async def run(self) -> None:
        """Take changes as they come."""
        while True:
            try:
                async with asyncio.timeout(self._due_s()):
                    await self._touched.wait()
            except TimeoutError:
                pass
            self._touched.clear()
            changed = self._board.changes(clock.now(), clock.wall_ms())
            if changed:
                self.teller.tell(changed)
                self._changed()

    def _due_s(self) -> float | None:
        """How long until something changes by itself."""
        now_ms = clock.wall_ms()
        gone_at, quiet_ms = self._board.deadline, self._board.next_ms(now_ms)
        times = [
            *([gone_at - clock.now()] if gone_at is not None else []),
            *([min((quiet_ms - now_ms) / 1000, LOOK_S)] if quiet_ms is not None else []),
        ]
        return max(0.0, min(times)) if times else None
