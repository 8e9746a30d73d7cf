"""Log lines that a stranger can cause are said a few times, then counted."""

from collections.abc import Callable, Hashable
from typing import Any

from runtime import clock

LINES = 10
PERIOD_S = 60.0
KEYS = 1_000
"""Beyond this all keys begin anew (policy: forget), so choose keys that others cannot make up."""


class Repeated:
    """`say(key, log.info, "request refused", code=…)`: ten lines a minute and key, then the next says `unsaid`."""

    def __init__(self, *, lines: int = LINES, period_s: float = PERIOD_S, now: Callable[[], float] = clock.now) -> None:
        self._lines = lines
        self._period_s = period_s
        self._now = now
        self._periods: dict[Hashable, _Period] = {}

    def say(self, key: Hashable, line: Callable[..., Any], event: str, **fields: object) -> None:
        """Log the line by calling `line`, or count it."""
        now = self._now()
        period = self._periods.get(key)
        if period is None:
            if len(self._periods) >= KEYS:
                self._periods.clear()
            period = self._periods[key] = _Period(now)
        elif now - period.began >= self._period_s:
            if period.said > self._lines:
                fields["unsaid"] = period.said - self._lines
            period.began, period.said = now, 0
        period.said += 1
        if period.said <= self._lines:
            line(event, **fields)


class _Period:
    def __init__(self, began: float) -> None:
        self.began = began
        self.said = 0
