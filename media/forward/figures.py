"""How well media goes over each leg of a room: takes the counters apart into samples for signaling.

Media itself never reads them.
"""

from collections.abc import Mapping
from itertools import islice
from typing import NamedTuple

from contract.ids import LegId, PersonId
from contract.quality import (
    CROWD,
    CROWD_SAMPLE_S,
    SAMPLE_S,
    LegSample,
    PublishedFigures,
    SlotFigures,
    SlotState,
)
from media.forward.leg import Leg
from media.forward.publication import Publication
from media.forward.slot import Slot

MAX_OVER_S = 600.0
MOST_AT_ONCE = 16
"""Legs a tick: some 50 µs each."""
MAX_BPS = 10_000_000_000
"""A receiver may claim anything."""


class Sampled(NamedTuple):
    """One leg's sample."""

    leg: LegId
    participant: PersonId
    sample: LegSample


class _Before(NamedTuple):
    """Counters of one leg when its last sample was taken, by publication number and by slot SSRC."""

    at: float
    published: dict[int, tuple[int, ...]]
    slots: dict[int, tuple[int, ...]]


class Sampler:
    """Call `began` once for each leg and `take` with every tick; each leg is sampled at its own moment.

    Times are monotonic seconds.
    """

    def __init__(self) -> None:
        self._before: dict[LegId, _Before] = {}
        """Whose sample is due first in front."""

    def began(self, leg: Leg, now: float) -> None:
        """From now on media may flow over `leg`."""
        self._before[leg.port.id] = _counters(leg, now)

    def take(self, legs: Mapping[LegId, Leg], now: float) -> list[Sampled]:
        """The samples that are due, of a few legs: a tick must not keep packets waiting."""
        period_s = SAMPLE_S if len(self._before) <= CROWD else CROWD_SAMPLE_S
        taken = []
        for leg_id, before in list(islice(self._before.items(), MOST_AT_ONCE)):
            leg = legs.get(leg_id)
            if leg is not None and now - before.at < period_s:
                break
            del self._before[leg_id]
            if leg is not None:
                self._before[leg_id] = _counters(leg, now)
                taken.append(Sampled(leg_id, leg.member.participant, _sample(leg, before, now)))
        return taken


def _counters(leg: Leg, now: float) -> _Before:
    return _Before(
        now,
        {publication.number: _of_publication(publication) for publication in leg.publications.values()},
        {slot.section.ssrc: _of_slot(slot) for slot in leg.slots},
    )


def _of_publication(publication: Publication) -> tuple[int, ...]:
    reception = publication.reception
    return (
        reception.packets,
        reception.lost,
        reception.octets,
        publication.nacks,
        publication.plis,
        publication.nack.repaired,
    )


def _of_slot(slot: Slot) -> tuple[int, ...]:
    reported = slot.reported
    highest, lost = (reported.highest_sequence, reported.lost) if reported is not None else (0, 0)
    return highest, lost, slot.sent_octets, slot.nacks, slot.plis, slot.resending.repeats


def _since(after: tuple[int, ...], before: tuple[int, ...] | None) -> list[int]:
    """What was counted meanwhile; a counter that began anew, or went back, counts from nothing."""
    if before is None:
        return list(after)
    return [max(0, new - old) for new, old in zip(after, before, strict=True)]


def _sample(leg: Leg, before: _Before, now: float) -> LegSample:
    estimate_bps = leg.estimate.latest_bps(now)
    return LegSample(
        over_s=min(MAX_OVER_S, now - before.at),
        rtt_ms=min(leg.rtt_s, MAX_OVER_S) * 1000 if leg.rtt_s else None,
        estimate_bps=min(estimate_bps, MAX_BPS) if estimate_bps is not None else None,
        published=[
            _published(publication, before.published.get(publication.number))
            for publication in leg.publications.values()
            if publication.live
        ],
        slots=[
            _slot(slot, shown, before.slots.get(slot.section.ssrc))
            for slot in leg.slots
            if (shown := slot.shown or slot.paused) is not None
        ],
    )


def _published(publication: Publication, before: tuple[int, ...] | None) -> PublishedFigures:
    packets, lost, octets, nacks, plis, repaired = _since(_of_publication(publication), before)
    return PublishedFigures(
        source=publication.source,
        layer=publication.layer,
        packets=packets,
        lost=lost,
        octets=octets,
        jitter_ms=_jitter_ms(publication.reception.jitter_ticks, publication.clock_rate_hz),
        nacks=nacks,
        plis=plis,
        repaired=repaired,
    )


def _slot(slot: Slot, shown: Publication, before: tuple[int, ...] | None) -> SlotFigures:
    after = _of_slot(slot)
    expected, lost, octets, nacks, plis, repeats = _since(after, before)
    if before is None or not before[0]:
        expected = lost = 0  # the first report tells where the numbers begin, not how many came
    return SlotFigures(
        of=shown.participant,
        source=shown.source,
        layer=shown.layer,
        state=_state(slot),
        thinned=slot.thinned,
        expected=expected,
        lost=min(lost, expected),
        octets=octets,
        jitter_ms=_jitter_ms(slot.reported.jitter_ticks if slot.reported is not None else 0, shown.clock_rate_hz),
        nacks=nacks,
        plis=plis,
        repeats=repeats,
    )


def _state(slot: Slot) -> SlotState:
    if slot.paused is not None:
        return SlotState.PAUSED
    return SlotState.FLOWING if slot.current is not None else SlotState.WAITING


def _jitter_ms(ticks: int, clock_rate_hz: int) -> float:
    """RFC 3550 §6.4.1 counts it in ticks; a nonsensical report is cut."""
    return min(ticks * 1000 / clock_rate_hz, MAX_OVER_S * 1000)
