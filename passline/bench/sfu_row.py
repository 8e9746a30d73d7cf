"""A row of figures per subject: windows of a call that take turns, then the search for the most packets."""

import statistics
from contextlib import ExitStack
from typing import Any

from passline.bench.sfu_load import Load, Window
from passline.bench.sfu_side import Bench, Side, clients

FLOOD_S = 1.0
FIRST_STEP = 0.3
"""Of a core: where the search for the most packets begins."""
LADDER = 1.35
"""Each step of the search for the most packets sends this much more."""
MAX_LOSS = 0.0005
"""A window with more than this lost is not lossless; one packet of two thousand may be the generator's."""
MIN_IN_TIME = 0.98
"""A server that is behind at the end of a window only filled its buffers."""
MIN_FRAMES = 0.95
"""MediaRelay drops whole frames when it cannot follow."""


def measure(
    bench: Bench, subjects: tuple[str, ...], subscribers: int, *, windows: int, ladder: tuple[str, ...]
) -> list[dict[str, Any]]:
    """A row for each subject: connect all, let all settle, `windows` by turns, then for some the `ladder`."""
    with ExitStack() as stack:
        sides, rss_kib = [], []
        for subject in subjects:
            side = Side(bench, subject)
            stack.callback(side.close)
            before_kib = side.server.usage(settled=True).rss_kib
            side.add_room(subscribers)
            rss_kib.append((side.server.usage(settled=True).rss_kib - before_kib) / (subscribers + 1))
            sides.append(side)
        for side in sides:
            side.settle()
        for _ in range(windows):
            for side in sides:
                side.call()
        return [_row(side, kib, ladder=side.server.subject in ladder) for side, kib in zip(sides, rss_kib, strict=True)]


def ratios(rows: list[dict[str, Any]], other: str) -> list[dict[str, Any]]:
    """What each subject costs, `other` at as many subscribers being 1: of each turn, the median with the spread."""
    plain = {row["subscribers"]: row["windows_us"] for row in rows if row["subject"] == other}
    found = []
    for row in rows:
        theirs = plain.get(row["subscribers"])
        if theirs is None or row["subject"] == other:
            continue
        turns = [ours / his for ours, his in zip(row["windows_us"], theirs, strict=True)]
        found.append(
            {
                "subject": row["subject"],
                "subscribers": row["subscribers"],
                f"to_{other}": round(statistics.median(turns), 3),
                "lowest": round(min(turns), 3),
                "highest": round(max(turns), 3),
            }
        )
    return found


def _row(side: Side, rss_kib: float, *, ladder: bool) -> dict[str, Any]:
    costs = side.costs_us()
    latencies = sorted(one for window, _ in side.windows for one in window.latencies_ms)
    cost_us = statistics.median(costs)
    with clients():
        asked, repeated = side.load.ask_again()
        most_pps = None
        if not side.server.same_packets:
            most_pps = round(_relayed_pps(side.windows))
        elif ladder:
            most_pps = round(_ladder(side.load, side.subscribers, start_pps=FIRST_STEP / cost_us * 1e6))
    return {
        "subject": side.server.subject,
        "subscribers": side.subscribers,
        "cpu_us_per_packet": round(cost_us, 2),
        "lowest": round(min(costs), 2),
        "highest": round(max(costs), 2),
        "windows_us": [round(cost, 2) for cost in costs],
        "packets_per_s": round(statistics.median(seen.received / seen.seconds for seen, _ in side.windows)),
        "cpu_percent_of_core": round(statistics.median(100 * cpu_s / seen.seconds for seen, cpu_s in side.windows), 2),
        "lost": max(0, sum(seen.sent * side.subscribers - seen.received for seen, _ in side.windows))
        if side.server.same_packets
        else None,
        "lossless_pps_per_core": most_pps,
        "latency_p50_ms": _percentile(latencies, 0.50),
        "latency_p99_ms": _percentile(latencies, 0.99),
        "repeated": f"{repeated} of {asked}",
        "rss_kib_per_leg": round(rss_kib),
    }


def _ladder(load: Load, subscribers: int, *, start_pps: float) -> float:
    """Outgoing packets per second of the last step that lost nothing, on one core."""
    best = 0.0
    pps = start_pps / subscribers
    failed = 0
    while failed < 2 and pps * subscribers < 400_000:
        window = load.flood(FLOOD_S, pps)
        lost = window.received < window.sent * subscribers * (1 - MAX_LOSS)
        if window.late or lost or window.in_time < window.received * MIN_IN_TIME:
            failed += 1  # Once more: somebody else may have had the core for a moment.
            continue
        failed = 0
        best = window.in_time / window.seconds
        pps *= LADDER
    return best


def _relayed_pps(windows: list[tuple[Window, float]]) -> float:
    """Packets per second for one core's worth of CPU, while nearly every frame comes out; 0 if they do not."""
    kept = [(window, cpu_s) for window, cpu_s in windows if window.frames >= MIN_FRAMES * 30 * window.seconds]
    if not kept:
        return 0.0
    return statistics.median(window.received / max(cpu_s, window.seconds) for window, cpu_s in kept)


def _percentile(values: list[float], share: float) -> float | None:
    return round(values[min(len(values) - 1, int(len(values) * share))], 2) if values else None
