"""How long each stage of a call took, as far as that says how quick it was, and what is said of many of them. Pure.

What a client tells can be wrong by accident or on purpose. A stage that took less than nothing, or so long that it says
something else (a camera that was off, a clock that was set), does not count, and nothing is made up in its place.
"""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Any, NamedTuple

from contract.rooms import Timings
from contract.timings import Spread, StageSpreads

MAX_WEEKS = 53
"""So many are looked back at, a year."""
KEPT_DAYS = 7 * (MAX_WEEKS + 1)


class Stage(StrEnum):
    """What follows the tap."""

    RING = "ring"
    ANSWER = "answer"
    CONNECTED = "connected"
    FIRST_FRAME = "first_frame"
    FIRST_AUDIO = "first_audio"


LONGEST_MS = {
    Stage.RING: 60_000,
    Stage.ANSWER: 3_600_000,
    Stage.CONNECTED: 60_000,
    Stage.FIRST_FRAME: 60_000,
    Stage.FIRST_AUDIO: 60_000,
}
"""What took longer does not count. People answer after minutes; machines that take a minute are waiting for people."""


def took(timings: Timings) -> dict[Stage, int]:
    """ms of every stage that counts: until it rang from the tap, until the answer from the ring, the others from the
    answer."""
    since = {
        Stage.RING: (timings.tap, timings.ring),
        Stage.ANSWER: (timings.ring, timings.answer),
        Stage.CONNECTED: (timings.answer, timings.connected),
        Stage.FIRST_FRAME: (timings.answer, timings.first_frame),
        Stage.FIRST_AUDIO: (timings.answer, timings.first_audio),
    }
    return {
        stage: until - start
        for stage, (start, until) in since.items()
        if start is not None and until is not None and 0 <= until - start <= LONGEST_MS[stage]
    }


class Week(NamedTuple):
    """From Monday to Monday."""

    name: str
    """ISO 8601: `2026-W48`."""
    from_ms: int
    to_ms: int
    """UTC ms; the first moment of the next one."""


def last_weeks(now_ms: int, count: int, zone: tzinfo) -> list[Week]:
    """The one of `now_ms` and those before it, the newest first, by the wall clocks of `zone`."""
    today = datetime.fromtimestamp(now_ms / 1000, zone).date()
    monday = today - timedelta(days=today.weekday())
    found = []
    for number in range(count):
        first, after = (monday - timedelta(weeks=number - later) for later in (0, 1))
        year, week, _ = first.isocalendar()
        from_ms, to_ms = (
            round(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() * 1000) for day in (first, after)
        )
        found.append(Week(f"{year}-W{week:02}", from_ms, to_ms))
    return found


def percentile(ordered: Sequence[int], percent: int) -> int:
    """The smallest value that `percent` of them do not exceed (nearest rank); there must be one."""
    return ordered[-(-len(ordered) * percent // 100) - 1]


class Tally:
    """The times of many calls, told apart by a key; four bytes each."""

    def __init__(self) -> None:
        self.calls: dict[str, int] = {}
        self._times: dict[str, tuple[array[int], ...]] = {}

    def add(self, calls: Iterable[Sequence[Any]], keys: Mapping[str, str]) -> None:
        """Further calls, each a store's id and the ms of its stages (None does not count); `keys` has what each store's
        are counted as, and none for those that are left out."""
        for store, *times in calls:
            key = keys.get(store)
            if key is None:
                continue
            self.calls[key] = self.calls.get(key, 0) + 1
            kept = self._times.get(key)
            if kept is None:
                kept = self._times[key] = tuple(array("i") for _ in Stage)
            for values, took_ms in zip(kept, times, strict=True):
                if took_ms is not None:
                    values.append(took_ms)

    def stages(self, key: str) -> StageSpreads:
        """What is said of the calls of this key."""
        ring, answer, connected, first_frame, first_audio = map(_spread, self._times[key])
        return StageSpreads(
            ring=ring, answer=answer, connected=connected, first_frame=first_frame, first_audio=first_audio
        )


def _spread(values: Iterable[int]) -> Spread | None:
    ordered = sorted(values)
    if not ordered:
        return None
    return Spread(count=len(ordered), p50_ms=percentile(ordered, 50), p95_ms=percentile(ordered, 95))
