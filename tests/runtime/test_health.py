"""Health of a process over its socket, and of all of them together."""

from pathlib import Path

import pytest
from prometheus_client import Counter
from prometheus_client.parser import text_string_to_metric_families

from contract.http import Health as Report
from runtime import health
from runtime.health import Health

pytestmark = pytest.mark.flow


async def test_a_process_is_unready_until_everything_it_waits_for_is_there(tmp_path: Path) -> None:
    own = Health("media-0")
    own.wait_for("signaling")
    async with await health.serve(own, tmp_path):
        assert (await health.ask(tmp_path, "media-0", "/healthz"))[0] == 200
        status, body = await health.ask(tmp_path, "media-0", "/readyz")
        assert status == 503
        assert Report.model_validate_json(body).waiting_for == ["signaling"]
        own.reached("signaling")
        assert (await health.ask(tmp_path, "media-0", "/readyz"))[0] == 200


async def test_an_unknown_path_is_404_and_nonsense_does_not_stop_the_server(tmp_path: Path) -> None:
    own = Health("recorder")
    async with await health.serve(own, tmp_path):
        assert (await health.ask(tmp_path, "recorder", "/secret"))[0] == 404
        assert (await health.ask(tmp_path, "recorder", "/ /x"))[0] == 404
        assert (await health.ask(tmp_path, "recorder", "/healthz"))[0] == 200


async def test_gathered_metrics_name_the_process_and_show_one_that_does_not_answer(tmp_path: Path) -> None:
    signaling, worker = Health("signaling"), Health("media-0")
    for own, times in ((signaling, 2), (worker, 3)):
        Counter("passline_things", "Things.", registry=own.registry).inc(times)
    health.socket_path(tmp_path, "recorder").touch()
    async with await health.serve(worker, tmp_path):
        text = (await health.gather(signaling, tmp_path)).decode()
    values = {
        (sample.name, sample.labels["process"]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert values["passline_things_total", "signaling"] == 2
    assert values["passline_things_total", "media-0"] == 3
    assert values["passline_up", "media-0"] == 1
    assert values["passline_up", "recorder"] == 0
    assert text.count("# TYPE passline_things_total") == 1
