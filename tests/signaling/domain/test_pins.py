"""PINs as rules: which are too easy, how many wrong ones lock, who gives one to whom, when time is over."""

import random

import pytest

from contract.errors import ErrorCode, Rejection
from contract.ids import RegionId, StoreId
from contract.people import Grant, Name, Role, Store
from signaling.domain.access import CHAIN, Place
from signaling.domain.pins import LOCK_MS, MOST_WRONG, WINDOW_MS, Tries, check_pin, made_up
from signaling.domain.take_over import AFTER_CALL_MS, due_ms, may_give, role_to_take_over

pytestmark = pytest.mark.unit

NOW = 1_800_000_000_000
EAST, NORTH = RegionId("r-east"), RegionId("r-north")
SHOP = Store(id=StoreId("s-0117"), number="0117", name=Name(zh="店", en="Shop"), region=EAST)
HERE, BESIDE, FAR = Place(EAST, SHOP.id), Place(EAST, StoreId("s-0108")), Place(NORTH, StoreId("s-0201"))


@pytest.mark.parametrize(
    "pin",
    ["0000", "777777", "1234", "4321", "8901", "345678", "1212", "123123", "2580", "1989", "2026", "520520", "0117"],
)
def test_what_everybody_tries_first_is_refused(pin: str) -> None:
    with pytest.raises(Rejection) as refused:
        check_pin(pin, "0117")
    assert refused.value.code is ErrorCode.WEAK_PIN


@pytest.mark.parametrize("pin", ["4711", "9204", "73915", "800451", "1243", "112358"])
def test_anything_else_is_taken(pin: str) -> None:
    check_pin(pin, "0117")


def test_one_that_is_made_up_is_never_too_easy() -> None:
    chosen = random.Random(7)
    for _ in range(2000):
        check_pin(made_up(chosen.choice))


def test_the_fifth_wrong_one_locks_and_a_right_one_does_not_open_before_the_time_is_over() -> None:
    tries = Tries()
    for count in range(1, MOST_WRONG + 1):
        assert tries.locked_ms(NOW) == 0
        tries = tries.guessed(NOW)
        assert tries.wrong == count
    assert tries.locked_ms(NOW) == LOCK_MS
    with pytest.raises(Rejection) as refused:
        tries.guessed(NOW + LOCK_MS - 1000)
    assert (refused.value.code, refused.value.retry_after_s) == (ErrorCode.LOCKED, 1.0)
    assert tries.guessed(NOW + LOCK_MS).wrong == 1


def test_a_wrong_one_counts_for_a_quarter_of_an_hour() -> None:
    tries = Tries(wrong=4, last_ms=NOW)
    assert tries.guessed(NOW + WINDOW_MS - 1).locked_ms(NOW + WINDOW_MS) > 0
    assert tries.guessed(NOW + WINDOW_MS) == Tries(1, NOW + WINDOW_MS)


def test_a_guess_that_proves_right_was_none_also_if_it_was_the_last_one() -> None:
    before = Tries(wrong=4, last_ms=NOW)
    locked = before.guessed(NOW)
    assert locked.locked_ms(NOW) > 0
    assert locked.unguessed().locked_ms(NOW) == 0
    assert locked.unguessed().wrong == before.wrong


@pytest.mark.parametrize(
    ("grants", "role"),
    [
        ([Grant(role=Role.STAFF, store=SHOP.id)], Role.STAFF),
        ([Grant(role=Role.STAFF, store=StoreId("s-0108"))], None),
        ([Grant(role=Role.STORE_MANAGER, store=SHOP.id)], Role.STORE_MANAGER),
        ([Grant(role=Role.MANAGER, region=EAST)], Role.MANAGER),
        ([Grant(role=Role.MANAGER, region=NORTH)], None),
        ([Grant(role=Role.EXPERT), Grant(role=Role.STAFF, store=SHOP.id)], Role.STAFF),
        ([Grant(role=Role.ADMIN)], None),
        ([Grant(role=Role.STORE, store=SHOP.id)], None),
        ([], None),
    ],
)
def test_who_takes_the_tablets_of_a_store_over(grants: list[Grant], role: Role | None) -> None:
    assert role_to_take_over(grants, SHOP) is role


@pytest.mark.parametrize(
    ("giver", "places", "given"),
    [
        (Grant(role=Role.STORE_MANAGER, store=SHOP.id), [HERE], True),
        (Grant(role=Role.STORE_MANAGER, store=SHOP.id), [BESIDE], False),
        (Grant(role=Role.STORE_MANAGER, store=SHOP.id), [HERE, BESIDE], False),
        (Grant(role=Role.STORE_MANAGER, store=SHOP.id), [Place(EAST)], False),
        (Grant(role=Role.MANAGER, region=EAST), [HERE, BESIDE, Place(EAST)], True),
        (Grant(role=Role.MANAGER, region=EAST), [HERE, FAR], False),
        (Grant(role=Role.MANAGER, region=EAST), [CHAIN], False),
        (Grant(role=Role.ADMIN), [HERE, FAR, CHAIN], True),
        (Grant(role=Role.STAFF, store=SHOP.id), [HERE], False),
        (Grant(role=Role.EXPERT), [HERE], False),
    ],
)
def test_nobody_gives_a_pin_that_opens_more_than_they_manage(giver: Grant, places: list[Place], *, given: bool) -> None:
    assert may_give([giver], places) is given


def test_a_tablet_is_handed_back_by_its_last_touch_and_a_minute_after_a_call_at_the_earliest() -> None:
    assert due_ms(NOW, 600_000, None) == NOW + 600_000
    assert due_ms(NOW, 600_000, NOW + 900_000) == NOW + 900_000 + AFTER_CALL_MS
    assert due_ms(NOW + 890_000, 600_000, NOW + 900_000) == NOW + 1_490_000
