"""Alarms are news when they begin and end, and a figure in between."""

import pytest
from structlog.testing import capture_logs

from contract.alarms import Alarm
from runtime.health import Health

pytestmark = pytest.mark.unit


def test_only_a_change_is_logged_with_the_numbers_that_led_to_it() -> None:
    alarms = Health("recorder").alarms
    with capture_logs() as lines:
        alarms.set(Alarm.DISK_LOW, on=False, free_bytes=9)
        for free_bytes in (3, 2):
            alarms.set(Alarm.DISK_LOW, on=True, free_bytes=free_bytes)
        for free_bytes in (8, 9):
            alarms.set(Alarm.DISK_LOW, on=False, free_bytes=free_bytes)
    assert [(line["event"], line["log_level"], line["alarm"], line["free_bytes"]) for line in lines] == [
        ("alarm is on", "error", "disk_low", 3),
        ("alarm is over", "info", "disk_low", 8),
    ]


def test_every_alarm_is_a_figure_from_the_start_and_1_while_it_is_on() -> None:
    health = Health("recorder")

    def figures() -> dict[str, float | None]:
        return {
            alarm: health.registry.get_sample_value("passline_alarm", {"alarm": alarm}) for alarm in map(str, Alarm)
        }

    assert set(figures().values()) == {0.0}
    health.alarms.set(Alarm.SAFE_LATE, on=True)
    assert health.alarms.is_on(Alarm.SAFE_LATE)
    assert {alarm for alarm, value in figures().items() if value} == {"safe_late"}
    health.alarms.set(Alarm.SAFE_LATE, on=False)
    assert set(figures().values()) == {0.0}
