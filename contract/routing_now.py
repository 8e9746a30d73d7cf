"""Whom calls would ring this moment, so that administrators see what their chains come to."""

from pydantic import Field

from contract.base import Message, WallMs
from contract.ids import PersonId
from contract.people import Name, Presence
from contract.rooms import Reason
from contract.routing import RingStep


class StepNow(Message):
    """One step of a chain, and who begins to ring at it."""

    step: RingStep
    people: list[PersonId]
    """Best first; those who ring since an earlier step are not named again."""


class ReasonNow(Message):
    """What a call for this reason goes through."""

    reason: Reason
    steps: list[StepNow]


class ExpertNow(Message):
    """Whether an expert can be rung."""

    person: PersonId
    presence: Presence
    at_work: bool
    """In a shift, or on call."""
    only: list[Name] = Field(default_factory=list)
    """The regions and stores whose calls ring them; none: those of the whole chain."""


class RoutingNow(Message):
    """As if a store that speaks any language called at `at`, nobody declined and nobody became free. Experts who are
    rung for some regions or stores only (`only`) are named as if the store were theirs."""

    at: WallMs
    reasons: list[ReasonNow]
    experts: list[ExpertNow]
