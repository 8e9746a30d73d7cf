"""Seats, floor sounds and repeats: rules without media."""

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.ids import PersonId
from contract.media import Source
from media.forward.allocation import Order, Seat, Standing
from media.forward.publication import Publication
from media.forward.repeat import BURST_BYTES, BURST_S, SPACING_S, RepeatBudget
from media.forward.sections import Section
from media.rtp.clock import PublisherClock
from media.rtp.nack import FEW, OUTAGE_S, REORDER_S

pytestmark = pytest.mark.unit


def person(name: str, *, host: bool = False, speaking: bool = False, shares: bool = False) -> Standing:
    return Standing(PersonId(name), host, speaking, shares, True)


def seats(names: str) -> list[Seat | None]:
    return [None if name == "-" else Seat(PersonId(name.lower()), screen=name.isupper()) for name in names]


def stage(
    others: list[Standing], before: list[Seat | None], pairs: int, *, recent: list[PersonId]
) -> list[Seat | None]:
    """As one sees it who joined in the middle of the others, and would else be first in everything."""
    everybody = [*others[:1], person("z", host=True, speaking=True, shares=True), *others[1:]]
    return Order(everybody, recent=[PersonId("z"), *recent]).stage(PersonId("z"), before, pairs)


def floor(
    others: list[Standing],
    staged: list[Seat | None],
    before: list[PersonId | None],
    places: int,
    *,
    recent: list[PersonId],
) -> list[PersonId | None]:
    everybody = [person("z", speaking=True), *others]
    return Order(everybody, recent=[PersonId("z"), *recent]).floor(PersonId("z"), staged, before, places)


def people(names: str) -> list[PersonId]:
    return [PersonId(name) for name in names]


def test_the_host_sits_first_and_the_others_as_they_joined() -> None:
    others = [person("a"), person("h", host=True), person("b")]
    assert stage(others, [], 2, recent=people("ahb")) == seats("ha")
    assert stage(others, [], 4, recent=people("ahb")) == seats("hab-")
    assert stage(others, [], 0, recent=[]) == []


def test_nobody_moves_without_need() -> None:
    others = [person("a"), person("b"), person("c")]
    assert stage(others, seats("-c"), 3, recent=people("abc")) == seats("acb")
    assert stage(others, seats("bca"), 3, recent=people("cab")) == seats("bca")
    assert stage([person("a"), person("c")], seats("bca"), 3, recent=people("ca")) == seats("-ca")
    full = [person("a"), person("b"), person("c"), person("d")]
    assert stage(full, seats("ab"), 2, recent=people("dcba")) == seats("ab"), "having spoken is no need"


def test_who_speaks_takes_the_seat_of_who_is_silent_longest() -> None:
    others = [person("a"), person("b"), person("c", speaking=True)]
    assert stage(others, seats("ab"), 2, recent=people("cba")) == seats("cb")
    busy = [person("a", speaking=True), person("b", speaking=True), person("c", speaking=True)]
    assert stage(busy, seats("ab"), 2, recent=people("cba")) == seats("ab")


def test_a_host_who_comes_later_takes_the_first_pair() -> None:
    others = [person("a"), person("b"), person("h", host=True)]
    assert stage(others, seats("ab"), 3, recent=people("abh")) == seats("hba")
    assert stage(others, seats("ab"), 2, recent=people("abh")) == seats("ha")
    assert stage(others, seats("ah"), 2, recent=people("ahb")) == seats("ha")


def test_a_screen_comes_before_faces_but_not_before_the_host() -> None:
    others = [person("a"), person("b", shares=True), person("h", host=True)]
    assert stage(others, seats("ha"), 2, recent=people("abh")) == seats("hB")


def test_the_floor_is_for_those_without_a_seat() -> None:
    others = [person("a"), person("b"), person("c"), person("d", speaking=True)]
    recent = people("dabc")
    assert floor(others, seats("a"), [], 2, recent=recent) == ["d", "b"]
    assert floor(others, seats("a"), [PersonId("c"), None], 2, recent=recent) == ["c", "d"]
    assert floor(others, seats("A"), [], 1, recent=recent[1:]) == ["d"], "a screen is no voice"
    quiet = [other._replace(speaks=False) for other in others]
    assert floor(quiet, [], [PersonId("a")], 2, recent=recent) == [None, None]


@given(
    st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), max_size=7),
    st.lists(st.sampled_from("-abcdefgABCDEFG"), max_size=6, unique=True),
    st.integers(0, 5),
)
def test_seats_are_used_once_and_none_stays_free_while_somebody_stands(
    made: list[tuple[bool, bool, bool]], before: list[str], pairs: int
) -> None:
    others = [
        person("abcdefg"[at], host=host and not any(other[0] for other in made[:at]), speaking=speaking, shares=shares)
        for at, (host, speaking, shares) in enumerate(made)
    ]
    result = stage(others, seats("".join(before)), pairs, recent=[who.participant for who in others])
    taken = [seat for seat in result if seat is not None]
    assert len(result) == pairs
    assert len(set(taken)) == len(taken)
    assert len(taken) == min(pairs, len(others) + sum(who.shares for who in others))
    assert all(seat.participant in {who.participant for who in others} for seat in taken)
    if pairs and any(who.host for who in others):
        assert result[0] == Seat(next(who.participant for who in others if who.host))


def test_a_packet_is_repeated_once_per_round_trip() -> None:
    budget = RepeatBudget()
    assert budget.allows(5, 1000, 0.1, 1.0, sent_bytes=10**9)
    assert not budget.allows(5, 1000, 0.1, 1.05, sent_bytes=10**9)
    assert budget.allows(6, 1000, 0.1, 1.05, sent_bytes=10**9)
    assert budget.allows(5, 1000, 0.1, 1.11, sent_bytes=10**9)
    assert not budget.allows(5, 1000, 0.0, 1.11 + SPACING_S / 2, sent_bytes=10**9)


def test_no_more_is_repeated_than_was_sent() -> None:
    budget = RepeatBudget()
    allowed = 0
    for at in range(1000):
        allowed += sum(budget.allows(number, 1000, 0.0, at / 10, sent_bytes=20_000) for number in range(10))
    assert allowed == 20
    assert budget.allows(1, 1000, 0.0, 200.0, sent_bytes=21_000)


def test_a_known_link_gets_no_more_repeats_than_it_can_take() -> None:
    budget = RepeatBudget()
    allowed = 0
    for at in range(1000):
        allowed += sum(
            budget.allows(10 * at + n, 1000, 0.0, 1000 + at / 100, sent_bytes=10**9, most_bps=80_000) for n in range(10)
        )
    assert 100 <= allowed <= 100 + 10 * BURST_S
    assert budget.allows(1, 1000, 0.0, 1020.0, sent_bytes=10**9)


def test_repeats_have_a_budget_in_bytes() -> None:
    budget = RepeatBudget()
    allowed = sum(budget.allows(sequence, 1000, 0.0, 1.0, sent_bytes=10**9) for sequence in range(1000))
    assert allowed == BURST_BYTES // 1000
    assert budget.allows(1, 1000, 0.0, 1.1, sent_bytes=10**9)


@pytest.mark.parametrize(
    ("kind", "source", "asked"), [("audio", Source.MICROPHONE, FEW + 1), ("video", Source.CAMERA, 0)]
)
def test_after_an_outage_sound_is_asked_for_again_as_no_keyframe_makes_up_for_it(
    kind: Literal["audio", "video"], source: Source, asked: int
) -> None:
    section = Section(mid="0", kind=kind, direction="recvonly", source=source, sound_again=kind == "audio")
    publication = Publication(1, PersonId("a"), section, 1000, PublisherClock())
    publication.nack.on_packet(10, 0.0)
    publication.nack.on_packet(11 + FEW + 1, OUTAGE_S)
    assert len(publication.missing(OUTAGE_S + REORDER_S, 0.0)) == asked
