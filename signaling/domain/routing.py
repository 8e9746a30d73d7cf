"""Whom a step of a call's chain rings: free, at work, able, and best first.

Pure: the experts as they are, the time as a number. `fitting` never names somebody who is neither free nor can be
reached by Web Push.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

from contract.people import Person, Skill
from contract.quiet import Quiet
from contract.rooms import REASON_SKILLS, Reason
from contract.routing import NAMED, USUAL_LEVEL, Chains, ExpertProfile, Language, RingStep, StepWho
from signaling.domain.access import EVERYWHERE, Scope


@dataclass(frozen=True, slots=True)
class Expert:
    """An expert as they are this moment."""

    person: Person
    free: bool
    busy: bool = False
    """In a call, a class, or rung: free again before long."""
    away: bool = False
    """Free, but nobody sits there."""
    by_push: bool = False
    """Has no page open, and is not rung, but a browser that Web Push can ring."""
    profile: ExpertProfile = field(default_factory=ExpertProfile)
    recent_calls: int = 0
    """How many they answered lately."""
    reach: Scope = EVERYWHERE
    """Whose calls may ring them."""
    quiet: Quiet = field(default_factory=Quiet)
    """When they do not want to be rung. Whoever is quiet now is neither `free` nor `busy`: this is for later."""


def usual_steps(ring_ms: int) -> list[RingStep]:
    """Where no chain is set: who has a skill of the reason, then anybody; `ring_ms` in all."""
    half_ms = max(50, ring_ms // 2)
    return [
        RingStep(who=StepWho.SKILLED, ring_ms=half_ms),
        RingStep(who=StepWho.ANYBODY, ring_ms=max(50, ring_ms - half_ms)),
    ]


def steps_for(reason: Reason, chains: Chains, ring_ms: int) -> list[RingStep]:
    """The chain of a call for `reason`."""
    own = {Reason.EQUIPMENT: chains.equipment, Reason.DISHES: chains.dishes, Reason.OTHER: chains.other}.get(reason)
    return own or chains.usual or usual_steps(ring_ms)


def fitting(
    step: RingStep, reason: Reason, language: Language | None, experts: Iterable[Expert], now_ms: int
) -> list[Person]:
    """Who fits the step, best first: those who are free, then those whom only a push can reach.

    Of each kind those who speak the language go before everybody else to the point that nobody else rings; if none
    does the others ring, and if none of them is at their desk while others are, the best of them and the others. Who is
    away comes last otherwise. Then whoever
    answered fewest calls lately, then who knows it best. Of those whom the caller chose no language is asked for, and
    who was called by name and is here rings also outside their shift.
    """
    language = None if step.who in NAMED else language
    at_hand = [
        (expert, level)
        for expert in experts
        if (expert.free or expert.by_push)
        and ((expert.free and step.who is StepWho.PERSON) or at_work(expert.profile, now_ms))
        and (level := _level(step, reason, expert)) > 0
    ]
    here = [one for one in at_hand if one[0].free]
    elsewhere = [one for one in at_hand if not one[0].free]
    return [*_ranked(here, language), *_ranked(elsewhere, language)]


def _ranked(able: list[tuple[Expert, int]], language: Language | None) -> list[Person]:
    ranked = sorted(able, key=lambda one: (one[0].away, one[0].recent_calls, -one[1], one[0].person.id))
    people = [expert for expert, _ in ranked]
    speaking = [expert for expert in people if speaks(expert.profile, language)]
    if all(expert.away for expert in speaking) and not all(expert.away for expert in people):
        first = speaking[:1]  # in another window perhaps, so among those who ring at once
        return [expert.person for expert in [*first, *(one for one in people if one not in first)]]
    return [expert.person for expert in speaking or people]


def begin_to_ring(
    steps: Iterable[RingStep], reason: Reason, experts: Sequence[Expert], at_once: int, now_ms: int
) -> list[list[Person]]:
    """Whom each step begins to ring, best first, if nobody answers, declines or becomes free meanwhile."""
    rung: list[list[Person]] = []
    for step in steps:
        before = {person.id for people in rung for person in people}
        others = [expert for expert in experts if expert.person.id not in before]
        rung.append(fitting(step, reason, None, others, now_ms)[:at_once])
    return rung


def speaks(profile: ExpertProfile, language: Language | None) -> bool:
    """Whether they understand each other; who says nothing of languages does."""
    return language is None or not profile.languages or language in profile.languages


def at_work(profile: ExpertProfile, now_ms: int) -> bool:
    """In a shift by the wall clock of the zone, or on call."""
    if profile.on_call or not profile.shifts:
        return True
    local = datetime.fromtimestamp(now_ms / 1000, _zone(profile.zone))
    minute = local.hour * 60 + local.minute
    return any(shift.day == local.weekday() and shift.from_min <= minute < shift.to_min for shift in profile.shifts)


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _level(step: RingStep, reason: Reason, expert: Expert) -> int:
    """How well the expert fits; 0: not at all."""
    match step.who:
        case StepWho.ANYBODY:
            return USUAL_LEVEL
        case StepWho.ON_CALL:
            return USUAL_LEVEL if expert.profile.on_call else 0
        case StepWho.PERSON:
            return USUAL_LEVEL if step.person is not None and step.person.id == expert.person.id else 0
        case StepWho.GROUP:
            return USUAL_LEVEL if any(skill in expert.person.skills for skill in step.skills) else 0
        case StepWho.SKILLED:
            wanted: Sequence[Skill] = step.skills or REASON_SKILLS[reason]
            has = [skill for skill in wanted if skill in expert.person.skills]
            best = max((expert.profile.levels.get(skill, USUAL_LEVEL) for skill in has), default=0)
            return best if best >= step.min_level else 0
