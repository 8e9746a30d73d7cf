"""Which roles go together with which places, for whoever gives them."""

from collections.abc import Sequence

from contract.errors import ErrorCode, Rejection
from contract.people import Grant, Role

GIVEN = frozenset(Role) - {Role.STORE, Role.VISITOR, Role.GUEST}
"""A tablet is its store's by being enrolled, a visitor comes by a link, and a guest by a media token."""
OF_A_STORE = frozenset({Role.STORE_MANAGER, Role.STAFF})
"""Nowhere but in one store."""


def check_roles(main: Grant, also: Sequence[Grant]) -> None:
    """Raises Rejection(`bad_message`) for what cannot be, or says the same twice."""
    for grant in (main, *also):
        check_place(grant)
    if main.store is not None and main.role not in OF_A_STORE:
        raise Rejection(ErrorCode.BAD_MESSAGE, "the main role is for the chain or a region; a store goes besides")
    if len({main, *also}) != 1 + len(also):
        raise Rejection(ErrorCode.BAD_MESSAGE, "a role is given twice for the same place")


def check_place(grant: Grant) -> None:
    """Raises Rejection(`bad_message`) for a role that nobody can have there, be it the main one or a further one."""
    if grant.role not in GIVEN:
        raise Rejection(ErrorCode.BAD_MESSAGE, "a tablet is called like its store, and a guest never signs in")
    if grant.role in OF_A_STORE and grant.store is None:
        raise Rejection(ErrorCode.BAD_MESSAGE, "whoever works in a store or manages it has one, and nobody else")
    if grant.role is Role.MANAGER and grant.region is None and grant.store is None:
        raise Rejection(ErrorCode.BAD_MESSAGE, "a manager has a region")


def in_words(main: Grant, also: Sequence[Grant]) -> str:
    """For the audit: `manager@r-east,trainer`, the main one first."""
    return ",".join(f"{one.role}@{place}" if (place := one.region or one.store) else one.role for one in (main, *also))
