"""A machine's sticker: the code on it, how it is written and read, and where its square leads."""

from collections.abc import Callable
from dataclasses import dataclass

from contract.equipment import Machine
from contract.errors import ErrorCode, Rejection
from contract.ids import StoreId
from contract.rooms import Reason

CHARACTERS = 10
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: read from paper, with wet hands. Ten of them are 50 random bits."""
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})


@dataclass(frozen=True, slots=True)
class Equipped:
    """A machine as routing needs to know it."""

    machine: Machine
    reason: Reason
    """Whom it calls."""
    store: StoreId
    retired: bool


def made_up(choose: Callable[[str], str]) -> str:
    """A new code; `choose` picks one character, as `secrets.choice` does."""
    return "".join(choose(ALPHABET) for _ in range(CHARACTERS))


def normal(typed: str) -> str | None:
    """The code that was typed, in small letters or parted perhaps, with O for 0; None for what cannot be one."""
    code = "".join(typed.replace("-", " ").split()).upper().translate(_READ_AS)
    return code if len(code) == CHARACTERS and all(one in ALPHABET for one in code) else None


def shown(code: str) -> str:
    """As it is printed: two halves."""
    return f"{code[: CHARACTERS // 2]}-{code[CHARACTERS // 2 :]}"


def address_of(base: str, code: str) -> str:
    """What the square says: `base` is where this Passline is, without a final slash."""
    return f"{base}/q/{code}"


def check(found: Equipped | None, store: StoreId) -> Equipped:
    """The machine that a tablet of `store` may call about.

    Raises Rejection(`not_found`) for one of another store as for none, and for one that is retired.
    """
    if found is None or found.store != store or found.retired:
        raise Rejection(ErrorCode.NOT_FOUND, "no such machine in this store")
    return found
