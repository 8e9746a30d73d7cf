"""The samples of one person's media, arranged as lines over the time of a call. Pure.

A worker and a client sample the same connection at their own moments, so their values are put into bins. A value holds
until its successor is overdue; then there is a hole, which is what a reader is to see.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from contract.base import Message, WallMs
from contract.http import PersonQuality, QualityMark, QualityMarkKind
from contract.ids import PersonId
from contract.media import SHRUNK
from contract.people import Person
from contract.quality import ClientSample, LegSample, SlotFigures, SlotState
from contract.rooms import Member, MemberChanged, MemberState, RoomEvent

BIN_MS = 5_000
MAX_BINS = 600
"""More points than a screen has columns tell nothing more."""
OVERDUE = 2.5
"""A value is old when so many of its own periods have passed."""
POOR = 0.03
"""From this share of loss or invented sound on somebody notices."""


class Sampled(Message):
    """One sample as it is kept, from one of the two sides."""

    at: WallMs
    leg: LegSample | None = None
    client: ClientSample | None = None


class Values(NamedTuple):
    """What one sample says of a person's media; None where it says nothing."""

    up_bps: float | None = None
    down_bps: float | None = None
    estimate_bps: float | None = None
    up_loss: float | None = None
    down_loss: float | None = None
    rtt_ms: float | None = None
    jitter_ms: float | None = None
    sent_fps: float | None = None
    seen_fps: float | None = None
    seen_size: float | None = None
    concealed: float | None = None
    frozen: float | None = None


_LEAST = frozenset({"estimate_bps", "sent_fps", "seen_fps", "seen_size"})
_MEAN = frozenset({"up_bps", "down_bps"})
"""Of several values in one bin the mean, of the others the worst."""


def values(sample: Sampled) -> Values:
    """The figures of one sample, over all its tracks."""
    if sample.leg is not None:
        return _of_leg(sample.leg)
    return _of_client(sample.client) if sample.client is not None else Values()


def _of_leg(leg: LegSample) -> Values:
    came = sum(row.packets + row.lost for row in leg.published)
    expected = sum(slot.expected for slot in leg.slots)
    return Values(
        up_bps=sum(row.octets for row in leg.published) * 8 / leg.over_s,
        down_bps=sum(slot.octets for slot in leg.slots) * 8 / leg.over_s,
        estimate_bps=leg.estimate_bps,
        up_loss=sum(row.lost for row in leg.published) / came if came else None,
        down_loss=sum(slot.lost for slot in leg.slots) / expected if expected else None,
        rtt_ms=leg.rtt_ms,
        jitter_ms=max((track.jitter_ms for track in leg.tracks), default=None),
        seen_size=min((size for size in map(_size, leg.slots) if size is not None), default=None),
    )


def _size(slot: SlotFigures) -> float | None:
    """A picture's, as a part of what the camera's sides are; None where there is only one size."""
    if slot.state is SlotState.PAUSED:
        return 0.0
    return 1 / SHRUNK[slot.layer] if slot.layer is not None else None


def _repeats(leg: LegSample) -> int:
    """Packets sent again, both ways."""
    return sum(row.repaired for row in leg.published) + sum(slot.repeats for slot in leg.slots)


def _of_client(client: ClientSample) -> Values:
    return Values(
        rtt_ms=client.rtt_ms,
        sent_fps=min((row.fps for row in client.sent if row.fps is not None), default=None),
        seen_fps=min((row.fps for row in client.seen if row.fps is not None), default=None),
        concealed=max((row.concealed for row in client.seen if row.concealed is not None), default=None),
        frozen=max((row.frozen for row in client.seen if row.frozen is not None), default=None),
    )


def person_quality(person: Person, samples: Sequence[Sampled]) -> PersonQuality:
    """`samples` in order of time, at least one."""
    first, last = samples[0].at, samples[-1].at
    bin_ms = BIN_MS * (1 + (last - first) // (BIN_MS * MAX_BINS))
    count = (last - first) // bin_ms + 1
    said = [(sample, values(sample)) for sample in samples]
    lines = {name: _line(name, said, first, bin_ms, count) for name in Values._fields}
    legs = [sample.leg for sample in samples if sample.leg is not None]
    return PersonQuality(
        person=person,
        at=[first + number * bin_ms for number in range(count)],
        nacks=sum(track.nacks for leg in legs for track in leg.tracks),
        plis=sum(track.plis for leg in legs for track in leg.tracks),
        repeats=sum(_repeats(leg) for leg in legs),
        **lines,
    )


def _line(name: str, said: Sequence[tuple[Sampled, Values]], first: int, bin_ms: int, count: int) -> list[float | None]:
    """One value for each bin: what was sampled in it, or what still holds of the sample before."""
    found: dict[int, list[float]] = {}
    holds_until: dict[int, float] = {}
    for sample, seen in said:
        value: float | None = getattr(seen, name)
        if value is None:
            continue
        number = (sample.at - first) // bin_ms
        found.setdefault(number, []).append(value)
        holds_until[number] = sample.at + OVERDUE * 1000 * _over_s(sample)
    line: list[float | None] = []
    held, until = None, 0.0
    for number in range(count):
        if number in found:
            held, until = _together(name, found[number]), holds_until[number]
        line.append(held if first + number * bin_ms < until else None)
    return line


def _over_s(sample: Sampled) -> float:
    side = sample.leg or sample.client
    return side.over_s if side is not None else 0.0


def _together(name: str, all_values: list[float]) -> float:
    if name in _MEAN:
        return round(sum(all_values) / len(all_values))
    worst = min(all_values) if name in _LEAST else max(all_values)
    return round(worst, 4)


def poor(sample: Sampled) -> bool:
    """Whether somebody noticed."""
    seen = values(sample)
    return any(value is not None and value >= POOR for value in (seen.up_loss, seen.down_loss, seen.concealed))


_HERE = frozenset({MemberState.JOINED, MemberState.AWAY})


def marks(members: Iterable[Member], events: Iterable[tuple[int, RoomEvent]]) -> list[QualityMark]:
    """When `members` came, went, and were cut off, in order of time."""
    members = list(members)
    wanted = {member.person.id for member in members}
    state: dict[PersonId, MemberState] = {}
    found: list[QualityMark] = []
    for at_ms, event in events:
        if not isinstance(event, MemberChanged) or event.member.person.id not in wanted:
            continue
        who, now = event.member.person.id, event.member.state
        before = state.get(who)
        state[who] = now
        if now is before:
            continue
        if now is MemberState.AWAY:
            found.append(QualityMark(at=at_ms, person=who, kind=QualityMarkKind.AWAY))
        elif now is MemberState.JOINED:
            kind = QualityMarkKind.BACK if before is MemberState.AWAY else QualityMarkKind.JOINED
            at = at_ms if before is not None or event.member.joined_at is None else event.member.joined_at
            found.append(QualityMark(at=at, person=who, kind=kind))
        elif before in _HERE:
            found.append(QualityMark(at=at_ms, person=who, kind=QualityMarkKind.LEFT))
    for member in members:
        if member.joined_at is not None and member.person.id not in state:
            found.append(QualityMark(at=member.joined_at, person=member.person.id, kind=QualityMarkKind.JOINED))
    return sorted(found, key=lambda mark: mark.at)
