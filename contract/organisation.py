"""The chain as its administrators see it over HTTP: people with their sign-ins, stores with their tablets, regions."""

from typing import Annotated

from pydantic import Field

from contract.base import Message, ShortText, Tag, WallMs
from contract.http import InvitedPerson
from contract.ids import PersonId, RegionId, StoreId
from contract.lists import ListProblem
from contract.people import Grant, Login, Name, Person, Role, Skill, StoreNumber


class PersonRecord(Message):
    """Somebody who signs in, or a tablet, with what only administrators are told."""

    person: Person
    login: str
    region: RegionId | None
    """Where the main role counts; none: in the whole chain, or in the person's store."""
    also: list[Grant]
    """What they may do besides."""
    by_groups: list[Grant]
    """Those of all these, the main one too, that groups of the identity provider bring, again at each sign-in."""
    disabled: bool
    has_password: bool
    """Without one nobody can sign in under this name: an invitation is on its way, or has expired."""
    passkeys: int
    """How many they have."""
    invited_until: WallMs | None
    """When the invitation that was not used yet expires."""
    seen_at: WallMs | None
    """Of those signed in now, to ten minutes; none: nobody is signed in under this name."""
    tag: Tag
    """Which version of name, title and skills this is, for `If-Match`."""
    roles_tag: Tag
    """The same of what they may do."""


class People(Message):
    """Everybody but tablets, also who is disabled; by login."""

    people: list[PersonRecord]


class PersonChange(Message):
    """What others are told of somebody; login and roles stay as they are."""

    name: Name
    title: Name | None = None
    department: Name | None = None
    skills: list[Skill] = Field(default_factory=list, max_length=len(Skill))
    """Only of an expert."""


class Roles(Message):
    """What somebody may do, and where: the main role, which others are told, and further grants."""

    role: Role
    region: RegionId | None = None
    """Where the main role counts, if not in the whole chain. Of a manager always, of a store manager never."""
    store: StoreId | None = None
    """Of a store manager, and only of one: the store."""
    also: list[Grant] = Field(default_factory=list, max_length=20)


class PersonWish(PersonChange, Roles):
    """Somebody new, who gets an invitation and no password."""

    login: Login


class Disabled(Message):
    """Whether somebody, or a tablet, is kept out: whoever is signed in under the name goes at once."""

    disabled: bool
    successor: PersonId | None = None
    """Whose their open callbacks are from now on, and who replays what they could; only of somebody who leaves."""


class Region(Message):
    """What a manager looks after."""

    id: RegionId
    name: Name


class EnrolmentWish(Message):
    """A tablet that is to become a store's device."""

    name: ShortText
    """What administrators call it: where it stands."""


class Enrolment(Message):
    """The one time that the code is told: only its hash is kept."""

    code: str
    address: str
    """Where the tablet goes, the code behind the `#`."""
    picture: list[str]
    """`address` as a QR code without a border: rows from the top, 1 is dark."""
    expires_at: WallMs


class EnrolDevice(Message):
    """The code as somebody typed or scanned it."""

    code: Annotated[str, Field(min_length=1, max_length=64)]


class DeviceRecord(Message):
    """A tablet that was enrolled by a code."""

    id: PersonId
    name: str
    enrolled_at: WallMs
    enrolled_by: Name
    """Who made the code."""
    seen_at: WallMs | None
    """To ten minutes; none: it is signed out."""
    revoked_at: WallMs | None


class Closed(Message):
    """Whether a store is closed: its tablets go at once, and stay out when it opens again."""

    closed: bool


class StoreRecord(Message):
    """A store, its devices, and the tablets that sign in for it with a password."""

    id: StoreId
    number: str
    name: Name
    region: RegionId
    closed: bool
    tablets: list[PersonRecord]
    devices: list[DeviceRecord]
    """The one enrolled last first; also those that were taken back."""
    tag: Tag
    """Which version of name and region this is, for `If-Match`."""


class Stores(Message):
    """Those that the reader looks after, by number; and the regions they may lie in."""

    regions: list[Region]
    stores: list[StoreRecord]


class StoreChange(Message):
    """A store keeps its number."""

    name: Name
    region: RegionId


class StoreWish(StoreChange):
    """A new store."""

    number: StoreNumber


class RegionWish(Message):
    """A new region, or another name for one."""

    name: Name


class Made(Message):
    """The id of what was made."""

    id: RegionId | StoreId | PersonId


class Newcomer(InvitedPerson):
    """Somebody who was added by hand."""

    id: PersonId


class StoresTaken(Message):
    """What a list of stores changed, or would change."""

    problems: list[ListProblem]
    """If there is any, nothing was changed."""
    added: list[str]
    """Numbers."""
    changed: list[str]
    """Numbers of stores that have another name or region now."""
    regions: list[str]
    """Names of new ones."""
    same: int
    """How many are as the list has them already."""
