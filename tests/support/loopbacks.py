"""The loopback addresses of this machine, for what must hold with IPv6 as with IPv4."""

import socket

import pytest


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


HAS_IPV6 = _has_ipv6()
needs_ipv6 = pytest.mark.skipif(not HAS_IPV6, reason="this machine has no IPv6")
LOOPBACKS = ("127.0.0.1", pytest.param("::1", marks=needs_ipv6))
"""What a test of both is parametrized with."""
