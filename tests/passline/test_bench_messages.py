"""The message bench measures what it says, on both sides."""

import pytest

from passline.bench import messages

pytestmark = pytest.mark.flow


def test_a_short_run_has_all_figures_of_both_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "WARM_S", 0.2)
    monkeypatch.setattr(messages, "PER_S", 40)
    result = messages.run(1.0, clients=6, channels=2)
    for side in (result, result["nats"]):
        assert 0 < side["ack_ms"]["p50"] <= side["ack_ms"]["p95"]
        assert 0 < side["fanout_ms"]["p50"] <= side["fanout_ms"]["p95"]
        assert side["rss_kib_per_connection"] > 0
