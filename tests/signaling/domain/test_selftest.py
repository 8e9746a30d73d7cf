"""What the last self-test of a tablet means for tomorrow."""

import pytest

from contract.ids import PersonId, RegionId, StoreId
from contract.people import Name, Store
from contract.selftest import CheckFound, CheckName, CheckState, SelfTest, TabletFate, WhyTested
from signaling.domain.selftest import SILENT_MS, Tablet, by_store, fate

pytestmark = pytest.mark.unit

NOW = 1_800_000_000_000
GOOD, WEAK, BAD, UNKNOWN = CheckState.GOOD, CheckState.WEAK, CheckState.BAD, CheckState.UNKNOWN


def outcome(*states: CheckState, ago_ms: int = 0) -> SelfTest:
    checks = [
        CheckFound(name=name, state=state, words=f"doctor.{name}_{state}")
        for name, state in zip(CheckName, states, strict=False)
    ]
    return SelfTest(at=NOW - ago_ms, why=WhyTested.NIGHT, version="1", checks=checks)


def tablet(number: str, name: str, last: SelfTest | None, enrolled_ms: int | None = None) -> Tablet:
    store = Store(id=StoreId(f"s-{number}"), number=number, name=Name(zh="店", en="Store"), region=RegionId("r"))
    return Tablet(PersonId(f"p-{number}-{name}"), name, store, enrolled_ms, last)


@pytest.mark.parametrize(
    ("last", "enrolled_ms", "expected"),
    [
        (outcome(GOOD, GOOD), None, TabletFate.PASSES),
        (outcome(GOOD, WEAK), None, TabletFate.WEAK),
        (outcome(GOOD, UNKNOWN), None, TabletFate.WEAK),
        (outcome(WEAK, BAD), None, TabletFate.FAILS),
        (outcome(GOOD, ago_ms=SILENT_MS), None, TabletFate.PASSES),
        (outcome(GOOD, ago_ms=SILENT_MS + 1), None, TabletFate.SILENT),
        (outcome(WEAK, ago_ms=SILENT_MS + 1), None, TabletFate.SILENT),
        (outcome(BAD, ago_ms=SILENT_MS * 9), None, TabletFate.FAILS),
        (None, None, TabletFate.UNTESTED),
        (None, NOW - SILENT_MS, TabletFate.NEW),
        (None, NOW - SILENT_MS - 1, TabletFate.UNTESTED),
    ],
)
def test_the_worst_thing_known_decides(last: SelfTest | None, enrolled_ms: int | None, expected: TabletFate) -> None:
    assert fate(last, enrolled_ms, NOW) is expected


def test_a_store_is_as_bad_as_its_worst_tablet_and_the_worst_store_comes_first() -> None:
    bar, till = tablet("0002", "bar", outcome(GOOD)), tablet("0002", "till", outcome(BAD, GOOD, UNKNOWN, WEAK))
    stores = by_store(
        [tablet("0001", "a", outcome(GOOD)), bar, till, tablet("0003", "a", None), tablet("0004", "a", outcome(WEAK))],
        {bar.id},
        NOW,
    )
    assert [(one.store.number, one.fate.value) for one in stores] == [
        ("0002", "fails"),
        ("0003", "untested"),
        ("0004", "weak"),
        ("0001", "passes"),
    ]
    worst = stores[0].tablets
    assert [(line.name, line.here) for line in worst] == [("till", False), ("bar", True)]
    assert worst[0].test is not None
    assert [check.state for check in worst[0].test.checks] == [BAD, WEAK, UNKNOWN], "nobody looks for what is good"
