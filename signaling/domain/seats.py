"""Whether the holders of a room's seats are heard of, by socket or by media.

Contract: call `observe` with everybody who holds a seat, whenever a seat, socket or leg changed and when `deadline`
(monotonic seconds) has passed; then put what `due` returns to the room. Never asks for the time itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from contract.ids import PersonId
from signaling.domain.commands import SeatHeard, SeatLost, SeatQuiet

QUIET_S = 5.0
"""Not heard for so long: away. With the way to the screens that is under 6 s."""
LEFT_S = 28.5
"""After its connection was closed, by a page that went away or a device that ended it, the seat is kept so long."""
CUT_S = 90.0
"""After silence without a goodbye: the network failed, and whoever sat there will come back with it."""


@dataclass(frozen=True, slots=True)
class Sign:
    """The last that was heard of a holder."""

    at: float
    """Monotonic seconds."""
    left: bool = False
    """Its connection was closed, and no other is open."""


class Seats:
    """Times the silence of every holder."""

    def __init__(self) -> None:
        self._signs: dict[PersonId, Sign] = {}
        self._away: set[PersonId] = set()
        self._back: list[PersonId] = []

    def observe(self, signs: Mapping[PersonId, Sign], now: float) -> None:
        """`signs`: the newest of each holder."""
        self._signs = dict(signs)
        back = {person for person in self._away & signs.keys() if now - signs[person].at < QUIET_S}
        self._back += sorted(back)
        self._away = (self._away & signs.keys()) - back

    @property
    def deadline(self) -> float | None:
        """When to look again, at the latest."""
        if self._back:
            return 0.0
        times = [sign.at + (_kept_s(sign) if who in self._away else QUIET_S) for who, sign in self._signs.items()]
        return min(times, default=None)

    def due(self, now: float) -> list[SeatQuiet | SeatHeard | SeatLost]:
        """What happened up to `now`, each once."""
        out: list[SeatQuiet | SeatHeard | SeatLost] = [SeatHeard(person) for person in self._back]
        self._back.clear()
        for person, sign in list(self._signs.items()):
            silent_s = now - sign.at
            if person not in self._away and silent_s >= QUIET_S:
                self._away.add(person)
                out.append(SeatQuiet(person))
            if silent_s >= _kept_s(sign):
                del self._signs[person]
                self._away.discard(person)
                out.append(SeatLost(person))
        return out

    def undone(self, command: SeatQuiet | SeatHeard | SeatLost) -> None:
        """It could not be carried out: it comes again after the next `observe`, if it is still so."""
        match command:
            case SeatQuiet(person=person):
                self._away.discard(person)
            case SeatHeard(person=person):
                self._away.add(person)
            case SeatLost():
                pass  # whoever still has the seat is observed anew
            case _:
                assert_never(command)


def _kept_s(sign: Sign) -> float:
    return LEFT_S if sign.left else CUT_S
