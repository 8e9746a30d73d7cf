"""When somebody is not to be rung: tables of hours, the days on which clocks change, and whatever is set."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contract.quiet import Quiet, QuietHours
from signaling.domain.quiet import in_words, is_quiet, next_change_ms

pytestmark = pytest.mark.unit

NIGHT = Quiet(hours=QuietHours(from_min=22 * 60, to_min=7 * 60))
LUNCH = Quiet(hours=QuietHours(from_min=12 * 60, to_min=13 * 60 + 30))
HOUR_MS = 3_600_000


def at(text: str, zone: str = "Asia/Shanghai") -> int:
    """`2026-11-30 08:30` by the wall of a zone, as UTC ms."""
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


@pytest.mark.parametrize(
    ("quiet", "when", "is_so", "changes"),
    [
        (NIGHT, "2026-11-30 21:59", False, "2026-11-30 22:00"),
        (NIGHT, "2026-11-30 22:00", True, "2026-12-01 07:00"),
        (NIGHT, "2026-12-01 00:00", True, "2026-12-01 07:00"),
        (NIGHT, "2026-12-01 06:59", True, "2026-12-01 07:00"),
        (NIGHT, "2026-12-01 07:00", False, "2026-12-01 22:00"),
        (LUNCH, "2026-11-30 11:59", False, "2026-11-30 12:00"),
        (LUNCH, "2026-11-30 13:29", True, "2026-11-30 13:30"),
        (LUNCH, "2026-11-30 13:30", False, "2026-12-01 12:00"),
        (Quiet(), "2026-11-30 12:00", False, None),
        (Quiet(do_not_disturb=True), "2026-11-30 12:00", True, None),
        (Quiet(do_not_disturb=True, until=at("2026-11-30 12:30")), "2026-11-30 12:29", True, "2026-11-30 12:30"),
        (Quiet(do_not_disturb=True, until=at("2026-11-30 12:30")), "2026-11-30 12:30", False, None),
        (Quiet(until=at("2026-11-30 12:30")), "2026-11-30 12:29", False, None),
        (NIGHT.model_copy(update={"do_not_disturb": True}), "2026-11-30 12:00", True, "2026-11-30 22:00"),
    ],
)
def test_when_it_is_quiet_and_when_that_may_change(
    quiet: Quiet, when: str, changes: str | None, *, is_so: bool
) -> None:
    assert is_quiet(quiet, at(when)) is is_so
    assert next_change_ms(quiet, at(when)) == (at(changes) if changes is not None else None)


def test_hours_are_those_of_the_zone_they_were_set_in() -> None:
    there = Quiet(hours=QuietHours(from_min=22 * 60, to_min=7 * 60, zone="America/New_York"))
    assert is_quiet(there, at("2026-11-30 23:00", "America/New_York"))
    assert not is_quiet(there, at("2026-11-30 23:00"))


@pytest.mark.parametrize(
    ("from_min", "to_min", "day", "length_h"),
    [
        (22 * 60, 7 * 60, "2026-03-28 23:00", 8),  # the night in which summer time begins is an hour shorter
        (22 * 60, 7 * 60, "2026-10-24 23:00", 10),
        (60, 2 * 60 + 30, "2026-03-29 01:30", 1.5),  # 02:30 is not there; it is what was an hour and a half later
        (2 * 60 + 30, 3 * 60, "2026-03-29 03:15", 0),  # swallowed: none that day
    ],
)
def test_a_change_of_the_clocks_leaves_a_window_its_hours(
    from_min: int, to_min: int, day: str, length_h: float
) -> None:
    quiet = Quiet(hours=QuietHours(from_min=from_min, to_min=to_min, zone="Europe/Berlin"))
    noon = round(datetime.fromisoformat(day[:10]).replace(hour=12, tzinfo=UTC).timestamp() * 1000)
    night = noon if from_min > to_min else noon - 24 * HOUR_MS
    minutes = sum(is_quiet(quiet, night + minute * 60_000) for minute in range(24 * 60))
    assert minutes == length_h * 60


@pytest.mark.parametrize(
    "wrong",
    [
        {"hours": {"from_min": 60, "to_min": 60}},
        {"hours": {"from_min": -1, "to_min": 60}},
        {"hours": {"from_min": 0, "to_min": 1440}},
        {"hours": {"from_min": 0, "to_min": 60, "zone": "Mars/Olympus"}},
        {"until": -1},
    ],
)
def test_what_means_nothing_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Quiet.model_validate(wrong)


def test_the_audit_says_it_in_codes_and_numbers() -> None:
    assert in_words(Quiet()) == "off"
    assert in_words(Quiet(do_not_disturb=True, until=5, hours=NIGHT.hours)) == (
        "do_not_disturb until 5, hours 22:00-07:00 Asia/Shanghai"
    )


minutes = st.integers(0, 1439)
zones = st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"])
moments = st.integers(at("2026-01-01 00:00"), at("2027-01-01 00:00"))


@given(st.tuples(minutes, minutes).filter(lambda two: two[0] != two[1]), zones, moments)
def test_nothing_changes_before_the_next_change(window: tuple[int, int], zone: str, now_ms: int) -> None:
    quiet = Quiet(hours=QuietHours(from_min=window[0], to_min=window[1], zone=zone))
    change = next_change_ms(quiet, now_ms)
    assert change is not None
    assert now_ms < change <= now_ms + 48 * HOUR_MS
    before = is_quiet(quiet, now_ms)
    for part in range(1, 10):
        assert is_quiet(quiet, now_ms + (change - now_ms) * part // 10) is before
    assert is_quiet(quiet, change - 1) is before
