"""A straight line through what forwarding costs, and what it says about a crowd."""

from typing import Any, NamedTuple

CROWD = 5_000
"""Watchers of one publisher: what the lines are drawn for."""


class Line(NamedTuple):
    """Percent of a core: `fixed`, and so much for each."""

    fixed: float
    each: float

    def at(self, count: float) -> float:
        return self.fixed + self.each * count


def fit(points: list[tuple[float, float]]) -> Line:
    """Least squares of y over x. Raises ValueError for less than two different x."""
    if len({x for x, _ in points}) < 2:
        raise ValueError(f"no line goes through {len(points)} points of one x")
    count = len(points)
    mean_x, mean_y = sum(x for x, _ in points) / count, sum(y for _, y in points) / count
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)
    return Line(mean_y - slope * mean_x, slope)


def fits(rows: list[dict[str, Any]], over: str) -> list[dict[str, Any]]:
    """The line of every subject's CPU over its "subscribers" or "rooms"; subjects measured once have none.

    Rooms that were not held do not count.

    Over subscribers also the cores that CROWD of them take: by CPU, and by the most packets that a core sent without
    loss (None where that was not sought).
    """
    found = []
    for subject in dict.fromkeys(row["subject"] for row in rows):
        own = [row for row in rows if row["subject"] == subject and row.get("held", True)]
        if len({row[over] for row in own}) < 2:
            continue
        line = fit([(row[over], row["cpu_percent_of_core"]) for row in own])
        told: dict[str, Any] = {"subject": subject, "fixed": round(line.fixed, 2), "each": round(line.each, 4)}
        if over == "subscribers":
            each_pps = own[-1]["packets_per_s"] / own[-1]["subscribers"]
            most_pps = own[-1]["lossless_pps_per_core"]
            told["cores_by_cpu"] = round(line.at(CROWD) / 100, 2)
            told["cores_by_lossless"] = round(CROWD * each_pps / most_pps, 2) if most_pps else None
        found.append(told)
    return found
