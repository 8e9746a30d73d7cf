"""Who can take a call now: free, away, not to be disturbed, ringing, busy or offline, from clients, rooms and wishes.

Only headquarters and stores are on the board. Contract: tell it what changed, then ask `changes`; ask again when
`deadline` (monotonic seconds) or `next_ms` (UTC ms) has passed.
"""

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass

from contract.ids import PersonId, SessionId, StoreId
from contract.people import Person, Presence, PresenceEntry, Role
from contract.quiet import Quiet
from contract.rooms import MemberState, RoomState
from signaling.domain.directory import COLLEAGUES
from signaling.domain.draft import SEATED, find
from signaling.domain.quiet import is_quiet, next_change_ms

OFFLINE_AFTER_S = 6.0
"""A reload or a short outage of the network is no absence: a client that is gone counts as it was for so long."""
LISTED = COLLEAGUES | {Role.STORE}


def in_rooms(states: Iterable[RoomState], person: PersonId) -> Presence:
    """What open rooms say of `person`: busy, ringing or free."""
    found = Presence.FREE
    for state in states:
        member = find(state, person)
        if state.closed_at is not None or member is None:
            continue
        ringing = state.call is not None and state.call.pending
        if member.state in SEATED and not ringing:
            return Presence.BUSY
        if member.state in SEATED or member.state is MemberState.RINGING:
            found = Presence.RINGING
    return found


@dataclass(slots=True)
class _Client:
    here: bool | None
    """Whether somebody sits before it; None: it has not said so since the server came back."""
    gone_at: float | None = None


@dataclass(slots=True)
class _Line:
    entry: PresenceEntry
    listed: bool = True
    told: bool = True
    """False while nobody has been told that the person is new, or is called otherwise."""
    rooms: Presence = Presence.FREE
    quiet: bool = False


class PresenceBoard:
    """The directory as it lives. Everybody starts offline."""

    def __init__(self) -> None:
        self._lines: dict[PersonId, _Line] = {}
        self._clients: dict[PersonId, dict[SessionId, _Client]] = {}
        """Also of those who are not on the board, as they may come on it by another role; nobody without any."""
        self._quiet: Mapping[PersonId, Quiet] = {}
        self._touched: set[PersonId] = set()
        self._farewells: list[PresenceEntry] = []
        """Of those who have another role: who saw them as they were may not see them any more."""

    def list_person(self, person: Person, now_ms: int) -> None:
        """Put somebody on the board, or take a changed name over; other roles are ignored."""
        if person.role not in LISTED:
            return
        line = self._lines.get(person.id)
        if line is None:
            entry = PresenceEntry(person=person, presence=Presence.OFFLINE, since_ms=now_ms)
            self._lines[person.id] = _Line(entry)
        elif line.entry.person != person or not line.listed:
            if line.listed and line.entry.person.role is not person.role:
                gone = {"presence": Presence.OFFLINE, "since_ms": now_ms}
                self._farewells.append(line.entry.model_copy(update=gone))
            line.entry = line.entry.model_copy(update={"person": person})
            line.listed = True
            self._tell(line)

    def relist(self, people: Iterable[Person], now_ms: int) -> None:
        """Exactly these are on the board from now on; who is not is offline for those who still show them."""
        gone = set(self._lines)
        for person in people:
            if person.role in LISTED:
                gone.discard(person.id)
            new = person.id not in self._lines
            self.list_person(person, now_ms)
            if new and person.id in self._lines:
                self._tell(self._lines[person.id])
        for person_id in gone:
            self._lines[person_id].listed = False
            self._touched.add(person_id)

    def _tell(self, line: _Line) -> None:
        line.told = False
        self._touched.add(line.entry.person.id)

    def connected(self, person: PersonId, client: SessionId, *, here: bool = True) -> None:
        """A client came or came back, or says whether somebody sits before it."""
        clients = self._clients.setdefault(person, {})
        clients[client] = _Client(here)
        self._touched.add(person)

    def disconnected(self, person: PersonId, client: SessionId, now: float) -> None:
        known = self._clients.get(person, {}).get(client)
        if known is not None:
            known.gone_at = now

    def expected(self, person: PersonId, client: SessionId, now: float) -> None:
        """A client was connected until the server went down: as if it were gone only now, and somebody sat there."""
        self._clients.setdefault(person, {})[client] = _Client(None, now)
        self._touched.add(person)

    def seated(self, person: PersonId, rooms: Presence) -> None:
        """What `in_rooms` says of somebody."""
        line = self._lines.get(person)
        if line is not None and line.rooms is not rooms:
            line.rooms = rooms
            self._touched.add(person)

    def wish_quiet(self, quiet: Mapping[PersonId, Quiet], now_ms: int) -> None:
        """When who does not want to be rung, from now on; who is not named, never."""
        self._touched |= {person for person in self._lines if self._quiet.get(person) != quiet.get(person)}
        self._quiet = quiet
        self._look_who_is_quiet(now_ms)

    @property
    def deadline(self) -> float | None:
        """When somebody's client is gone for good, at the latest."""
        return min((gone + OFFLINE_AFTER_S for _, _, gone in self._leaving()), default=None)

    def next_ms(self, now_ms: int) -> int | None:
        """When somebody's quiet begins or ends by itself, UTC ms."""
        times = (next_change_ms(quiet, now_ms) for person, quiet in self._quiet.items() if person in self._lines)
        return min((at for at in times if at is not None), default=None)

    def _leaving(self) -> Iterable[tuple[PersonId, SessionId, float]]:
        for person, clients in self._clients.items():
            for client, known in clients.items():
                if known.gone_at is not None:
                    yield person, client, known.gone_at

    def changes(self, now: float, now_ms: int) -> list[PresenceEntry]:
        """Entries that differ from what was said before, in the order in which they are to be told."""
        for person, client, gone in list(self._leaving()):
            if now >= gone + OFFLINE_AFTER_S:
                del self._clients[person][client]
                if not self._clients[person]:
                    del self._clients[person]
                self._touched.add(person)
        self._look_who_is_quiet(now_ms)
        changed, self._farewells = self._farewells, []
        for line in [self._lines[person] for person in self._touched if person in self._lines]:
            presence = self._presence(line)
            if presence is not line.entry.presence:
                line.entry = line.entry.model_copy(update={"presence": presence, "since_ms": now_ms})
            elif line.told:
                continue
            line.told = True
            changed.append(line.entry)
        self._forget_who_is_gone()
        self._touched.clear()
        return changed

    def _forget_who_is_gone(self) -> None:
        """Once that is told; who is in a room until they have left it, as they may be listed again meanwhile."""
        for person in self._touched:
            line = self._lines.get(person)
            if line is not None and not line.listed and line.rooms is Presence.FREE:
                del self._lines[person]

    def _look_who_is_quiet(self, now_ms: int) -> None:
        for person in self._quiet.keys() | self._touched:
            line, wish = self._lines.get(person), self._quiet.get(person)
            if line is None:
                continue
            quiet = wish is not None and is_quiet(wish, now_ms)
            if quiet is not line.quiet:
                line.quiet = quiet
                self._touched.add(person)

    def entries(self) -> list[PresenceEntry]:
        """Everybody, as it was said last; domain.directory says who sees whom."""
        return [line.entry for line in self._lines.values() if line.listed]

    def experts(self) -> list[PresenceEntry]:
        """The experts as they are this moment, for who rings: who is quiet is so in a call too, and not waited for."""
        return self._rungable(frozenset({Role.EXPERT}))

    def colleagues(self) -> list[PresenceEntry]:
        """The others of headquarters, likewise."""
        return self._rungable(COLLEAGUES - {Role.EXPERT})

    def _rungable(self, roles: Container[Role]) -> list[PresenceEntry]:
        entries = self._as_they_are(lambda person: person.role in roles)
        quiet = {person for person, line in self._lines.items() if line.quiet}
        return [
            entry.model_copy(update={"presence": Presence.DO_NOT_DISTURB}) if entry.person.id in quiet else entry
            for entry in entries
        ]

    def tablets(self, store: StoreId) -> list[PresenceEntry]:
        """The tablets of a store as they are this moment."""
        return self._as_they_are(lambda person: person.store is not None and person.store.id == store)

    def _as_they_are(self, which: Callable[[Person], bool]) -> list[PresenceEntry]:
        return [
            line.entry.model_copy(update={"presence": self._presence(line)})
            for line in self._lines.values()
            if line.listed and which(line.entry.person)
        ]

    def people(self) -> dict[PersonId, Person]:
        return {person: line.entry.person for person, line in self._lines.items() if line.listed}

    def _presence(self, line: _Line) -> Presence:
        person = line.entry.person
        clients = self._clients.get(person.id)
        if not line.listed:
            return Presence.OFFLINE
        if line.rooms is Presence.BUSY:
            return Presence.BUSY
        if not clients:
            return Presence.OFFLINE
        if line.rooms is Presence.RINGING:
            return Presence.RINGING
        if line.quiet:
            return Presence.DO_NOT_DISTURB
        if is_away(person, [client.here for client in clients.values()]):
            return Presence.AWAY
        return Presence.FREE


def is_away(person: Person, here: Iterable[bool | None]) -> bool:
    """Whether nobody sits before any of somebody's clients. A tablet that stands in a store is never away; nor is who
    has a client that may say otherwise in a moment."""
    said = set(here)
    return person.role is not Role.STORE and said == {False}
