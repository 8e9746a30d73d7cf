"""Whether somebody does not want to be rung now, and when that changes by itself.

Pure. The wall clock counts in the zone of the quiet hours, so that a window keeps its hours when summer time begins: a
window is the stretch between its two moments of that day, and one that a change of the clocks swallows is none.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from contract.quiet import Quiet, QuietHours


def is_quiet(quiet: Quiet, now_ms: int) -> bool:
    """Whether they are not to be rung at `now_ms`."""
    if quiet.do_not_disturb and (quiet.until is None or now_ms < quiet.until):
        return True
    return quiet.hours is not None and any(start <= now_ms < end for start, end in _windows(quiet.hours, now_ms))


def will_be_quiet(quiet: Quiet, at_ms: int) -> bool:
    """Whether they are known not to be rung at `at_ms`, which is to come: what has no end is about now."""
    known = quiet if quiet.until is not None else quiet.model_copy(update={"do_not_disturb": False})
    return is_quiet(known, at_ms)


def next_change_ms(quiet: Quiet, now_ms: int) -> int | None:
    """When `is_quiet` may say something else, and not before; None: never by itself."""
    edges = [edge for window in _windows(quiet.hours, now_ms) for edge in window] if quiet.hours is not None else []
    if quiet.do_not_disturb and quiet.until is not None:
        edges.append(quiet.until)
    return min((edge for edge in edges if edge > now_ms), default=None)


def in_words(quiet: Quiet) -> str:
    """For the audit: codes and numbers."""
    said = []
    if quiet.do_not_disturb:
        said.append("do_not_disturb" if quiet.until is None else f"do_not_disturb until {quiet.until}")
    if quiet.hours is not None:
        said.append(f"hours {_clock(quiet.hours.from_min)}-{_clock(quiet.hours.to_min)} {quiet.hours.zone}")
    return ", ".join(said) or "off"


def _windows(hours: QuietHours, now_ms: int) -> Iterator[tuple[int, int]]:
    """Those of yesterday, today and the next two days there, UTC ms: one of them is on, or the next to come."""
    zone = ZoneInfo(hours.zone)
    today = datetime.fromtimestamp(now_ms / 1000, zone).date()
    over_midnight = timedelta(days=hours.from_min > hours.to_min)
    for days in (-1, 0, 1, 2):
        day = today + timedelta(days=days)
        start, end = _ms(day, hours.from_min, zone), _ms(day + over_midnight, hours.to_min, zone)
        if start < end:
            yield start, end


def _ms(day: date, minute: int, zone: ZoneInfo) -> int:
    return round(datetime.combine(day, time(minute // 60, minute % 60), zone).timestamp() * 1000)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
