"""Whose turn it is: what every leg needs once in a while is spread over a room's ticks, whatever the number of legs."""

_APART = (5**0.5 - 1) / 2
"""Multiples of the golden ratio, without their whole part, lie apart however many there are."""


def next_turn(number: int, every_s: float, now: float) -> float:
    """The first moment after `now` that belongs to `number`: one in every `every_s`, always the same part of it."""
    phase_s = number * _APART % 1.0 * every_s
    return now + every_s - (now - phase_s) % every_s
