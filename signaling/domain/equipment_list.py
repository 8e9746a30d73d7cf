"""Reads a list of machines, says for every line what is wrong with it, and what the list would change.

Columns, in any order, by an English or a Chinese title: store number, name, make, model and serial number; optional are
an English name, the reason to call for (else equipment), the days of installation and of the end of warranty, and a
note. A machine is known by make and serial number. Whatever is written in a cell is text, also `=SUM(A1)`.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import date

from contract.equipment import About
from contract.ids import EquipmentId, StoreId
from contract.lists import ListFault, ListProblem
from contract.people import Name
from contract.rooms import Reason
from signaling.domain.csv_list import BadList, cells_of, problem, twice, wrong_cells

TITLES = {
    "store": ("store", "门店号", "店号"),
    "name": ("name", "设备名称", "设备", "名称"),
    "name_en": ("name_en", "英文名称"),
    "reason": ("reason", "求助类别", "类别"),
    "make": ("make", "品牌", "厂商"),
    "model": ("model", "型号"),
    "serial": ("serial", "序列号", "资产编号"),
    "installed_on": ("installed_on", "安装日期"),
    "warranty_until": ("warranty_until", "保修到期"),
    "note": ("note", "备注"),
}
NEEDED = ("store", "name", "make", "model", "serial")
DAYS = ("installed_on", "warranty_until")
REASONS = {
    "设备": Reason.EQUIPMENT,
    "菜品": Reason.DISHES,
    "其他": Reason.OTHER,
    "任何": Reason.ANY,
} | {reason.value: reason for reason in Reason}

Key = tuple[str, str]
"""Make and serial number."""


@dataclass(frozen=True)
class EquipmentLine:
    """One machine as the list wants it."""

    line: int
    """In the file, the titles being line 1."""
    store: str
    """Its number."""
    reason: Reason
    about: About

    @property
    def key(self) -> Key:
        return key_of(self.about)


@dataclass(frozen=True)
class Kept:
    """A machine as it is, or is to be."""

    id: EquipmentId
    store: StoreId
    reason: Reason
    about: About


@dataclass
class Plan:
    """What a list comes to."""

    added: list[EquipmentLine] = field(default_factory=list)
    changed: list[Kept] = field(default_factory=list)
    same: int = 0


def key_of(about: About) -> Key:
    return about.make, about.serial


def read(data: bytes) -> list[EquipmentLine]:
    """The machines of the list. Raises BadList with every problem; then nothing of it may be used."""
    problems: list[ListProblem] = []
    found: list[EquipmentLine] = []
    for line, values in cells_of(data, TITLES, NEEDED):
        wrong = _wrong(line, values)
        problems += wrong
        if not wrong:
            found.append(_line(line, values))
    problems += twice("serial", [(one.line, " ".join(one.key)) for one in found])
    if problems:
        raise BadList(problems)
    return found


def planned(
    lines: list[EquipmentLine], stores: Mapping[str, StoreId], closed: Set[StoreId], known: Mapping[Key, Kept]
) -> Plan:
    """What `lines` would change; `stores` are the ids by number. What is retired stays so, changed or not.

    Raises BadList for lines of stores that are not there, and of new machines in closed ones.
    """
    plan, problems = Plan(), []
    for line in lines:
        store, kept = stores.get(line.store), known.get(line.key)
        if store is None:
            problems.append(problem(line.line, ListFault.NO_STORE, value=line.store[:64]))
        elif kept is None and store in closed:
            problems.append(problem(line.line, ListFault.STORE_CLOSED))
        elif kept is None:
            plan.added.append(line)
        elif kept != (wanted := Kept(kept.id, store, line.reason, line.about)):
            plan.changed.append(wanted)
        else:
            plan.same += 1
    if problems:
        raise BadList(problems)
    return plan


def _wrong(line: int, values: dict[str, str]) -> list[ListProblem]:
    wrong = wrong_cells(line, values, NEEDED)
    reason = values.get("reason")
    if reason and reason.lower() not in REASONS:
        wrong.append(problem(line, ListFault.REASON, value=reason[:40], known=", ".join(REASONS)))
    for column in DAYS:
        try:
            _day(values.get(column))
        except (ValueError, OverflowError):  # the latter from `date`, of a year that is no C integer
            wrong.append(problem(line, ListFault.DATE, column=column, value=values[column][:40]))
    return wrong


def _day(text: str | None) -> date | None:
    """`2026-03-31`, `2026/3/31` or `2026.3.31`, as spreadsheets write days; else raises ValueError or OverflowError."""
    if not text:
        return None
    parts = text.replace("/", "-").replace(".", "-").split("-")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() for part in parts):
        raise ValueError("no day")
    year, month, day = (int(part) for part in parts)
    if year < 1950:
        raise ValueError("31/3/2026 could be read in two ways")
    return date(year, month, day)


def _line(number: int, values: dict[str, str]) -> EquipmentLine:
    return EquipmentLine(
        line=number,
        store=values["store"],
        reason=REASONS[(values.get("reason") or Reason.EQUIPMENT.value).lower()],
        about=About(
            name=Name(zh=values["name"], en=values.get("name_en") or values["name"]),
            make=values["make"],
            model=values["model"],
            serial=values["serial"],
            installed_on=_day(values.get("installed_on")),
            warranty_until=_day(values.get("warranty_until")),
            note=values.get("note", ""),
        ),
    )
