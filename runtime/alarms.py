"""The alarms of one process: a log line when one begins or ends, a gauge for as long as it lasts."""

from prometheus_client import CollectorRegistry, Gauge

from contract.alarms import Alarm
from runtime.logs import get_logger

log = get_logger(__name__)


class Alarms:
    """Each alarm is on or off; say so as often as you like, only a change is news.

    Who watches for an alarm owns it: a second watcher of the same alarm in the same process would take back what the
    first said. With several causes at once (two recordings are late) the watcher sets it while any of them lasts.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._on: set[Alarm] = set()
        self._gauge = Gauge("passline_alarm", "1 while the alarm is on, else 0.", ["alarm"], registry=registry)
        for alarm in Alarm:
            self._gauge.labels(alarm).set(0)

    def set(self, alarm: Alarm, *, on: bool, **fields: object) -> None:
        """Raise or clear `alarm`. `fields` are the numbers that led to it, for the log: no names, no content."""
        if on == (alarm in self._on):
            return
        if on:
            self._on.add(alarm)
            log.error("alarm is on", alarm=alarm, **fields)
        else:
            self._on.discard(alarm)
            log.info("alarm is over", alarm=alarm, **fields)
        self._gauge.labels(alarm).set(float(on))

    def is_on(self, alarm: Alarm) -> bool:
        """Whether it is on now."""
        return alarm in self._on
