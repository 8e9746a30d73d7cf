"""The forwarding bench measures what it says."""

import pytest

from passline.bench import sfu
from passline.bench.sfu_media import make_clip

pytestmark = pytest.mark.flow


@pytest.mark.parametrize(("subject", "subscribers"), [("python", 2), ("mediarelay", 1)])
def test_a_row_has_all_its_figures(subject: str, subscribers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sfu, "FLOOD_S", 0.05)
    row = sfu.measure(subject, subscribers, make_clip(), 0.5)
    assert list(row) == [
        "subject",
        "subscribers",
        "cpu_us_per_packet",
        "lossless_pps_per_core",
        "latency_p50_ms",
        "latency_p99_ms",
        "rss_kib_per_leg",
    ]
    assert row["cpu_us_per_packet"] > 0
    assert row["latency_p50_ms"] is None or 0 < row["latency_p50_ms"] <= row["latency_p99_ms"]
