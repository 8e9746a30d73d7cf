"""What a store's tablet found out about itself, and what headquarters is told of it."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from contract.base import Message, WallMs
from contract.ids import PersonId
from contract.organisation import Region
from contract.people import Store

MAX_UPLOAD_BYTES = 512 * 1024
"""Of one measured upload: two seconds of what a good call sends."""
Minute = Annotated[int, Field(ge=0, lt=1440)]
"""Since midnight, where the tablet is."""
_PLACE = r"[0-9A-Za-z.:/?=&%_\[\]-]{1,100}"


class CheckName(StrEnum):
    """One thing that a call needs. In brackets what `figure` counts."""

    LINK = "link"
    """[ms of a round trip]"""
    VERSION = "version"
    """Whether the page is the one that the server has now."""
    BROWSER = "browser"
    MEDIA = "media"
    """[ms of a round trip]"""
    RELAY = "relay"
    """[ms of a round trip]"""
    UPLOAD = "upload"
    """[kbit/s]"""
    CAMERA = "camera"
    """[pictures that came]"""
    MICROPHONE = "microphone"
    STORAGE = "storage"
    """[MB that are free]"""
    CLOCK = "clock"
    """[s that the tablet is ahead of the server]"""
    BATTERY = "battery"
    """[per cent]"""


class CheckState(StrEnum):
    """How it is. From the best to the worst."""

    GOOD = "good"
    UNKNOWN = "unknown"
    """It could not be found out."""
    WEAK = "weak"
    """It works, but not as well as it should."""
    BAD = "bad"
    """A call will fail."""


class CheckFound(Message):
    """What became of one check."""

    name: CheckName
    state: CheckState
    words: Annotated[str, Field(max_length=60, pattern=r"^(doctor|check|error)\.[a-z0-9_]+$")]
    """Which sentence of the client's catalogue says so."""
    figure: Annotated[float, Field(ge=-1e9, le=1e9, allow_inf_nan=False)] | None = None
    where: Annotated[str, Field(max_length=300, pattern=rf"^({_PLACE}(, {_PLACE})*)?$")] = ""
    """Addresses, or what a browser lacks, that the sentence names; no words of their own."""


class WhyTested(StrEnum):
    """What made a tablet test itself."""

    NIGHT = "night"
    """By itself, once a day."""
    ORDER = "order"
    """Headquarters asked."""
    HAND = "hand"
    """Somebody before it looked."""


class SelfTestReport(Message):
    """What a tablet found. When, the server says."""

    why: WhyTested
    version: Annotated[str, Field(pattern=r"^[0-9A-Za-z.+_?-]{1,40}$")]
    """The server's when the page was opened."""
    checks: Annotated[list[CheckFound], Field(max_length=len(CheckName))]
    abandoned: bool = False
    """Somebody touched the tablet, or a call came: it says nothing, and is not kept."""

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        names = [check.name for check in self.checks]
        if len(set(names)) != len(names):
            raise ValueError("a check is told once")
        if not names and not self.abandoned:
            raise ValueError("nothing was checked")
        return self


class SelfTest(Message):
    """The last self-test of a tablet."""

    at: WallMs
    why: WhyTested
    version: str
    checks: list[CheckFound]


class SelfTestWindow(Message):
    """When idle tablets test themselves, each at a minute of its own; past midnight if it ends before it begins."""

    from_min: Minute = 180
    to_min: Minute = 300

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if (self.to_min - self.from_min) % 1440 < 30:
            raise ValueError("at least half an hour, or all tablets would test at once")
        return self


class OwnSelfTest(Message):
    """What a tablet needs to know for the next one."""

    window: SelfTestWindow
    last: SelfTest | None
    free: bool
    """It is connected and in no call, at whichever of its pages."""


class TabletFate(StrEnum):
    """How tomorrow will be, as far as this tablet's last self-test tells. From the worst to the best."""

    FAILS = "fails"
    """A call will fail."""
    SILENT = "silent"
    """It has not reported for longer than a day: it is off, away or signed out."""
    UNTESTED = "untested"
    """It has never reported, though it is not new: nobody knows."""
    WEAK = "weak"
    """Calls work, not as well as they should."""
    NEW = "new"
    """It was enrolled less than a day ago and has not reported yet."""
    PASSES = "passes"


class TabletHealth(Message):
    """One tablet in the list."""

    tablet: PersonId
    name: str
    """What administrators call it: where it stands; the login of one that signs in with a password."""
    fate: TabletFate
    since: WallMs | None = None
    """When it last reported or, if it never did, was enrolled."""
    test: SelfTest | None
    """Only the checks that are not good."""
    here: bool
    """It is connected and free: it can test itself now."""


class StoreHealth(Message):
    """A store and its tablets, the worst first."""

    store: Store
    fate: TabletFate
    tablets: list[TabletHealth]


class ChainHealth(Message):
    """Stores that will fail tomorrow, or may, the worst first; and how many tablets there are in all."""

    regions: list[Region]
    stores: list[StoreHealth]
    failing: int
    """Stores with a tablet that fails or is silent, also those left out."""
    untested: int
    """Others with a tablet that has never reported."""
    tablets: int
    passed: int
    left_out: int
    """Stores beyond those that fit."""
    window: SelfTestWindow
