"""A client's own network: a namespace whose only way to the server is a wire that can be made bad.

async with Network() as network:
    browser = await scene.browser(clip(1), network=network)
    await network.cut()
    await network.mend()

The server is at `network.server`. Needs root, iproute2 and /dev/net/tun (tools/prepare.sh). One path exists at a time,
unless a test asks for a `second`: ICE would quietly take that.
"""

import asyncio
import itertools
import json
import os
import stat
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass
from ipaddress import IPv6Address
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

_numbers = itertools.count()
MTU_BYTES = 1500
READY_S = 30.0
Way = Literal["up", "down", "both"]


@dataclass(frozen=True)
class Line:
    """One wire and its two ends."""

    near: str
    far: str
    address: str
    """The client's."""
    process: Process


class Network:
    """Owns the namespace and the processes that are its wires; all of it is gone at the end."""

    def __init__(self, *, seed: int = 1, ipv6: bool = False) -> None:
        """With `ipv6` there is a second address at both ends, the server's is `server6`."""
        number = next(_numbers)
        self._tag = f"{os.getpid():x}{number:x}"[-7:]
        self._seed = seed
        net = f"198.18.{os.getpid() % 250}"
        """RFC 2544: for tests of networks, nobody's address."""
        self.server = f"{net}.{1 + 8 * (number % 30)}"
        self._ipv6 = ipv6
        self._net6 = f"fd70:6173:{os.getpid() % 0xFFFF:x}:{number:x}::"
        """RFC 4193: unique local, nobody's but this test's."""
        self.server6 = str(IPv6Address(f"{self._net6}1"))
        self._addresses = (f"{net}.{n + 8 * (number % 30)}" for n in itertools.count(2))
        self.namespace = f"passline-{self._tag}"
        self._home = tempfile.TemporaryDirectory(prefix="passline-network-")
        self._paths: list[Line] = []

    async def __aenter__(self) -> Self:
        await _ip("netns", "add", self.namespace)
        await _ip("-n", self.namespace, "link", "set", "lo", "up")
        await self._connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for path in self._paths:
            await _end(path.process)
        await _ip("netns", "del", self.namespace)
        self._home.cleanup()

    def command(self, program: str) -> Path:
        """An executable that runs `program` in here: what a browser is started by."""
        file = Path(self._home.name) / Path(program).name
        file.write_text(f'#!/bin/sh\nexec ip netns exec {self.namespace} {program} "$@"\n')
        file.chmod(file.stat().st_mode | stat.S_IXUSR)
        return file

    async def set(self, way: Way = "both", **fields: float | bool | list[int]) -> None:
        """Change the wire, see netem.Impairment; it counts when this returns. `up` is from the client to the server."""
        await _tell(self._paths[-1].process, {"direction": way, **fields})

    async def cut(self) -> None:
        """Nothing passes any more, and nobody is told."""
        await self.set(down=True)

    async def mend(self) -> None:
        await self.set(down=False)

    async def switch(self, *, after_s: float) -> None:
        """The client's address and interface go away; another interface with another address comes `after_s` later."""
        await self.lose()
        await asyncio.sleep(after_s)
        await self._connect()

    async def second(self) -> None:
        """Another interface with another address comes, and both can be used; `set` changes this one now."""
        await self._connect()
        new = self._paths[-1]
        table = str(100 + len(self._paths))
        # What has this address goes this way, although the first one is the way that everything else goes.
        await _ip("-n", self.namespace, "rule", "add", "from", new.address, "table", table)
        await _ip("-n", self.namespace, "route", "add", self.server, "dev", new.far, "src", new.address, "table", table)

    async def lose(self) -> None:
        """The oldest interface goes, with its address."""
        old = self._paths.pop(0)
        await _ip("-n", self.namespace, "addr", "flush", "dev", old.far)
        await _ip("-n", self.namespace, "link", "set", old.far, "down")
        await _end(old.process)

    async def deaden(self) -> None:
        """The oldest interface stays up with its address, and nothing passes there any more: a Wi-Fi that has lost its
        way out."""
        await _tell(self._paths[0].process, {"direction": "both", "down": True})

    @property
    def addresses(self) -> list[str]:
        """The client's, the oldest first."""
        return [path.address for path in self._paths]

    async def _connect(self) -> None:
        address = next(self._addresses)
        near, far = f"pn{self._tag}{address[-1]}", f"pf{self._tag}{address[-1]}"
        command = [sys.executable, "-m", "tests.support.netem", "--near", near, "--far", far, "--seed", str(self._seed)]
        process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
        self._paths.append(Line(near, far, address, process))
        await _heard(process)
        await _ip("addr", "add", self.server, "peer", address, "dev", near)
        await _ip("link", "set", near, "mtu", str(MTU_BYTES), "txqueuelen", "2000", "up")
        await _ip("link", "set", far, "netns", self.namespace)
        await _ip("-n", self.namespace, "addr", "add", address, "peer", self.server, "dev", far)
        await _ip("-n", self.namespace, "link", "set", far, "mtu", str(MTU_BYTES), "txqueuelen", "2000", "up")
        if self._ipv6:
            here, there = self.server6, f"{self._net6}{address.rpartition('.')[2]}"
            await _ip("addr", "add", here, "peer", there, "dev", near, "nodad")
            await _ip("-n", self.namespace, "addr", "add", there, "peer", here, "dev", far, "nodad")


async def _ip(*words: str) -> None:
    """Raises AssertionError with what `ip` said."""
    process = await asyncio.create_subprocess_exec("ip", *words, stdout=PIPE, stderr=PIPE)
    _, told = await process.communicate()
    assert process.returncode == 0, f"ip {' '.join(words)}: {told.decode().strip()}"


async def _tell(process: Process, order: dict[str, object]) -> None:
    assert process.stdin is not None
    process.stdin.write(json.dumps(order).encode() + b"\n")
    await process.stdin.drain()
    await _heard(process)


async def _heard(process: Process) -> None:
    """Wait for its next line. Raises TimeoutError, AssertionError if it ended."""
    assert process.stdout is not None
    async with asyncio.timeout(READY_S):
        line = await process.stdout.readline()
    assert line, "the wire's process ended"


async def _end(process: Process) -> None:
    assert process.stdin is not None
    process.stdin.close()
    async with asyncio.timeout(READY_S):
        await process.wait()
