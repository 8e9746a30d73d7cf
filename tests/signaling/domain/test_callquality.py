"""Samples of media as lines over the time of a call: bins, holes, the worst of several, who came and went."""

import pytest

from contract.http import QualityMarkKind
from contract.ids import PersonId
from contract.media import Layer, Source
from contract.quality import ClientSample, LegSample, PublishedFigures, SeenFigures, SentFigures, SlotFigures, SlotState
from contract.rooms import Member, MemberChanged, MemberState, RoomEvent
from signaling.domain.callquality import BIN_MS, MAX_BINS, Sampled, Values, marks, person_quality, poor, values
from tests.support import chain

pytestmark = pytest.mark.unit

STORE, CHEN = chain.PEOPLE["store-0117"], chain.PEOPLE["chen"]
AT = chain.STARTED_MS


def published(packets: int = 100, lost: int = 0, octets: int = 62_500, repaired: int = 0) -> PublishedFigures:
    return PublishedFigures(
        source=Source.CAMERA,
        packets=packets,
        lost=lost,
        octets=octets,
        jitter_ms=4.0,
        nacks=lost,
        plis=1,
        repaired=repaired,
    )


def slot(expected: int = 100, lost: int = 0, repeats: int = 0) -> SlotFigures:
    return SlotFigures(
        of=CHEN.id,
        source=Source.CAMERA,
        state=SlotState.FLOWING,
        expected=expected,
        lost=lost,
        octets=31_250,
        jitter_ms=9.0,
        nacks=lost,
        plis=0,
        repeats=repeats,
    )


def leg(at_s: float, *rows: PublishedFigures | SlotFigures, over_s: float = 5.0) -> Sampled:
    return Sampled(
        at=AT + round(at_s * 1000),
        leg=LegSample(
            over_s=over_s,
            rtt_ms=40.0,
            published=[row for row in rows if isinstance(row, PublishedFigures)],
            slots=[row for row in rows if isinstance(row, SlotFigures)],
        ),
    )


def client(at_s: float, *, fps: float = 25.0, concealed: float = 0.0, over_s: float = 5.0) -> Sampled:
    seen = [
        SeenFigures(of=CHEN.id, source=Source.CAMERA, fps=fps, frozen=0.0),
        SeenFigures(of=CHEN.id, source=Source.MICROPHONE, concealed=concealed),
    ]
    sent = [SentFigures(source=Source.MICROPHONE), SentFigures(source=Source.CAMERA, fps=15.0)]
    return Sampled(at=AT + round(at_s * 1000), client=ClientSample(over_s=over_s, rtt_ms=55.0, sent=sent, seen=seen))


def test_shares_are_of_all_tracks_together_and_rates_of_the_time() -> None:
    seen = values(leg(0, published(90, 10), published(100, 0), slot(200, 30), slot(100, 0)))
    assert seen == Values(up_bps=200_000, down_bps=100_000, up_loss=0.05, down_loss=0.1, rtt_ms=40.0, jitter_ms=9.0)


def test_the_smallest_picture_counts_and_a_paused_one_is_none() -> None:
    row = slot()
    full, half = (row.model_copy(update={"layer": layer}) for layer in (Layer.FULL, Layer.HALF))
    paused = row.model_copy(update={"state": SlotState.PAUSED})
    assert values(leg(0, full, half)).seen_size == 0.5
    assert values(leg(0, full, paused)).seen_size == 0.0
    assert values(leg(0, row)).seen_size is None, "it comes in one size only"


def test_the_slowest_picture_and_the_worst_sound_count() -> None:
    sample = client(0, fps=4.0, concealed=0.08)
    assert values(sample) == Values(rtt_ms=55.0, sent_fps=15.0, seen_fps=4.0, concealed=0.08, frozen=0.0)


def test_nothing_sent_and_nothing_received_has_no_share() -> None:
    seen = values(leg(0))
    assert (seen.up_loss, seen.down_loss, seen.jitter_ms, seen.up_bps) == (None, None, None, 0.0)


@pytest.mark.parametrize(
    ("sample", "noticed"),
    [
        (leg(0, published(100, 2)), False),
        (leg(0, published(90, 10)), True),
        (leg(0, slot(100, 4)), True),
        (client(0, concealed=0.01), False),
        (client(0, concealed=0.05), True),
        (client(0, fps=1.0), False),
    ],
)
def test_what_somebody_notices(sample: Sampled, *, noticed: bool) -> None:
    assert poor(sample) is noticed


def test_both_sides_lie_on_the_same_moments() -> None:
    samples = [leg(0, published()), client(2, fps=20.0), leg(5.1, published()), client(7.2, fps=18.0)]
    quality = person_quality(STORE, samples)
    assert quality.at == [AT, AT + BIN_MS]
    assert quality.up_bps == [100_000, 100_000]
    assert quality.seen_fps == [20.0, 18.0]
    assert quality.rtt_ms == [55.0, 55.0], "the worse of two"
    assert (quality.nacks, quality.plis, quality.repeats) == (0, 2, 0)


def test_what_was_sent_again_counts_both_ways() -> None:
    quality = person_quality(
        STORE, [leg(0, published(lost=3, repaired=2), slot(lost=6, repeats=5)), leg(5, published())]
    )
    assert (quality.nacks, quality.repeats) == (9, 7)


def test_a_sample_that_falls_beside_its_bin_leaves_no_hole() -> None:
    quality = person_quality(STORE, [leg(0, published()), leg(4.9, published()), leg(10.1, published())])
    assert quality.up_bps == [100_000, 100_000, 100_000]


def test_silence_is_a_hole() -> None:
    quality = person_quality(STORE, [leg(0, published()), leg(40, published()), leg(45, published())])
    assert quality.up_bps == [100_000] * 3 + [None] * 5 + [100_000] * 2
    assert len(quality.at) == len(quality.up_bps)


def test_rarer_samples_of_a_crowd_hold_longer() -> None:
    samples = [leg(number * 15, published(octets=187_500), over_s=15.0) for number in range(4)]
    assert set(person_quality(STORE, samples).up_bps) == {100_000}


def test_a_day_has_no_more_points_than_a_screen() -> None:
    samples = [leg(number * 60, published(95, 5 if number == 700 else 0), over_s=60.0) for number in range(1440)]
    quality = person_quality(STORE, samples)
    assert MAX_BINS / 2 <= len(quality.at) <= MAX_BINS + 1
    assert max(loss for loss in quality.up_loss if loss is not None) == 0.05, "the worst of a bin is kept"


def member(state: MemberState, person: str = "store-0117", joined: int | None = AT) -> Member:
    return Member(person=chain.PEOPLE[person], state=state, joined_at=joined)


def test_who_came_went_and_was_cut_off_is_marked_once_each() -> None:
    events: list[tuple[int, RoomEvent]] = [
        (AT + at, MemberChanged(member=member(state, person)))
        for at, state, person in (
            (0, MemberState.RINGING, "chen"),
            (2_000, MemberState.JOINED, "chen"),
            (3_000, MemberState.JOINED, "chen"),
            (4_000, MemberState.AWAY, "store-0117"),
            (9_000, MemberState.JOINED, "store-0117"),
            (9_500, MemberState.MISSED, "zhang"),
            (12_000, MemberState.LEFT, "chen"),
        )
    ]
    found = marks([member(MemberState.JOINED), member(MemberState.LEFT, "chen")], events)
    assert [(mark.at - AT, mark.person, mark.kind) for mark in found] == [
        (2_000, "p-chen", QualityMarkKind.JOINED),
        (4_000, "p-store-0117", QualityMarkKind.AWAY),
        (9_000, "p-store-0117", QualityMarkKind.BACK),
        (12_000, "p-chen", QualityMarkKind.LEFT),
    ]


def test_who_was_there_from_the_start_is_marked_too() -> None:
    [mark] = marks([member(MemberState.JOINED)], [])
    assert (mark.at, mark.person, mark.kind) == (AT, PersonId("p-store-0117"), QualityMarkKind.JOINED)
