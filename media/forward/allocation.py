"""Who goes to which slot of a viewer: rules without media."""

from collections.abc import Sequence
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


def stage(
    others: Sequence[Standing], before: Sequence[Seat | None], pairs: int, *, recent: Sequence[PersonId]
) -> list[Seat | None]:
    """The seats of `pairs` stage pairs for a viewer who sees `others` (in the order they joined).

    The host sits in the first pair, screens before faces. Nobody moves without need: who has a seat keeps it until a
    host comes, or somebody without a seat speaks while its holder does not. `recent` is everybody, who spoke last
    first.
    """
    if not pairs:
        return []
    rank = {participant: index for index, participant in enumerate(recent)}
    seated = {seat for seat in before if seat is not None}

    def importance(seat: Seat, who: Standing) -> tuple[bool, bool, bool, bool, int]:
        active = who.speaking or seat.screen
        return (
            not (who.host and not seat.screen),
            not seat.screen,
            not active,
            seat not in seated,
            rank.get(who.participant, len(rank)),
        )

    wishes = [(Seat(who.participant), who) for who in others]
    wishes += [(Seat(who.participant, screen=True), who) for who in others if who.shares]
    chosen = [seat for seat, who in sorted(wishes, key=lambda wish: importance(*wish))][:pairs]
    host = next((Seat(who.participant) for who in others if who.host), None)
    return _keep_places(chosen, before, pairs, first=host if host in chosen else None)


def floor(
    others: Sequence[Standing],
    staged: Sequence[Seat | None],
    before: Sequence[PersonId | None],
    places: int,
    *,
    recent: Sequence[PersonId],
) -> list[PersonId | None]:
    """Whose microphones go to the `places` floor sounds: those without a seat, speaking ones first."""
    on_stage = {seat.participant for seat in staged if seat is not None and not seat.screen}
    rank = {participant: index for index, participant in enumerate(recent)}
    wanting = [who for who in others if who.speaks and who.participant not in on_stage]
    wanting.sort(
        key=lambda who: (not who.speaking, who.participant not in before, rank.get(who.participant, len(rank)))
    )
    return _keep_places([who.participant for who in wanting[:places]], before, places, first=None)


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
