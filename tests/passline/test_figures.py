"""The figures answer "is it well?": each one that the dashboard asks for is there, from the first minute."""

import asyncio
import json
import re
from pathlib import Path

import pytest

from tests.house.repository import ROOT
from tests.support.stack import Stack

pytestmark = pytest.mark.flow

PROCESSES = ("signaling", "recorder", "media-0")
DASHBOARD = ROOT / "docker" / "grafana-passline.json"
_METRIC = re.compile(r"\b(?:passline|process)_[a-z_]+\b")


def asked() -> set[str]:
    """Every metric that a panel of the dashboard names."""
    panels = json.loads(DASHBOARD.read_text())["panels"]
    return {name for panel in panels for target in panel["targets"] for name in _METRIC.findall(target["expr"])}


async def test_every_figure_of_the_dashboard_is_there(tmp_path: Path) -> None:
    lag = re.compile(r'passline_loop_lag_seconds_count{process="([^"]+)"} [1-9]')
    async with Stack(tmp_path) as stack, await stack.login("chen") as http, asyncio.timeout(60):
        assert len(asked()) > 15
        up = {f'passline_up{{process="{process}"}} 1.0' for process in PROCESSES}
        while True:  # a process first knows its lag half a second after its start
            text = await (await http.get("/metrics")).text()
            lines = {line for line in text.splitlines() if not line.startswith("#")}
            names = {line.split("{")[0].split(" ")[0] for line in lines}
            if asked() <= names and up <= lines and set(PROCESSES) <= set(lag.findall(text)):
                break
            await asyncio.sleep(0.1)
        assert re.search(r'passline_http_requests_total{.*route="/api/signin",status="200"', text)


def test_panels_do_not_overlap_and_have_titles() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert panel["title"]
        assert not cells & taken
        assert at["x"] + at["w"] <= 24
        taken |= cells
