"""How well media goes in all rooms together, for `/metrics`: no person, store or room is named."""

from prometheus_client import CollectorRegistry, Counter, Histogram

from signaling.domain.callquality import Sampled, Values

_SHARES = (0.001, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5)
_ROUND_TRIPS_S = (0.01, 0.03, 0.06, 0.1, 0.2, 0.4, 0.8, 2.0)
_RATES_FPS = (1, 3, 6, 10, 14, 20, 26, 40)


class QualityMeters:
    """Told of every sample."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def shares(name: str, text: str, *labels: str) -> Histogram:
            return Histogram(f"passline_quality_{name}", text, labels, buckets=_SHARES, registry=registry)

        loss = shares("loss", "Share of packets lost, by sample: `up` to the worker, `down` to the client.", "way")
        self._up_loss, self._down_loss = loss.labels("up"), loss.labels("down")
        self._concealed = shares("concealed", "Share of received sound that was invented, by sample.")
        self._frozen = shares("frozen", "Share of the time in which a picture stood, by sample.")
        self._rtt = Histogram(
            "passline_quality_round_trip_seconds",
            "Round trip between worker and client, by sample.",
            buckets=_ROUND_TRIPS_S,
            registry=registry,
        )
        fps = Histogram(
            "passline_quality_pictures_per_second",
            "Of the slowest picture of a sample, `sent` or `seen`.",
            ["way"],
            buckets=_RATES_FPS,
            registry=registry,
        )
        self._sent_fps, self._seen_fps = fps.labels("sent"), fps.labels("seen")
        self._repairs = Counter(
            "passline_quality_repairs",
            "What was asked for or done to mend losses: `nack` (packets), `pli` (keyframes), `repeat` (packets "
            "sent again), `repaired` (packets that came again).",
            ["kind"],
            registry=registry,
        )
        self._dropped = Counter(
            "passline_quality_dropped", "Samples that were not kept, by why.", ["why"], registry=registry
        )
        for kind in ("nack", "pli", "repeat", "repaired"):
            self._repairs.labels(kind)
        for why in ("too_often", "too_many"):
            self._dropped.labels(why)

    def saw(self, seen: Values, sample: Sampled) -> None:
        """One sample and what it says."""
        for meter, value in (
            (self._up_loss, seen.up_loss),
            (self._down_loss, seen.down_loss),
            (self._concealed, seen.concealed),
            (self._frozen, seen.frozen),
            (self._sent_fps, seen.sent_fps),
            (self._seen_fps, seen.seen_fps),
            (self._rtt, seen.rtt_ms / 1000 if seen.rtt_ms is not None else None),
        ):
            if value is not None:
                meter.observe(value)
        leg = sample.leg
        if leg is not None:
            self._repairs.labels("nack").inc(sum(track.nacks for track in leg.tracks))
            self._repairs.labels("pli").inc(sum(track.plis for track in leg.tracks))
            self._repairs.labels("repeat").inc(sum(slot.repeats for slot in leg.slots))
            self._repairs.labels("repaired").inc(sum(row.repaired for row in leg.published))

    def dropped(self, why: str) -> None:
        self._dropped.labels(why).inc()
