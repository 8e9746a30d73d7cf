"""The forwarding bench measures what it says."""

import pytest

from media.plane.native import HAS_KERNEL
from passline.bench import sfu
from passline.bench.sfu_media import make_clip

pytestmark = pytest.mark.flow


@pytest.mark.parametrize(
    ("subjects", "subscribers"),
    [
        pytest.param(("native", "native-nogso", "python"), 2, marks=pytest.mark.skipif(not HAS_KERNEL, reason="no C")),
        (("mediarelay",), 1),
    ],
)
def test_a_row_has_all_its_figures(
    subjects: tuple[str, ...], subscribers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sfu, "FLOOD_S", 0.05)
    monkeypatch.setattr(sfu, "WARM_S", 0.2)
    monkeypatch.setattr(sfu, "WINDOWS", 1)
    rows = sfu.measure(subjects, subscribers, make_clip(), 0.5)
    assert [row["subject"] for row in rows] == list(subjects)
    for row in rows:
        assert list(row) == [
            "subject",
            "subscribers",
            "cpu_us_per_packet",
            "lowest",
            "highest",
            "lossless_pps_per_core",
            "latency_p50_ms",
            "latency_p99_ms",
            "rss_kib_per_leg",
        ]
        assert row["cpu_us_per_packet"] > 0
        assert row["latency_p50_ms"] is None or 0 < row["latency_p50_ms"] <= row["latency_p99_ms"]
    assert [ratio["subject"] for ratio in sfu.ratios(rows)] == [name for name in subjects if "native" in name]
