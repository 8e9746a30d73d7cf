"""The chains and profiles that count now, and who answered how many calls lately."""

from collections import deque
from collections.abc import Container, Iterable, Mapping, Sequence

from contract.ids import PersonId
from contract.people import Grant, Presence, PresenceEntry
from contract.quiet import Quiet
from contract.rooms import Call, Reason
from contract.routing import Chains, ExpertProfile, RingStep
from signaling.domain.access import NOWHERE, Act, Scope, scope_of
from signaling.domain.routing import Expert, steps_for

LATELY_MS = 8 * 3600 * 1000
"""A shift: whoever answered most in it rings last."""
MOST_CALLS = 20_000
"""Remembered; the oldest are forgotten first. A chain of 300 stores has a tenth of it in a shift."""


class LiveRouting:
    """Told by signaling.live.directory what is set, by signaling.live.rooms what was answered."""

    def __init__(self, *, ring_ms: int) -> None:
        self._ring_ms = ring_ms
        self._chains = Chains()
        self._profiles: Mapping[PersonId, ExpertProfile] = {}
        self._reach: Mapping[PersonId, Scope] = {}
        self._quiet: Mapping[PersonId, Quiet] = {}
        self._answered: deque[tuple[int, PersonId]] = deque(maxlen=MOST_CALLS)

    def set(
        self,
        chains: Chains,
        profiles: Mapping[PersonId, ExpertProfile],
        grants: Mapping[PersonId, Sequence[Grant]],
        quiet: Mapping[PersonId, Quiet],
    ) -> None:
        """What the database says from now on. Calls that ring keep the chain they began with."""
        self._chains = chains
        self._profiles = profiles
        self._reach = {person: scope_of(Act.BE_RUNG, held) for person, held in grants.items()}
        self._quiet = quiet

    @property
    def at_once(self) -> int:
        """How many a step begins to ring at most."""
        return self._chains.at_once

    @property
    def ring_ms(self) -> int:
        """How long it rings where there is no chain."""
        return self._ring_ms

    def steps(self, reason: Reason) -> Sequence[RingStep]:
        """The chain of a call for `reason`."""
        return steps_for(reason, self._chains, self._ring_ms)

    def answered(self, calls: Iterable[Call]) -> None:
        """These calls were answered; whoever speaks with a colleague is not rung less for it."""
        for call in calls:
            if call.answered_by is not None and call.store is not None:
                self._answered.append((call.timings.answer or call.timings.tap, call.answered_by))

    def experts(self, entries: Iterable[PresenceEntry], now_ms: int, by_push: Container[PersonId] = ()) -> list[Expert]:
        """The experts with all that decides who rings; `by_push` are those whom a push may ring."""
        while self._answered and self._answered[0][0] < now_ms - LATELY_MS:
            self._answered.popleft()
        counts: dict[PersonId, int] = {}
        for _, person in self._answered:
            counts[person] = counts.get(person, 0) + 1
        return [
            Expert(
                person=entry.person,
                free=entry.presence in (Presence.FREE, Presence.AWAY),
                away=entry.presence is Presence.AWAY,
                busy=entry.presence in (Presence.BUSY, Presence.RINGING),
                by_push=entry.presence is Presence.OFFLINE and entry.person.id in by_push,
                profile=self._profiles.get(entry.person.id) or ExpertProfile(),
                recent_calls=counts.get(entry.person.id, 0),
                reach=self._reach.get(entry.person.id, NOWHERE),
                quiet=self._quiet.get(entry.person.id) or Quiet(),
            )
            for entry in entries
        ]
