"""PINs: which are too easy, how one is made up, and how many wrong ones lock.

A PIN is short, so what protects it is the count of wrong ones: five within a quarter of an hour lock the person, and
just so the tablet, for a quarter of an hour. That leaves at most 480 guesses a day at one person, each in the audit.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

from contract.errors import ErrorCode, Rejection

MOST_WRONG = 5
WINDOW_MS = 15 * 60 * 1000
"""A wrong one counts for so long after the last one."""
LOCK_MS = 15 * 60 * 1000
ONCE_DIGITS = 6
ONCE_LIFE_MS = 7 * 24 * 3600 * 1000
"""Of a PIN that somebody else gave."""
KNOWN = frozenset(
    {"1004", "1314", "1122", "1688", "2580", "0852", "5201", "5683", "6969", "520520", "521521", "131420"}
)
"""Chosen so often that whoever guesses begins with them."""


def check_pin(pin: str, *known_here: str) -> None:
    """Raises Rejection(`weak_pin`); `known_here` are numbers that everybody in the store knows, such as its own."""
    wrong = None
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    if len(set(pin)) == 1:
        wrong = "the same digit again and again"
    elif len(steps) == 1 and steps <= {1, 9}:
        wrong = "digits in a row"
    elif any(len(pin) % size == 0 and pin == pin[:size] * (len(pin) // size) for size in (2, 3) if size < len(pin)):
        wrong = "the same digits again"
    elif pin in KNOWN or pin in known_here:
        wrong = "a number that everybody tries first"
    elif len(pin) == 4 and pin.startswith(("19", "20")):
        wrong = "a year"
    if wrong is not None:
        raise Rejection(ErrorCode.WEAK_PIN, wrong)


def made_up(choose: Callable[[str], str]) -> str:
    """A PIN of one use that is not too easy; `choose` picks one character, as `secrets.choice` does."""
    while True:
        pin = "".join(choose("0123456789") for _ in range(ONCE_DIGITS))
        try:
            check_pin(pin)
        except Rejection:
            continue
        return pin


@dataclass(frozen=True, slots=True)
class Tries:
    """The wrong PINs of one person, or at one tablet."""

    wrong: int = 0
    last_ms: int = 0
    locked_until_ms: int | None = None

    def locked_ms(self, now_ms: int) -> int:
        """How long nothing opens any more; 0: it is not locked."""
        return max(0, (self.locked_until_ms or 0) - now_ms)

    def guessed(self, now_ms: int) -> "Tries":
        """One more, counted as wrong before it is looked at: else as many as fit into one look would be free.

        Raises Rejection(`locked`).
        """
        if left_ms := self.locked_ms(now_ms):
            raise Rejection(ErrorCode.LOCKED, "too many wrong PINs", retry_after_s=left_ms / 1000)
        fresh = self.locked_until_ms is not None or now_ms - self.last_ms >= WINDOW_MS
        wrong = 1 if fresh else self.wrong + 1
        return Tries(wrong, now_ms, now_ms + LOCK_MS if wrong >= MOST_WRONG else None)

    def unguessed(self) -> "Tries":
        """That one was right, or was not looked at: it does not count after all."""
        wrong = max(0, self.wrong - 1)
        return replace(self, wrong=wrong, locked_until_ms=self.locked_until_ms if wrong >= MOST_WRONG else None)
