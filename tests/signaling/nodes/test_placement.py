"""A room has one owner at a time, and who had it before can tell."""

import pytest

from contract.ids import RoomId, WorkerId
from signaling.nodes.placement import Home, Placement

pytestmark = pytest.mark.unit

R1, R2 = RoomId("r1"), RoomId("r2")
A, B = WorkerId("media-0"), WorkerId("media-1")


def test_a_room_goes_to_the_least_busy_worker_and_stays() -> None:
    placement = Placement()
    assert placement.place(R1, {A: 3, B: 1}, 1000) == Home(B, 1000)
    assert placement.place(R1, {A: 0, B: 9}, 2000) == Home(B, 1000)
    assert placement.place(R2, {A: 0, B: 9}, 2000).worker == A


def test_a_lost_worker_loses_its_rooms_and_the_next_owner_has_a_higher_epoch() -> None:
    placement = Placement()
    placement.place(R1, {A: 0, B: 1}, 1000)
    placement.place(R2, {A: 9, B: 1}, 1000)
    assert placement.lost(A) == [R1]
    assert placement.homeless == [R1]
    assert placement.place(R1, {B: 1}, 900) == Home(B, 1001, moved=True), "also if the clock went back"
    assert placement.homeless == []


def test_a_worker_that_only_lost_its_link_keeps_what_nobody_took_over() -> None:
    placement = Placement()
    epoch = placement.place(R1, {A: 0}, 1000).epoch
    placement.lost(A)
    assert placement.claim(R1, A, epoch)
    assert placement.home(R1) == Home(A, epoch)


def test_a_worker_that_was_replaced_cannot_have_its_room_back() -> None:
    placement = Placement()
    old = placement.place(R1, {A: 0}, 1000).epoch
    placement.lost(A)
    new = placement.place(R1, {B: 0}, 2000)
    assert not placement.claim(R1, A, old)
    assert placement.home(R1) == new
    placement.lost(B)
    assert not placement.claim(R1, A, old), "not even when the newer owner is gone too"


@pytest.mark.parametrize("first", [(A, 1000), (B, 2000)])
def test_after_a_restart_the_newer_owner_is_believed_whoever_speaks_first(first: tuple[WorkerId, int]) -> None:
    second = {A: (B, 2000), B: (A, 1000)}[first[0]]
    placement = Placement()
    assert placement.claim(R1, *first)
    assert placement.claim(R1, *second) is (second[0] == B)
    assert placement.home(R1) == Home(B, 2000)


def test_a_closed_room_is_forgotten() -> None:
    placement = Placement()
    placement.place(R1, {A: 0}, 1000)
    placement.forget(R1)
    assert placement.home(R1) is None
