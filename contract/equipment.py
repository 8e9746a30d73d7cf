"""A machine of a store, as a call about it carries it."""

from datetime import date
from typing import Annotated

from pydantic import Field

from contract.base import Message, ShortText
from contract.ids import EquipmentId
from contract.people import Name

StickerCode = Annotated[str, Field(pattern=r"^[0-9A-HJKMNP-TV-Z]{10}$")]
"""What is printed under the square: 10 of Crockford's base 32, 50 random bits."""


class About(Message):
    """What is known of a machine, whoever keeps it."""

    name: Name
    """What it is called in its store, e.g. 双缸炸炉 2 号."""
    make: ShortText
    model: ShortText
    serial: ShortText
    """As its maker wrote it; together with `make` it tells machines apart."""
    installed_on: date | None = None
    warranty_until: date | None = None
    """The last day on which it counts."""
    note: Annotated[str, Field(max_length=200)] = ""
    """For whoever helps, e.g. where its main switch is."""


class Machine(About):
    """One machine with the sticker it has."""

    id: EquipmentId
    code: StickerCode
