"""When the silence of somebody who holds a seat counts."""

import pytest

from signaling.domain.commands import SeatHeard, SeatLost, SeatQuiet
from signaling.domain.seats import CUT_S, LEFT_S, QUIET_S, Seats, Sign
from tests.signaling.domain.people import CHEN, STORE

pytestmark = pytest.mark.unit


def test_who_is_heard_all_the_time_is_never_told_of() -> None:
    seats = Seats()
    for now in range(60):
        seats.observe({CHEN.id: Sign(float(now))}, float(now))
        assert seats.deadline == now + QUIET_S
        assert seats.due(float(now)) == []


def test_a_cut_holder_is_away_within_six_seconds_and_keeps_the_seat_for_ninety() -> None:
    seats = Seats()
    seats.observe({CHEN.id: Sign(100.0), STORE.id: Sign(10.0)}, 10.0)
    assert seats.deadline == 10.0 + QUIET_S
    assert seats.due(14.9) == []
    assert seats.due(15.0) == [SeatQuiet(STORE.id)]
    seats.observe({STORE.id: Sign(10.0)}, 40.0)
    assert seats.deadline == 10.0 + CUT_S
    assert seats.due(99.9) == []
    assert seats.due(100.0) == [SeatLost(STORE.id)]
    assert seats.deadline is None


def test_who_closed_the_connection_keeps_the_seat_for_half_a_minute() -> None:
    seats = Seats()
    seats.observe({STORE.id: Sign(10.0, left=True)}, 10.0)
    assert seats.due(16.0) == [SeatQuiet(STORE.id)]
    assert seats.deadline == 10.0 + LEFT_S
    assert seats.due(39.0) == [SeatLost(STORE.id)]


def test_an_away_holder_is_heard_again() -> None:
    seats = Seats()
    seats.observe({STORE.id: Sign(0.0)}, 0.0)
    seats.due(6.0)
    seats.observe({STORE.id: Sign(7.0)}, 7.0)
    assert seats.deadline == 0.0
    assert seats.due(7.0) == [SeatHeard(STORE.id)]
    assert seats.deadline == 7.0 + QUIET_S


def test_a_late_timer_tells_both() -> None:
    seats = Seats()
    seats.observe({STORE.id: Sign(0.0)}, 0.0)
    assert seats.due(CUT_S + 1) == [SeatQuiet(STORE.id), SeatLost(STORE.id)]


def test_who_gave_up_the_seat_is_forgotten() -> None:
    seats = Seats()
    seats.observe({STORE.id: Sign(0.0)}, 0.0)
    seats.due(6.0)
    seats.observe({}, 7.0)
    assert seats.deadline is None
    assert seats.due(60.0) == []


def test_what_could_not_be_carried_out_comes_again_as_long_as_it_is_so() -> None:
    seats = Seats()
    quiet, heard = SeatQuiet(STORE.id), SeatHeard(STORE.id)

    def look(now: float, last: float) -> list[SeatQuiet | SeatHeard | SeatLost]:
        seats.observe({STORE.id: Sign(last)}, now)
        return seats.due(now)

    assert look(6.0, 0.0) == [quiet]
    seats.undone(quiet)
    assert look(7.0, 0.0) == [quiet]
    assert look(8.0, 8.0) == [heard]
    seats.undone(heard)
    assert look(9.0, 9.0) == [heard]
    seats.undone(heard)
    assert look(20.0, 9.0) == [], "quiet again, and still told so"
    assert look(21.0, 21.0) == [heard]
    assert look(27.0, 21.0) == [quiet]
    seats.undone(quiet)
    assert look(28.0, 28.0) == [], "nobody was told that it was away"
    assert look(28.0 + CUT_S, 28.0)[-1] == SeatLost(STORE.id)
    seats.undone(SeatLost(STORE.id))
    assert look(29.0 + CUT_S, 28.0)[-1] == SeatLost(STORE.id)
