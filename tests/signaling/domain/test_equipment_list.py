"""A list of machines as spreadsheets save it: read as it comes, refused line by line, compared with what is there."""

from datetime import date

import pytest

from contract.equipment import About
from contract.ids import EquipmentId, StoreId
from contract.people import Name
from contract.rooms import Reason
from signaling.domain.csv_list import BadList
from signaling.domain.equipment_list import EquipmentLine, Kept, planned, read

pytestmark = pytest.mark.unit

TITLES = "store,name,make,model,serial,reason,installed_on,warranty_until,note\n"
STORES = {"0117": StoreId("s-1"), "0108": StoreId("s-2"), "0099": StoreId("s-closed")}
CLOSED = {StoreId("s-closed")}


def lines(*rows: str) -> list[EquipmentLine]:
    return read((TITLES + "\n".join(rows)).encode())


def problems(text: str) -> list[tuple[int, str]]:
    with pytest.raises(BadList) as caught:
        read(text.encode())
    return [(problem.line, problem.text) for problem in caught.value.problems]


def test_every_column_is_read() -> None:
    [found] = lines("0117,炸炉,Henny Penny,OFE-322,HP-1,dishes,2024/4/1,2027-03-31,总闸在左")
    assert found == EquipmentLine(
        line=2,
        store="0117",
        reason=Reason.DISHES,
        about=About(
            name=Name(zh="炸炉", en="炸炉"),
            make="Henny Penny",
            model="OFE-322",
            serial="HP-1",
            installed_on=date(2024, 4, 1),
            warranty_until=date(2027, 3, 31),
            note="总闸在左",
        ),
    )


def test_a_chinese_list_needs_no_more_than_what_is_on_the_plate() -> None:
    text = "型号,门店号,品牌,设备名称,序列号\nOFE-322,0117,汉尼,炸炉,1\n"
    [found] = read(text.encode("gb18030"))
    assert (found.key, found.reason, found.about.warranty_until) == (("汉尼", "1"), Reason.EQUIPMENT, None)


def test_what_a_spreadsheet_would_calculate_stays_the_text_it_is() -> None:
    [found] = lines('0117,"=HYPERLINK(""https://evil.example"")",@make,+1,-2,,,,\t=1')
    about = found.about
    assert (about.name.zh, about.make, about.serial) == ('=HYPERLINK("https://evil.example")', "@make", "-2")


def test_every_bad_line_is_named_with_what_is_wrong() -> None:
    bad = TITLES + "\n".join(
        [
            "0117,炸炉,HP,OFE,1,,31.3.2026,99999999999/1/1,",
            "0117,炸炉,HP,OFE,2,coffee,,2026-02-30,",
            "0117,炸炉,HP,OFE,,,,,",
            "0117,炸炉,HP,OFE,4,,,,",
            "0108,烤箱,HP,OFE,4,,,,",
        ]
    )
    assert problems(bad) == [
        (2, "installed_on '31.3.2026' is no day like 2026-03-31"),
        (2, "warranty_until '99999999999/1/1' is no day like 2026-03-31"),
        (3, "reason 'coffee' is none of 设备, 菜品, 其他, 任何, any, equipment, dishes, other"),
        (3, "warranty_until '2026-02-30' is no day like 2026-03-31"),
        (4, "serial is empty"),
        (6, "serial HP 4 is in line 5 already"),
    ]


def test_the_same_serial_number_of_two_makers_is_two_machines() -> None:
    assert len(lines("0117,a,Henny Penny,X,1,,,,", "0117,a,Rational,X,1,,,,")) == 2


def test_a_list_adds_changes_moves_and_leaves_alone() -> None:
    new, moved, changed, same = lines(
        "0117,new,HP,X,1,,,,", "0108,moved,HP,X,2,,,,", "0117,other,HP,X,3,,,,", "0117,same,HP,X,4,,,,"
    )
    known = {
        one.key: Kept(EquipmentId(f"e-{one.line}"), StoreId("s-1"), Reason.EQUIPMENT, one.about)
        for one in (moved, changed, same)
    }
    known[changed.key] = Kept(EquipmentId("e-c"), StoreId("s-1"), Reason.OTHER, changed.about)
    plan = planned([new, moved, changed, same], STORES, CLOSED, known)
    assert plan.added == [new]
    assert [(one.id, one.store, one.reason) for one in plan.changed] == [
        ("e-3", "s-2", Reason.EQUIPMENT),
        ("e-c", "s-1", Reason.EQUIPMENT),
    ]
    assert plan.same == 1


def test_a_machine_comes_to_no_store_that_is_not_there_or_closed() -> None:
    with pytest.raises(BadList) as caught:
        planned(lines("0999,a,HP,X,1,,,,", "0099,a,HP,X,2,,,,"), STORES, CLOSED, {})
    assert [(one.line, one.text) for one in caught.value.problems] == [
        (2, "there is no store 0999"),
        (3, "the store is closed"),
    ]
