"""Whether the holders of a room's seats are heard of, by socket or by media.

Contract: call `observe` with everybody who holds a seat whenever a seat, socket or leg changed; call `due` when
`deadline` has passed (monotonic seconds) and put what it returns to the room. Never asks for the time itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from contract.ids import PersonId
from signaling.domain.commands import SeatHeard, SeatLost, SeatQuiet

QUIET_S = 6.0
"""Not heard for so long: away."""
LOST_S = 30.0
"""Not heard for so long: the seat is free."""


@dataclass(slots=True)
class _Unheard:
    since: float
    told: bool = False


class Seats:
    """Times the silence of every holder."""

    def __init__(self, *, quiet_s: float = QUIET_S, lost_s: float = LOST_S) -> None:
        self._quiet_s = quiet_s
        self._lost_s = lost_s
        self._unheard: dict[PersonId, _Unheard] = {}
        self._back: list[PersonId] = []

    def observe(self, heard: Mapping[PersonId, bool], now: float) -> None:
        """`heard`: for each holder of a seat, whether its socket is open or its media flows."""
        for person in [person for person in self._unheard if person not in heard]:
            del self._unheard[person]
        for person, is_heard in heard.items():
            if not is_heard:
                self._unheard.setdefault(person, _Unheard(now))
            elif (before := self._unheard.pop(person, None)) is not None and before.told:
                self._back.append(person)

    @property
    def deadline(self) -> float | None:
        """When `due` has something to say, at the latest."""
        if self._back:
            return 0.0
        times = [item.since + (self._lost_s if item.told else self._quiet_s) for item in self._unheard.values()]
        return min(times, default=None)

    def due(self, now: float) -> list[SeatQuiet | SeatHeard | SeatLost]:
        """What happened up to `now`, each once."""
        out: list[SeatQuiet | SeatHeard | SeatLost] = [SeatHeard(person) for person in self._back]
        self._back.clear()
        for person, item in list(self._unheard.items()):
            if not item.told and now >= item.since + self._quiet_s:
                item.told = True
                out.append(SeatQuiet(person))
            if now >= item.since + self._lost_s:
                del self._unheard[person]
                out.append(SeatLost(person))
        return out
