"""Puts what `passline bench sfu --peer janus --json` measured into the documents: `make bench-janus`.

    passline bench sfu --peer janus --json > docs/evidence/beside-janus.json
    python -m passline.bench.beside_janus_docs

draws docs/beside-janus.svg anew and replaces what stands between two marks in docs/performance.md.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

from passline.bench.sfu_fit import CROWD
from passline.bench.sfu_plot import draw

DOCS = Path(__file__).parents[2] / "docs"
MEASURED = DOCS / "evidence" / "beside-janus.json"
DRAWN = DOCS / "beside-janus.svg"
TEXT = DOCS / "performance.md"
BEGIN, END = "<!-- beside-janus: written by make bench-janus -->\n", "<!-- /beside-janus -->\n"

Rows = list[dict[str, Any]]


class Goal(NamedTuple):
    """A figure of one run: at most `most`, or at least `least`."""

    name: str
    value: float | None
    most: float | None = None
    least: float | None = None
    stretch: float | None = None

    def line(self) -> str:
        if self.value is None:
            return f"| {self.name} | – | not measured | |"
        limit, sign = (self.most, "≤") if self.most is not None else (self.least, "≥")
        assert limit is not None
        held = self.value <= limit if self.most is not None else self.value >= limit
        further = "" if self.stretch is None else f" (stretch {self.stretch:g})"
        return f"| {self.name} | {sign} {limit:g}{further} | {self.value:g} | {'yes' if held else '**no**'} |"


def text(result: dict[str, Any]) -> str:
    """Tables of one run, in Markdown."""
    parts = [_goals(result), _subscribers(result), _rooms(result), _lines(result)]
    begin, end = result["load"]
    peer = result["peer"]
    conditions = f"Janus {peer['janus']}, {peer['srtp']}; load average {begin} before and {end} after the run."
    return "\n".join([conditions, "", "\n\n".join("\n".join(part) for part in parts), ""])


def _goals(result: dict[str, Any]) -> list[str]:
    ratios = {(row["subject"], row["subscribers"]): row["to_janus"] for row in result["ratios"]}
    rows = {(row["subject"], row["subscribers"]): row for row in result["rows"]}
    native, janus = rows.get(("native", 100), {}), rows.get(("janus", 100), {})
    goals = [
        Goal("P1: CPU ÷ Janus, native without GSO, 100", ratios.get(("native-nogso", 100)), most=0.6, stretch=0.5),
        Goal("P1: native, 100", ratios.get(("native", 100)), most=0.5, stretch=0.4),
        Goal("P1: native, 10", ratios.get(("native", 10)), most=1.0),
        Goal("P1: native, 1", ratios.get(("native", 1)), most=1.25),
        Goal("P1: Python plane, 100", ratios.get(("python", 100)), most=1.5, stretch=1.0),
        Goal("P3: lossless packets/s and core", native.get("lossless_pps_per_core"), least=150_000, stretch=350_000),
        Goal("P4: added latency p50, 100, ms", native.get("latency_p50_ms"), most=2.0),
        Goal(
            "P4: p99, 100, ms, no worse than Janus", native.get("latency_p99_ms"), most=janus.get("latency_p99_ms", 0)
        ),
    ]
    return ["| goal | limit | measured | held |", "| --- | --- | --- | --- |", *(goal.line() for goal in goals)]


def _subscribers(result: dict[str, Any]) -> list[str]:
    ratios = {(row["subject"], row["subscribers"]): row for row in result["ratios"]}
    lines = [
        "| subject | subscribers | µs per packet (lowest–highest) | to Janus (lowest–highest) "
        "| lossless packets/s and core | p50 / p99 ms | KiB per leg |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in result["rows"]:
        ratio = ratios.get((row["subject"], row["subscribers"]))
        beside = "1" if ratio is None else f"{ratio['to_janus']:g} ({ratio['lowest']:g}–{ratio['highest']:g})"
        most = row["lossless_pps_per_core"]
        lines.append(
            f"| {row['subject']} | {row['subscribers']} "
            f"| {row['cpu_us_per_packet']:g} ({row['lowest']:g}–{row['highest']:g}) | {beside} "
            f"| {'' if most is None else f'{most:,}'.replace(',', ' ')} "
            f"| {row['latency_p50_ms']} / {row['latency_p99_ms']} | {row['rss_kib_per_leg']} |"
        )
    return lines


def _rooms(result: dict[str, Any]) -> list[str]:
    lines = [
        "| subject | rooms (clients) | % of a core (lowest–highest) | µs per packet | lost |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in result["rooms"]:
        lines.append(
            f"| {row['subject']} | {row['rooms']} ({row['rooms'] + row['subscribers']}) "
            f"| {row['cpu_percent_of_core']:g} ({row['lowest']:g}–{row['highest']:g}) "
            f"| {row['cpu_us_per_packet']:g} | {row['lost']}{'' if row['held'] else ', not held'} |"
        )
    return lines


def _lines(result: dict[str, Any]) -> list[str]:
    rooms = {told["subject"]: told for told in result["fits"]["rooms"]}
    lines = [
        f"| subject | % of a core: fixed + per subscriber | fixed + per room | cores for {CROWD} watchers by CPU"
        " | by the lossless rate |",
        "| --- | --- | --- | --- | --- |",
    ]
    for told in result["fits"]["subscribers"]:
        room = rooms.get(told["subject"])
        by_room = "" if room is None else f"{room['fixed']:g} + {room['each']:g}"
        lossless = "" if told["cores_by_lossless"] is None else f"{told['cores_by_lossless']:g}"
        lines.append(
            f"| {told['subject']} | {told['fixed']:g} + {told['each']:g} | {by_room} | {told['cores_by_cpu']:g} "
            f"| {lossless} |"
        )
    return lines


def placed(document: str, result: dict[str, Any]) -> str:
    """The document with what stands between the marks replaced. Raises ValueError if they are not there."""
    before, rest = document.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n{text(result)}\n{END}{after}"


if __name__ == "__main__":
    measured = json.loads(MEASURED.read_text())
    DRAWN.write_text(draw(measured))
    TEXT.write_text(placed(TEXT.read_text(), measured))
