"""What of a call's times counts, which weeks are looked back at, and the table of them."""

import csv
import io
import itertools
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.people import Name
from contract.rooms import Timings
from contract.timings import Spread, StageSpreads, TimingLine
from signaling.domain import timings_csv
from signaling.domain.timings import LONGEST_MS, Stage, Tally, last_weeks, percentile, took
from tests.signaling.domain.people import NOW, STORE

pytestmark = pytest.mark.unit

moments = st.one_of(st.none(), st.integers(0, 2**53 - 1), st.integers(NOW - 100_000, NOW + 4_000_000))
AFTER = {
    Stage.RING: "tap",
    Stage.ANSWER: "ring",
    Stage.CONNECTED: "answer",
    Stage.FIRST_FRAME: "answer",
    Stage.FIRST_AUDIO: "answer",
}


@given(tap=st.integers(0, 2**53 - 1), times=st.fixed_dictionaries({stage.value: moments for stage in Stage}))
def test_what_counts_lies_within_its_bounds_and_nothing_is_made_up(tap: int, times: dict[str, int | None]) -> None:
    said = Timings(tap=tap, **times)
    counts = took(said)
    for stage, since in AFTER.items():
        start, end = getattr(said, since), getattr(said, stage)
        plausible = start is not None and end is not None and 0 <= end - start <= LONGEST_MS[stage]
        assert counts.get(stage) == (end - start if plausible else None)


def test_a_stage_that_is_missing_is_not_blamed_on_the_next_one() -> None:
    waited = Timings(tap=NOW, answer=NOW + 300_000, first_frame=NOW + 300_200, first_audio=NOW + 299_000)
    assert took(waited) == {Stage.FIRST_FRAME: 200}


@given(
    now=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)),
    count=st.integers(1, 53),
    zone=st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "UTC"]),
)
def test_weeks_follow_each_other_back_from_now(now: datetime, count: int, zone: str) -> None:
    now_ms = round(now.replace(tzinfo=UTC).timestamp() * 1000)
    weeks = last_weeks(now_ms, count, ZoneInfo(zone))
    assert len(weeks) == count
    assert weeks[0].from_ms <= now_ms < weeks[0].to_ms
    for later, earlier in itertools.pairwise(weeks):
        assert earlier.to_ms == later.from_ms
    for week in weeks:
        monday = datetime.fromtimestamp(week.from_ms / 1000, ZoneInfo(zone))
        assert (monday.weekday(), monday.hour, monday.minute) == (0, 0, 0)
        assert week.name == f"{monday.isocalendar().year}-W{monday.isocalendar().week:02}"


def test_a_week_of_two_years_has_the_name_of_its_thursday() -> None:
    new_year = datetime(2027, 1, 1, 12, tzinfo=UTC)
    [week, before] = last_weeks(round(new_year.timestamp() * 1000), 2, UTC)
    assert (week.name, before.name) == ("2026-W53", "2026-W52")
    assert datetime.fromtimestamp(week.from_ms / 1000, UTC).date() == date(2026, 12, 28)
    assert timedelta(milliseconds=week.to_ms - week.from_ms) == timedelta(weeks=1)


times = st.lists(st.one_of(st.none(), st.integers(0, 3_600_000), st.sampled_from([0, 1, 60_000])), max_size=60)


@given(st.dictionaries(st.sampled_from("abc"), times))
def test_each_key_has_the_smallest_time_that_so_many_do_not_exceed(given: dict[str, list[int | None]]) -> None:
    tally = Tally()
    for key, those in given.items():
        stores = {f"s-{key}": key}
        tally.add(
            [(f"s-{key}", None, None, None, took_ms, None) for took_ms in those] + [("s-other", 1, 1, 1, 1, 1)], stores
        )
    assert tally.calls == {key: len(those) for key, those in given.items() if those}
    for key in tally.calls:
        values = [one for one in given[key] if one is not None]
        spread = tally.stages(key).first_frame
        assert (spread.count if spread is not None else 0) == len(values)
        for percent, said in ((50, spread and spread.p50_ms), (95, spread and spread.p95_ms)):
            enough = [one for one in values if 100 * sum(other <= one for other in values) >= percent * len(values)]
            assert said == min(enough, default=None)
        assert tally.stages(key).ring is None


@given(st.lists(st.integers(50, 400), min_size=19, max_size=60), st.sampled_from([0, 60_000]))
def test_one_wrong_call_in_twenty_moves_neither_beyond_what_was_right(honest: list[int], wrong: int) -> None:
    ordered = sorted([*honest, wrong])
    assert min(honest) <= percentile(ordered, 50) <= percentile(ordered, 95) <= max(honest)


def test_the_table_has_a_line_for_each_store_and_no_formula() -> None:
    assert STORE.store is not None
    other = STORE.store.model_copy(update={"number": "0001", "name": Name(zh="=1+1", en="@cmd")})
    none = StageSpreads(ring=None, answer=None, connected=None, first_frame=None, first_audio=None)
    some = none.model_copy(update={"first_frame": Spread(count=3, p50_ms=90, p95_ms=140)})
    lines = [
        TimingLine(week=None, region=None, store=store, calls=4, stages=stages)
        for store, stages in ((STORE.store, some), (other, none))
    ]
    text = (timings_csv.head() + timings_csv.rows("2026-W48", lines)).decode("utf-8-sig")
    first, second = csv.DictReader(io.StringIO(text))
    assert (first["name_zh"], first["name_en"], first["first_frame_count"]) == ("'=1+1", "'@cmd", "0")
    assert first["first_frame_p95_ms"] == ""
    assert (second["week"], second["calls"], second["first_frame_p95_ms"]) == ("2026-W48", "4", "140")
