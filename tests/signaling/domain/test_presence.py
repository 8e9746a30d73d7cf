"""Who is free, and for whom that is visible."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.people import Person, Presence, Role
from contract.quiet import Quiet
from signaling.domain.presence import PresenceBoard, in_rooms, is_away
from tests.signaling.domain.people import CHEN, LIU, NOW, STORE, TRAINER, ZHANG, answered, called, name, session

pytestmark = pytest.mark.unit

ONE, TWO = session(CHEN, 1), session(CHEN, 2)
OURS = session(TRAINER)


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


def told(made: PresenceBoard, now: float, now_ms: int = NOW) -> list[Presence]:
    return [entry.presence for entry in made.changes(now, now_ms)]


def test_offline_comes_six_seconds_after_the_last_client() -> None:
    made = board()
    made.connected(CHEN.id, ONE)
    made.connected(CHEN.id, TWO)
    assert (told(made, 0.0), made.deadline) == ([Presence.FREE], None)
    made.disconnected(CHEN.id, ONE, 1.0)
    made.disconnected(CHEN.id, TWO, 2.0)
    assert (told(made, 7.0), made.deadline) == ([], 8.0)
    assert told(made, 7.9) == []
    assert told(made, 8.0) == [Presence.OFFLINE]
    assert made.deadline is None


def test_who_was_here_before_a_restart_is_expected_back() -> None:
    made = board()
    made.expected(CHEN.id, ONE, 1.0)
    assert [(e.person.id, e.presence) for e in made.changes(1.0, NOW)] == [(CHEN.id, Presence.FREE)]
    assert told(made, 7.0) == [Presence.OFFLINE]


def test_a_reload_is_no_absence() -> None:
    made = board()
    made.connected(CHEN.id, ONE)
    made.changes(0.0, NOW)
    made.disconnected(CHEN.id, ONE, 1.0)
    made.connected(CHEN.id, TWO)
    assert told(made, 3.0) == []
    assert told(made, 9.0) == []
    assert made.deadline is None


@pytest.mark.parametrize(
    ("who", "here", "away"),
    [
        (CHEN, [True], False),
        (CHEN, [False], True),
        (CHEN, [False, True], False),
        (CHEN, [False, False], True),
        (CHEN, [None], False),
        (CHEN, [False, None], False),
        (CHEN, [], False),
        (STORE, [False, False], False),
    ],
)
def test_away_is_who_sits_before_none_of_their_clients(who: Person, here: list[bool | None], *, away: bool) -> None:
    assert is_away(who, here) is away


def test_who_is_at_one_desk_does_not_flicker_when_that_one_reconnects() -> None:
    made = board()
    made.connected(CHEN.id, ONE, here=True)
    made.connected(CHEN.id, TWO, here=False)
    assert told(made, 0.0) == [Presence.FREE]
    made.disconnected(CHEN.id, ONE, 1.0)
    assert told(made, 2.0) == []
    made.connected(CHEN.id, ONE, here=True)
    assert told(made, 9.0) == []
    made.disconnected(CHEN.id, ONE, 10.0)
    assert told(made, 16.0) == [Presence.AWAY], "only the other client is left"
    made.connected(CHEN.id, TWO, here=True)
    assert told(made, 17.0) == [Presence.FREE]


def test_who_is_away_stays_so_through_a_reconnect_and_a_restart() -> None:
    made = board()
    made.connected(CHEN.id, ONE, here=False)
    assert told(made, 0.0) == [Presence.AWAY]
    made.disconnected(CHEN.id, ONE, 1.0)
    made.connected(CHEN.id, ONE, here=False)
    assert told(made, 2.0) == []
    again = board()
    again.expected(CHEN.id, ONE, 0.0)
    again.connected(CHEN.id, ONE, here=False)
    assert told(again, 0.1) == [Presence.AWAY]


def test_who_sits_before_one_of_two_clients_does_not_flicker_after_a_restart() -> None:
    made = board()
    made.expected(CHEN.id, ONE, 0.0)
    made.expected(CHEN.id, TWO, 0.0)
    assert told(made, 0.0) == [Presence.FREE]
    made.connected(CHEN.id, ONE, here=False)
    assert told(made, 0.5) == [], "the other one is not back yet"
    made.connected(CHEN.id, TWO, here=True)
    assert told(made, 9.0) == []
    late = board()
    late.expected(CHEN.id, ONE, 0.0)
    late.expected(CHEN.id, TWO, 0.0)
    late.connected(CHEN.id, ONE, here=False)
    assert told(late, 5.9) == [Presence.FREE]
    assert told(late, 6.0) == [Presence.AWAY], "the other one never came"


def test_do_not_disturb_is_shown_until_it_ends_by_itself() -> None:
    made = board()
    made.connected(CHEN.id, ONE)
    made.changes(0.0, NOW)
    made.wish_quiet({CHEN.id: Quiet(do_not_disturb=True, until=NOW + 60_000)}, NOW)
    assert told(made, 0.0) == [Presence.DO_NOT_DISTURB]
    assert made.next_ms(NOW) == NOW + 60_000
    assert told(made, 59.9, NOW + 59_999) == []
    assert told(made, 60.0, NOW + 60_000) == [Presence.FREE]
    assert made.next_ms(NOW + 60_000) is None


def test_who_takes_a_call_is_in_it_whatever_they_wish_but_nobody_waits_for_them() -> None:
    made = board()
    made.connected(CHEN.id, ONE, here=False)
    made.wish_quiet({CHEN.id: Quiet(do_not_disturb=True)}, NOW)
    made.seated(CHEN.id, Presence.BUSY)
    assert told(made, 0.0) == [Presence.BUSY]
    assert {one.person.id: one.presence for one in made.experts()}[CHEN.id] is Presence.DO_NOT_DISTURB
    made.seated(CHEN.id, Presence.FREE)
    assert told(made, 1.0) == [Presence.DO_NOT_DISTURB]
    made.wish_quiet({}, NOW)
    assert told(made, 2.0) == [Presence.AWAY]


def test_who_is_offline_is_shown_so_and_not_as_quiet() -> None:
    made = board()
    made.wish_quiet({CHEN.id: Quiet(do_not_disturb=True)}, NOW)
    assert told(made, 0.0) == []
    made.connected(CHEN.id, ONE)
    assert told(made, 0.0) == [Presence.DO_NOT_DISTURB]


clients = st.sampled_from([ONE, TWO, session(CHEN, 3)])
happenings = st.one_of(
    st.tuples(st.just("come"), clients, st.booleans()),
    st.tuples(st.just("go"), clients, st.booleans()),
    st.tuples(st.just("quiet"), clients, st.booleans()),
    st.tuples(st.just("wait"), clients, st.booleans()),
)


@given(st.lists(happenings, max_size=30))
def test_what_was_told_is_what_is_so_and_nothing_is_told_twice(happened: list[tuple[str, str, bool]]) -> None:
    """Whatever happens, looking at each deadline: whoever heard only the changes knows what the board knows."""
    made, now, shown = board(), 0.0, Presence.OFFLINE
    for what, client, flag in happened:
        match what:
            case "come":
                made.connected(CHEN.id, session(CHEN, int(client[-1])), here=flag)
            case "go":
                made.disconnected(CHEN.id, session(CHEN, int(client[-1])), now)
            case "quiet":
                made.wish_quiet({CHEN.id: Quiet(do_not_disturb=flag)}, NOW)
            case _:
                now = made.deadline if made.deadline is not None else now + 1.0
        for presence in told(made, now):
            assert presence is not shown
            shown = presence
    assert shown is next(one.presence for one in made.entries() if one.person.id == CHEN.id)


def test_a_changed_name_is_taken_over() -> None:
    made = board()
    made.list_person(CHEN.model_copy(update={"name": name("chen2")}), NOW)
    assert made.people()[CHEN.id].name == name("chen2")
    assert [entry.person.id for entry in made.experts()] == [CHEN.id, LIU.id]


def test_who_is_no_expert_any_more_is_off_the_board_until_they_are_again() -> None:
    made = board()
    made.connected(CHEN.id, ONE)
    made.changes(0.0, NOW)
    made.relist([CHEN.model_copy(update={"role": Role.LEARNER}), LIU, STORE], NOW)
    assert [(one.person.id, one.presence) for one in made.changes(1.0, NOW)] == [(CHEN.id, Presence.OFFLINE)]
    assert [one.person.id for one in made.experts()] == [LIU.id]
    assert CHEN.id not in made.people()
    made.relist([CHEN, LIU, STORE], NOW)
    assert [(one.person.id, one.presence) for one in made.changes(2.0, NOW)] == [(CHEN.id, Presence.FREE)]


def test_who_is_gone_is_forgotten_once_told_and_who_is_in_a_room_once_out_of_it() -> None:
    made = board()
    made.connected(CHEN.id, ONE)
    made.seated(CHEN.id, Presence.BUSY)
    made.changes(0.0, NOW)
    made.relist([STORE], NOW)
    assert [one.person.id for one in made.changes(1.0, NOW)] == [CHEN.id], "nobody was told that Liu is here"
    assert repr(LIU) not in repr(vars(made))
    assert repr(CHEN) in repr(vars(made)), "they may come back while the room is open"
    made.seated(CHEN.id, Presence.FREE)
    assert made.changes(2.0, NOW) == []
    assert repr(CHEN) not in repr(vars(made))
    made.relist([CHEN, STORE], NOW)
    assert [(one.person, one.presence) for one in made.changes(3.0, NOW)] == [(CHEN, Presence.FREE)]


def test_who_has_another_role_at_headquarters_is_gone_for_whoever_sees_only_the_one_before() -> None:
    made = board()
    made.connected(CHEN.id, ONE)
    made.changes(0.0, NOW)
    trainer = CHEN.model_copy(update={"role": Role.TRAINER})
    made.relist([trainer, LIU, STORE], NOW)
    told = [(one.person, one.presence) for one in made.changes(1.0, NOW)]
    assert told == [(CHEN, Presence.OFFLINE), (trainer, Presence.FREE)]
    assert [one.person.id for one in made.experts()] == [LIU.id]
    assert [one.person.id for one in made.colleagues()] == [CHEN.id]


def test_who_comes_on_the_board_by_another_role_is_here_already_and_goes_with_the_last_socket() -> None:
    made = board()
    made.connected(TRAINER.id, OURS)
    made.relist([CHEN, LIU, STORE], NOW)  # a learner so far
    assert made.changes(0.0, NOW) == []
    expert = TRAINER.model_copy(update={"role": Role.EXPERT})
    made.relist([CHEN, LIU, STORE, expert], NOW)
    assert [(one.person, one.presence) for one in made.changes(1.0, NOW)] == [(expert, Presence.FREE)]
    made.connected(TRAINER.id, session(TRAINER, 2))
    made.disconnected(TRAINER.id, session(TRAINER, 2), 2.0)
    assert made.changes(8.0, NOW) == []
    assert made.deadline is None, "the client from before the change is still here"
    made.disconnected(TRAINER.id, OURS, 9.0)
    assert [one.presence for one in made.changes(15.0, NOW)] == [Presence.OFFLINE]
