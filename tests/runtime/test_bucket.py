"""A token bucket, by a clock that the test turns."""

import pytest

from runtime.bucket import Bucket

pytestmark = pytest.mark.unit


def test_a_rate_allows_a_second_at_once_and_then_the_rate() -> None:
    rate = Bucket(10)
    assert [rate.take(0.0) for _ in range(12)].count(True) == 10
    assert [rate.take(0.5) for _ in range(12)].count(True) == 5
    assert [rate.take(60.0) for _ in range(12)].count(True) == 10, "silence is not saved up"


def test_what_costs_more_is_allowed_less_often() -> None:
    rate = Bucket(100)
    assert [rate.take(0.0, cost=80) for _ in range(2)] == [True, False]
    assert rate.take(0.0, cost=20)


def test_a_burst_is_allowed_at_once_and_the_wait_is_said() -> None:
    bucket = Bucket(2, burst=5)
    assert [bucket.take(1.0) for _ in range(7)].count(True) == 5
    assert bucket.wait_s == 0.5
    assert bucket.take(1.5)
    assert not bucket.take(1.5)
