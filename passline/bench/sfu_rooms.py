"""What many rooms at once cost: each of one publisher and a few subscribers, more and more of them."""

import statistics
from contextlib import ExitStack
from typing import Any

from passline.bench.sfu_side import Bench, Side

FULL_PERCENT = 90.0
"""Of the server's core: a subject that took more gets no further rooms."""
MAX_LOSS = 0.01
"""A subject that lost more, or whose publishers came late, did not hold so many rooms: it gets no further ones, and the
line is drawn without that."""


def measure_rooms(
    bench: Bench, subjects: tuple[str, ...], steps: tuple[int, ...], *, subscribers: int, windows: int
) -> list[dict[str, Any]]:
    """A row for each subject and step: windows by turns with so many rooms, until its core is full."""
    rows: list[dict[str, Any]] = []
    with ExitStack() as stack:
        sides = [Side(bench, subject) for subject in subjects]
        for side in sides:
            stack.callback(side.close)
        for rooms in steps:
            for side in sides:
                while side.rooms < rooms:
                    side.add_room(subscribers)
                side.windows.clear()
                side.settle()
            for _ in range(windows):
                for side in sides:
                    side.call()
            seen = [_row(side) for side in sides]
            rows += seen
            sides = [
                side
                for side, row in zip(sides, seen, strict=True)
                if row["cpu_percent_of_core"] < FULL_PERCENT and row["held"]
            ]
    return rows


def _row(side: Side) -> dict[str, Any]:
    percents = [100 * cpu_s / window.seconds for window, cpu_s in side.windows]
    due = sum(window.sent * side.subscribers // side.rooms for window, _ in side.windows)
    lost = max(0, due - sum(window.received for window, _ in side.windows))
    return {
        "subject": side.server.subject,
        "rooms": side.rooms,
        "subscribers": side.subscribers,
        "cpu_percent_of_core": round(statistics.median(percents), 2),
        "lowest": round(min(percents), 2),
        "highest": round(max(percents), 2),
        "cpu_us_per_packet": round(statistics.median(side.costs_us()), 2),
        "lost": lost,
        "held": lost <= MAX_LOSS * due and not any(window.late for window, _ in side.windows),
    }
