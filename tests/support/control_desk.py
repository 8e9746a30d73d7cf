"""Signaling's end of the control link, by hand: says what a test wants and remembers what the worker says."""

import asyncio
from pathlib import Path
from typing import TypeVar

from contract.base import decode, encode
from contract.ids import LegId, PersonId, RoomId, SessionId
from contract.media import TABLET, Grants, Layout
from contract.nodes import (
    CONTROL_SOCKET,
    FROM_WORKER,
    MAX_LINK_BYTES,
    Answered,
    Beat,
    FromWorker,
    LegReport,
    LegState,
    OpenLeg,
    Refused,
    ToWorker,
    WorkerHello,
)
from runtime import link
from tests.support.peer_client import PeerClient
from tests.support.until import until

M = TypeVar("M")
ALL = Grants(publish=True, subscribe=True, record=True)
NONE = Grants(publish=False, subscribe=False, record=False)


class ControlDesk:
    """Listens under `data`; one worker at a time."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.heard: list[FromWorker] = []
        self.connections = 0
        self._link: link.Link | None = None
        self._server: asyncio.Server | None = None
        self._request = 0

    async def start(self) -> None:
        self._server = await link.serve(self.data / CONTROL_SOCKET, self._serve, max_record_bytes=MAX_LINK_BYTES)

    async def stop(self) -> None:
        """As a signaling process that dies."""
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._link is not None:
            await self._link.aclose()
            await until(lambda: self._link is None)

    async def _serve(self, connection: link.Link) -> None:
        self._link = connection
        self.connections += 1
        try:
            while True:
                self.heard.append(decode(FROM_WORKER, await connection.receive()))
        finally:
            self._link = None

    def say(self, message: ToWorker) -> None:
        assert self._link is not None
        self._link.send(encode(message))

    def all(self, kind: type[M]) -> list[M]:
        return [message for message in self.heard if isinstance(message, kind)]

    async def hello(self) -> WorkerHello:
        """The newest hello, waited for."""
        await until(lambda: self._link is not None and self.all(WorkerHello), within_s=60.0)
        return self.all(WorkerHello)[-1]

    async def beat(self) -> Beat:
        """The next beat."""
        before = len(self.all(Beat))
        await until(lambda: len(self.all(Beat)) > before)
        return self.all(Beat)[-1]

    async def ask(
        self,
        sdp: str,
        *,
        leg: str,
        who: str = "p-1",
        room: str = "r-1",
        session: str = "s-1",
        pc_gen: int = 1,
        layout: Layout = TABLET,
        grants: Grants = ALL,
        host: bool = False,
    ) -> Answered | Refused:
        """Offer, and the worker's reply."""
        self._request += 1
        number = self._request
        self.say(
            OpenLeg(
                request=number,
                room=RoomId(room),
                leg=LegId(leg),
                participant=PersonId(who),
                session=SessionId(session),
                pc_gen=pc_gen,
                sdp=sdp,
                layout=layout,
                grants=grants,
                host=host,
            )
        )

        def replies() -> list[Answered | Refused]:
            return [m for m in self.heard if isinstance(m, Answered | Refused) and m.request == number]

        await until(replies)
        return replies()[0]

    async def join(self, client: PeerClient, *, tcp: bool = False, **kwargs: object) -> str:
        """Connect a client for real, by UDP or over TCP; returns its leg."""
        leg = str(kwargs["leg"])
        reply = await self.ask(client.offer(), **kwargs)  # type: ignore[arg-type]  # the keywords of `ask`
        assert isinstance(reply, Answered), reply
        if tcp:
            client.take(reply.sdp)
            await client.bind_tcp()
        await client.connect(reply.sdp)
        await until(lambda: self.state(leg) is LegState.CONNECTED)
        return leg

    def report(self, leg: str) -> LegReport | None:
        """The last word on a leg."""
        found = [message for message in self.all(LegReport) if message.leg == leg]
        return found[-1] if found else None

    def state(self, leg: str) -> LegState | None:
        found = self.report(leg)
        return None if found is None else found.state
