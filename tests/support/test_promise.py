"""A promise is judged by its limit, its median and its worst round."""

import pytest

from tests.support.promise import Promise

pytestmark = pytest.mark.unit


def test_a_quick_run_has_one_round_and_asserts_twice_the_limit() -> None:
    promise = Promise("B2", full=False)
    for _ in promise.rounds():
        promise.measured("picture back", 3.9, limit=2.0)
        with pytest.raises(AssertionError, match="promised 2 s"):
            promise.measured("picture back", 4.1, limit=2.0)
    assert promise.size(1, full=9) == 1


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
