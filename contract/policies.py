"""The rules that a chain sets for itself: who may call whom, what is recorded, who sees which archive, guests, PINs."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from contract.base import Message, Tag


class Recorded(StrEnum):
    """Which calls and sessions are recorded. Whoever joins has consented, also where nothing is recorded."""

    ALWAYS = "always"
    EXPERTS = "experts"
    """Those that an expert or a trainer leads; none that is led by somebody else."""
    NEVER = "never"


class Seen(StrEnum):
    """What somebody may replay besides what is their own: what they took part in, and what was published to them."""

    OWN = "own"
    """Nothing else."""
    PLACE = "place"
    """What happened in the store, the region or the chain that their role is for."""
    REGION = "region"
    """That, and what happened in the region of a store that their role is for."""
    CHAIN = "chain"
    """Everything."""


class ArchiveRules(Message):
    """What each role may replay, as far as the chain leaves it to a rule."""

    store: Seen = Seen.PLACE
    store_manager: Seen = Seen.PLACE
    manager: Seen = Seen.PLACE
    expert: Seen = Seen.OWN
    trainer: Seen = Seen.OWN
    operations: Seen = Seen.PLACE
    auditor: Seen = Seen.PLACE


class Policies(Message):
    """All of them; what a chain never set is as it says here."""

    stores_call: bool = True
    """Stores call headquarters."""
    headquarters_calls: bool = True
    """Headquarters calls stores."""
    colleagues_call: bool = True
    """People of headquarters call each other."""
    recorded: Recorded = Recorded.ALWAYS
    archive: ArchiveRules = Field(default_factory=ArchiveRules)
    guests: bool = True
    """People and devices without an account may be let into a room."""
    pin_idle_min: Annotated[int, Field(ge=1, le=120)] = 10
    """A tablet that somebody took over with a PIN is handed back after so many minutes without a touch."""


class KeptPolicies(Policies):
    """As administrators read them."""

    tag: Tag
    """Which version this is: `If-Match` of whoever sets them says it."""
