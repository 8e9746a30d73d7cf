"""The row of transport-wide numbers of one leg: what packets carry over all its streams, and when the last of them left
(draft-holmer-rmcat-transport-wide-cc-extensions-01)."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

MOST_REMEMBERED = 1024
"""As kernel.h has it: three seconds of a picture at its cap with its sound."""


class Left(NamedTuple):
    """A packet that got a number."""

    number: int
    """Counts on past its 16 bits on the wire."""
    at: float
    """When it left, monotonic s."""
    size_bytes: int
    """Before SRTP."""


class Numbering(Protocol):
    """One row, wherever its packets leave."""

    def take(self, size_bytes: int) -> int:
        """The next number, 16 bits, for a packet that leaves now."""

    def left(self, first: int, count: int) -> list[Left]:
        """What is remembered of `count` packets whose numbers begin with `first` (16 bits), in order."""


class Row:
    """The numbering of packets that leave in Python."""

    def __init__(self, now: Callable[[], float]) -> None:
        """`now` is monotonic s."""
        self._now = now
        self._next = 0
        self._ring: list[Left | None] = [None] * MOST_REMEMBERED

    def take(self, size_bytes: int) -> int:
        number = self._next
        self._next += 1
        self._ring[number % MOST_REMEMBERED] = Left(number, self._now(), size_bytes)
        return number & 0xFFFF

    def left(self, first: int, count: int) -> list[Left]:
        newest = self._next - 1
        begin = newest - ((newest - first) & 0xFFFF)
        numbers = range(max(begin, begin + count - MOST_REMEMBERED), begin + count)
        found = ((number, self._ring[number % MOST_REMEMBERED]) for number in numbers)
        return [left for number, left in found if left is not None and left.number == number]
