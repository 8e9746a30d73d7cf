"""Where a request comes from, for limits and the audit: the connection's other end, or what a proxy of ours says."""

import ipaddress
from collections.abc import Sequence

from aiohttp import web

IPV6_PREFIX = 64
"""One household or office has a whole /64, so addresses in it count as one."""
MAX_HOPS = 10


def client_address(request: web.Request, proxies: Sequence[str]) -> str:
    """The nearest address that is no proxy of ours; of IPv6 its /64.

    `X-Forwarded-For` counts only as far as it was written by one of `proxies` (addresses or networks): from its end,
    hop by hop. What a stranger wrote into it is left of that.
    """
    at = _parsed(request.remote or "")
    if at is None:
        return ""
    said = ",".join(request.headers.getall("X-Forwarded-For", []))
    trusted = [ipaddress.ip_network(proxy) for proxy in proxies]
    for hop in reversed(said.split(",")[-MAX_HOPS:] if said else []):
        if not any(at in network for network in trusted):
            break
        nearer = _parsed(hop.strip())
        if nearer is None:
            break
        at = nearer
    if at.version == 6:
        return str(ipaddress.ip_network((at, IPV6_PREFIX), strict=False))
    return str(at)


def _parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An address, IPv4 also where it is written as IPv6; None if it is none."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address):
        return found.ipv4_mapped or ipaddress.IPv6Address(int(found))  # without a zone
    return found
