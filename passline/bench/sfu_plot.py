"""Draws what `passline bench sfu --peer janus --json` measured: CPU over subscribers, CPU over rooms, with their lines.

python -m passline.bench.sfu_plot docs/evidence/beside-janus.json > docs/beside-janus.svg
"""

from typing import Any, NamedTuple
from xml.sax.saxutils import escape

WIDTH_PX, HEIGHT_PX = 960, 400
PANEL_PX = 340, 280
"""Of the area between the axes."""
TOP_PX = 56
LEFT_PX = (64, 544)
COLOURS = {
    "native": "#0b62a4",
    "native-nogso": "#5aa0d8",
    "python": "#2e8b57",
    "janus": "#c0392b",
    "janus-nss": "#e59866",
}
TICKS = 5


class Panel(NamedTuple):
    """`points` are x, then lowest, median and highest percent of a core."""

    title: str
    left_px: float
    most_x: float
    most_y: float
    points: dict[str, list[tuple[float, float, float, float]]]
    lines: dict[str, tuple[float, float]]
    """Fixed percent and percent for each, of what has a line."""

    def x(self, value: float) -> float:
        return round(self.left_px + PANEL_PX[0] * value / self.most_x, 1)

    def y(self, value: float) -> float:
        return round(TOP_PX + PANEL_PX[1] * (1 - value / self.most_y), 1)


def draw(result: dict[str, Any]) -> str:
    """The SVG."""
    rows, rooms = result["rows"], result["rooms"]
    panels = [
        _panel("subscribers of one publisher", 0, rows, result["fits"]["subscribers"], "subscribers"),
        _panel("rooms of a publisher and ten subscribers", 1, rooms, result["fits"]["rooms"], "rooms"),
    ]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH_PX} {HEIGHT_PX}" font-family="sans-serif"'
        ' font-size="12">',
        f'<rect width="{WIDTH_PX}" height="{HEIGHT_PX}" fill="#fff"/>',
        '<text x="64" y="24" font-size="15">Percent of a core, over</text>',
    ]
    for panel in panels:
        parts += [*_axes(panel), *(line for subject in panel.points for line in _series(panel, subject))]
    parts += _legend([subject for subject in COLOURS if any(subject in panel.points for panel in panels)])
    return "\n".join([*parts, "</svg>", ""])


def _panel(title: str, place: int, rows: list[dict[str, Any]], fits: list[dict[str, Any]], over: str) -> Panel:
    points: dict[str, list[tuple[float, float, float, float]]] = {}
    for row in rows:
        middle = row["cpu_percent_of_core"]
        spread = middle / row["cpu_us_per_packet"] if over == "subscribers" else 1.0
        own = points.setdefault(row["subject"], [])
        own.append((row[over], row["lowest"] * spread, middle, row["highest"] * spread))
    every = [point for own in points.values() for point in own]
    most_x, most_y = max(point[0] for point in every), max(point[3] for point in every)
    lines = {told["subject"]: (told["fixed"], told["each"]) for told in fits}
    return Panel(title, LEFT_PX[place], 1.05 * most_x, 1.05 * most_y, points, lines)


def _axes(panel: Panel) -> list[str]:
    left, right, bottom = panel.x(0), panel.x(panel.most_x), panel.y(0)
    parts = [f'<text x="{left}" y="{TOP_PX - 12}" fill="#333">{escape(panel.title)}</text>']
    for value in _ticks(panel.most_y):
        parts.append(f'<path d="M{left} {panel.y(value)}H{right}" stroke="#ddd"/>')
        parts.append(f'<text x="{left - 8}" y="{panel.y(value) + 4}" text-anchor="end" fill="#555">{value:g} %</text>')
    for value in _ticks(panel.most_x):
        parts.append(f'<path d="M{panel.x(value)} {bottom}v4" stroke="#888"/>')
        parts.append(f'<text x="{panel.x(value)}" y="{bottom + 18}" text-anchor="middle" fill="#555">{value:g}</text>')
    return [*parts, f'<path d="M{left} {bottom}H{right}" stroke="#888"/>']


def _ticks(most: float) -> list[float]:
    """About TICKS round numbers from 0 to `most`."""
    step = next(width * 10**power for power in range(-3, 6) for width in (1, 2, 5) if width * 10**power >= most / TICKS)
    return [number * step for number in range(int(most / step) + 1)]


def _series(panel: Panel, subject: str) -> list[str]:
    colour, parts = COLOURS[subject], []
    if subject in panel.lines:
        fixed, each = panel.lines[subject]
        last = max(point[0] for point in panel.points[subject])
        ends = [(x, max(0.0, fixed + each * x)) for x in (0.0, last)]
        path = "L".join(f"{panel.x(x)} {panel.y(y)}" for x, y in ends)
        parts.append(f'<path d="M{path}" stroke="{colour}" stroke-width="1.5" fill="none"/>')
    for x, lowest, middle, highest in panel.points[subject]:
        spread = f"M{panel.x(x)} {panel.y(lowest)}V{panel.y(highest)}"
        parts.append(f'<path d="{spread}" stroke="{colour}" stroke-opacity="0.5" stroke-width="3"/>')
        parts.append(f'<circle cx="{panel.x(x)}" cy="{panel.y(middle)}" r="3.5" fill="{colour}"/>')
    return parts


def _legend(subjects: list[str]) -> list[str]:
    parts = []
    for number, subject in enumerate(subjects):
        x, y = LEFT_PX[0] + 130 * number, HEIGHT_PX - 20
        parts.append(f'<circle cx="{x + 4}" cy="{y - 4}" r="4" fill="{COLOURS[subject]}"/>')
        parts.append(f'<text x="{x + 14}" y="{y}">{escape(subject)}</text>')
    return parts
