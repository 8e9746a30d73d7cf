"""Who may take a store's tablet over, who may give them a PIN, and when a tablet is handed back by itself.

A PIN says who stands before the tablet; it gives no right that the tablet has not.
"""

from collections.abc import Iterable

from contract.people import Grant, Role, Store
from signaling.domain.access import ROLES, Act, Place, may, place_of

AFTER_CALL_MS = 60 * 1000
"""Nobody touches a tablet during a call. Whoever was in it has so long to touch it afterwards."""


def role_to_take_over(grants: Iterable[Grant], store: Store) -> Role | None:
    """By which of their roles somebody may take the tablets of this store over; None: not at all."""
    at = place_of(store)
    return next((one.role for one in grants if may(Act.TAKE_OVER, [one], at)), None)


def places_to_take_over(grants: Iterable[Grant]) -> list[Grant]:
    """The grants by which somebody's PIN opens a tablet."""
    return [one for one in grants if Act.TAKE_OVER in ROLES[one.role]]


def may_give(giver: Iterable[Grant], places: Iterable[Place]) -> bool:
    """Whether `giver` reaches each of the places at which the PIN would open a tablet: nobody gets at what is beyond
    their own place by giving a PIN to somebody of a wider one."""
    held = list(giver)
    return all(may(Act.GIVE_PIN, held, place) for place in places)


def due_ms(touched_ms: int, idle_ms: int, in_call_ms: int | None) -> int:
    """When a tablet is handed back unless somebody touches it, UTC ms; `in_call_ms`: when it was last seen in a call
    after its time had run out."""
    return max(touched_ms + idle_ms, in_call_ms + AFTER_CALL_MS if in_call_ms is not None else 0)
