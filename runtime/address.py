"""Where others find this Passline: names for a certificate, and the address to tell people."""

import ipaddress
import re
import socket

import ifaddr

from runtime.settings import Settings

_DNS_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")
EVERYWHERE = ("0.0.0.0", "::")
"""Hosts that mean every address of this machine."""
_LOOPBACK = ("127.0.0.1", "::1")


def is_name(text: str) -> bool:
    """Whether it is a DNS name or an IP address, as a certificate can hold it."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return _DNS_NAME.fullmatch(text) is not None
    return True


def own_names(settings: Settings) -> list[str]:
    """Every name and address by which a client may reach us, the operator's first, each once."""
    host = socket.gethostname().lower()
    names = [*(name.lower() for name in settings.tls_names), "localhost", host, f"{host}.local", *_LOOPBACK]
    if settings.host not in EVERYWHERE:
        names.append(settings.host)
    for adapter in ifaddr.get_adapters():
        for bound in adapter.ips:
            address = bound.ip if isinstance(bound.ip, str) else bound.ip[0]
            if not ipaddress.ip_address(address).is_link_local:
                names.append(address)
    return [name for name in dict.fromkeys(names) if is_name(name)]


def media_hosts() -> list[str]:
    """Addresses of this machine to which others can send media, IPv4 first. No loopback, and none of IPv6 that hold on
    one link only: each machine would need another way to write them."""
    found = [
        ipaddress.ip_address(bound.ip if isinstance(bound.ip, str) else bound.ip[0])
        for adapter in ifaddr.get_adapters()
        for bound in adapter.ips
    ]
    usable = [address for address in dict.fromkeys(found) if not address.is_loopback and not _one_link(address)]
    return [str(address) for address in sorted(usable, key=lambda address: address.version)]


def _one_link(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return address.version == 6 and address.is_link_local


def own_address(settings: Settings) -> str:
    """The first of `origins`, behind a proxy; else this machine: cameras need https:// or localhost."""
    if settings.origins:
        return settings.origins[0].rstrip("/")
    if settings.https:
        return https_url(told_host(settings), settings.tls_port)
    return http_url(told_host(settings), settings.port)


def told_host(settings: Settings) -> str:
    """The name or address to tell people, in the form that an URL wants."""
    if settings.tls_names:
        host = settings.tls_names[0]
    elif settings.host in _LOOPBACK:
        host = "localhost"
    elif settings.host in EVERYWHERE:
        host = _outward() if settings.https else "localhost"
    else:
        host = settings.host
    return f"[{host}]" if ":" in host else host


def https_url(host: str, tls_port: int) -> str:
    """Where HTTPS is, without a final slash."""
    return f"https://{host}" if tls_port == 443 else f"https://{host}:{tls_port}"


def http_url(host: str, port: int) -> str:
    """Where the plain door is, without a final slash."""
    return f"http://{host}" if port == 80 else f"http://{host}:{port}"


def _outward() -> str:
    """The address with which this machine reaches others; connecting a UDP socket sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("203.0.113.1", 9))  # RFC 5737: nobody's
        except OSError:  # no network
            return "localhost"
        address: str = probe.getsockname()[0]
        return address
