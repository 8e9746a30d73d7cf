"""What a password must be like, and how one is made up for somebody.

Length counts, not kinds of characters (NIST SP 800-63B §3.1.1): people remember four words better than `P4$$w0rd`.
"""

from collections.abc import Callable

from contract.errors import ErrorCode, Rejection

PASSWORD_CHARACTERS = 10
"""At least; 256 at most, by the contract."""
DIFFERENT_CHARACTERS = 5
KNOWN = frozenset({"passline-demo", "1234567890", "0123456789", "qwertyuiop", "password123", "administrator"})
"""Long enough and known to everybody."""
_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"
"""No l, i, o, 0, 1: made-up passwords are read from paper."""


def check_password(password: str, login: str) -> None:
    """Raises Rejection(`weak_password`); the detail says what is wrong with it."""
    wrong = None
    if len(password) < PASSWORD_CHARACTERS:
        wrong = f"a password has at least {PASSWORD_CHARACTERS} characters"
    elif len(set(password)) < DIFFERENT_CHARACTERS:
        wrong = f"a password has at least {DIFFERENT_CHARACTERS} different characters"
    elif password.casefold() in KNOWN:
        wrong = "everybody knows this password"
    elif password.casefold() == login.casefold():
        wrong = "the password must differ from the login"
    if wrong is not None:
        raise Rejection(ErrorCode.WEAK_PASSWORD, wrong)


def made_up(choose: Callable[[str], str]) -> str:
    """A password such as `k7mw-3xqp-t9hd`, 59 random bits; `choose` picks one character, as `secrets.choice` does."""
    return "-".join("".join(choose(_READABLE) for _ in range(4)) for _ in range(3))
