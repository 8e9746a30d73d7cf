"""The shell of signaling.ws.session: owns the WebSocket, its two tasks, and the way from a frame to the live side."""

import asyncio
import random
from typing import assert_never

from aiohttp import WSMsgType, web
from sqlalchemy.exc import SQLAlchemyError

from contract.base import MAX_FRAME_BYTES
from contract.client import (
    Ack,
    Attend,
    CallStore,
    ClientMessage,
    ComeIn,
    GetRoom,
    HandOver,
    Hello,
    OpenSession,
    Ping,
    Read,
    ReportFigures,
    Send,
    StartCall,
    Sync,
)
from contract.errors import ByeCode, ErrorCode, PasslineError, Rejection, Unavailable
from contract.ids import ClientMessageId
from contract.server import Done, Error, Pong, Reconnect
from runtime import clock, ids
from runtime.logs import bound_contextvars, get_logger
from runtime.repeated import Repeated
from signaling.auth.tickets import Tickets
from signaling.domain.visitors import check_says
from signaling.live.sessions import ClientSession
from signaling.service import Service
from signaling.ws.session import Close, Deliver, Greet, Say, SessionRules
from signaling.ws.socket import Socket

log = get_logger(__name__)
repeated = Repeated()

SIGN_IN_RETRY_S = 1.0
RESTART_SPREAD_S = 2.0
"""After a restart clients come back spread over this time."""

STOP_S = 2.0
MAX_AGENT = 512
"""Characters of a User-Agent; its browser and system are named long before."""


class Gateway:
    """All WebSockets. The Origin is checked before `serve`."""

    def __init__(self, service: Service, tickets: Tickets) -> None:
        self._service = service
        self._tickets = tickets
        self._open: set[Socket] = set()
        self._left = asyncio.Event()
        self._random = random.Random()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One WebSocket from handshake to close."""
        ws = web.WebSocketResponse(max_msg_size=MAX_FRAME_BYTES, compress=False, autoping=False, timeout=1.0)
        await ws.prepare(request)
        socket = Socket(ws, request)
        self._open.add(socket)
        talk = _Talk(self._service, self._tickets, ws, socket, agent=request.headers.get("User-Agent", ""))
        with bound_contextvars(socket=ids.uuid7()):
            try:
                async with asyncio.TaskGroup() as tasks:
                    writer = tasks.create_task(socket.write(), name="ws write")
                    cutter = tasks.create_task(socket.cut(), name="ws cut")
                    try:
                        await talk.read()
                    finally:
                        cutter.cancel()
                        writer.cancel()
            finally:
                self._open.discard(socket)
                self._left.set()
                await talk.end()
            await socket.linger()
        return ws

    async def end_sign_in(self, sign_in: bytes) -> None:
        """Say `bye signed_out` to every socket that this signed-in browser opened."""
        await self._service.end_sign_in(sign_in)

    async def stop(self) -> None:
        """Say `bye restarting` to everybody, spread over a moment, and wait until they are gone."""
        for socket in tuple(self._open):
            socket.bye(
                ByeCode.RESTARTING,
                Reconnect.LATER,
                retry_after_s=round(self._random.uniform(0.1, RESTART_SPREAD_S), 2),
            )
        try:
            async with asyncio.timeout(STOP_S):
                while self._open:
                    self._left.clear()
                    await self._left.wait()
        except TimeoutError:
            log.warning("sockets did not close", sockets=len(self._open))


class _Talk:
    """What one client says, frame by frame."""

    def __init__(
        self, service: Service, tickets: Tickets, ws: web.WebSocketResponse, socket: Socket, *, agent: str
    ) -> None:
        self._service = service
        self._tickets = tickets
        self._ws = ws
        self._socket = socket
        self._agent = agent[:MAX_AGENT]
        self._rules = SessionRules(clock.now())
        self._session: ClientSession | None = None
        self._left = True

    async def read(self) -> None:
        """Until the connection ends, from either side."""
        while True:
            deadline = self._rules.deadline
            try:
                frame = await self._ws.receive(timeout=None if deadline is None else max(0.001, deadline - clock.now()))
            except TimeoutError:
                outputs = self._rules.expire(clock.now())
            else:
                match frame.type:
                    case WSMsgType.TEXT | WSMsgType.BINARY:
                        if self._session is not None:
                            self._session.heard_at = clock.now()
                        outputs = self._rules.receive(frame.data, clock.now())
                    case WSMsgType.PING:
                        if self._rules.answers_ping(clock.now()):
                            await self._ws.pong(frame.data)
                        continue
                    case WSMsgType.PONG:
                        continue
                    case _:
                        log.debug("socket ended", kind=frame.type.name, close_code=self._ws.close_code)
                        return
            for output in outputs:
                match output:
                    case Greet(hello=hello):
                        await self._greet(hello)
                    case Deliver(message=message):
                        await self._deliver(message)
                    case Say(error=error):
                        self._socket.say(error.model_dump_json())
                    case Close(code=code, reconnect=reconnect, detail=detail):
                        repeated.say(code, log.info, "saying goodbye", code=code, detail=detail)
                        self._left = False
                        self._socket.bye(code, reconnect)
                    case _:
                        assert_never(output)

    async def end(self) -> None:
        if self._session is not None:
            await self._service.disconnect(self._session, self._socket, left=self._left)

    async def _greet(self, hello: Hello) -> None:
        try:
            who = await self._tickets.take(hello.ticket)
            self._session = await self._service.connect(who, hello, self._socket, agent=self._agent)
        except Rejection as refused:
            repeated.say(refused.code, log.info, "not welcome", code=refused.code, detail=refused.detail)
            self._socket.bye(ByeCode.SIGN_IN, Reconnect.LATER, retry_after_s=SIGN_IN_RETRY_S)
        except (Unavailable, SQLAlchemyError) as error:
            log.warning("cannot welcome now", cause=type(error).__name__)
            self._socket.bye(ByeCode.RESTARTING, Reconnect.LATER, retry_after_s=SIGN_IN_RETRY_S)

    async def _deliver(self, message: ClientMessage) -> None:
        session = self._session
        if session is None:
            return  # `bye` is on its way
        cid: ClientMessageId | None = getattr(message, "cid", None)
        with bound_contextvars(session=session.id, person=session.who.id):
            try:
                await self._dispatch(session, message)
            except PasslineError as error:
                key = (message.type, error.code)
                repeated.say(key, log.info, "refused", what=message.type, code=error.code, detail=error.detail)
                session.tell(Error(code=error.code, cid=cid, detail=error.detail, retry_after_s=error.retry_after_s))
            except SQLAlchemyError:
                log.exception("the database failed", what=message.type)
                session.tell(Error(code=ErrorCode.UNAVAILABLE, cid=cid, retry_after_s=1.0))
            except Exception:  # a bug ends this message, not the connection
                log.exception("a message failed", what=message.type)
                session.tell(Error(code=ErrorCode.INTERNAL, cid=cid))

    async def _dispatch(self, session: ClientSession, message: ClientMessage) -> None:
        check_says(session.who.person, message)
        match message:
            case Ping(n=n):
                session.tell(Pong(n=n, now=clock.wall_ms()))
            case Send():
                self._service.chat.send(session, message)
            case Sync():
                await self._service.chat.sync(session, message)
            case Ack() | Read():
                await self._service.chat.move(session, message)
            case ReportFigures():
                self._service.quality.client(session, message)
            case Attend():
                self._service.attend(session, message)
            case GetRoom(room=room):
                await self._service.tell_room(session, room)
            case StartCall() | CallStore() | OpenSession():
                opened = await self._service.rooms.open(session, message)
                session.tell(Done(cid=message.cid, room=opened))
            case ComeIn():
                await self._service.come_in(session, message)
            case HandOver():
                await self._service.hand_over(session, message)
            case Hello():
                raise AssertionError("the rules let one hello through")
            case _:
                await self._service.wish(session, message)
