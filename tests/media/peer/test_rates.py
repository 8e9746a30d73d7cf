"""How much one peer may send, by a clock that the test turns."""

import pytest

from media.peer.rates import Ingress, RateLimit

pytestmark = pytest.mark.unit


def test_a_rate_allows_a_second_at_once_and_then_the_rate() -> None:
    rate = RateLimit(10, 0.0)
    assert [rate.allow(0.0) for _ in range(12)].count(True) == 10
    assert [rate.allow(0.5) for _ in range(12)].count(True) == 5
    assert [rate.allow(60.0) for _ in range(12)].count(True) == 10, "silence is not saved up"


def test_what_costs_more_is_allowed_less_often() -> None:
    rate = RateLimit(100, 0.0)
    assert [rate.allow(0.0, cost=80) for _ in range(2)] == [True, False]
    assert rate.allow(0.0, cost=20)


@pytest.mark.parametrize(("size_bytes", "most"), [(100, 50), (1000, 25)])
def test_a_publisher_is_bounded_in_packets_and_in_bits(size_bytes: int, most: int) -> None:
    ingress = Ingress(0.0, packets_per_s=50, bits_per_s=200_000)
    taken = 0
    for _ in range(200):
        if ingress.open(0.0):
            ingress.charge(size_bytes)
            taken += 1
    assert most <= taken <= most + 1


def test_looking_costs_nothing() -> None:
    ingress = Ingress(0.0, packets_per_s=5, bits_per_s=1e6)
    assert all(ingress.open(0.0) for _ in range(100))
