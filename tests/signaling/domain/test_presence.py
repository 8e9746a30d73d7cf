"""Who is free, and for whom that is visible."""

import pytest

from contract.people import Presence, Role
from signaling.domain.presence import PresenceBoard, in_rooms
from tests.signaling.domain.people import CHEN, LIU, NOW, STORE, TRAINER, ZHANG, answered, called, name

pytestmark = pytest.mark.unit


def board() -> PresenceBoard:
    made = PresenceBoard()
    for person in (CHEN, LIU, STORE, TRAINER):
        made.list_person(person, NOW)
    return made


def test_rooms_say_who_rings_and_who_is_busy() -> None:
    assert in_rooms([called()], CHEN.id) is Presence.RINGING
    assert in_rooms([called()], STORE.id) is Presence.RINGING
    assert in_rooms([answered()], CHEN.id) is Presence.BUSY
    assert in_rooms([answered()], ZHANG.id) is Presence.FREE


def test_offline_comes_six_seconds_after_the_last_socket() -> None:
    made = board()
    made.connected(CHEN.id)
    made.connected(CHEN.id)
    assert [entry.presence for entry in made.changes(0.0, NOW)] == [Presence.FREE]
    made.disconnected(CHEN.id, 1.0)
    one_left = made.deadline
    made.disconnected(CHEN.id, 2.0)
    assert (one_left, made.deadline) == (None, 8.0)
    assert made.changes(7.9, NOW) == []
    assert [entry.presence for entry in made.changes(8.0, NOW)] == [Presence.OFFLINE]


def test_who_was_here_before_a_restart_is_expected_back() -> None:
    made = board()
    made.expected(CHEN.id, 1.0)
    assert [(e.person.id, e.presence) for e in made.changes(1.0, NOW)] == [(CHEN.id, Presence.FREE)]
    assert [e.presence for e in made.changes(7.0, NOW)] == [Presence.OFFLINE]


def test_a_reload_is_no_absence() -> None:
    made = board()
    made.connected(CHEN.id)
    made.changes(0.0, NOW)
    made.disconnected(CHEN.id, 1.0)
    made.connected(CHEN.id)
    assert made.deadline is None
    assert made.changes(9.0, NOW) == []


def test_a_changed_name_is_taken_over() -> None:
    made = board()
    made.list_person(CHEN.model_copy(update={"name": name("chen2")}), NOW)
    assert made.people()[CHEN.id].name == name("chen2")
    assert [entry.person.id for entry in made.experts()] == [CHEN.id, LIU.id]


def test_who_is_no_expert_any_more_is_off_the_board_until_they_are_again() -> None:
    made = board()
    made.connected(CHEN.id)
    made.changes(0.0, NOW)
    made.relist([CHEN.model_copy(update={"role": Role.TRAINER}), LIU, STORE], NOW)
    assert [(one.person.id, one.presence) for one in made.changes(1.0, NOW)] == [(CHEN.id, Presence.OFFLINE)]
    assert [one.person.id for one in made.experts()] == [LIU.id]
    assert CHEN.id not in made.people()
    made.relist([CHEN, LIU, STORE], NOW)
    assert [(one.person.id, one.presence) for one in made.changes(2.0, NOW)] == [(CHEN.id, Presence.FREE)]


def test_who_comes_on_the_board_by_another_role_is_here_already_and_goes_with_the_last_socket() -> None:
    made = board()
    made.connected(TRAINER.id)
    assert made.changes(0.0, NOW) == []
    expert = TRAINER.model_copy(update={"role": Role.EXPERT})
    made.relist([CHEN, LIU, STORE, expert], NOW)
    assert [(one.person, one.presence) for one in made.changes(1.0, NOW)] == [(expert, Presence.FREE)]
    made.connected(TRAINER.id)
    made.disconnected(TRAINER.id, 2.0)
    assert made.deadline is None, "the socket from after the change is still here"
    made.disconnected(TRAINER.id, 3.0)
    assert [one.presence for one in made.changes(9.0, NOW)] == [Presence.OFFLINE]
