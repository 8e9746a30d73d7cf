"""Ports, and the addresses at which browsers are told to find us."""

import ipaddress
import os
import socket
from collections.abc import Iterator

from passline.doctor.findings import Finding, ok, problem, warning
from runtime.address import EVERYWHERE, media_hosts, own_address
from runtime.settings import Settings

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def ports(settings: Settings, *, running: bool) -> Iterator[Finding]:
    """TCP and UDP ports: free, or in our own hands. A running Passline has checked them at its start."""
    wanted = [("port", settings.port, socket.SOCK_STREAM, settings.host)]
    if settings.https:
        wanted.append(("tls_port", settings.tls_port, socket.SOCK_STREAM, settings.host))
    for n in range(settings.media_worker_count() if settings.media_port else 0):
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            wanted.append(("media_port", settings.media_port + n, kind, "0.0.0.0"))
    for key, port, kind, host in wanted:
        name = f"{'TCP' if kind is socket.SOCK_STREAM else 'UDP'} {port}"
        why = _taken(host, port, kind)
        if why is None:
            if running and port:
                yield problem("ports", f"{name} is not open, though Passline runs", f"look at its log; is {key} right?")
            else:
                yield ok("ports", f"{name} is free")
        elif running:
            yield ok("ports", f"{name} is in use by the running Passline")
        else:
            yield problem("ports", f"{name}: {why}", f"end what uses it (ss -lntup), or choose another {key}")


def _taken(host: str, port: int, kind: socket.SocketKind) -> str | None:
    """Why a port cannot be had; None if it can."""
    try:
        family, _, proto, _, address = socket.getaddrinfo(host, port, type=kind)[0]
        with socket.socket(family, kind, proto) as probe:
            if kind is socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OverflowError:
        return "there is no such port"
    except OSError as error:
        return os.strerror(error.errno) if error.errno else str(error)
    return None


def addresses(settings: Settings) -> Iterator[Finding]:
    """Where stores reach us, and whether browsers give us camera and microphone there."""
    address = own_address(settings)
    if settings.host in _LOOPBACK and not settings.origins:
        yield warning("address", f"{address} is reached from this machine only", "PASSLINE_HOST=0.0.0.0 and TLS")
    elif not address.startswith("https://") and "//localhost" not in address:
        cure = "PASSLINE_TLS=true, or a proxy with a certificate whose address is in PASSLINE_ORIGINS"
        yield problem("address", f"{address}: browsers give no camera to plain http", cure)
    else:
        yield ok("address", address)
    if settings.host in EVERYWHERE and not settings.https and not settings.origins:
        cure = "PASSLINE_TLS=true, or a proxy with a certificate whose address is in PASSLINE_ORIGINS"
        yield problem("https", "listens to a network without TLS: browsers give no camera there", cure)
    yield from _media_addresses(settings)


def _media_addresses(settings: Settings) -> Iterator[Finding]:
    own = media_hosts()
    offered = settings.media_addresses or own
    ways = f"UDP and TCP {settings.media_port or '(chosen)'} at {', '.join(offered) or 'no address'}"
    foreign = _versions(offered) - _versions(own)
    if not offered:
        yield problem("media", "this machine has no address but loopback", "connect it to a network")
    elif foreign:
        cure = "give the machine such an address, or take it out of PASSLINE_MEDIA_ADDRESSES: no media comes that way"
        yield warning("media", f"{ways}: this machine itself has no IPv{foreign.pop()} address", cure)
    elif all(ipaddress.ip_address(text).is_private for text in offered) and not settings.turn_urls:
        cure = "stores outside this network need the public address in PASSLINE_MEDIA_ADDRESSES, or a TURN server"
        yield warning("media", f"{ways}: private addresses only", cure)
    else:
        yield ok("media", ways)


def _versions(addresses: list[str]) -> set[int]:
    return {ipaddress.ip_address(text).version for text in addresses}
