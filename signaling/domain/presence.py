"""Who can take a call now: free, ringing, busy or offline, from sockets and rooms.

Only experts and stores are on the board. Contract: tell it what changed, then ask `changes`; ask again when `deadline`
(monotonic seconds) has passed.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from contract.ids import PersonId, StoreId
from contract.people import Person, Presence, PresenceEntry, Role
from contract.rooms import MemberState, RoomState
from signaling.domain.draft import SEATED, find

OFFLINE_AFTER_S = 6.0
"""A reload or a short outage of the network is no absence."""
LISTED = frozenset({Role.EXPERT, Role.STORE})


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
class _Line:
    entry: PresenceEntry
    listed: bool = True
    told: bool = True
    """False while nobody has been told that the person is new, or is called otherwise."""
    sockets: int = 0
    gone_at: float | None = None
    rooms: Presence = Presence.FREE


class PresenceBoard:
    """The directory as it lives. Everybody starts offline."""

    def __init__(self) -> None:
        self._lines: dict[PersonId, _Line] = {}
        self._touched: set[PersonId] = set()
        self._elsewhere: dict[PersonId, int] = {}
        """Sockets of those who are not on the board, but may come on it by another role."""

    def list_person(self, person: Person, now_ms: int) -> None:
        """Put somebody on the board, or take a changed name over; other roles are ignored."""
        if person.role not in LISTED:
            return
        line = self._lines.get(person.id)
        if line is None:
            entry = PresenceEntry(person=person, presence=Presence.OFFLINE, since_ms=now_ms)
            line = self._lines[person.id] = _Line(entry, sockets=self._elsewhere.pop(person.id, 0))
        elif line.entry.person != person or not line.listed:
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

    def connected(self, person: PersonId) -> None:
        line = self._lines.get(person)
        if line is None:
            self._elsewhere[person] = self._elsewhere.get(person, 0) + 1
            return
        line.sockets += 1
        line.gone_at = None
        self._touched.add(person)

    def disconnected(self, person: PersonId, now: float) -> None:
        line = self._lines.get(person)
        if line is None:
            self._elsewhere[person] -= 1
            if self._elsewhere[person] == 0:
                del self._elsewhere[person]
            return
        line.sockets -= 1
        if line.sockets == 0:
            line.gone_at = now

    def expected(self, person: PersonId, now: float) -> None:
        """Somebody was connected until the server went down; as if its last socket were gone only now."""
        line = self._lines.get(person)
        if line is not None and line.sockets == 0:
            line.gone_at = now
            self._touched.add(person)

    def seated(self, person: PersonId, rooms: Presence) -> None:
        """What `in_rooms` says of somebody."""
        line = self._lines.get(person)
        if line is not None and line.rooms is not rooms:
            line.rooms = rooms
            self._touched.add(person)

    @property
    def deadline(self) -> float | None:
        """When somebody becomes offline, at the latest."""
        times = [line.gone_at + OFFLINE_AFTER_S for line in self._lines.values() if line.gone_at is not None]
        return min(times, default=None)

    def changes(self, now: float, now_ms: int) -> list[PresenceEntry]:
        """Entries that differ from what was said before."""
        for person, line in self._lines.items():
            if line.gone_at is not None and now >= line.gone_at + OFFLINE_AFTER_S:
                line.gone_at = None
                self._touched.add(person)
        changed = []
        for person in self._touched:
            line = self._lines[person]
            presence = _presence(line)
            if presence is not line.entry.presence:
                line.entry = line.entry.model_copy(update={"presence": presence, "since_ms": now_ms})
            elif line.told:
                continue
            line.told = True
            changed.append(line.entry)
        self._touched.clear()
        return changed

    def entries(self) -> list[PresenceEntry]:
        """Everybody, as it was said last; domain.directory says who sees whom."""
        return [line.entry for line in self._lines.values() if line.listed]

    def experts(self) -> list[PresenceEntry]:
        """The experts as they are this moment."""
        return self._as_they_are(lambda person: person.role is Role.EXPERT)

    def tablets(self, store: StoreId) -> list[PresenceEntry]:
        """The tablets of a store as they are this moment."""
        return self._as_they_are(lambda person: person.store is not None and person.store.id == store)

    def _as_they_are(self, which: Callable[[Person], bool]) -> list[PresenceEntry]:
        return [
            line.entry.model_copy(update={"presence": _presence(line)})
            for line in self._lines.values()
            if line.listed and which(line.entry.person)
        ]

    def people(self) -> dict[PersonId, Person]:
        return {person: line.entry.person for person, line in self._lines.items() if line.listed}


def _presence(line: _Line) -> Presence:
    if not line.listed:
        return Presence.OFFLINE
    if line.rooms is Presence.BUSY:
        return Presence.BUSY
    if line.sockets == 0 and line.gone_at is None:
        return Presence.OFFLINE
    return line.rooms
