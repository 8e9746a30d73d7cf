"""What an answer says of the ways to a worker: its addresses, and anew after a restart of ICE."""

from functools import lru_cache
from ipaddress import ip_address

from media.forward.sections import Sections
from media.peer.plain import RTP


@lru_cache(maxsize=4)
def candidate_lines(addresses: tuple[tuple[str, int], ...]) -> tuple[str, ...]:
    """Each address by UDP, and after all of them by TCP; earlier ones first (RFC 8445 §5.1.2.1, component 1)."""
    lines = []
    for rank, (host, port) in enumerate(addresses):
        priority = (126 << 24) + ((65535 - rank) << 8) + 255
        lines.append(f"a=candidate:{rank + 1} 1 udp {priority} {host} {port} typ host")
    # A browser would open a connection to its own machine, which has UDP in any case.
    elsewhere = [(host, port) for host, port in addresses if not ip_address(host).is_loopback]
    for rank, (host, port) in enumerate(elsewhere or addresses):
        # RFC 6544 §4.2: a type preference below UDP's, and 4 for the passive side.
        priority = (90 << 24) + (((4 << 13) + 8191 - rank) << 8) + 255
        foundation = len(addresses) + rank + 1
        lines.append(f"a=candidate:{foundation} 1 tcp {priority} {host} {port} typ host tcptype passive")
    return tuple(lines)


def restart_answer(ufrag: str, pwd: str, sections: Sections, addresses: tuple[tuple[str, int], ...]) -> str:
    """The fragment that answers a restart of ICE: new credentials for the whole bundle, by its first section."""
    first = sections.all[0]
    lines = ["a=ice-lite", f"m={first.kind} 9 {RTP} 0", f"a=mid:{first.mid}"]
    lines += [f"a=ice-ufrag:{ufrag}", f"a=ice-pwd:{pwd}", *candidate_lines(addresses), "a=end-of-candidates"]
    return "\r\n".join(lines) + "\r\n"
