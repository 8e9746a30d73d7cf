"""How many connections may be open, from one address and in all: a flood of idle ones leaves room for others."""

import asyncio
import ipaddress
import resource
from collections import Counter
from collections.abc import Sequence

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client import Counter as Count

from runtime.logs import get_logger
from runtime.repeated import Repeated

log = get_logger(__name__)

SWEEP_S = 0.5
OWN_FILES = 200
"""File descriptors for everything that is no connection."""


class Doorkeeper:
    """Closes the newest connections beyond the limits, twice a second (policy: refuse the newest).

    Addresses in `proxies` are not counted by themselves, only in all: behind them is everybody.
    """

    def __init__(
        self, server: web.Server, *, per_address: int, in_all: int, proxies: Sequence[str], registry: CollectorRegistry
    ) -> None:
        self._server = server
        self._per_address = per_address
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._in_all = min(in_all, max(OWN_FILES, files - OWN_FILES))
        self._proxies = [ipaddress.ip_network(proxy) for proxy in proxies]
        self._refused = Count("passline_connections_refused_total", "Closed beyond a limit.", registry=registry)
        self._repeated = Repeated()

    async def run(self) -> None:
        """Sweep until cancelled."""
        while True:
            await asyncio.sleep(SWEEP_S)
            self.sweep()

    def sweep(self) -> None:
        """Close what is too much now."""
        seen: Counter[str] = Counter()
        kept = closed = 0
        for connection in self._server.connections:  # oldest first
            transport, peer = connection.transport, connection.peername
            if transport is None or transport.is_closing():
                continue
            address = peer[0] if isinstance(peer, tuple) else ""
            if kept < self._in_all and (seen[address] < self._per_address or self._is_proxy(address)):
                kept += 1
                seen[address] += 1
                continue
            transport.abort()
            closed += 1
        if closed:
            self._refused.inc(closed)
            self._repeated.say("closed", log.warning, "too many connections", closed=closed, kept=kept)

    def _is_proxy(self, address: str) -> bool:
        try:
            found = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        return any(found in proxy for proxy in self._proxies)
