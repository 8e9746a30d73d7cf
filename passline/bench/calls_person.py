"""Somebody of the bench of calls: a tablet or an expert at a WebSocket, with a media leg for each call.

Says what our client says: a leg as soon as it calls or rings, `rung` when it rings.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import ClientError, ClientSession

from contract.base import encode
from contract.client import AcceptCall, Rung
from contract.http import PeerAnswer, PeerOffer
from contract.ids import PersonId, RoomId, SessionId
from contract.media import TABLET
from contract.rooms import MemberState, RoomState
from contract.server import Done, Room, RoomGone, ServerMessage, Welcome
from passline.bench.chat_client import ChatClient, RoomWish
from passline.bench.chat_rule import new_cid
from passline.bench.join_client import JoinClient
from runtime.supervise import TaskScope

AGAIN_S, BUSY_S = 0.5, 30.0
"""A worker that has too much to do is asked again, for so long."""
Rang = Callable[["CallPerson", RoomState], None]


@dataclass
class _Ring:
    """A room that rings somebody."""

    leg: "asyncio.Future[JoinClient | None]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    """None: it could not be made."""
    gone: asyncio.Event = field(default_factory=asyncio.Event)


class CallPerson:
    """`rang` hears of each ring the moment it is read, before anything is done about it."""

    def __init__(
        self, http: ClientSession, url: str, person: PersonId, cookie: str, scope: TaskScope, rang: Rang
    ) -> None:
        self.id = person
        self.client = ChatClient(http, url, cookie, heard=self._heard)
        self._http = http
        self._url = url
        self._headers = {"Cookie": f"passline={cookie}", "Origin": url, "Content-Type": "application/json"}
        self._scope = scope
        self._rang = rang
        self._session = SessionId("")
        self._rings: dict[RoomId, _Ring] = {}

    async def wish(self, wish: RoomWish) -> RoomId:
        """Carry it out. Raises RuntimeError if it is refused."""
        answer = await self.client.do(wish)
        if not isinstance(answer, Done) or answer.room is None:
            raise RuntimeError(f"{type(wish).__name__}: {answer}")
        return answer.room

    async def leg(self, room: RoomId) -> JoinClient:
        """A connection with everything but media; close it. Raises RuntimeError, ClientError or TimeoutError."""
        leg = JoinClient()
        try:
            await leg.take(await self._answered(room, leg.offer(TABLET)))
            for stage in (leg.check, leg.handshake, leg.open_channel, leg.appear):
                await stage()
        except BaseException:
            await leg.aclose()
            raise
        return leg

    async def _answered(self, room: RoomId, sdp: str) -> str:
        offer = encode(PeerOffer(session=self._session, pc_gen=1, layout=TABLET, sdp=sdp))
        path = f"{self._url}/api/rooms/{room}/peers"
        async with asyncio.timeout(BUSY_S):
            while True:
                async with self._http.post(path, data=offer, headers=self._headers) as answer:
                    if answer.status == 201:
                        return PeerAnswer.model_validate_json(await answer.read()).sdp
                    if answer.status != 503:
                        raise RuntimeError(f"no leg: {answer.status}")
                await asyncio.sleep(AGAIN_S)

    async def answer(self, room: RoomId) -> JoinClient:
        """Answer what rings; the leg that was made ready meanwhile. Raises RuntimeError."""
        ring = self._rings.get(room)
        leg = await ring.leg if ring is not None else None
        if leg is None:
            raise RuntimeError("no leg to answer with")
        await self.wish(AcceptCall(cid=new_cid(), room=room))
        return leg

    def over(self, room: RoomId) -> None:
        """The call that was answered has ended."""
        if room in self._rings:
            self._rings[room].gone.set()

    def _heard(self, message: ServerMessage) -> None:
        match message:
            case Welcome(session=session):
                self._session = session
            case Room(room=state) if self._is_rung(state):
                self._rang(self, state)
                self._rings[state.id] = _Ring()
                self._scope.spawn(self._ring(state.id), name=f"ring {self.id}")
            case RoomGone(room=room) if room in self._rings:
                self._rings[room].gone.set()
            case _:
                pass

    def _is_rung(self, state: RoomState) -> bool:
        ringing = any(one.person.id == self.id and one.state is MemberState.RINGING for one in state.members)
        return ringing and state.id not in self._rings

    async def _ring(self, room: RoomId) -> None:
        ring = self._rings[room]
        await self.client.say(Rung(cid=new_cid(), room=room))
        leg = None
        try:
            with contextlib.suppress(RuntimeError, OSError, TimeoutError, ClientError):  # somebody else may be quicker
                leg = await self.leg(room)
            ring.leg.set_result(leg)
            await ring.gone.wait()
        finally:
            del self._rings[room]
            if leg is not None:
                await leg.aclose()
