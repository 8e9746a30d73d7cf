"""A promise is judged by its limit, its median and its worst round."""

import pytest

from tests.support.promise import Promise

pytestmark = pytest.mark.unit


def test_a_quick_run_has_one_round_if_it_keeps_twice_the_limit() -> None:
    promise = Promise("B2", full=False)
    seeds = []
    for seed in promise.rounds():
        seeds.append(seed)
        promise.measured("picture back", 3.9, limit=2.0)
    assert seeds == [1]
    assert promise.size(1, full=9) == 1


def test_a_bad_moment_is_measured_twice_more_and_must_not_come_again() -> None:
    lucky, slow = Promise("B2", full=False), Promise("B2", full=False)
    for seed in lucky.rounds():
        lucky.measured("picture back", {1: 9.0, 2: 0.5, 3: 0.5}[seed], limit=2.0)
    assert lucky.figures["picture back"].values == [9.0, 0.5, 0.5]
    rounds = slow.rounds()
    for value in (9.0, 0.5):
        next(rounds)
        slow.measured("picture back", value, limit=2.0)
    assert next(rounds) == 3
    with pytest.raises(AssertionError, match="promised 2 s"):
        slow.measured("picture back", 4.1, limit=2.0)


def test_outside_of_rounds_there_is_no_second_chance() -> None:
    promise = Promise("B2", full=False)
    with pytest.raises(AssertionError, match="promised 2 s"):
        promise.measured("picture back", 4.1, limit=2.0)
    for _ in promise.rounds():
        promise.measured("picture back", 1.0, limit=2.0)
    with pytest.raises(AssertionError, match="promised 2 s"):
        promise.measured("picture back", 4.1, limit=2.0)


def test_a_full_run_forgives_no_round() -> None:
    promise = Promise("B2", full=True)
    for _ in promise.rounds():
        with pytest.raises(AssertionError, match="promised 2 s"):
            promise.measured("picture back", 4.1, limit=2.0)
        break


def test_a_full_run_judges_the_median_of_three_rounds() -> None:
    kept, missed = Promise("B2", full=True), Promise("B2", full=True)
    for seed in kept.rounds():
        kept.measured("picture back", {1: 0.5, 2: 3.0, 3: 1.0}[seed], limit=2.0)
    rounds = missed.rounds()
    for seed in (next(rounds), next(rounds), next(rounds)):
        missed.measured("picture back", {1: 0.5, 2: 3.0, 3: 2.5}[seed], limit=2.0)
    with pytest.raises(AssertionError, match="MISSED"):
        next(rounds)
    assert kept.size(1, full=9) == 9
