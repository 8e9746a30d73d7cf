"""When a subscriber needs a keyframe and does not say so."""

import pytest

from media.rtp.repairs import LAST_CALL, MAX_REMEMBERED, SETTLE_S, Repairs

pytestmark = pytest.mark.unit


def test_who_asks_for_the_same_packet_again_and_again_is_about_to_give_it_up() -> None:
    repairs = Repairs()
    calls = [repairs.on_nack((65_535, 0)) for _ in range(LAST_CALL + 3)]
    assert calls == [number == LAST_CALL - 1 for number in range(LAST_CALL + 3)], "one keyframe is enough"


def test_many_lost_packets_are_not_one_that_cannot_be_repaired() -> None:
    repairs = Repairs()
    assert not any(repairs.on_nack(tuple(range(first, first + 17))) for first in range(0, 10 * MAX_REMEMBERED, 17))


def test_what_was_lost_and_asked_for_in_time_needs_no_keyframe() -> None:
    repairs = Repairs()
    repairs.on_report(0, 10.0)
    assert not repairs.hopeless(10.0 + SETTLE_S)
    repairs.on_report(3, 11.0)
    repairs.on_nack((7, 8, 9))
    assert not repairs.hopeless(11.0 + SETTLE_S)


def test_what_was_lost_and_never_asked_for_needs_one_keyframe_and_no_second() -> None:
    repairs = Repairs()
    repairs.on_report(5, 10.0)
    assert not repairs.hopeless(10.0 + SETTLE_S), "before the first look nobody knows what it asked for"
    repairs.on_report(9, 11.0)
    repairs.on_nack((7, 8, 9))
    assert not repairs.hopeless(11.0), "it may still ask"
    assert repairs.hopeless(11.0 + SETTLE_S)
    assert not repairs.hopeless(11.0 + 2 * SETTLE_S)
    repairs.on_report(9, 12.0)
    assert not repairs.hopeless(12.0 + SETTLE_S)


def test_a_receiver_that_counts_repeats_as_come_after_all_is_understood_too() -> None:
    """Without a stream of their own, repeats make what is lost fewer (RFC 3550 A.3)."""
    repairs = Repairs()
    repairs.on_report(0, 10.0)
    repairs.hopeless(10.0 + SETTLE_S)
    repairs.on_nack((1, 2, 3))
    repairs.on_report(0, 11.0)
    assert not repairs.hopeless(11.0 + SETTLE_S)
    repairs.on_report(2, 12.0)
    assert repairs.hopeless(12.0 + SETTLE_S)


def test_only_so_many_packets_are_remembered() -> None:
    repairs = Repairs()
    for _ in range(LAST_CALL - 1):
        repairs.on_nack((1,))
    repairs.on_nack(tuple(range(2, MAX_REMEMBERED + 2)))
    assert not repairs.on_nack((1,)), "it begins anew"
