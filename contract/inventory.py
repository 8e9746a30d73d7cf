"""The machines of the chain over HTTP: as they are kept, imported, and printed on stickers."""

from typing import Annotated

from pydantic import Field

from contract.base import Message, Tag
from contract.equipment import About, Machine
from contract.ids import EquipmentId, StoreId
from contract.lists import ListProblem
from contract.people import Store
from contract.rooms import Reason

MAX_STICKERS = 480
"""At a time: 20 sheets of A4."""


class EquipmentRecord(Message):
    """A machine, where it stands, and whom its sticker calls."""

    machine: Machine
    store: Store
    reason: Reason
    retired: bool
    """Its sticker calls nobody any more."""


class KeptEquipment(EquipmentRecord):
    """As whoever may change it reads it."""

    tag: Tag
    """Which version of what is known of it, and of where it stands, this is, for `If-Match`."""


class Inventory(Message):
    """Those that the reader may see, by store and name."""

    equipment: list[KeptEquipment]
    more: bool
    """There are more than are told at a time: narrow what is sought."""


class EquipmentWish(About):
    """A machine to add, or as it is to be."""

    store: StoreId
    reason: Reason


class Retired(Message):
    """Whether a machine is out of use. What was said about it stays, and its code is never given to another."""

    retired: bool


class EquipmentMade(Message):
    id: EquipmentId


class EquipmentTaken(Message):
    """What a list of machines changed, or would change."""

    problems: list[ListProblem]
    """If there is any, nothing was changed."""
    added: list[str]
    """Make and serial number, as in `changed`."""
    changed: list[str]
    same: int
    """How many are as the list has them already."""


class StickerWish(Message):
    """Which machines to print stickers for, in this order."""

    equipment: Annotated[list[EquipmentId], Field(min_length=1, max_length=MAX_STICKERS)]
