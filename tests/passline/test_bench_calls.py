"""The bench of calls measures what it says, with a handful of stores."""

import json

import pytest

from passline.bench import calls, calls_load


@pytest.mark.unit
def test_ninety_five_of_a_hundred_are_not_later_than_the_95th() -> None:
    assert calls.spread_ms([number / 1000 for number in range(100, 0, -1)]) == {"p50": 50.5, "p95": 95.0, "max": 100.0}
    assert calls.spread_ms([0.002]) == {"p50": 2.0, "p95": 2.0, "max": 2.0}
    assert calls.spread_ms([]) == {}


@pytest.mark.full_only
@pytest.mark.flow
def test_a_short_run_has_all_its_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "WARM_CALLS", 1)
    for name in ("ANSWER_S", "TALK_S"):
        monkeypatch.setattr(calls_load, name, 0.1)
    result = calls.run(3.0, stores=5, experts=2, chromium=False)
    json.dumps(result)
    assert result["calls"] >= 1  # a worker that is starved takes nobody on
    assert result["calls"] + result["failed"] == 2
    for name in ("p8_tap_to_ring_ms", "tap_to_every_ring_ms", "answer_to_first_packet_ms"):
        assert 0 < result[name]["p50"] <= result[name]["p95"] <= result[name]["max"]
    for name in ("cpu_percent_of_core", "rss_mib"):
        assert set(result[name]) == {"signaling", "media", "recorder", "bench"}
