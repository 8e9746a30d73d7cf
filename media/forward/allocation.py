"""Who goes to which slot of a viewer: rules without media."""

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple, TypeVar

from contract.ids import PersonId

T = TypeVar("T")


class Seat(NamedTuple):
    """What a stage pair shows."""

    participant: PersonId
    screen: bool = False
    """The screen with its sound, instead of camera with microphone."""


class Standing(NamedTuple):
    """One participant as the rules see it."""

    participant: PersonId
    host: bool
    speaking: bool
    shares: bool
    """Its screen is live."""
    speaks: bool
    """Its microphone is live."""


class Order:
    """Who of `standings` (in the order they joined) is how important, whoever looks; `recent` is everybody, who spoke
    last first. Made once for all viewers of a room: each then costs what it has places for, not what the room holds.
    """

    def __init__(self, standings: Sequence[Standing], *, recent: Sequence[PersonId]) -> None:
        rank = {participant: index for index, participant in enumerate(recent)}

        def spoke(who: Standing) -> int:
            return rank.get(who.participant, len(rank))

        self._hosts = [Seat(who.participant) for who in standings if who.host]
        faces = [(Seat(who.participant), (not who.host, True, not who.speaking), spoke(who)) for who in standings]
        screens = [
            (Seat(who.participant, screen=True), (True, False, False), spoke(who)) for who in standings if who.shares
        ]
        seats = sorted(faces + screens, key=lambda wish: wish[1:])
        self._seats = {seat: (weight, index) for index, (seat, weight, _) in enumerate(seats)}
        voices = sorted((who for who in standings if who.speaks), key=lambda who: (not who.speaking, spoke(who)))
        self._voices = {who.participant: (not who.speaking, index) for index, who in enumerate(voices)}

    def stage(self, viewer: PersonId, before: Sequence[Seat | None], pairs: int) -> list[Seat | None]:
        """The seats of `pairs` stage pairs for a viewer who does not see itself.

        The host sits in the first pair, screens before faces. Nobody moves without need: who has a seat keeps it until
        a host comes, or somebody without a seat speaks while its holder does not.
        """
        seated = {seat for seat in before if seat in self._seats and seat.participant != viewer}
        others = (seat for seat in self._seats if seat.participant != viewer)

        def importance(seat: Seat) -> tuple[tuple[bool, bool, bool], bool, int]:
            weight, index = self._seats[seat]
            return weight, seat not in seated, index

        chosen = sorted(seated.union(islice(others, pairs)), key=importance)[:pairs]
        host = next((seat for seat in self._hosts if seat.participant != viewer), None)
        return _keep_places(chosen, before, pairs, first=host if host in chosen else None)

    def floor(
        self, viewer: PersonId, staged: Sequence[Seat | None], before: Sequence[PersonId | None], places: int
    ) -> list[PersonId | None]:
        """Whose microphones go to the `places` floor sounds: those without a seat, speaking ones first."""
        heard = {viewer, *(seat.participant for seat in staged if seat is not None and not seat.screen)}
        placed = {who for who in before if who in self._voices and who not in heard}
        others = (who for who in self._voices if who not in heard)

        def importance(who: PersonId) -> tuple[bool, bool, int]:
            silent, index = self._voices[who]
            return silent, who not in placed, index

        wanting = sorted(placed.union(islice(others, places)), key=importance)[:places]
        return _keep_places(wanting, before, places, first=None)


def _keep_places(chosen: Sequence[T], before: Sequence[T | None], places: int, *, first: T | None) -> list[T | None]:
    """Put `chosen` into places so that as few as possible move; `first` must have place 0."""
    out: list[T | None] = [None] * places
    for place, holder in enumerate(before[:places]):
        if holder is not None and holder in chosen:
            out[place] = holder
    if first is not None and out[0] != first:
        moved, out[0] = out[0], first
        out = [None if place and holder == first else holder for place, holder in enumerate(out)]
        if moved is not None:
            free = out.index(None) if None in out else places - 1
            out[free] = moved
    for item in chosen:
        if item not in out:
            out[out.index(None)] = item
    return out
