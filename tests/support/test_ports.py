"""Ports of tests are their own."""

import socket

import pytest

from tests.support import ports

pytestmark = pytest.mark.unit


def test_no_port_comes_twice_or_is_one_that_the_system_gives_away() -> None:
    found = [ports.free_port() for _ in range(50)]
    assert len(set(found)) == 50
    assert all(ports.FIRST <= port < 32_768 for port in found)


def test_a_port_that_somebody_has_is_passed_over() -> None:
    with socket.socket() as taken:
        following = ports.free_port() + ports.STEP
        taken.bind(("127.0.0.1", following))
        assert ports.free_port() != following
