"""A media worker under test: the process that `passline serve` starts, and signaling's end of its control link."""

import asyncio
import contextlib
import os
import sys
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator
from pathlib import Path

from contract.base import decode, encode
from contract.ids import LegId, PersonId, RoomId, SessionId
from contract.media import TABLET, Grants
from contract.nodes import (
    CONTROL_SOCKET,
    FROM_WORKER,
    MAX_LINK_BYTES,
    Answered,
    CloseLeg,
    FromWorker,
    LegEnd,
    LegReport,
    LegState,
    OpenLeg,
    Refused,
    ToWorker,
    WorkerHello,
)
from passline.bench.sfu_subject import CORE, pinned, usage_of
from runtime import link

START_S = 60.0
WAIT_S = 20.0
_ALL = Grants(publish=True, subscribe=True, record=False)


class Worker:
    """Between `working` and its end: `ask` for a leg, `connected` and `closed` wait until it is."""

    def __init__(self) -> None:
        self.pid = 0
        self.hello = asyncio.Event()
        self._link: link.Link | None = None
        self._requests = 0
        self._asked: dict[int, asyncio.Future[Answered | Refused]] = {}
        self._states: defaultdict[tuple[LegId, LegState], asyncio.Event] = defaultdict(asyncio.Event)

    def cpu_s(self) -> float:
        """User and system time of all its threads since its start."""
        return usage_of(self.pid).cpu_s

    async def listen(self, connection: link.Link) -> None:
        self._link = connection
        while True:
            self._heard(decode(FROM_WORKER, await connection.receive()))

    def _heard(self, message: FromWorker) -> None:
        match message:
            case WorkerHello():
                self.hello.set()
            case Answered() | Refused():
                self._asked.pop(message.request).set_result(message)
            case LegReport():
                self._states[message.leg, message.state].set()
            case _:
                pass

    async def ask(self, leg: LegId, room: str, sdp: str) -> str:
        """Offer; the answer. Raises RuntimeError if it refuses, TimeoutError."""
        self._requests += 1
        number = self._requests
        reply = self._asked[number] = asyncio.get_running_loop().create_future()
        self._say(
            OpenLeg(
                request=number,
                room=RoomId(room),
                leg=leg,
                participant=PersonId(f"p-{leg}"),
                session=SessionId(f"s-{leg}"),
                pc_gen=1,
                sdp=sdp,
                layout=TABLET,
                grants=_ALL,
            )
        )
        async with asyncio.timeout(WAIT_S):
            answered = await reply
        if isinstance(answered, Refused):
            raise RuntimeError(f"the worker refuses: {answered.code}")
        answer: str = answered.sdp
        return answer

    async def connected(self, leg: LegId) -> None:
        async with asyncio.timeout(WAIT_S):
            await self._states[leg, LegState.CONNECTED].wait()

    async def close(self, legs: list[LegId]) -> None:
        """They leave, all at once."""
        for leg in legs:
            self._say(CloseLeg(leg=leg, reason=LegEnd.LEFT))
        async with asyncio.timeout(WAIT_S):
            for leg in legs:
                await self._states[leg, LegState.CLOSED].wait()

    def _say(self, message: ToWorker) -> None:
        assert self._link is not None
        self._link.send(encode(message))


@contextlib.asynccontextmanager
async def working() -> AsyncIterator[Worker]:
    """A worker on a core of its own, with the log it has in a chain."""
    worker = Worker()
    with tempfile.TemporaryDirectory(prefix="passline-bench-") as folder:
        environ = {key: value for key, value in os.environ.items() if not key.startswith("PASSLINE_")}
        environ |= {"PASSLINE_DATA": folder, "PASSLINE_MEDIA_PORT": "0", "PASSLINE_MEDIA_LOAD": "0"}
        server = await link.serve(Path(folder) / CONTROL_SOCKET, worker.listen, max_record_bytes=MAX_LINK_BYTES)
        try:
            with pinned({CORE}):
                process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-m",
                    "media",
                    env=environ,
                    stdout=asyncio.subprocess.DEVNULL,
                    stderr=asyncio.subprocess.DEVNULL,
                )
            worker.pid = process.pid
            try:
                async with asyncio.timeout(START_S):
                    await worker.hello.wait()
                yield worker
            finally:
                process.terminate()
                await process.wait()
        finally:
            server.close()
