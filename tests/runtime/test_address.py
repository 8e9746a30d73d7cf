"""Which addresses of this machine others can send media to."""

from dataclasses import dataclass

import ifaddr
import pytest

from runtime.address import media_hosts

pytestmark = pytest.mark.unit


@dataclass
class Adapter:
    ips: list[ifaddr.IP]


def test_loopback_and_addresses_of_one_link_are_left_out_and_ipv4_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    bound: list[str | tuple[str, int, int]] = [
        ("::1", 0, 0),
        ("fd00::2", 0, 0),
        ("fe80::2", 0, 2),
        ("2001:db8::2", 0, 0),
        "127.0.0.1",
        "127.0.1.1",
        "169.254.7.7",
        "10.0.0.2",
        "10.0.0.2",
    ]
    adapters = [Adapter([ifaddr.IP(address, 24, "eth0") for address in bound])]
    monkeypatch.setattr(ifaddr, "get_adapters", lambda: adapters)
    assert media_hosts() == ["169.254.7.7", "10.0.0.2", "fd00::2", "2001:db8::2"]
