"""The three clocks: the only place that asks the machine for the time.

`now` is monotonic seconds for intervals, `wall_ms`/`wall_ns` is UTC for what people and files see. Media time (RTP
ticks) comes with the packets. The wall clock is anchored once per process to the monotonic one, so that it never
jumps while a call runs. A forked process has its own anchor.
"""

import os
import time

_ahead_ns = 0
"""Wall clock minus monotonic clock."""


def _anchor() -> None:
    global _ahead_ns
    _ahead_ns = time.time_ns() - time.monotonic_ns()


_anchor()
os.register_at_fork(after_in_child=_anchor)


def now() -> float:
    """Monotonic seconds; only differences mean anything."""
    return time.monotonic()


def cpu_s() -> float:
    """Seconds of CPU that this process used since it began, all its threads."""
    return time.process_time()


def wall_ns() -> int:
    """UTC nanoseconds since 1970."""
    return time.monotonic_ns() + _ahead_ns


def until_hour_s(hour: int) -> float:
    """Seconds until the machine's local clock shows this full hour (0..23) next; more than 0."""
    local = time.localtime()
    passed_s = local.tm_hour * 3600 + local.tm_min * 60 + local.tm_sec
    return float((hour * 3600 - passed_s) % 86_400 or 86_400)


def wall_ms() -> int:
    """UTC milliseconds since 1970."""
    return wall_ns() // 1_000_000
