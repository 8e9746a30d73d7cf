"""The code that makes a tablet a store's device: how it is written, and how it is read from a person's fingers."""

from collections.abc import Callable

CHARACTERS = 8
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No 0, 1, I, L, O, U: it is read from paper and over the telephone. Eight of thirty are 39 random bits."""


def made_up(choose: Callable[[str], str]) -> str:
    """A new code; `choose` picks one character, as `secrets.choice` does."""
    return "".join(choose(ALPHABET) for _ in range(CHARACTERS))


def normal(typed: str) -> str | None:
    """The code that was typed, in small letters or parted perhaps; None for what cannot be one."""
    code = "".join(typed.replace("-", " ").split()).upper()
    return code if len(code) == CHARACTERS and all(one in ALPHABET for one in code) else None
