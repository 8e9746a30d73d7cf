"""A web client's signaling without its screen: says hello, keeps rooms by snapshot and events, shows chat once.

It follows docs/protocol.md to the letter (outbox before socket, apply in order, sync on a gap), so that a promise kept
for it is kept for the browser.
"""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from aiohttp import ClientError, ClientWebSocketResponse, WSMsgType

from contract.base import decode, encode
from contract.callbacks import Callback
from contract.client import Ack, Hello, Ping, Send, Sync
from contract.errors import ErrorCode
from contract.ids import ChannelId, ClientMessageId, PersonId, RoomId
from contract.policies import Policies
from contract.queue import QueuedCall
from contract.rooms import RoomState, apply
from contract.server import (
    SERVER_MESSAGE,
    Bye,
    CallbacksChanged,
    ChatMessage,
    Done,
    Error,
    PoliciesTold,
    PresenceChanged,
    QueueChanged,
    Reached,
    Receipt,
    Room,
    RoomDelta,
    RoomGone,
    Sent,
    ServerMessage,
    Synced,
    Welcome,
)
from runtime import clock, ids
from runtime.supervise import TaskScope
from tests.support.nodes import PATIENCE_S, until
from tests.support.server import Client

T = TypeVar("T")
PING_S = 5.0


def new_cid() -> ClientMessageId:
    return ClientMessageId(ids.uuid7())


class Tab:
    """One tab of a signed-in browser. `connect`, then say things; `heard` is everything that came."""

    def __init__(self, browser: Client, device: str | None = None) -> None:
        self.browser = browser
        self.device = device or f"device-{uuid.uuid4()}"
        self.here = True
        """What `hello` says of whether somebody sits before it."""
        self.heard: list[ServerMessage] = []
        self.rooms: dict[RoomId, RoomState] = {}
        self.gone: list[RoomId] = []
        self.callbacks: dict[RoomId, Callback] = {}
        self.queue: dict[RoomId, QueuedCall] = {}
        self.policies: Policies | None = None
        self.welcome: Welcome | None = None
        self.bye: Bye | None = None
        self.close_code: int | None = None
        self.outbox: dict[ClientMessageId, Send] = {}
        self.shown: dict[ChannelId, list[ChatMessage]] = {}
        self.failed: dict[ClientMessageId, ErrorCode] = {}
        self.receipts: dict[tuple[ChannelId, PersonId], Reached] = {}
        self.resume: str | None = None
        self.socket: ClientWebSocketResponse | None = None
        self._early: dict[ChannelId, dict[int, ChatMessage]] = {}
        self._syncing: set[ChannelId] = set()

    @property
    def person(self) -> PersonId:
        assert self.browser.person is not None
        return self.browser.person.id

    # --- connection -----------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Handshake and hello."""
        self.welcome = self.bye = self.close_code = None
        self.socket = await self.browser.web_socket()
        await self.say(
            Hello(
                ticket=await self.browser.ticket(),
                proto=1,
                device=self.device,
                resume=self.resume,
                cursors={channel: len(shown) for channel, shown in self.shown.items()},
                here=self.here,
            )
        )

    async def read(self) -> None:
        """Take in what comes until the socket ends."""
        socket = self.socket
        assert socket is not None
        try:
            await self._read(socket)
        except ClientError:
            pass  # it ended while something was said: an end like any other
        finally:
            if self.socket is socket:
                self.close_code = socket.close_code
            self._let_go(socket)

    async def _read(self, socket: ClientWebSocketResponse) -> None:
        pinged = clock.now()
        while True:
            try:
                frame = await socket.receive(timeout=PING_S)
            except TimeoutError:
                frame = None
            if frame is not None and frame.type is not WSMsgType.TEXT:
                return
            if clock.now() >= pinged + PING_S:
                pinged = clock.now()
                await self.say(Ping(n=0))
            if frame is None:
                continue
            message = decode(SERVER_MESSAGE, frame.data)
            self.heard.append(message)
            await self._take(message)

    async def stay(self) -> None:
        """Connect again and again, as the browser does."""
        wait_s = 0.05
        while True:
            try:
                await self.open()
                await self.read()
                wait_s = 0.05
            except (ClientError, OSError, TimeoutError, AssertionError):
                wait_s = min(wait_s * 2, 1.0)
            if self.socket is not None:
                self._let_go(self.socket)
            await asyncio.sleep(wait_s)

    def _let_go(self, socket: ClientWebSocketResponse) -> None:
        """Forget the socket, and its connection with it even if the server died in the middle of a word."""
        if self.socket is socket:
            self.socket = None
        socket._response.close()

    async def say(self, message: Any) -> None:
        assert self.socket is not None
        await self.socket.send_str(encode(message).decode())

    async def drop(self) -> None:
        """The network goes without a word (RST)."""
        assert self.socket is not None
        connection = self.socket._response.connection
        if connection is not None and connection.transport is not None:  # else it is gone already
            connection.transport.abort()

    # --- messages -------------------------------------------------------------------------------------------------

    async def _take(self, message: ServerMessage) -> None:
        match message:
            case Welcome():
                self.welcome = message
                self.resume = message.resume
                self._syncing.clear()
                for channel, head in message.heads.items():
                    if head > len(self.shown.get(channel, [])):
                        await self._sync(channel)
                for entry in list(self.outbox.values()):
                    await self.say(entry)
            case Room(room=room):
                self.rooms[room.id] = room
            case RoomDelta(room=room_id, ver=ver, event=event):
                before = self.rooms[room_id]
                assert ver == before.ver + 1, "no gap while connected"
                self.rooms[room_id] = apply(before, event)
            case RoomGone(room=room_id):
                self.rooms.pop(room_id, None)
                self.gone.append(room_id)
            case ChatMessage():
                await self._show(message)
            case Synced(ch=channel, more=more):
                self._syncing.discard(channel)
                if more or self._early.get(channel):
                    await self._sync(channel)
            case Sent(cid=cid):
                self.outbox.pop(cid, None)
            case Error(code=code, cid=cid) if cid is not None:
                self.failed[cid] = code
            case Receipt(ch=channel, people=people):
                self.receipts |= {(channel, reached.person): reached for reached in people}
            case CallbacksChanged(items=items, all=every):
                if every:
                    self.callbacks.clear()
                self.callbacks |= {item.room: item for item in items}
            case PoliciesTold(policies=policies):
                self.policies = policies
            case QueueChanged(calls=calls):
                self.queue = {call.room: call for call in calls}
            case Bye():
                self.bye = message
            case _:
                pass

    async def _sync(self, channel: ChannelId) -> None:
        if channel not in self._syncing:
            self._syncing.add(channel)
            await self.say(Sync(ch=channel, after=len(self.shown.get(channel, []))))

    async def _show(self, message: ChatMessage) -> None:
        shown = self.shown.setdefault(message.ch, [])
        if message.seq <= len(shown):
            return
        early = self._early.setdefault(message.ch, {})
        early[message.seq] = message
        while (following := early.pop(len(shown) + 1, None)) is not None:
            shown.append(following)
        if early:
            await self._sync(message.ch)

    async def write(self, channel: ChannelId, body: str) -> ClientMessageId:
        """Outbox first, then the wire."""
        cid = new_cid()
        self.outbox[cid] = Send(cid=cid, ch=channel, body=body)
        if self.socket is not None and self.welcome is not None:
            with contextlib.suppress(ClientError, OSError):  # it stays in the outbox
                await self.say(self.outbox[cid])
        return cid

    async def ack(self, channel: ChannelId) -> None:
        await self.say(Ack(ch=channel, seq=len(self.shown[channel])))

    # --- waiting --------------------------------------------------------------------------------------------------

    async def until(self, found: Callable[[], T | None], what: str, *, seconds: float = PATIENCE_S) -> T:
        return await until(found, f"{self.person}: {what}", seconds=seconds)

    async def do(self, command: Any) -> Done | Error:
        """Say a command and wait for its answer."""
        await self.say(command)
        return await self.answer(command.cid)

    async def answer(self, cid: ClientMessageId) -> Done | Error:
        def found() -> Done | Error | None:
            return next((m for m in reversed(self.heard) if isinstance(m, Done | Error) and m.cid == cid), None)

        return await self.until(found, f"an answer to {cid}")

    async def room(self, holds: Callable[[RoomState], bool], what: str, *, seconds: float = PATIENCE_S) -> RoomState:
        """The first room of which that is true."""
        return await self.until(
            lambda: next((state for state in self.rooms.values() if holds(state)), None), what, seconds=seconds
        )

    def presence(self, person: str) -> str | None:
        """What was last said of somebody."""
        for message in reversed(self.heard):
            if isinstance(message, PresenceChanged):
                for entry in message.entries:
                    if entry.person.id == person:
                        return entry.presence.value
        return None


@asynccontextmanager
async def tab(
    browser: Client, *, device: str | None = None, resume: str | None = None, here: bool = True
) -> AsyncIterator[Tab]:
    """A connected tab; its reader ends with the context."""
    made = Tab(browser, device)
    made.resume = resume
    made.here = here
    async with TaskScope("tab") as scope:
        await made.open()
        scope.spawn(made.read(), name="read")
        await made.until(lambda: made.welcome, "welcome")
        yield made
        if made.socket is not None:
            await made.socket.close()
