"""The forwarding bench measures what it says, beside MediaRelay and beside Janus."""

import json
import shutil
from collections.abc import Callable
from typing import Any

import pytest

from passline import __main__ as command
from passline.bench import private_network, sfu_load, sfu_row, sfu_side
from passline.bench.sfu_media import make_clip
from passline.bench.sfu_row import measure, ratios
from passline.bench.sfu_side import Bench
from passline.bench.sfu_subject import OwnServer

pytestmark = pytest.mark.flow

FIELDS = [
    "subject",
    "subscribers",
    "cpu_us_per_packet",
    "lowest",
    "highest",
    "windows_us",
    "packets_per_s",
    "cpu_percent_of_core",
    "lost",
    "lossless_pps_per_core",
    "latency_p50_ms",
    "latency_p99_ms",
    "repeated",
    "rss_kib_per_leg",
]


def _sound(row: dict[str, Any]) -> None:
    assert list(row) == FIELDS
    assert row["cpu_us_per_packet"] > 0
    assert row["lowest"] <= row["cpu_us_per_packet"] <= row["highest"]
    assert row["latency_p50_ms"] is None or 0 < row["latency_p50_ms"] <= row["latency_p99_ms"]


@pytest.mark.parametrize(("subjects", "subscribers"), [(("native", "native-nogso", "python"), 2), (("mediarelay",), 1)])
def test_a_row_has_all_its_figures(
    subjects: tuple[str, ...], subscribers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sfu_row, "FLOOD_S", 0.05)
    monkeypatch.setattr(sfu_row, "LADDER", 4.0)
    monkeypatch.setattr(sfu_side, "SETTLE_S", 0.2)
    if subjects == ("mediarelay",):
        monkeypatch.setattr(sfu_load, "TRIES", 1)  # it never repeats anything
    bench = Bench(OwnServer, make_clip(), "127.0.0.1", 0.5)
    rows = measure(bench, subjects, subscribers, windows=1, ladder=subjects)
    assert [row["subject"] for row in rows] == list(subjects)
    for row in rows:
        _sound(row)
        assert row["subject"] == "mediarelay" or row["repeated"] == "5 of 5", "a history is kept"
    assert [ratio["subject"] for ratio in ratios(rows, "python")] == [name for name in subjects if "native" in name]


@pytest.mark.full_only
def test_janus_takes_turns_with_ours_in_a_network_of_their_own() -> None:
    result = json.loads(private_network.run_module("tests.passline.beside_janus_small"))
    assert [row["subject"] for row in result["rows"]] == ["native", "janus", "janus-nss"]
    for row in result["rows"]:
        _sound(row)
        assert row["repeated"] == "5 of 5", "receivers report, so Janus too keeps a history"
    assert [ratio["subject"] for ratio in result["ratios"]] == ["native", "janus-nss"]
    assert [(row["subject"], row["rooms"], row["subscribers"]) for row in result["rooms"]] == [
        (subject, rooms, 2 * rooms) for rooms in (1, 2) for subject in ("native", "janus")
    ]
    assert {told["subject"] for told in result["fits"]["rooms"]} == {"native", "janus"}
    assert result["peer"]["janus"].startswith("1.")


@pytest.mark.parametrize(
    ("absent", "said"), [("janus", "apt-get install janus"), ("cc", "apt-get install gcc libc6-dev")]
)
def test_what_is_missing_is_said_with_the_command_that_installs_it(
    absent: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    which: Callable[[str], str | None] = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: None if name == absent else which(name))
    with pytest.raises(SystemExit) as ended:
        command.main(["bench", "sfu", "--peer", "janus"])
    assert ended.value.code == 1
    assert capsys.readouterr().err.strip().endswith(said)


def test_only_forwarding_has_a_peer(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(["bench", "call", "--peer", "janus"])
    assert ended.value.code == 1
    assert "--peer is for sfu" in capsys.readouterr().err
