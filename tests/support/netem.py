"""A bad network between two TUN devices, in user space because a test machine's kernel may have no netem.

    python -m tests.support.netem --near DEV --far DEV --seed N

makes both devices and carries every packet between them; tests.support.network puts them to their places. On stdin
comes one JSON object a line, `{"direction": "up" | "down" | "both", …fields of Impairment}`; each is answered with a
line on stdout once it counts. It ends with its stdin, and the devices with it.
"""

import argparse
import fcntl
import heapq
import json
import os
import random
import select
import socket
import struct
import sys
import time
from dataclasses import dataclass, replace
from typing import Any

_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
"""Linux if_tun.h."""
MAX_PACKET_BYTES = 65_536
MAX_WAITING = 20_000
"""Packets on the way in one direction; what comes beyond that is lost, as in any queue."""
BURST = 64
"""Packets read from one device before the clock is looked at."""


@dataclass(frozen=True)
class Impairment:
    """What one direction does to packets."""

    delay_ms: float = 10.0
    jitter_ms: float = 2.0
    """Uniform, either way; the order is kept."""
    loss: float = 0.0
    """Share of packets lost, each by itself."""
    burst_p: float = 0.0
    burst_r: float = 1.0
    """With every packet the way turns bad by the one chance and good again by the other; nothing passes while it is
    bad (Gilbert and Elliott). 0: never."""
    rate_bps: float = 0.0
    """0: as fast as can be."""
    queue_bytes: int = 60_000
    """What may wait where the rate is limited; more is lost."""
    down: bool = False
    """Nothing passes."""
    no_udp: bool = False
    """No UDP passes, as behind the firewall of many an office."""
    tcp_ports: tuple[int, ...] = ()
    """TCP passes to and from these ports only; (): to all."""
    only_udp: bool = False
    """What is not UDP has a way of its own, without the rate and what loses: so media can be held back by itself."""

    def concerns(self, packet: bytes) -> bool:
        """Whether an IP packet waits and is lost as the others."""
        return not self.only_udp or _protocol(packet)[0] == socket.IPPROTO_UDP

    def passes(self, packet: bytes) -> bool:
        """Whether the firewall lets an IP packet through; one that is not first of its fragments counts as the rest."""
        protocol, header_bytes = _protocol(packet)
        if protocol == socket.IPPROTO_UDP:
            return not self.no_udp
        if protocol == socket.IPPROTO_TCP and self.tcp_ports:
            return any(port in self.tcp_ports for port in struct.unpack_from("!HH", packet, header_bytes))
        return True


def _protocol(packet: bytes) -> tuple[int, int]:
    """Of an IP packet, and how long its header is."""
    six = packet[0] >> 4 == 6
    return (packet[6], 40) if six else (packet[9], 4 * (packet[0] & 15))


class Direction:
    """Decides of each packet whether and when it arrives; the same seed decides the same. Pure."""

    def __init__(self, seed: int) -> None:
        self.impairment = Impairment()
        self._random = random.Random(seed)
        self._bad = False
        self._line_free_at = 0.0
        self._last = 0.0

    def arrival(self, size_bytes: int, now: float) -> float | None:
        """When a packet that comes `now` (monotonic seconds) arrives; None: it is lost."""
        way = self.impairment
        if way.burst_p:
            self._bad = self._random.random() >= way.burst_r if self._bad else self._random.random() < way.burst_p
        if way.down or (way.burst_p and self._bad) or self._random.random() < way.loss:
            return None
        sent = now
        if way.rate_bps:
            if max(0.0, self._line_free_at - now) * way.rate_bps / 8 > way.queue_bytes:
                return None
            sent = self._line_free_at = max(self._line_free_at, now) + size_bytes * 8 / way.rate_bps
        wait_ms = way.delay_ms + self._random.uniform(-way.jitter_ms, way.jitter_ms)
        self._last = max(self._last, sent + max(0.0, wait_ms) / 1000)
        return self._last


class Wire:
    """The two devices and what is between them. `run` lives until stdin ends."""

    def __init__(self, near: str, far: str, seed: int) -> None:
        self._near, self._far = _tun(near), _tun(far)
        self._across = {self._near: self._far, self._far: self._near}
        self._ways = {self._near: Direction(seed), self._far: Direction(seed + 1)}
        self._named = {"down": self._ways[self._near], "up": self._ways[self._far]}
        self._waiting: list[tuple[float, int, int, bytes]] = []
        self._number = 0

    def run(self) -> None:
        poll = select.epoll()
        for source in (self._near, self._far, sys.stdin.fileno()):
            poll.register(source, select.EPOLLIN)
        while True:
            self._deliver()
            wait_s = max(0.0, self._waiting[0][0] - time.monotonic()) if self._waiting else None
            for source, _ in poll.poll(wait_s):
                if source != sys.stdin.fileno():
                    self._carry(source)
                elif line := sys.stdin.readline():
                    self._set(json.loads(line))
                else:
                    return

    def _deliver(self) -> None:
        while self._waiting and self._waiting[0][0] <= time.monotonic():
            _, _, device, packet = heapq.heappop(self._waiting)
            try:
                os.write(device, packet)
            except OSError:
                continue  # the device is set down: lost like on any cut wire

    def _carry(self, device: int) -> None:
        for _ in range(BURST):
            try:
                packet = os.read(device, MAX_PACKET_BYTES)
            except OSError:  # BlockingIOError: nothing more; else the device is set down
                return
            way = self._ways[device]
            if not way.impairment.passes(packet):
                continue
            now = time.monotonic()
            arrival = way.arrival(len(packet), now) if way.impairment.concerns(packet) else now
            if arrival is not None and len(self._waiting) < MAX_WAITING:
                self._number += 1
                heapq.heappush(self._waiting, (arrival, self._number, self._across[device], packet))

    def _set(self, order: dict[str, Any]) -> None:
        direction = order.pop("direction")
        for name, way in self._named.items():
            if direction in (name, "both"):
                way.impairment = replace(way.impairment, **order)
        print("set", flush=True)


def _tun(device: str) -> int:
    """A new TUN device of this name. Raises OSError without /dev/net/tun or the right to it."""
    handle = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(handle, _TUNSETIFF, struct.pack("16sH22x", device.encode(), _IFF_TUN | _IFF_NO_PI))
    return handle


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--near", required=True)
    parser.add_argument("--far", required=True)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    wire = Wire(options.near, options.far, options.seed)
    print("ready", flush=True)
    wire.run()


if __name__ == "__main__":
    main()
