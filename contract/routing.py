"""Whom a call rings: the steps it goes through, and what is known of each expert."""

from enum import StrEnum
from functools import lru_cache
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from contract.base import Message, Tag
from contract.people import Person, Skill

Level = Annotated[int, Field(ge=1, le=3)]
"""How well somebody knows something: 1 helps with the simple things, 3 is who the others ask."""
USUAL_LEVEL: Level = 2
"""Of a skill that nobody has rated."""


class Language(StrEnum):
    """What people speak on a call."""

    ZH = "zh"
    EN = "en"


class StepWho(StrEnum):
    """Whom a step rings, of those who are at work and free."""

    SKILLED = "skilled"
    """Who has one of the step's skills."""
    ON_CALL = "on_call"
    """Who is on call, whatever the skill: the duty manager."""
    ANYBODY = "anybody"
    PERSON = "person"
    """Who was called by name, in their shift or not."""
    GROUP = "group"
    """Everybody who has one of the step's skills, however many the chains say."""


NAMED = frozenset({StepWho.PERSON, StepWho.GROUP})
"""Whom a caller chose, so that neither language nor level counts: the first step of such a call, never of a chain."""


class RingStep(Message):
    """One step of a chain. Those rung before go on ringing."""

    who: StepWho
    skills: Annotated[list[Skill], Field(max_length=len(Skill))] = Field(default_factory=list)
    """Only of `skilled`, where none is those of the reason, and of `group`."""
    min_level: Level = 1
    """Only of `skilled`."""
    ring_ms: Annotated[int, Field(ge=50, le=600_000)]
    """How long until the next step."""
    person: Person | None = None
    """Only of `person`: who."""


def _for_anybody(steps: list[RingStep]) -> list[RingStep]:
    if any(step.who in NAMED or step.person is not None for step in steps):
        raise ValueError("a chain is for every call: it names no person and no group")
    return steps


Steps = Annotated[list[RingStep], Field(min_length=1, max_length=6), AfterValidator(_for_anybody)]


@lru_cache(1000)
def _known_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # a path that climbs, a directory, a name that is not there
        return False
    return True


def _zone(name: str) -> str:
    if not _known_zone(name):
        raise ValueError("no time zone of this name is known here")
    return name


Zone = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_zone)]
"""A name of the time zone database, `Asia/Shanghai`."""


class Shift(Message):
    """Every week, from then to then; a night is two of them."""

    day: Annotated[int, Field(ge=0, le=6)]
    """0 is Monday."""
    from_min: Annotated[int, Field(ge=0, lt=1440)]
    to_min: Annotated[int, Field(gt=0, le=1440)]
    """Minutes since midnight by the wall; the last one is no longer in."""

    @model_validator(mode="after")
    def _in_order(self) -> "Shift":
        if self.to_min <= self.from_min:
            raise ValueError("a shift ends after it begins; a night is two shifts")
        return self


class ExpertProfile(Message):
    """When somebody can be rung, and for what. Which skills they have is the list of people's business."""

    levels: dict[Skill, Level] = Field(default_factory=dict)
    languages: Annotated[list[Language], Field(max_length=len(Language))] = Field(default_factory=list)
    """None: every one."""
    zone: Zone = "Asia/Shanghai"
    shifts: Annotated[list[Shift], Field(max_length=42)] = Field(default_factory=list)
    """None: always."""
    on_call: bool = False
    """Also outside the shifts; and whom a step `on_call` rings."""


class Chains(Message):
    """Which steps a call goes through, by its reason. After the last one the store is called back."""

    at_once: Annotated[int, Field(ge=1, le=20)] = 5
    """How many a step begins to ring at most."""
    usual: Steps | None = None
    """None: first who has a skill of the reason, then anybody, each for half of the setting `ring_s`."""
    equipment: Steps | None = None
    """None: the usual ones; as below."""
    dishes: Steps | None = None
    other: Steps | None = None


class ExpertLine(Message):
    """An expert as administrators see them."""

    person: Person
    profile: ExpertProfile
    tag: Tag
    """Which version of the profile this is, for `If-Match`."""


class Routing(Message):
    """Everything that decides whom a call rings."""

    chains: Chains
    tag: Tag
    """Which version of the chains this is, for `If-Match`."""
    usual: Steps
    """What a call goes through whose chain is not set."""
    experts: list[ExpertLine]
