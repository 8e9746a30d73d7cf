"""A call between two people through a real worker, watched while somebody does harm beside it."""

import asyncio
import contextlib
import itertools
import os
import struct
import sys
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import psutil

from runtime import clock
from runtime.supervise import TaskScope
from tests.support.control_desk import ControlDesk
from tests.support.peer_client import PeerClient

SOUND_S = 0.02
OPUS = 111
MARK = b"beside"
COMPLAINTS = ('"level": "error"', '"level": "critical"', "never retrieved", "never awaited", "Traceback")


class Beside:
    """`worker` runs and `speaker` is heard by `listener` all the time.

    `harm_s(since)` says what the listener missed that the speaker did not withhold.
    """

    def __init__(self, desk: ControlDesk, worker: asyncio.subprocess.Process, log: Path) -> None:
        self.desk = desk
        self.worker = worker
        self.speaker, self.listener = PeerClient(), PeerClient()
        self.udp_port = 0
        self._log = log
        self._sent: dict[int, float] = {}
        self._came: dict[int, float] = {}
        self._names = itertools.count(1)

    async def begin(self, scope: TaskScope) -> None:
        """Both join, and sound flows."""
        self.udp_port = (await self.desk.hello()).udp_port
        self.listener.dtls._handle_rtp_data = self._heard  # type: ignore[method-assign]
        await self.desk.join(self.speaker, leg="speaker", who="p-speaker", session="s-speaker", host=True)
        await self.desk.join(self.listener, leg="listener", who="p-listener", session="s-listener")
        scope.spawn(self._speak(), name="speak")
        scope.spawn(self._consent(), name="consent")
        async with asyncio.timeout(30.0):
            while not self._came:  # noqa: ASYNC110 - another process sends
                await asyncio.sleep(0.01)

    async def _speak(self) -> None:
        ssrc = int(self.speaker.offer().split("a=ssrc:")[1].split(" ")[0])
        for number in itertools.count(65_400):  # over the wrap
            self._sent[number] = clock.now()
            head = struct.pack("!BBHLL", 0x80, OPUS, number & 0xFFFF, 960 * number & 0xFFFFFFFF, ssrc)
            await self.speaker.send_rtp(head + MARK + struct.pack("!L", number))
            await asyncio.sleep(SOUND_S)

    async def _consent(self) -> None:
        """The listener sends no media; its checks say that it is there (RFC 7675)."""
        while True:
            with contextlib.suppress(TimeoutError):
                await self.listener.check()
            await asyncio.sleep(2.0)

    async def _heard(self, data: bytes, arrival_time_ms: int) -> None:
        at = data.find(MARK)
        if at > 0:
            self._came.setdefault(struct.unpack_from("!L", data, at + len(MARK))[0], clock.now())

    def harm_s(self, since: float) -> float:
        """The longest time without a packet since then, less the longest pause of the speaker within it: this
        process, too, may have waited for its turn."""
        came = [number for number, at in self._came.items() if at >= since]
        assert came, "nothing is heard any more"
        worst = 0.0
        for before, after in itertools.pairwise(sorted(came)):
            sent = [self._sent[number] for number in range(before, after + 1)]
            pause = max(b - a for a, b in itertools.pairwise(sent))
            worst = max(worst, self._came[after] - self._came[before] - pause)
        return max(worst, clock.now() - self._came[max(came)] - 2 * SOUND_S - (clock.now() - max(self._sent.values())))

    def lost(self, since: float) -> tuple[int, int]:
        """Packets that were sent since then and a little ago, and how many of them never came."""
        sent = [number for number, at in self._sent.items() if since <= at < clock.now() - 0.5]
        return len(sent), sum(number not in self._came for number in sent)

    def rss_mib(self) -> float:
        return float(psutil.Process(self.worker.pid).memory_info().rss) / (1024 * 1024)

    def log_lines(self) -> list[str]:
        return self._log.read_text(errors="replace").splitlines()

    def complaints(self) -> list[str]:
        """Lines that hostile input must never cause."""
        return [line for line in self.log_lines() if any(sign in line for sign in COMPLAINTS)]

    def new_name(self) -> str:
        """For another attacker's leg and session."""
        return f"attacker-{next(self._names)}"

    async def attacker(self) -> PeerClient:
        """Somebody of the same room, connected; close it."""
        name = self.new_name()
        client = PeerClient()
        try:
            await self.desk.join(client, leg=name, who="p-attacker", session=name)
        except BaseException:
            await client.aclose()
            raise
        return client


@asynccontextmanager
async def call_beside(directory: Path) -> AsyncIterator[Beside]:
    """A worker, its desk and the call; at the end the worker must still run and have nothing to complain of."""
    directory.mkdir(parents=True, exist_ok=True)
    desk = ControlDesk(directory)
    await desk.start()
    log = directory / "worker.log"
    with log.open("wb") as out:
        worker = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "media", "--index", "0", env=_environment(directory), stderr=out
        )
    async with AsyncExitStack() as stack:
        stack.push_async_callback(desk.stop)
        stack.push_async_callback(_end, worker)
        beside = Beside(desk, worker, log)
        stack.push_async_callback(beside.listener.aclose)
        stack.push_async_callback(beside.speaker.aclose)
        async with TaskScope("beside") as scope:
            await beside.begin(scope)
            yield beside
        assert worker.returncode is None, "the worker died"
        assert not beside.complaints()


def _environment(directory: Path) -> dict[str, str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PASSLINE_")}
    return clean | {"PASSLINE_DATA": str(directory), "PASSLINE_MEDIA_PORT": "0", "PASSLINE_LOG_FORMAT": "json"}


async def _end(worker: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        worker.terminate()
    await asyncio.wait_for(worker.wait(), 30.0)


def paced(inputs: Iterable[bytes], *, burst: int) -> Iterator[list[bytes]]:
    """In bursts, between which the sender sleeps a hundredth of a second."""
    left = iter(inputs)
    while some := list(itertools.islice(left, burst)):
        yield some
