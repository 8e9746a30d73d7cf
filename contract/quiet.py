"""When somebody does not want to be rung, as they set it themselves."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from contract.base import Message, Tag, WallMs
from contract.routing import Zone

Minute = Annotated[int, Field(ge=0, lt=1440)]
"""Since midnight, by the wall."""


class QuietHours(Message):
    """Every day from then to then by the wall of the zone; over midnight if the end comes first on the clock."""

    from_min: Minute
    to_min: Minute
    """The first minute in which they may be rung again."""
    zone: Zone = "Asia/Shanghai"

    @model_validator(mode="after")
    def _some_time(self) -> Self:
        if self.from_min == self.to_min:
            raise ValueError("quiet hours end at another time than they begin")
        return self


class Quiet(Message):
    """Nothing set: rung whenever they are free and at work."""

    do_not_disturb: bool = False
    until: WallMs | None = None
    """When `do_not_disturb` ends by itself; none: when they say so."""
    hours: QuietHours | None = None


class KeptQuiet(Quiet):
    """As they read it themselves."""

    tag: Tag
    """Which version this is: `If-Match` of whoever sets it says it."""
