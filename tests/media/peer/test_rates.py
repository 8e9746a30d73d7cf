"""How much one peer may send, by a clock that the test turns."""

import pytest

from media.peer.rates import Ingress

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(("size_bytes", "most"), [(100, 50), (1000, 25)])
def test_a_publisher_is_bounded_in_packets_and_in_bits(size_bytes: int, most: int) -> None:
    ingress = Ingress(packets_per_s=50, bits_per_s=200_000)
    taken = 0
    for _ in range(200):
        if ingress.open(0.0):
            ingress.charge(size_bytes)
            taken += 1
    assert most <= taken <= most + 1


def test_looking_costs_nothing() -> None:
    ingress = Ingress(packets_per_s=5, bits_per_s=1e6)
    assert all(ingress.open(0.0) for _ in range(100))


def test_what_went_past_counts_too_and_what_is_left_can_be_given_on() -> None:
    ingress = Ingress(packets_per_s=10, bits_per_s=8000)
    ingress.charge(500, packets=4)
    assert ingress.open(0.0)
    assert ingress.left == (6, 500)
    ingress.charge(600, packets=9)
    assert ingress.left == (0, 0)
    assert not ingress.open(0.0)
