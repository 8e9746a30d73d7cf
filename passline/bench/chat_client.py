"""One signed-in client that only chats: connects again and again and speaks as docs/protocol.md says."""

import asyncio
import contextlib
import random
import socket
import struct
from collections.abc import Callable

from aiohttp import ClientError, ClientSession, ClientWebSocketResponse, WSMessage, WSMsgType

from contract.base import decode, encode
from contract.client import (
    PROTOCOL_VERSION,
    AcceptCall,
    ClientMessage,
    Hello,
    JoinRoom,
    LeaveRoom,
    OpenSession,
    Ping,
    StartCall,
)
from contract.errors import PasslineError
from contract.http import Ticket
from contract.ids import ChannelId, ClientMessageId, RoomId
from contract.server import SERVER_MESSAGE, Bye, ChatMessage, Done, Error, Reconnect, ServerMessage, Welcome
from passline.bench.chat_rule import ACK_AFTER_S, ChatRule, new_cid
from runtime import clock, ids

PING_S = 5.0
FIRST_S, LONGEST_S, LONGEST_SEATED_S, HEALTHY_S = 0.1, 5.0, 1.0, 10.0
"""Of the back-off between connections; one that lived so long ends the doubling."""
CONNECT_S = 10.0
RoomWish = OpenSession | JoinRoom | LeaveRoom | StartCall | AcceptCall


class ChatClient:
    """`stay` is its life; everything else may be called meanwhile. `heard` sees every frame, `shown` every message."""

    def __init__(
        self,
        http: ClientSession,
        url: str,
        cookie: str,
        *,
        shown: Callable[[ChatMessage], None] = lambda _: None,
        heard: Callable[[ServerMessage], None] = lambda _: None,
        seed: int = 0,
    ) -> None:
        self.rule = ChatRule()
        self.connections = 0
        self.close_codes: list[int | None] = []
        """Of every connection that was welcomed, as it ended; 1006 is an end without a word."""
        self.seat: RoomId | None = None
        """The room whose seat is taken again when the session could not be resumed."""
        self._http = http
        self._url = url
        self._headers = {"Cookie": f"passline={cookie}", "Origin": url}
        self.shown = shown
        self.heard = heard
        self._random = random.Random(seed)
        self._device = ids.uuid7()
        self._resume: str | None = None
        self._ws: ClientWebSocketResponse | None = None
        self._welcomed = asyncio.Event()
        self._turn = asyncio.Lock()
        """A new message never overtakes those of the outbox that a welcome sends again."""
        self._unanswered_pings = 0
        self._bye: Bye | None = None
        self._answers: dict[ClientMessageId, asyncio.Future[Done | Error]] = {}

    async def write(self, channel: ChannelId, body: str, cid: ClientMessageId) -> None:
        """A message: into the outbox first, then into the wire, if there is one."""
        async with self._turn:
            message = self.rule.write(channel, body, cid)
            if self._welcomed.is_set():
                await self.say(message)

    async def do(self, wish: RoomWish) -> Done | Error:
        """Say a wish and wait for its answer; for the time before anything breaks."""
        answer: asyncio.Future[Done | Error] = asyncio.get_running_loop().create_future()
        self._answers[wish.cid] = answer
        await self.say(wish)
        return await answer

    async def online(self) -> None:
        """Wait until welcomed."""
        await self._welcomed.wait()

    def reset(self) -> bool:
        """Break the connection with an RST, as a network that forgot it does; False if there is none."""
        connection = self._ws._response.connection if self._ws is not None else None
        if connection is None or connection.transport is None:
            return False
        raw = connection.transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.transport.abort()
        return True

    async def stay(self) -> None:
        """Connect, talk, and connect again, until the server says never."""
        delay_s = FIRST_S
        while True:
            self._bye = None
            began = clock.now()
            with contextlib.suppress(ClientError, OSError, TimeoutError, PasslineError):
                await self._connection()
            bye: Bye | None = self._bye
            if bye is not None and bye.reconnect is Reconnect.NEVER:
                return
            if clock.now() - began >= HEALTHY_S:
                delay_s = FIRST_S
            pause_s = self._random.uniform(0, delay_s)
            if bye is not None:
                pause_s = bye.retry_after_s or pause_s
            delay_s = min(2 * delay_s, LONGEST_S if self.seat is None else LONGEST_SEATED_S)
            await asyncio.sleep(pause_s)

    # --- one connection -------------------------------------------------------------------------------------------

    async def _connection(self) -> None:
        try:
            async with asyncio.timeout(CONNECT_S):
                ticket = await self._ticket()
                ws = self._ws = await self._http.ws_connect(f"{self._url}/ws", headers=self._headers, compress=0)
                hello = Hello(
                    ticket=ticket,
                    proto=PROTOCOL_VERSION,
                    device=self._device,
                    resume=self._resume,
                    cursors=self.rule.cursors,
                )
                await self.say(hello)
                await self._take(await ws.receive())
            self._unanswered_pings = 0
            async with asyncio.TaskGroup() as tasks:
                ticking = tasks.create_task(self._tick(), name="chat tick")
                try:
                    while await self._take(await ws.receive()):
                        pass
                finally:
                    ticking.cancel()
        finally:
            ended, self._ws = self._ws, None
            if self._welcomed.is_set():
                self._welcomed.clear()
                self.close_codes.append(ended.close_code if ended is not None else None)
            if ended is not None:
                ended._response.close()  # the server may have died in the middle of a word

    async def _ticket(self) -> str:
        async with self._http.post(f"{self._url}/api/ticket", headers=self._headers) as answer:
            if answer.status != 201:
                raise OSError(f"no ticket: {answer.status}")
            return Ticket.model_validate_json(await answer.read()).ticket

    async def _tick(self) -> None:
        """Pings, and acknowledgements that are due. An ack is wanted `ACK_AFTER_S` after its cause at the earliest."""
        ping_at = clock.now()
        while True:
            now = clock.now()
            if now >= ping_at:
                if self._unanswered_pings >= 2:
                    self.reset()
                    return
                self._unanswered_pings += 1
                ping_at = now + PING_S
                await self.say(Ping(n=0))
            for message in self.rule.due(now):
                await self.say(message)
            deadline = min(ping_at, self.rule.deadline or ping_at, clock.now() + ACK_AFTER_S)
            await asyncio.sleep(max(0.0, deadline - clock.now()))

    async def _take(self, frame: WSMessage) -> bool:
        """One frame; False once the connection has ended."""
        if frame.type is not WSMsgType.TEXT:
            return False
        message = decode(SERVER_MESSAGE, frame.data)
        self._unanswered_pings = 0
        self.heard(message)
        match message:
            case Welcome():
                await self._greeted(message)
            case Bye():
                self._bye = message
            case Done(cid=cid) | Error(cid=cid) if cid in self._answers:
                answer = self._answers.pop(cid)
                if not answer.done():  # nobody waits any more
                    answer.set_result(message)
            case _:
                taken = self.rule.take(message, clock.now())
                for shown in taken.shown:
                    self.shown(shown)
                for say in taken.say:
                    await self.say(say)
        return True

    async def _greeted(self, welcome: Welcome) -> None:
        self.connections += 1
        self._resume = welcome.resume
        if self.seat is not None and not welcome.resumed:
            await self.say(JoinRoom(cid=new_cid(), room=self.seat, consent=True))
        async with self._turn:
            for message in self.rule.welcome(welcome):
                await self.say(message)
            self._welcomed.set()

    async def say(self, message: ClientMessage) -> None:
        """Into the socket; what is lost with it comes again by the rule."""
        if self._ws is not None:
            with contextlib.suppress(ClientError, OSError):
                await self._ws.send_str(encode(message).decode())
