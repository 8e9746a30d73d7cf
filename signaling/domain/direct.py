"""A call to somebody by name, or to everybody who knows something: the step that goes before the usual chain.

Such a call is a call like any other, and whoever nobody answers falls to the chain of its reason: it waits, or is owed.
"""

from collections.abc import Iterable

from contract.client import StartCall
from contract.errors import ErrorCode, Rejection
from contract.people import Skill, Store
from contract.rooms import Reason
from contract.routing import RingStep, StepWho
from signaling.domain.access import place_of
from signaling.domain.routing import Expert
from signaling.domain.sticker import Equipped

GROUP_REASONS: dict[Skill, Reason] = {
    Skill.EQUIPMENT: Reason.EQUIPMENT,
    Skill.DISHES: Reason.DISHES,
    Skill.FOOD_SAFETY: Reason.OTHER,
    Skill.IT: Reason.OTHER,
}
"""What a call to a group is about, unless it is about a machine."""


def reason_of(wish: StartCall, equipped: Equipped | None) -> Reason:
    """What a store's call is about: the machine says it, else the group, else the caller."""
    if equipped is not None:
        return equipped.reason
    return GROUP_REASONS[wish.group] if wish.group is not None and wish.person is None else wish.reason


def first_steps(wish: StartCall, store: Store, experts: Iterable[Expert], ring_ms: int) -> list[RingStep]:
    """Who is called by name, or the group, for half of `ring_ms`; none of either, no step.

    Raises Rejection(`not_found`) for somebody whom calls of this store do not ring, as for somebody who is not there.
    """
    step_ms = max(50, ring_ms // 2)
    if wish.person is not None:
        called = next((one for one in experts if one.person.id == wish.person), None)
        if called is None or not called.reach.covers(place_of(store)):
            raise Rejection(ErrorCode.NOT_FOUND, "no such expert for this store")
        return [RingStep(who=StepWho.PERSON, person=called.person, ring_ms=step_ms)]
    if wish.group is not None:
        return [RingStep(who=StepWho.GROUP, skills=[wish.group], ring_ms=step_ms)]
    return []
