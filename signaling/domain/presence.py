"""Who can take a call now: free, ringing, busy or offline, from sockets and rooms.

Only experts and stores are on the board. Contract: tell it what changed, then ask `changes`; ask again when `deadline`
(monotonic seconds) has passed.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from contract.ids import PersonId
from contract.people import Person, Presence, PresenceEntry, Role
from contract.rooms import CallStage, MemberState, RoomState
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
        ringing = state.call is not None and state.call.stage is CallStage.RINGING
        if member.state in SEATED and not ringing:
            return Presence.BUSY
        if ringing and (member.state in SEATED or member.state is MemberState.RINGING):
            found = Presence.RINGING
    return found


@dataclass(slots=True)
class _Line:
    entry: PresenceEntry
    sockets: int = 0
    gone_at: float | None = None
    rooms: Presence = Presence.FREE


class PresenceBoard:
    """The directory as it lives. Everybody starts offline."""

    def __init__(self) -> None:
        self._lines: dict[PersonId, _Line] = {}
        self._touched: set[PersonId] = set()

    def list_person(self, person: Person, now_ms: int) -> None:
        """Put somebody on the board, or take a changed name over; other roles are ignored."""
        if person.role not in LISTED:
            return
        known = self._lines.get(person.id)
        if known is None:
            self._lines[person.id] = _Line(PresenceEntry(person=person, presence=Presence.OFFLINE, since_ms=now_ms))
        else:
            known.entry = known.entry.model_copy(update={"person": person})

    def connected(self, person: PersonId) -> None:
        if (line := self._lines.get(person)) is not None:
            line.sockets += 1
            line.gone_at = None
            self._touched.add(person)

    def disconnected(self, person: PersonId, now: float) -> None:
        if (line := self._lines.get(person)) is not None:
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
                changed.append(line.entry)
        self._touched.clear()
        return changed

    def entries(self) -> list[PresenceEntry]:
        """Everybody, as it was said last; domain.directory says who sees whom."""
        return [line.entry for line in self._lines.values()]

    def experts(self) -> list[PresenceEntry]:
        """The experts as they are this moment."""
        return [
            line.entry.model_copy(update={"presence": _presence(line)})
            for line in self._lines.values()
            if line.entry.person.role is Role.EXPERT
        ]

    def people(self) -> dict[PersonId, Person]:
        return {person: line.entry.person for person, line in self._lines.items()}


def _presence(line: _Line) -> Presence:
    if line.rooms is Presence.BUSY:
        return Presence.BUSY
    if line.sockets == 0 and line.gone_at is None:
        return Presence.OFFLINE
    return line.rooms
