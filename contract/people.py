"""Who signs in, and what others may know of them."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from contract.base import Message, ShortText
from contract.ids import PersonId, RegionId, StoreId

Login = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._@-]{1,63}$")]
"""What somebody types to sign in: 2 to 64 of lower-case letters, digits and `. _ @ -`."""
StoreNumber = Annotated[str, Field(min_length=1, max_length=64)]
"""What staff call a store on paper, e.g. `0117`."""


class Role(StrEnum):
    """What somebody is for. What that allows, and where, is in signaling.domain.access."""

    STORE = "store"
    """A store's shared tablet: calls, joins sessions. Scope: its store."""
    EXPERT = "expert"
    """Answers calls. Scope: the chain."""
    TRAINER = "trainer"
    """Opens group sessions. Scope: the chain."""
    MANAGER = "manager"
    """Area manager: answers for the stores of a region."""
    STAFF = "staff"
    """Works in one store: takes its tablets over with a PIN, and replays what is their own."""
    STORE_MANAGER = "store_manager"
    """Answers for one store, with a sign-in of their own."""
    OPERATIONS = "operations"
    """Headquarters' operations: answers for all stores, and changes none of them."""
    LEARNER = "learner"
    """A new hire: replays what was published to the role."""
    ADMIN = "admin"
    """IT administrator: people, stores, devices, and all that others may see."""
    AUDITOR = "auditor"
    """Reads the audit and the archive, and changes nothing."""
    VISITOR = "visitor"
    """Is in one call by a link and sees nothing else, e.g. a vendor's technician (contract.visits)."""
    GUEST = "guest"
    """Takes part in one room by a media token (WHIP, WHEP). Never signs in: nobody has an account of this role."""


class Grant(Message):
    """A role in one place: what somebody may do there. Somebody may have several."""

    role: Role
    region: RegionId | None = None
    """Only in the stores of this region."""
    store: StoreId | None = None
    """Only in this store. Neither: in the whole chain; never both."""

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.region is not None and self.store is not None:
            raise ValueError("a grant is for a region or for a store, not for both")
        return self


class Skill(StrEnum):
    """What an expert is asked for."""

    EQUIPMENT = "equipment"
    DISHES = "dishes"
    FOOD_SAFETY = "food_safety"
    IT = "it"


class Presence(StrEnum):
    """Whether somebody can take a call now."""

    FREE = "free"
    AWAY = "away"
    """Connected, but nobody sits there; rung after those who are free. Never of a tablet."""
    DO_NOT_DISTURB = "do_not_disturb"
    """Connected, and not to be rung: as they set it, or in their quiet hours (contract.quiet)."""
    RINGING = "ringing"
    BUSY = "busy"
    OFFLINE = "offline"


class Name(Message):
    """A name in both interface languages."""

    zh: ShortText
    en: ShortText


class Store(Message):
    """One restaurant or shop."""

    id: StoreId
    number: ShortText
    """What staff call it on paper, e.g. `0117`."""
    name: Name
    region: RegionId


class Operator(Message):
    """Who has taken a store's tablet over with a PIN."""

    id: PersonId
    name: Name


class Person(Message):
    """Somebody who can be seen by others: in a directory, a room, an archive entry."""

    id: PersonId
    role: Role
    name: Name
    title: Name | None = None
    """The second line under the name, e.g. 设备专家."""
    department: Name | None = None
    """Of headquarters: where they work, e.g. 工程部."""
    store: Store | None = None
    """Only for the roles `store`, `store_manager` and `staff`."""
    skills: list[Skill] = Field(default_factory=list)
    operator: Operator | None = None
    """Only of a tablet: who has taken it over. What it does from then on, they do."""


class PresenceEntry(Message):
    """One line of the directory as it lives."""

    person: Person
    presence: Presence
    since_ms: int
    """UTC ms since when."""
