"""The machines of the sample chain, each with the sticker it would have."""

from datetime import date

from contract.equipment import Machine
from contract.ids import EquipmentId
from contract.inventory import EquipmentRecord
from contract.people import Name
from contract.rooms import Reason
from passline.demo import STORES

_KINDS: tuple[tuple[str, Name, str, str, Reason, str], ...] = (
    ("FRYER", Name(zh="双缸炸炉", en="Twin fryer"), "Henny Penny", "OFE-322", Reason.EQUIPMENT, "总闸在左后方"),
    ("C0MB1", Name(zh="蒸烤箱", en="Combi oven"), "Rational", "iCombi Pro 6", Reason.EQUIPMENT, ""),
    ("FR1DG", Name(zh="立式冷柜", en="Upright fridge"), "Hoshizaki", "HR-128", Reason.EQUIPMENT, "每晚除霜一次"),
    ("T1THE", Name(zh="收银机", en="Till"), "Posiflex", "RT-2015", Reason.OTHER, ""),
)
"""The middle of the code, name, make, model, whom its sticker calls, and a note."""


def machines() -> list[EquipmentRecord]:
    """Four in every store; the warranty of the second one is over."""
    found = []
    for store in STORES:
        for number, (code, name, make, model, reason, note) in enumerate(_KINDS):
            machine = Machine(
                id=EquipmentId(f"e-{store.number}-{number + 1}"),
                code=f"{store.number}{code}{number}",
                name=name,
                make=make,
                model=model,
                serial=f"{model.replace(' ', '')}-{store.number}",
                installed_on=date(2022 + number, 4, 1),
                warranty_until=date(2025, 3, 31) if number == 1 else date(2027 + number, 3, 31),
                note=note,
            )
            found.append(EquipmentRecord(machine=machine, store=store, reason=reason, retired=False))
    return found
