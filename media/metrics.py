"""A worker's figures for `/metrics`."""

from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from media.node import MediaNode


class MediaMetrics(Collector):
    """Reads the node when it is asked; register it once."""

    def __init__(self, node: MediaNode) -> None:
        self._node = node

    def collect(self) -> Iterable[Metric]:
        beat = self._node.beat()
        yield GaugeMetricFamily("passline_media_legs", "PeerConnections held.", value=beat.legs)
        yield GaugeMetricFamily("passline_media_rooms", "Rooms held.", value=beat.rooms)
        yield CounterMetricFamily("passline_media_packets_in", "RTP packets received.", value=beat.packets_in)
        yield CounterMetricFamily("passline_media_packets_out", "RTP packets forwarded.", value=beat.packets_out)
        yield GaugeMetricFamily("passline_media_load", "Share of a core in use, over 3 s.", value=beat.load)
        yield GaugeMetricFamily(
            "passline_media_late_seconds", "How late the loop usually is, over 3 s.", value=beat.late_s
        )
        yield GaugeMetricFamily("passline_media_busy", "1 while nobody new is let in.", value=beat.busy_s is not None)
        dropped = CounterMetricFamily(
            "passline_media_dropped", "What was dropped or repaired, by kind.", labels=["kind"]
        )
        for kind, count in sorted({"packets_lost": 0, **beat.dropped}.items()):
            dropped.add_metric([kind], count)
        yield dropped
