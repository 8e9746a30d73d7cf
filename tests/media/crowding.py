"""A room that runs on a real worker, and people who want in beside it.

One camera is seen by one watcher; every picture is one packet, so that what came can be counted at the socket.
"""

import asyncio
import contextlib
import gc
import struct
from collections.abc import AsyncIterator, Iterator
from itertools import count, pairwise

from contract.errors import ErrorCode
from contract.ids import LegId
from contract.nodes import Answered, CloseLeg, LegEnd, LegState, Refused
from media.admission import FIRST_WAIT_S
from runtime import clock
from runtime.supervise import TaskScope
from tests.support.control_desk import ControlDesk
from tests.support.peer_client import PeerClient
from tests.support.until import PATIENCE_S, until

VP8 = 96
_KEYFRAME = bytes.fromhex("10" + "100200" + "9d012a" + "4001b400") + bytes(800)
"""Start of a partition (RFC 7741 §4.2), and the head of a keyframe of 320x180 (RFC 6386 §9.1)."""
_NAMES = count(1)
"""Whoever comes is somebody new, in another round too: the worker remembers who was there."""
AGAIN_S = 0.2
ALIVE_S = 5.0
"""Whoever only watches is heard of about so often: after 30 s of silence the worker would let go of it."""


class RunningRoom:
    """Between `running` and its end its camera films, `pictures_per_s` of them."""

    def __init__(self, desk: ControlDesk, pictures_per_s: float) -> None:
        self.desk = desk
        self.camera, self.watcher = PeerClient(), PeerClient()
        self.filmed = 0
        self._apart_s = 1 / pictures_per_s
        self._joined: dict[LegId, PeerClient] = {}
        self._crowd: list[PeerClient] = []

    async def begin(self) -> None:
        """Both are let in: at once, but where the worker is still busy with its start."""
        for who, client in (("p-camera", self.camera), ("p-watcher", self.watcher)):
            while not await self.let_in(client, who):  # noqa: ASYNC110 - only the worker knows
                await asyncio.sleep(AGAIN_S)

    async def film(self) -> None:
        ssrcs = [int(line.split(" ")[0]) for line in self.camera.offer().split("a=ssrc:")[1:]]
        ssrc = next(other for other in ssrcs if other != ssrcs[0])
        next_at = clock.now()
        while True:
            self.filmed += 1
            head = struct.pack("!BBHLL", 0x80, 0x80 | VP8, self.filmed & 0xFFFF, self.filmed * 3000 & 0xFFFFFFFF, ssrc)
            try:
                await self.camera.send_rtp(head + _KEYFRAME)
            except ConnectionError:
                return  # it was sent away
            next_at = max(next_at + self._apart_s, clock.now() - 1.0)  # what was missed long ago stays missed
            await asyncio.sleep(max(0.0, next_at - clock.now()))

    async def stay(self) -> None:
        """All are heard of; the crowd is not read, so it does not wait for answers."""
        while True:
            await self.watcher.check(use_candidate=False)
            for client in list(self._crowd):
                client.say_hello()
                await asyncio.sleep(ALIVE_S / len(self._crowd))
            if not self._crowd:
                await asyncio.sleep(ALIVE_S)

    async def let_in(self, client: PeerClient, who: str | None = None) -> bool:
        """Whether somebody new is let in; then he is connected. If not, he was told when to ask again."""
        name = f"{next(_NAMES)}"
        leg = LegId(f"leg-{name}")
        reply = await self.desk.ask(client.offer(), leg=leg, who=who or f"p-{name}", session=f"s-{name}")
        if isinstance(reply, Refused):
            assert reply.code is ErrorCode.BUSY, reply
            assert reply.retry_after_s is not None
            assert reply.retry_after_s >= FIRST_WAIT_S
            return False
        assert isinstance(reply, Answered)
        self._joined[leg] = client
        await client.connect(reply.sdp)
        await until(lambda: self.desk.state(leg) is LegState.CONNECTED)
        return True

    async def one_more(self) -> bool:
        """Whether somebody is let in who then only makes load."""
        client = PeerClient()
        let_in = await self.let_in(client)
        if let_in:
            client.read_no_more()
            self._crowd.append(client)
        else:
            await client.aclose()
        return let_in

    async def send_away(self) -> None:
        """Everybody, also who ran."""
        for leg in self._joined:
            self.desk.say(CloseLeg(leg=leg, reason=LegEnd.LEFT))
        await until(lambda: all(self.desk.state(leg) is LegState.CLOSED for leg in self._joined))

    async def aclose(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            for client in {self.camera, self.watcher, *self._joined.values()}:
                await client.aclose()


class Look:
    """What the watcher of a running room got since this was made."""

    def __init__(self, room: RunningRoom) -> None:
        self._room = room
        self._filmed, self._came = room.filmed, len(room.watcher.media_at)

    async def lost_percent(self) -> float:
        """Of the pictures, those that did not come."""
        filmed = self._room.filmed - self._filmed
        wanted = self._came + filmed
        with contextlib.suppress(TimeoutError):  # then they are lost
            await until(lambda: len(self._room.watcher.media_at) >= wanted, within_s=2.0)
        return 100 * max(0.0, 1 - (len(self._room.watcher.media_at) - self._came) / max(1, filmed))

    @property
    def longest_gap_s(self) -> float:
        times = [*list(self._room.watcher.media_at)[max(0, self._came - 1) :], clock.now()]
        return max((after - before for before, after in pairwise(times)), default=0.0)


@contextlib.asynccontextmanager
async def running(desk: ControlDesk, *, pictures_per_s: float) -> AsyncIterator[RunningRoom]:
    """A room whose camera films, and is seen."""
    room = RunningRoom(desk, pictures_per_s)
    try:
        await room.begin()
        async with TaskScope("camera") as scope:
            scope.spawn(room.film(), name="film")
            scope.spawn(room.stay(), name="stay")
            await until(lambda: len(room.watcher.media_at) > 1)
            yield room
    finally:
        await room.aclose()


@contextlib.contextmanager
def without_collector() -> Iterator[None]:
    """What came would be seen up to a quarter of a second late: so long this process, all of pytest, is collected."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
